import pytest
import torch

from signzoo.data.datamodule import Draw, LoaderConfig
from signzoo.errors import ManifestError, MediaError, UsageError
from signzoo.models.motion_autoencoder.data import AugmentationConfig, MotionAutoencoderData
from signzoo.models.motion_autoencoder.task import varied

# Frames of the generated videos.
LENGTHS = [24, 17, 16, 9, 5]


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SIGNZOO_HOME", str(tmp_path / "home"))


def opened(folder, **settings) -> MotionAutoencoderData:
    settings = {"train": ("videos",), "test": ("videos",), "window": 8, "size": 32, **settings}
    data = MotionAutoencoderData(str(folder), **settings)
    data.setup("test")
    return data


def test_a_video_gives_as_many_windows_as_fit_and_a_short_one_all_it_has(fake_corpora):
    samples = opened(fake_corpora).samples["test"]
    assert samples.lengths == [8, 8, 8, 8, 8, 8, 8, 8, 5]
    window = samples[Draw(8, None)]
    assert window.frames.shape == (5, 3, 32, 32)
    assert window.points.shape == (5, 49, 2)


def test_without_a_seed_windows_stand_where_they_are(fake_corpora):
    samples = opened(fake_corpora).samples["test"]
    window = samples[Draw(2, None)]
    assert window.id == "videos/0@16"
    assert window.box.tolist() == [0, 0, 1, 1]
    assert window.gains.tolist() == [1, 1, 1]


def test_the_same_seed_draws_the_same_window(fake_corpora):
    samples = opened(fake_corpora).samples["test"]
    first, again, other = (samples[Draw(0, seed)] for seed in (5, 5, 6))
    assert first.id == again.id
    assert torch.equal(first.frames, again.frames)
    assert torch.equal(first.box, again.box)
    assert not torch.equal(first.gains, other.gains)


def test_frames_and_landmarks_are_varied_alike(fake_corpora):
    """The hand is the brightest thing near the body: its landmarks stay on it."""
    data = opened(
        fake_corpora, augmentation=AugmentationConfig(zoom=0.3, mirror=0.5, colour=0.0), size=64
    )
    samples = data.samples["test"]
    batch = data.collate([samples[Draw(0, seed)] for seed in range(8)])
    video, points, scale = varied(batch, 48)
    assert (batch.box[:, 0] > batch.box[:, 2]).any()  # some are mirrored
    assert (scale > batch.scale * 48 / 64 - 1e-4).all()
    hand = points[:, :, -21:].mean(dim=2)  # (B, T, 2)
    inside = ((hand > 4) & (hand < 44)).all(dim=-1)
    assert inside.any()
    for clip, frame in inside.nonzero().tolist():
        x, y = hand[clip, frame].round().long().tolist()
        red, green, blue = video[clip, frame, :, y, x].tolist()
        assert red > green > blue  # skin
        assert red > 0.6


def test_every_tenth_video_validates_unless_folders_are_named(fake_corpora):
    data = MotionAutoencoderData(str(fake_corpora), train=("videos",), window=8, size=32)
    data.setup("fit")
    train, val = ({p[0].id for p in data.samples[s].places} for s in ("train", "val"))
    assert val == {"videos/0"}
    assert train == {f"videos/{i}" for i in range(1, 5)}


def test_a_plain_folder_of_videos_needs_no_manifest(fake_corpora, tmp_path, monkeypatch):
    from signzoo.data import videos
    from signzoo.errors import NoSignerError
    from signzoo.structures import Skeleton

    class Blind:
        skeleton = Skeleton.named("mediapipe-holistic")

        def __call__(self, clip, progress=False):
            raise NoSignerError("nobody")

    monkeypatch.setattr(videos, "estimator", Blind)
    for path in (fake_corpora / "videos").glob("*.mp4"):
        (tmp_path / "mine").mkdir(exist_ok=True)
        (tmp_path / "mine" / path.name).write_bytes(path.read_bytes())
    data = MotionAutoencoderData(str(tmp_path / "mine"), window=8, size=32)
    data.setup("fit")
    window = data.samples["train"][Draw(0, None)]
    assert window.scale == 0
    assert not window.confidence.any()


def test_a_broken_video_is_left_out_and_named(fake_corpora, tmp_path, caplog):
    _copy_without(fake_corpora / "videos", tmp_path / "videos", broken="1.mp4")
    data = opened(tmp_path)
    assert "videos/1" in caplog.text
    assert {source.id for source, _ in data.samples["test"].places} == {
        f"videos/{i}" for i in (0, 2, 3, 4)
    }


def test_only_broken_videos_are_an_error(tmp_path):
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "a.mp4").write_bytes(b"\0" * 100)
    with pytest.raises(MediaError, match="None of 1 videos"):
        opened(tmp_path)


def test_a_missing_folder_is_an_error(tmp_path):
    with pytest.raises(ManifestError, match="no folder"):
        opened(tmp_path)


def test_impossible_settings_are_refused():
    with pytest.raises(UsageError, match="2 frames"):
        MotionAutoencoderData("x", window=1)
    with pytest.raises(UsageError, match="zoom"):
        AugmentationConfig(zoom=1.0)


def test_batches_pad_the_short_windows(fake_corpora):
    data = opened(fake_corpora, loader=LoaderConfig(frames_per_batch=16))
    batch = data.collate([data.samples["test"][Draw(i, None)] for i in (0, 8)])
    assert batch.frames.shape == (2, 8, 3, 32, 32)
    assert batch.frames.dtype == torch.uint8
    assert batch.lengths.tolist() == [8, 5]
    assert not batch.frames[1, 5:].any()


def _copy_without(source, target, broken: str) -> None:
    target.mkdir()
    for path in source.iterdir():
        content = path.read_bytes()
        (target / path.name).write_bytes(bytes(100) if path.name == broken else content)
