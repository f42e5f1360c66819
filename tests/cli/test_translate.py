import json

import numpy as np
import pytest
import torch

from signzoo.cli.main import main
from signzoo.cli.translate import describe, write_subtitles
from signzoo.models.signmst_c import SignMSTC, SignMSTCConfig
from signzoo.structures import Translation


@pytest.fixture
def model(fake_corpora, tmp_path):
    torch.manual_seed(0)
    config = SignMSTCConfig(
        branches=("landmarks",), language_model=str(fake_corpora / "compact"), width=16,
        inner_width=16, heads=2, branch_layers=1, fusion_layers=1,
    )  # fmt: skip
    SignMSTC(config).eval().save_pretrained(tmp_path / "model")
    return str(tmp_path / "model")


def test_poses_are_translated_with_all_that_is_known(model, waving, tmp_path, capsys):
    waving.write(tmp_path / "a.npz")
    files = [str(tmp_path / "a.npz")]
    assert main(["translate", *files, "--model", model, "--n-best", "2", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    (sentence,) = row["sentences"]
    assert row["source"] == files[0]
    assert sentence["text"]
    assert len(sentence["n_best"]) == 2
    assert {"word", "start", "end"} == set(sentence["spans"][0])
    subtitles = tmp_path / "a.srt"
    assert main(["translate", *files, "--model", model, "--subtitles", str(subtitles)]) == 0
    assert subtitles.read_text("utf-8").startswith("1\n00:00:00,000 --> 00:00:02,000\n")
    assert "score 0." in capsys.readouterr().out


def test_a_video_without_anybody_says_so(model, tmp_path, capsys):
    from signzoo.media.video import write_video
    from signzoo.structures import VideoClip

    pytest.importorskip("mediapipe")
    clip = VideoClip.from_frames(np.full((10, 96, 96, 3), 90, np.uint8), 25.0)
    write_video(clip, tmp_path / "wall.mp4")
    assert main(["translate", str(tmp_path / "wall.mp4"), "--model", model]) == 0
    assert "no text: no signer" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "Give files to translate, or --stream"),
        (["a.mp4", "--stream", "0"], "Give files to translate, or --stream"),
        (["missing.mp4"], "There is no file missing.mp4"),
        (["a.mp4", "b.mp4", "--subtitles", "a.srt"], "Subtitles are of one video"),
        (["a.mp4", "--subtitles", "a.txt"], "written as .srt"),
        (["a.mp4", "--n-best", "0"], "at least 1"),
    ],
)
def test_what_cannot_be_meant_is_refused(words, message, capsys):
    assert main(["translate", *words]) in (1, 2)
    assert message in capsys.readouterr().err


def test_a_corrupt_file_and_an_unknown_model_are_one_line(model, tmp_path, capsys):
    (tmp_path / "a.pose").write_bytes(b"nothing")
    assert main(["translate", str(tmp_path / "a.pose"), "--model", model]) == 1
    (tmp_path / "b.mp4").write_bytes(b"")
    assert main(["translate", str(tmp_path / "b.mp4"), "--model", model]) == 1
    assert main(["translate", str(tmp_path / "b.mp4"), "--model", "nonesuch"]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 3


def test_a_reason_is_said_and_draws_no_subtitle(tmp_path):
    none = Translation("", reason="no hands", end=2.0)
    assert "no text: no hands" in describe(none)
    unlike = Translation("regen", "regen", 0.5, end=3661.5, familiarity=0.01)
    assert "unlike what the network was trained on" in describe(unlike)
    write_subtitles(str(tmp_path / "a.srt"), [none, unlike])
    assert (tmp_path / "a.srt").read_text() == "1\n00:00:00,000 --> 01:01:01,500\nregen\n"
