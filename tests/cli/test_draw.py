import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from media_files import make_numbered

from signzoo.cli.main import main
from signzoo.media.video import open_video, write_video


def draw(*words):
    return main(["draw", *map(str, words)])


@pytest.fixture
def pose(waving, tmp_path):
    waving[:10].write(tmp_path / "a.pose")
    return tmp_path / "a.pose"


@pytest.mark.parametrize("name", ["a.mp4", "a.gif", "a.webm"])
def test_a_pose_becomes_a_video(pose, tmp_path, name):
    assert draw(pose, "-o", tmp_path / name) == 0
    clip = open_video(tmp_path / name)
    assert (clip.size, clip.num_frames, clip.fps) == ((640, 480), 10, 25.0)
    assert clip.frames.min() < 100


def test_a_size_may_be_asked_for(pose, tmp_path):
    assert draw(pose, "-o", tmp_path / "a.gif", "--size", "121x91") == 0
    assert open_video(tmp_path / "a.gif").size == (121, 91)


@pytest.mark.parametrize("size", ["640", "0x20", "axb", "99999x99999"])
def test_a_size_that_is_none_is_wrong_use(pose, tmp_path, size, capsys):
    with pytest.raises(SystemExit) as ended:
        draw(pose, "-o", tmp_path / "a.mp4", "--size", size)
    assert ended.value.code == 2
    assert "a size is written as 640x360" in capsys.readouterr().err


def test_the_skeleton_goes_over_the_video(pose, tmp_path):
    write_video(make_numbered(10, (640, 480)), tmp_path / "v.mp4")
    assert draw(pose, "-o", tmp_path / "a.mp4", "--video", tmp_path / "v.mp4") == 0
    frames = open_video(tmp_path / "a.mp4").frames
    assert [round((int(frame[470, 620, 0]) - 20) / 8) for frame in frames] == list(range(10))
    assert frames[0, 190:210, 270:370].max() > 200  # between the shoulders


def test_a_sheet_and_a_plot_are_pictures(pose, tmp_path):
    words = ("-o", tmp_path / "o.png", "--sheet", tmp_path / "s.png", "--plot", tmp_path / "p.svg")
    assert draw(pose, *words) == 0
    assert sorted(os.listdir(tmp_path)) == ["a.pose", "o.png", "p.svg", "s.png"]
    assert (tmp_path / "o.png").read_bytes() == (tmp_path / "s.png").read_bytes()


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ([], 2, "Nothing to write"),
        (["-o", "a.avi"], 2, "does not end like a video"),
        (["-o", "a.mp4", "--video", "gone.mp4"], 1, "There is no video gone.mp4"),
        (["--plot", "a.doc"], 2, "does not end like a plot"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(pose, tmp_path, monkeypatch, capsys, words, code,
                                                 message):  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert draw(pose, *words) == code
    shown = capsys.readouterr().err
    assert message in shown
    assert shown.count("\n") == 1
    assert os.listdir(tmp_path) == ["a.pose"]


def test_the_video_drawn_over_is_never_replaced(pose, tmp_path, capsys):
    write_video(make_numbered(10), tmp_path / "v.mp4")
    before = (tmp_path / "v.mp4").read_bytes()
    assert draw(pose, "-o", tmp_path / "v.mp4", "--video", tmp_path / "v.mp4") == 2
    assert "would replace the video" in capsys.readouterr().err
    assert (tmp_path / "v.mp4").read_bytes() == before


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("name", ["a.mp4", "a.gif"])
def test_ctrl_c_leaves_no_half_video(signer, tmp_path, name):
    signer(np.full((4000, 2), (280.0, 220.0))).write(tmp_path / "long.npz")
    words = ["draw", str(tmp_path / "long.npz"), "-o", str(tmp_path / name)]
    process = subprocess.Popen(
        [sys.executable, "-m", "signzoo", *words], stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 30
    while not list(tmp_path.glob(f".{name}*")) and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=10)
    assert process.returncode == 130
    assert errors.strip() == "signzoo: Interrupted; what was not finished was removed."
    assert os.listdir(tmp_path) == ["long.npz"]
