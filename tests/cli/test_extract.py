import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from media_files import draw_person, encode, make_numbered, set_display_matrix, write_sound

from signzoo.cli.main import main
from signzoo.errors import MissingPackageError
from signzoo.media.video import open_video, write_video
from signzoo.structures import Pose, VideoClip


@pytest.fixture(autouse=True, scope="module")
def mediapipe():
    from signzoo.media.holistic import load_solution

    try:
        load_solution()
    except MissingPackageError as error:
        pytest.skip(str(error))


def person(count=3):
    return VideoClip.from_frames(np.stack([draw_person()] * count), 25.0)


def extract(*words):
    return main(["extract", *map(str, words)])


def test_a_table_says_where_the_signer_was_found(tmp_path, capsys):
    write_video(person(), tmp_path / "a.mp4")
    assert extract(tmp_path / "a.mp4", "-o", tmp_path / "out") == 0
    head, row = capsys.readouterr().out.splitlines()
    assert head.split() == ["video", "seconds", "frames", "body", "left", "right", "fps"]
    assert row.split()[:6] == [str(tmp_path / "a.mp4"), "0.12", "3", "100%", "100%", "100%"]
    pose = Pose.read(tmp_path / "out/a.pose")
    assert (len(pose), pose.fps, pose.size) == (3, 25.0, (320, 320))
    assert os.listdir(tmp_path / "out") == ["a.pose"]


def test_those_that_fail_are_named_and_the_others_done(tmp_path, capsys):
    good, empty, text = tmp_path / "good.mp4", tmp_path / "empty.mp4", tmp_path / "text.mp4"
    write_video(person(), good)
    empty.write_bytes(b"")
    text.write_text("not a video\n" * 100)
    sound, nobody = write_sound(tmp_path / "sound.m4a"), tmp_path / "nobody.gif"
    write_video(make_numbered(4, (160, 120)), nobody)
    cut = encode(tmp_path / "cut.mp4", make_numbered(20))
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
    bad = [empty, text, sound, nobody, cut, tmp_path / "gone.mp4", tmp_path]
    assert extract(good, *bad, "-o", tmp_path / "out") == 1
    shown = capsys.readouterr()
    lines = [line for line in shown.err.splitlines() if line.startswith("signzoo: ")]
    assert len(lines) == len(bad)
    for path, line in zip(bad, lines, strict=True):
        assert str(path) in line
    assert shown.out.count("failed") == len(bad)
    assert os.listdir(tmp_path / "out") == ["good.pose"]


def test_a_signer_without_hands_is_done_but_mentioned(tmp_path, capsys):
    head = draw_person()[:180]  # the hands are below the picture
    write_video(VideoClip.from_frames(np.stack([head] * 3), 25.0), tmp_path / "a.mp4")
    assert extract(tmp_path / "a.mp4", "-o", tmp_path / "out") == 0
    assert "a.mp4: no hand was found" in capsys.readouterr().err


def test_json_is_for_programs_and_a_second_run_skips(tmp_path, capsys):
    write_video(person(), tmp_path / "a.gif")
    words = (tmp_path / "a.gif", "-o", tmp_path / "out", "--format", "npz", "--json")
    assert extract(*words) == 0
    (first,) = json.loads(capsys.readouterr().out)
    assert extract(*words) == 0
    (second,) = json.loads(capsys.readouterr().out)
    assert first["target"] == str(tmp_path / "out/a.npz")
    assert (first["frames"], first["frames_with_left_hand"], first["error"]) == (3, 1.0, "")
    assert (first["skipped"], second["skipped"]) == (False, True)
    assert extract(*words, "--overwrite") == 0
    assert not json.loads(capsys.readouterr().out)[0]["skipped"]


def test_drawings_lie_beside_the_poses(tmp_path):
    write_video(person(), tmp_path / "a.webm")
    assert extract(tmp_path / "a.webm", "-o", tmp_path / "out", "--draw") == 0
    assert sorted(os.listdir(tmp_path / "out")) == ["a.mp4", "a.png", "a.pose"]
    drawn, plain = open_video(tmp_path / "out/a.mp4").frames, open_video(tmp_path / "a.webm").frames
    assert drawn.shape == plain.shape
    changed = np.abs(drawn[0].astype(int) - plain[0]).max(axis=2) > 60
    assert changed[170:230, 100:220].any()  # the hands before the chest
    assert not changed[:, :60].any()


def test_a_drawing_never_replaces_a_video(tmp_path, capsys):
    write_video(person(), tmp_path / "a.mp4")
    before = (tmp_path / "a.mp4").read_bytes()
    assert extract(tmp_path / "a.mp4", "-o", tmp_path, "--draw") == 2
    assert "would write its drawing over the video" in capsys.readouterr().err
    assert (tmp_path / "a.mp4").read_bytes() == before


def test_a_turned_recording_is_read_upright(tmp_path):
    lying = VideoClip.from_frames(np.stack([np.rot90(draw_person(), 1)] * 3), 25.0)
    path = encode(tmp_path / "phone.mp4", lying)
    set_display_matrix(path, 0, 1, -1, 0)
    assert extract(path, "-o", tmp_path) == 0
    pose = Pose.read(tmp_path / "phone.pose")
    assert pose.anchor("head")[0][-1, 1] < pose.anchor("left_shoulder")[0][-1, 1] - 40


def test_a_variable_frame_rate_is_read_at_its_average(tmp_path):
    times = [0, 40, 80, 120, 520, 560]
    path = encode(tmp_path / "a.mkv", person(6), times=times)
    assert extract(path, "-o", tmp_path) == 0
    pose = Pose.read(tmp_path / "a.pose")
    assert pose.seconds == pytest.approx(0.6, abs=0.05)


def test_an_odd_size_is_read_in_its_own_pixels(tmp_path):
    odd = VideoClip.from_frames(np.stack([draw_person()[:315, :317]] * 3), 10.0)
    write_video(odd, tmp_path / "a.gif")
    assert extract(tmp_path / "a.gif", "-o", tmp_path) == 0
    pose = Pose.read(tmp_path / "a.pose")
    assert pose.size == (317, 315)
    assert np.abs(pose.anchor("head")[0][-1, :2] - (160, 95)).max() < 15


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_leaves_no_half_output(tmp_path, workers):
    for name in "abcdef":
        write_video(person(40), tmp_path / f"{name}.mp4")
    videos = sorted(map(str, tmp_path.glob("*.mp4")))
    words = ["extract", *videos, "-o", str(tmp_path / "out"), "--workers", str(workers)]
    process = subprocess.Popen(
        [sys.executable, "-m", "signzoo", *words],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("out/*.pose")) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=15)
    assert process.returncode == 130
    # MediaPipe's own threads may still log a line of theirs while the process goes down.
    said = [line for line in errors.splitlines() if "signzoo:" in line]
    assert said == ["signzoo: Interrupted; what was not finished was removed."]
    assert "Traceback" not in errors
    done = os.listdir(tmp_path / "out")
    assert 1 <= len(done) < 6
    assert all(len(Pose.read(tmp_path / "out" / name)) == 40 for name in done)


def test_real_signers_are_found(shared_data, tmp_path, capsys):
    clip = shared_data / "video/asl_clips/book.mp4"
    assert extract(clip, "-o", tmp_path, "--json") == 0
    (report,) = json.loads(capsys.readouterr().out)
    assert report["frames"] == 68
    assert report["frames_with_body"] == 1.0
    assert report["frames_with_left_hand"] > 0.3
