import json

import pytest
import torch

from signzoo.cli.main import main
from signzoo.models.signmst_c import SignMSTC, SignMSTCConfig
from signzoo.models.text_corrector import TextCorrector, TextCorrectorConfig
from signzoo.models.text_corrector.language import Vocabulary


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SIGNZOO_HOME", str(tmp_path / "home"))


@pytest.fixture
def make(fake_corpora, tmp_path):
    def save(**changes):
        torch.manual_seed(0)
        config = SignMSTCConfig(
            language_model=str(fake_corpora / "compact"), width=16, inner_width=16, heads=2,
            branch_layers=1, fusion_layers=1, **changes,
        )  # fmt: skip
        SignMSTC(config).eval().save_pretrained(tmp_path / "model")
        return str(tmp_path / "model")

    return save


def rows(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_predictions_scores_and_floor_are_kept(make, fake_corpora, tmp_path, capsys):
    corpus = str(fake_corpora / "synthetic")
    options = ["--data", f"{corpus}/manifest.jsonl", "--train", corpus, "--samples", "20"]
    model = make(branches=("landmarks",))
    out = tmp_path / "out"
    assert main(["evaluate", "sign2text", "--model", model, *options, "--out", str(out)]) == 0
    found = rows(out / "predictions.jsonl")
    assert [list(row) for row in found] == [["id", "prediction", "draft", "score"]] * 3
    report = json.loads((out / "scores.json").read_text("utf-8"))
    floor = report["scores"]["nearest training clip (landmark DTW)"]
    assert floor["wer_lower"]["value"] == 0  # each clip is nearest to itself
    assert report["facts"]["num_sentences"] == 3
    assert "nearest training clip" in capsys.readouterr().out


def test_each_branch_is_scored_alone_with_its_difference(make, fake_corpora, tmp_path, capsys):
    model = make(output="gloss")
    options = ["--data", str(fake_corpora / "videos"), "--branches", "--samples", "20", "--json"]
    assert main(["evaluate", "sign2text", "--model", model, *options]) == 0
    report = json.loads(capsys.readouterr().out)
    assert list(report["scores"]) == ["predictions", "landmarks alone", "video alone"]
    assert set(report["differences"]) == {"landmarks alone", "video alone"}


def test_a_network_of_one_branch_has_no_branches_to_compare(make, fake_corpora, capsys):
    model = make(branches=("landmarks",))
    words = ["--model", model, "--data", str(fake_corpora / "synthetic"), "--branches"]
    assert main(["evaluate", "sign2text", *words]) == 2
    assert "has one branch" in capsys.readouterr().err


def test_corrected_texts_stand_beside_their_drafts(make, fake_corpora, tmp_path, capsys):
    corrector = TextCorrector(TextCorrectorConfig(width=8, hidden=8, num_words=9, threshold=-1e9))
    corrector.vocabulary = Vocabulary(["regen", "norden", "sonne"], [3, 2, 2], 1, 1)
    corrector.eval().save_pretrained(tmp_path / "corrector")
    words = ["--model", make(branches=("landmarks",)), "--data", str(fake_corpora / "synthetic")]
    words += ["--corrector", str(tmp_path / "corrector"), "--out", str(tmp_path / "out")]
    assert main(["evaluate", "sign2text", *words, "--samples", "20"]) == 0
    found = rows(tmp_path / "out" / "predictions.jsonl")
    assert any(row["prediction"] != row["draft"] for row in found)
    report = json.loads((tmp_path / "out" / "scores.json").read_text("utf-8"))
    assert list(report["scores"]) == ["predictions", "drafts, before correction"]
    assert "drafts, before correction" in report["differences"]
    assert "--corrector" in report["command"]


def test_fewer_frames_a_second_are_compared(make, fake_corpora, capsys):
    words = ["--model", make(branches=("landmarks",)), "--data", str(fake_corpora / "synthetic")]
    assert main(["evaluate", "sign2text", *words, "--fps", "12.5", "--samples", "20"]) == 0
    assert "less the 12.5 frames a second" in capsys.readouterr().out
    assert main(["evaluate", "sign2text", *words, "--fps", "0"]) == 2


def test_times_of_words_are_compared_where_the_corpus_has_times(make, fake_corpora, capsys):
    model = make(branches=("landmarks",), token_head=True, output="gloss")
    words = ["--model", model, "--times", "--samples", "20"]
    synthetic = ["--data", str(fake_corpora / "synthetic")]
    assert main(["evaluate", "sign2text", *words, *synthetic]) == 0
    assert "words are named like a gloss" in capsys.readouterr().out
    assert main(["evaluate", "sign2text", *words, *synthetic, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["facts"]["word_times"]["words"] >= 0
    assert "--times" in report["command"]
    assert main(["evaluate", "sign2text", *words, "--data", str(fake_corpora / "videos")]) == 2
    assert "does not say when" in capsys.readouterr().err
