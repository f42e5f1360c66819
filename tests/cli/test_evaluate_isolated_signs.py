import json

import numpy as np
import pytest
import torch

from signzoo.cli.main import main
from signzoo.models.signmst_c import SignMSTC, SignMSTCConfig


@pytest.fixture
def make(fake_corpora, tmp_path):
    def save(**changes):
        torch.manual_seed(0)
        config = SignMSTCConfig(
            language_model=str(fake_corpora / "compact"), branches=("landmarks",), width=16,
            inner_width=16, heads=2, branch_layers=1, fusion_layers=1, **changes,
        )  # fmt: skip
        SignMSTC(config).eval().save_pretrained(tmp_path / "model")
        return str(tmp_path / "model")

    return save


@pytest.fixture
def signs(tmp_path):
    """Three signs in WLASL's layout, twenty times each to learn from and once to name."""
    random = np.random.default_rng(0)
    clips, rows = {}, []
    for number in range(63):
        points = np.ones((20, 106, 3), np.float16)
        points[..., :2] = 100 + random.normal(0, 0.2, points[..., :2].shape)
        points[:, 5, :2], points[:, 6, :2] = (120, 100), (80, 100)  # shoulders
        way = ((0, -40), (0, 40), (40, 0))[number % 3]  # of the right hand
        points[:, 85:, :2] += np.linspace(0, way, 20)[:, None]
        clips[str(number)] = points
        subset = "train" if number < 60 else "val"
        rows.append({"id": str(number), "gloss": "abc"[number % 3], "subset": subset})
    folder = tmp_path / "signs"
    folder.mkdir()
    np.savez(folder / "keypoints.npz", **clips)
    (folder / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(folder)


def test_a_model_stands_beside_what_it_has_to_beat(make, signs, tmp_path, capsys):
    words = ["--model", make(output="gloss"), "--data", signs]
    words += ["--samples", "20", "--out", str(tmp_path / "out")]
    assert main(["evaluate", "isolated-signs", *words]) == 0
    assert "3 clips of 3 signs, 60 to learn from" in capsys.readouterr().out
    report = json.loads((tmp_path / "out" / "scores.json").read_text("utf-8"))
    for floor in ("nearest training clip (landmark DTW)", "linear model of the landmarks"):
        assert report["scores"][floor]["top-1"]["value"] == 100
    assert report["scores"]["most frequent sign"]["top-1"]["value"] == pytest.approx(100 / 3)
    assert all(scores["top-5"]["value"] == 100 for scores in report["scores"].values())
    assert set(report["differences"]) == set(report["scores"]) - {words[1]}
    found = (tmp_path / "out" / "predictions.jsonl").read_text("utf-8").splitlines()
    assert [sorted(json.loads(row)["ranked"]) for row in found] == [["a", "b", "c"]] * 3


def test_sentences_are_refused(make, fake_corpora, capsys):
    model = make(output="gloss")
    words = ["evaluate", "isolated-signs", "--model", model, "--split", ""]
    assert main([*words, "--data", str(fake_corpora / "synthetic")]) == 2
    assert "isolated ones are needed" in capsys.readouterr().err


def test_a_network_that_writes_text_names_no_signs(make, signs, capsys):
    model = make(output="text")
    assert main(["evaluate", "isolated-signs", "--model", model, "--data", signs]) == 2
    assert "a network that writes glosses" in capsys.readouterr().err
