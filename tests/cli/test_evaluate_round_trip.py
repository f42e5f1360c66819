import json

import pytest
import torch

from signzoo.cli.main import main
from signzoo.models.signmst_c import SignMSTC, SignMSTCConfig


@pytest.fixture
def model(fake_corpora, tmp_path):
    torch.manual_seed(0)
    config = SignMSTCConfig(
        language_model=str(fake_corpora / "compact"), branches=("landmarks",), width=16,
        inner_width=16, heads=2, branch_layers=1, fusion_layers=1,
    )  # fmt: skip
    SignMSTC(config).eval().save_pretrained(tmp_path / "model")
    return str(tmp_path / "model")


def test_sentences_are_signed_and_read_back(model, fake_corpora, tmp_path, capsys):
    out, data = tmp_path / "out", fake_corpora / "phoenix14t" / "dev.jsonl"
    words = ["--data", str(data), "--gloss-model", "none", "--model", model, "--limit", "3"]
    words += ["--out", str(out), "--samples", "20"]
    assert main(["evaluate", "round-trip", *words]) == 0
    given = [json.loads(line) for line in data.read_text("utf-8").splitlines()][:3]
    rows = [json.loads(row) for row in (out / "predictions.jsonl").read_text("utf-8").splitlines()]
    assert [(row["id"], row["text"], row["gloss"]) for row in rows] == [
        (row["id"], row["text"], row["gloss"]) for row in given
    ]
    assert any(row["prediction"] for row in rows)
    signed = (out / "signing" / "manifest.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(row)["gloss"] for row in signed] == [row["gloss"] for row in given]
    report = json.loads((out / "scores.json").read_text("utf-8"))
    assert report["facts"]["without_gloss"] == 0
    assert list(report["differences"]) == ["the texts in another order"]
    assert "--gloss-model none" in report["command"]
    assert "the texts in another order" in capsys.readouterr().out


def test_a_folder_is_needed_for_the_signing(model, fake_corpora, capsys):
    data = str(fake_corpora / "phoenix14t" / "dev.jsonl")
    assert main(["evaluate", "round-trip", "--data", data, "--model", model]) == 2
    assert "name a folder with --out" in capsys.readouterr().err
