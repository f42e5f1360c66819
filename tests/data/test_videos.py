import errno
import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from signzoo.data.videos import (
    VideoSource,
    VideoStore,
    cut_signing,
    find_videos,
    read_signing,
)
from signzoo.errors import DiskError, ManifestError, MediaError, NoSignerError
from signzoo.media.video import write_video
from signzoo.structures import Pose, VideoClip
from signzoo.transforms.pose import to_shoulder_units


@pytest.fixture
def corpus(fake_corpora, tmp_path) -> Path:
    """The generated corpus of videos, to be changed at will."""
    return shutil.copytree(fake_corpora / "videos", tmp_path / "corpus")


@pytest.fixture
def store(tmp_path) -> VideoStore:
    return VideoStore(32, 25.0, tmp_path / "store")


class FakeEstimator:
    """Finds the landmarks that lie beside a video, or nobody."""

    def __init__(self, pose, nobody=False):
        self.pose, self.nobody, self.skeleton, self.calls = pose, nobody, pose.skeleton, 0

    def __call__(self, clip, progress=False):
        self.calls += 1
        if self.nobody:
            raise NoSignerError("No person was found.")
        return self.pose


def find_with(monkeypatch, *arguments, **options) -> FakeEstimator:
    fake = FakeEstimator(*arguments, **options)
    monkeypatch.setattr("signzoo.data.videos.estimator", lambda: fake)
    return fake


def change_row(corpus, index, **fields):
    """Rewrite a row of the manifest; a field that is ``None`` is left out."""
    path = corpus / "manifest.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows[index] |= fields
    rows[index] = {name: value for name, value in rows[index].items() if value is not None}
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def kept(store) -> list[Path]:
    return sorted(store.folder.glob("*/*"))


def warm_pixels(frame) -> np.ndarray:
    """The middle of the hand in a frame of the generated corpus, x and y."""
    y, x = np.nonzero(frame[..., 0].astype(int) - frame[..., 2] > 40)
    return np.array([x.mean() + 0.5, y.mean() + 0.5])


# --- finding


def test_rows_of_a_manifest_name_videos(corpus):
    sources = find_videos(corpus)
    assert [source.id for source in sources] == ["0", "1", "2", "3", "4"]
    assert [source.group for source in sources] == ["s0", "s1", "s0", "s1", "s0"]
    assert sources[1] == VideoSource("1", "s1", corpus / "1.mp4", corpus / "1.npz", ("CIRCLE",))


def test_a_row_may_name_nothing_but_its_video(corpus):
    change_row(corpus, 0, pose=None, signer=None, gloss=None)
    assert find_videos(corpus)[0] == VideoSource("0", "", corpus / "0.mp4")


def test_a_folder_without_a_manifest_gives_all_its_videos(corpus):
    (corpus / "manifest.jsonl").unlink()
    (corpus / "deep").mkdir()
    (corpus / "1.mp4").rename(corpus / "deep" / "z.MP4")
    (corpus / "folder.mp4").mkdir()
    (corpus / "dangling.mp4").symlink_to("nowhere.mp4")
    sources = find_videos(str(corpus))
    assert [source.id for source in sources] == ["0.mp4", "2.mp4", "3.mp4", "4.mp4", "deep/z.MP4"]
    assert not any(source.pose or source.group or source.gloss for source in sources)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"video": None}, "row 2 names no video; synthesize the corpus without --no-video"),
        ({"video": "gone.mp4"}, "row 2 points nowhere: there is no video file 'gone.mp4'"),
        ({"pose": "gone.npz"}, "row 2 points nowhere: there is no pose file 'gone.npz'"),
        ({"video": "../corpus2/1.mp4"}, "row 2 names .* which leaves the folder"),
        ({"gloss": "CIRCLE"}, "row 2 needs a list as 'gloss', not 'CIRCLE'"),
    ],
)
def test_a_malformed_row_is_named(corpus, fields, message):
    change_row(corpus, 1, **fields)
    with pytest.raises(ManifestError, match=message):
        find_videos(corpus)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ManifestError, match="There is no folder .*gone"):
        find_videos(tmp_path / "gone")


def test_a_folder_without_videos_is_named(tmp_path):
    (tmp_path / "notes.txt").touch()
    with pytest.raises(ManifestError, match=r"neither a manifest.jsonl nor a video \(.mp4, "):
        find_videos(tmp_path)


# --- cutting


def test_landmarks_lie_on_the_hand_of_the_cut_video(corpus):
    video = read_signing(find_videos(corpus)[0], 96, 25.0)
    assert video.frames.shape == (24, 96, 96, 3)
    assert (video.points.shape, video.confidence.shape) == ((24, 49, 2), (24, 49))
    assert video.scale == pytest.approx(96 / 3.4, rel=0.01)
    for frame, points in zip(video.frames[2:-2], video.points[2:-2], strict=True):
        hand = points[-21:].mean(axis=0)
        # Smoothing cuts corners where it takes jitter away.
        assert np.linalg.norm(hand - warm_pixels(frame)) < 0.2 * video.scale


@pytest.mark.parametrize("fps", [10.0, 30.0, 59.94])
def test_any_frame_rate_is_brought_to_the_stores(corpus, signer, fps):
    seconds, rounds = 2.0, round(2 * fps)
    time = np.arange(rounds) / fps
    pose = signer(np.stack([260 + 30 * time, 220 + 0 * time], axis=1), fps)
    clip = VideoClip.from_frames(np.zeros((rounds, 48, 64, 3), np.uint8), fps)
    video = cut_signing(clip, replace(pose, size=(640, 480)), 32, 25.0, "a")
    assert len(video.frames) == len(video.points) == len(video.confidence)
    assert len(video.frames) == pytest.approx(25 * seconds, abs=1)
    moved = np.diff(video.points[5:-5, -21, 0]) * 25 / video.scale  # shoulder widths a second
    np.testing.assert_allclose(moved, 0.3, rtol=0.05)


def test_landmarks_of_the_video_in_another_size_fit_as_well(corpus):
    source = find_videos(corpus)[0]
    expected = read_signing(source, 32, 25.0)
    pose = Pose.read(source.pose)
    replace(pose, points=pose.points * 2, size=(96, 96)).write(source.pose)
    video = read_signing(source, 32, 25.0)
    np.testing.assert_array_equal(video.frames, expected.frames)
    np.testing.assert_allclose(video.points, expected.points, atol=1e-4)


def test_landmarks_of_another_video_are_refused(corpus):
    change_row(corpus, 0, pose="3.npz")
    with pytest.raises(ManifestError, match=r"0: the video lasts 0.96 s and its landmarks 0.36 s"):
        read_signing(find_videos(corpus)[0], 32, 25.0)


def test_landmarks_that_do_not_say_where_they_are_are_refused(corpus):
    source = find_videos(corpus)[0]
    to_shoulder_units(Pose.read(source.pose)).write(source.pose)
    with pytest.raises(ManifestError, match="0: its landmarks are in shoulder widths"):
        read_signing(source, 32, 25.0)


def test_where_nobody_is_seen_the_middle_is_kept(corpus):
    source = find_videos(corpus)[0]
    pose = Pose.read(source.pose)
    replace(pose, confidence=np.zeros_like(pose.confidence)).write(source.pose)
    video = read_signing(source, 48, 25.0)  # the size of the video: nothing is cut away
    assert video.scale == 0
    assert not video.confidence.any()
    assert len(video.frames) == 24
    assert (video.frames[:, 0] > 150).all()


def test_a_short_loss_of_the_hand_is_bridged(corpus):
    source = find_videos(corpus)[0]
    pose = Pose.read(source.pose)
    pose.confidence[10:12, -21:] = 0
    pose.write(source.pose)
    assert (read_signing(source, 32, 25.0).confidence[:, -21:] > 0).all()


def test_landmarks_that_no_row_names_are_found(corpus, monkeypatch):
    source = find_videos(corpus)[0]
    fake = find_with(monkeypatch, Pose.read(source.pose))
    found, given = (
        read_signing(replace(source, pose=None), 32, 25.0),
        read_signing(source, 32, 25.0),
    )
    assert fake.calls == 1
    np.testing.assert_array_equal(found.points, given.points)


def test_a_video_without_a_signer_has_no_landmarks(corpus, monkeypatch):
    source = find_videos(corpus)[0]
    find_with(monkeypatch, Pose.read(source.pose), nobody=True)
    video = read_signing(replace(source, pose=None), 32, 25.0)
    assert len(video.frames) == 24
    assert video.scale == 0
    assert not video.confidence.any()


# --- keeping


def test_what_is_kept_is_what_was_read(corpus, store):
    for source in find_videos(corpus):
        read, opened = read_signing(source, 32, 25.0), store.open(source)
        np.testing.assert_array_equal(opened.frames, read.frames)
        np.testing.assert_array_equal(opened.points, read.points)
        np.testing.assert_array_equal(opened.confidence, read.confidence)
        assert opened.scale == read.scale


def test_frames_stay_on_the_disk_until_they_are_looked_at(corpus, store):
    assert isinstance(store.open(find_videos(corpus)[0]).frames, np.memmap)


def test_a_video_is_decoded_once(corpus, store, monkeypatch):
    sources = find_videos(corpus)
    assert store.fill(sources, progress=False) == {}
    monkeypatch.setattr("signzoo.data.videos.open_video", lambda path: pytest.fail("decoded again"))
    assert store.fill(sources, progress=False) == {}
    assert [len(store.open(source).frames) for source in sources] == [24, 17, 16, 9, 5]


def test_several_processes_keep_the_same(corpus, store, tmp_path):
    sources = find_videos(corpus)[:3]
    alone = replace(store, folder=tmp_path / "alone")
    assert store.fill(sources, workers=2, progress=False) == {}
    assert alone.fill(sources, progress=False) == {}
    assert [path.name for path in kept(store)] == [path.name for path in kept(alone)]


def test_a_video_that_changed_is_read_again(corpus, store):
    source = find_videos(corpus)[4]
    assert len(store.open(source).frames) == 5
    write_video(VideoClip.from_frames(np.zeros((7, 48, 48, 3), np.uint8), 25.0), source.video)
    assert len(store.open(source).frames) == 7


def test_landmarks_that_changed_are_read_again(corpus, store):
    source = find_videos(corpus)[0]
    before = store.open(source)
    pose = Pose.read(source.pose)
    os.utime(source.pose, ns=(0, 0))  # a second later, as far as the file says
    pose.points[..., 0] += 1
    pose.write(source.pose)
    assert not np.array_equal(store.open(source).points, before.points)


@pytest.mark.parametrize("settings", [{"size": 48}, {"fps": 12.5}])
def test_other_settings_have_other_arrays(corpus, store, settings):
    source, other = find_videos(corpus)[0], replace(store, **settings)
    assert store.open(source).frames.shape != other.open(source).frames.shape
    assert len(kept(store)) == 2


@pytest.mark.parametrize("name", ["frames.npy", "landmarks.npz"])
@pytest.mark.parametrize("size", [None, 0, 40, 600])
def test_a_damaged_file_is_made_anew(corpus, store, name, size, caplog):
    source = find_videos(corpus)[0]
    before = np.array(store.open(source).frames)
    path = kept(store)[0] / name
    content = path.read_bytes()
    path.unlink()
    if size is not None:
        path.write_bytes(content[:size])
    np.testing.assert_array_equal(store.open(source).frames, before)
    assert "is not readable" in caplog.text
    caplog.clear()
    store.open(source)
    assert not caplog.text


def test_videos_that_cannot_be_read_are_reported_and_the_others_kept(corpus, store):
    sources = find_videos(corpus)
    (corpus / "1.mp4").write_bytes(b"no video at all")
    (corpus / "3.npz").write_bytes(b"no pose at all")
    (corpus / "4.mp4").unlink()
    problems = store.fill(sources, progress=False)
    assert sorted(problems) == ["1", "3", "4"]
    assert "1.mp4 is not a video" in problems["1"]
    assert "3.npz is" in problems["3"]
    assert "There is no file" in problems["4"]
    assert len(kept(store)) == 2


def test_landmarks_of_another_video_stop_the_reading(corpus, store):
    change_row(corpus, 2, pose="4.npz")
    with pytest.raises(ManifestError, match="2: the video lasts"):
        store.fill(find_videos(corpus), progress=False)


def test_a_file_that_went_away_is_named(corpus, store):
    source = find_videos(corpus)[0]
    source.video.unlink()
    with pytest.raises(MediaError, match=r"There is no file .*0.mp4 of video 0"):
        store.open(source)


def test_an_interrupted_reading_goes_on_where_it_was(corpus, store, monkeypatch):
    from signzoo.data import videos

    sources, read = find_videos(corpus), []

    def interrupted(source, size, fps):
        if len(read) == 2:
            raise KeyboardInterrupt
        read.append(source.id)
        return read_signing(source, size, fps)

    monkeypatch.setattr(videos, "read_signing", interrupted)
    with pytest.raises(KeyboardInterrupt):
        store.fill(sources, progress=False)
    assert len(kept(store)) == 2
    monkeypatch.setattr(
        videos, "read_signing", lambda *job: read.append(job[0].id) or read_signing(*job)
    )
    assert store.fill(sources, progress=False) == {}
    assert read == ["0", "1", "2", "3", "4"]


def test_a_full_disk_leaves_nothing_behind(corpus, store, monkeypatch):
    def full(*arguments, **values):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(DiskError, match="no space left on the disk"):
        store.fill(find_videos(corpus), progress=False)
    assert not [path for path in store.folder.rglob("*") if path.is_file()]
    assert kept(store) == []


def test_videos_are_kept_at_home_where_nobody_says_otherwise(corpus, tmp_path, monkeypatch):
    monkeypatch.setenv("SIGNZOO_HOME", str(tmp_path / "home"))
    VideoStore(32).open(find_videos(corpus)[0])
    assert len(list((tmp_path / "home" / "videos").glob("*/*/frames.npy"))) == 1


def test_what_another_training_kept_in_the_meantime_stays(corpus, store, monkeypatch):
    """It may be reading it: a folder that is replaced is gone for a moment."""
    source = find_videos(corpus)[0]
    places = []

    def slow(*arguments, **options):
        video = read_signing(*arguments, **options)
        if not places:
            places.append(0)
            store.open(source)  # the other one is quicker
            places.append(next(store.folder.rglob("frames.npy")).stat().st_ino)
        return video

    monkeypatch.setattr("signzoo.data.videos.read_signing", slow)
    store.open(source)
    assert places[1] == next(store.folder.rglob("frames.npy")).stat().st_ino
