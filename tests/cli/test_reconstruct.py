import os
import re
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from signzoo.cli.main import main
from signzoo.errors import NoSignerError
from signzoo.media.video import open_video, write_video
from signzoo.models.motion_autoencoder import MotionAutoencoder, MotionAutoencoderConfig
from signzoo.structures import Pose, VideoClip


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A saved network with random weights."""
    torch.manual_seed(0)
    config = MotionAutoencoderConfig(width=4, size=32, bottleneck=4, decoder_width=8)
    folder = tmp_path_factory.mktemp("model") / "tiny"
    MotionAutoencoder(config).save_pretrained(folder)
    return folder


@pytest.fixture
def folder(fake_corpora, tmp_path, monkeypatch):
    """The folder that the command runs in, with the video 0.mp4 and its landmarks 0.npz."""
    for name in ("0.mp4", "0.npz", "4.npz"):
        shutil.copy(fake_corpora / "videos" / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def reconstruct(folder, model):
    def run(*words, video="0.mp4", pose="0.npz"):
        landmarks = ["--pose", pose] if pose else []
        options = ["--model", str(model), "--scale", "64", *landmarks]
        return main(["reconstruct", video, *options, *map(str, words)])

    return run


def numbers(text) -> dict[str, float]:
    """Percent masked and the four errors of the line that is printed."""
    values = re.search(
        r"([\d.]+)% of the pixels in fast motion; mean squared error there ([\d.]+) perturbed, "
        r"([\d.]+) restored, elsewhere ([\d.]+) perturbed, ([\d.]+) restored\n",
        text,
    )
    names = ("masked", "perturbed", "restored", "perturbed_elsewhere", "restored_elsewhere")
    return dict(zip(names, map(float, values.groups()), strict=True))


def panels(path, height=64) -> np.ndarray:
    """The four pictures of a video without their titles, ``(4, T, H, W, 3)``."""
    frames = open_video(path).frames[:, -height:]
    return np.stack(np.split(frames, 4, axis=2)).astype(int)


@pytest.mark.parametrize("name", ["out.mp4", "out.webm", "out.gif"])
def test_four_titled_pictures_stand_side_by_side(reconstruct, folder, name):
    assert reconstruct("-o", name) == 0
    clip = open_video(name)
    assert (clip.size, clip.num_frames, clip.fps) == ((4 * 64, 64 + 24), 24, 25.0)
    assert sorted(os.listdir(folder)) == sorted(["0.mp4", "0.npz", "4.npz", name])


def test_red_lies_on_the_moving_hand_alone(reconstruct):
    reconstruct("-o", "out.mp4")
    original, perturbed, tinted, _ = panels("out.mp4")
    red = (tinted[..., 0] - tinted[..., 1]) - (original[..., 0] - original[..., 1]) > 50
    assert 0.02 < red.mean() < 0.4
    changed = abs(perturbed - original).max(axis=-1) > 100
    assert changed[red].mean() > 10 * changed[~red].mean()


def test_numbers_are_one_line(reconstruct, capsys):
    assert reconstruct("-o", "out.mp4") == 0
    shown = capsys.readouterr().out
    assert shown.startswith("out.mp4: 24 frames, ")
    assert shown.count("\n") == 1
    found = numbers(shown)
    assert 2 < found["masked"] < 40
    assert found["perturbed"] > 10 * found["perturbed_elsewhere"]
    assert found["restored"] > 0.01  # random weights


def test_the_output_is_named_after_the_video_where_nobody_says_otherwise(reconstruct, capsys):
    assert reconstruct() == 0
    assert os.path.isfile("0.reconstruction.mp4")
    assert capsys.readouterr().out.startswith("0.reconstruction.mp4: ")


def test_the_height_of_a_picture_may_be_asked_for(reconstruct):
    assert reconstruct("-o", "out.mp4", "--scale", "100") == 0
    assert open_video("out.mp4").size == (4 * 100, 100 + 24)


def test_a_sheet_shows_frames(reconstruct):
    from PIL import Image

    assert reconstruct("-o", "out.mp4", "--sheet", "out.png") == 0
    assert min(Image.open("out.png").size) > 300


def test_the_same_seed_gives_the_same_bytes_and_another_one_does_not(reconstruct, folder):
    for name, seed in (("a.gif", 1), ("b.gif", 1), ("c.gif", 2)):
        reconstruct("-o", name, "--seed", seed)
    first, again, other = ((folder / name).read_bytes() for name in ("a.gif", "b.gif", "c.gif"))
    assert first == again != other


def test_only_the_perturbations_that_are_named_are_done(reconstruct, capsys):
    words = ("--perturbation", "temporal_shuffle", "--perturbation", "block_occlusion")
    assert reconstruct("-o", "out.gif", *words) == 0
    original, perturbed, *_ = panels("out.gif")
    # Neither adds colours: no pixel grows much brighter than the brightest of its video.
    assert perturbed.max() <= original.max() + 10


def test_large_0_leaves_fast_motion_as_it_is(reconstruct, capsys):
    reconstruct("-o", "out.gif", "--large", "0")
    found = numbers(capsys.readouterr().out)
    assert found["perturbed"] == 0 < found["perturbed_elsewhere"]


def fake_estimator(monkeypatch, nobody=False):
    def find(clip, progress=False):
        if nobody:
            raise NoSignerError("No person was found.")
        return Pose.read("0.npz")

    find.skeleton = Pose.read("0.npz").skeleton
    monkeypatch.setattr("signzoo.data.videos.estimator", lambda: find)


def test_landmarks_that_are_not_given_are_found(reconstruct, monkeypatch, capsys):
    fake_estimator(monkeypatch)
    reconstruct("-o", "out.gif", pose=None)
    found = numbers(capsys.readouterr().out)
    reconstruct("-o", "out.gif")
    assert found == numbers(capsys.readouterr().out)


def test_where_nobody_is_seen_that_is_said_and_nothing_is_masked(reconstruct, monkeypatch, capsys):
    fake_estimator(monkeypatch, nobody=True)
    assert reconstruct("-o", "out.gif", pose=None) == 0
    shown = capsys.readouterr()
    assert shown.err == (
        "signzoo: 0.mp4 never shows both shoulders, by which motion is measured: no motion counts "
        "as fast.\n"
    )
    assert " 0.0% of the pixels in fast motion; mean squared error elsewhere " in shown.out
    assert "nan" not in shown.out


def test_a_video_of_one_frame_can_be_shown(reconstruct, capsys):
    write_video(VideoClip.from_frames(open_video("0.mp4").frames[:1], 25.0), "one.mp4")
    Pose.read("0.npz")[:1].write("one.npz")
    assert reconstruct("-o", "out.mp4", video="one.mp4", pose="one.npz") == 0
    assert open_video("out.mp4").num_frames == 1


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["-o", "out.avi"], 2, "out.avi does not end like a video: .mp4, .gif, .webm"),
        (["--sheet", "out.doc"], 2, "out.doc does not end like a picture"),
        (["-o", "0.mp4"], 2, "would replace the video 0.mp4"),
        (["--perturbation", "pixel_shufle"], 2, "Did you mean pixel_shuffle"),
        (["--large", "2"], 2, "large is a share from 0 to 1; got 2.0"),
        (["--scale", "9"], 2, "--scale takes 32 to 1024 pixels; got 9"),
        (["--pose", "gone.npz"], 1, "There is no pose file gone.npz"),
        (["--pose", "4.npz"], 1, "0.mp4: the video lasts 0.96 s and its landmarks 0.20 s"),
        (["--model", "gone"], 2, "gone"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(reconstruct, folder, capsys, words, code, message):
    assert reconstruct(*words) == code
    shown = capsys.readouterr().err
    assert message in shown
    assert shown.count("\n") == 1
    assert sorted(os.listdir(folder)) == ["0.mp4", "0.npz", "4.npz"]


def test_a_video_that_is_not_there_is_said(reconstruct, capsys):
    assert reconstruct(video="gone.mp4") == 1
    assert capsys.readouterr().err == "signzoo: There is no video gone.mp4.\n"


def test_the_only_network_there_is_need_not_be_named(reconstruct, monkeypatch, model, capsys):
    monkeypatch.setattr(
        "signzoo.hub.catalog.list_weights", lambda component: [SimpleNamespace(name=str(model))]
    )
    words = ["reconstruct", "0.mp4", "--pose", "0.npz", "--scale", "64", "-o"]
    assert main([*words, "a.gif"]) == 0
    assert reconstruct("-o", "b.gif") == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.partition(":")[2] == second.partition(":")[2]


@pytest.mark.parametrize(
    ("names", "message"), [([], "none is published"), (["a", "b"], "there are a, b")]
)
def test_where_there_is_no_network_or_a_choice_one_must_be_named(
    folder, monkeypatch, capsys, names, message
):
    known = [SimpleNamespace(name=name) for name in names]
    monkeypatch.setattr("signzoo.hub.catalog.list_weights", lambda component: known)
    assert main(["reconstruct", "0.mp4"]) == 2
    shown = capsys.readouterr().err
    assert "Give --model the name or the folder of a motion autoencoder" in shown
    assert message in shown
