import json
import os
import signal
import subprocess
import sys
import time

import pytest

from signzoo.cli.main import main
from signzoo.structures import Pose


def sign(*words):
    return main(["sign", *map(str, words)])


def test_a_video_is_written_and_every_word_accounted_for(tmp_path, capsys):
    assert sign("hi 42", "--language", "en", "-o", tmp_path / "a.mp4") == 0
    shown = capsys.readouterr().out
    assert "fingerspelled H-I" in shown
    assert "MISSING" in shown
    assert "2 words: 0% with a sign in the lexicon, 1 fingerspelled, 1 missing" in shown
    import av

    with av.open(str(tmp_path / "a.mp4")) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert (stream.width, stream.height) >= (512, 512)
        assert sum(1 for _ in container.decode(stream)) > 10


@pytest.mark.parametrize("suffix", [".pose", ".npz", ".json", ".h5"])
def test_a_pose_is_written_instead_when_the_name_says_so(tmp_path, suffix):
    assert sign("hi", "--language", "en", "-o", tmp_path / f"a{suffix}") == 0
    assert len(Pose.read(tmp_path / f"a{suffix}")) > 10
    assert os.listdir(tmp_path) == [f"a{suffix}"]


def test_a_gif_and_a_sheet_are_written(tmp_path):
    assert sign("hi", "--language", "en", "--size", 128, "-o", tmp_path / "a.gif",
                "--sheet", tmp_path / "a.png") == 0  # fmt: skip
    assert (tmp_path / "a.gif").read_bytes().startswith(b"GIF89a")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_json_says_what_became_of_each_word(tmp_path, capsys):
    assert sign("hi 42", "--language", "en", "-o", tmp_path / "a.npz", "--json") == 0
    content = json.loads(capsys.readouterr().out)
    assert content["fingerspelled"] == ["hi"]
    assert content["missing"] == ["42"]
    assert [span["label"] for span in content["spans"]] == ["H", "I"]


def test_real_signs_and_spelled_words_are_told_apart(shared_data, tmp_path, capsys):
    lexicon = shared_data / "pose/sgg_lexicon"
    text = "Kleine Kinder essen Pizza in Zürich"
    assert sign(text, "--language", "de", "--signed-language", "sgg", "--lexicon", lexicon,
                "-o", tmp_path / "z.pose", "--json") == 0  # fmt: skip
    content = json.loads(capsys.readouterr().out)
    assert [gloss["source"] for gloss in content["glosses"]] == ["sign"] * 4 + [
        "fingerspelling"
    ] * 2
    assert content["coverage"] == pytest.approx(4 / 6)
    assert [s["label"] for s in content["spans"][-5:]] == ["Z", "Ü", "R", "I", "CH"]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["  ", "--language", "en"], 2, "no words"),
        (["😀", "--language", "en"], 1, "None of the 1 words"),
        (["hello " * 10000, "--language", "en"], 2, "10000 words"),
        (["hi", "--language", "xx"], 2, "there are ar, cs, de"),
        (["你好", "--language", "zh", "--signed-language", "csl"], 2, "signzoo lexicon build"),
        (["hi", "--language", "de"], 2, "needs --signed-language"),
        (["hi", "--language", "en", "--lexicon", "nowhere"], 1, "is not a lexicon"),
        (["hi", "--language", "en", "--size", "7"], 2, "64 to 2160"),
    ],
)
def test_bad_input_is_one_clear_line_and_no_file(tmp_path, capsys, words, code, message):
    assert sign(*words, "-o", tmp_path / "a.mp4") == code
    errors = capsys.readouterr().err.strip()
    assert message in errors
    assert "\n" not in errors
    assert os.listdir(tmp_path) == []


def test_an_output_of_an_unknown_kind_is_refused_before_any_work(tmp_path, capsys):
    assert sign("hi", "--language", "en", "-o", tmp_path / "a.doc") == 2
    assert ".mp4" in capsys.readouterr().err


def test_ctrl_c_in_the_middle_of_writing_leaves_no_file(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "signzoo", "sign", "hello " * 60, "--language", "en",
         "-o", str(tmp_path / "a.mp4")],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    for _ in range(600):
        if os.listdir(tmp_path):
            break
        time.sleep(0.1)
    assert os.listdir(tmp_path)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Interrupted" in errors
    assert os.listdir(tmp_path) == []


def test_a_gloss_model_writes_the_glosses(tiny_text2gloss, tmp_path, capsys):
    words = ["sign", "morgen regnet es im norden", "--language", "de", "--signed-language", "gsg"]
    out = tmp_path / "a.pose"
    assert main([*words, "--gloss-model", str(tiny_text2gloss), "-o", str(out), "--json"]) == 0
    labels = {gloss["label"] for gloss in json.loads(capsys.readouterr().out)["glosses"]}
    known = json.loads((tiny_text2gloss / "vocabulary.json").read_text("utf-8"))["glosses"]
    assert labels <= {label for label, _ in known}
    assert out.is_file()


def test_a_gloss_model_of_another_language_is_refused(tiny_text2gloss, tmp_path, capsys):
    words = ["sign", "hello", "--language", "en", "--signed-language", "ase"]
    out = tmp_path / "a.pose"
    assert main([*words, "--gloss-model", str(tiny_text2gloss), "-o", str(out)]) == 2
    assert "'en'" in capsys.readouterr().err
    assert not out.exists()


def test_an_avatar_signs_as_somebody(avatar_home, monkeypatch, tmp_path):
    monkeypatch.setenv("SIGNZOO_HOME", str(avatar_home))
    (tmp_path / "me.json").write_text('{"background": "#ff0000"}')
    out = tmp_path / "a.mp4"
    assert sign("i", "--language", "en", "--size", 96, "--signer", tmp_path / "me.json",
                "--renderer", "avatar", "-o", out, "--sheet", tmp_path / "a.png") == 0  # fmt: skip
    from signzoo.media.video import open_video

    red, green, blue = open_video(out).frames[3, 5, 5].astype(int)
    assert red > 180
    assert max(green, blue) < 80
    assert (tmp_path / "a.png").is_file()


@pytest.mark.parametrize("name", ["a.glb", "a.gltf"])
def test_a_3d_scene_is_written_when_the_name_says_so(avatar_home, monkeypatch, tmp_path, name):
    monkeypatch.setenv("SIGNZOO_HOME", str(avatar_home))
    assert sign("i", "--language", "en", "-o", tmp_path / name) == 0
    assert os.listdir(tmp_path) == [name]
    data = (tmp_path / name).read_bytes()
    start = 20 if name == "a.glb" else 0
    document, _ = json.JSONDecoder().raw_decode(data[start:].decode("latin-1"))
    assert document["animations"][0]["name"] == "i"


def test_a_seed_draws_a_signer(avatar_home, monkeypatch, tmp_path):
    """Another seed, another picture: the avatar is implied."""
    import numpy as np

    from signzoo.avatar import BodyShape, Signer
    from signzoo.media.video import open_video

    monkeypatch.setenv("SIGNZOO_HOME", str(avatar_home))
    asked = []

    def drawn(seed):
        asked.append(seed)  # with the standard shape, whose body is there already
        return Signer(shape=BodyShape(), skin_tone=0.1 * seed)

    monkeypatch.setattr(Signer, "drawn", staticmethod(drawn))
    for seed in (1, 9):
        assert sign("i", "--language", "en", "--size", 64, "--signer", seed,
                    "-o", tmp_path / f"{seed}.mp4") == 0  # fmt: skip
    assert asked == [1, 9]
    first, second = (open_video(tmp_path / f"{seed}.mp4").frames[0] for seed in asked)
    assert np.abs(first.astype(int) - second).max() > 60


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--signer", "nobody.json"], "no signer to read in nobody.json"),
        (["--signer", "7", "--renderer", "skeleton"], "go with --renderer avatar"),
    ],
)
def test_a_signer_that_cannot_be_meant_is_one_clear_line(tmp_path, capsys, words, message):
    assert sign("hi", "--language", "en", "-o", tmp_path / "a.mp4", *words) == 2
    errors = capsys.readouterr().err.strip()
    assert message in errors
    assert "\n" not in errors
    assert os.listdir(tmp_path) == []


def test_a_machine_without_egl_is_told_what_to_install(tmp_path, capsys, monkeypatch):
    import ctypes

    def refuse(name):
        raise OSError(name)

    monkeypatch.setattr(ctypes, "CDLL", refuse)
    words = ["--language", "en", "--renderer", "avatar", "-o", tmp_path / "a.mp4"]
    assert sign("hi", *words) == 1
    assert "apt install libegl1" in capsys.readouterr().err
    assert os.listdir(tmp_path) == []
