import json
import sys

import numpy as np
import pytest

from signzoo.data.corpora import read_corpus
from signzoo.errors import UsageError
from signzoo.evaluation.rest_detector import CORPORA, Settings, main, make_folds
from signzoo.evaluation.rest_scores import count, scores
from signzoo.hub.folders import package_folder
from signzoo.models.rest_detector.data import label_track


@pytest.fixture
def utterances(fake_corpora):
    return [utterance for name in CORPORA for utterance in read_corpus(name, fake_corpora)]


def counts_of(utterances, change):
    """Counts where a system says what ``change`` makes of the labels."""
    tracks = [label_track(utterance) for utterance in utterances]
    return sum(
        count(change(track.labels).astype(float), utterance, track)
        for utterance, track in zip(utterances, tracks, strict=True)
    )


def test_the_labels_themselves_score_best(utterances):
    found = scores(counts_of(utterances, lambda labels: labels))
    errors = [name for name in found if name.endswith("_ms")]
    assert all(found[name] == pytest.approx(0) for name in errors)
    assert all(found[name] == pytest.approx(100) for name in found if name not in errors)


def test_all_signing_loses_all_rest(utterances):
    found = scores(counts_of(utterances, np.ones_like))
    assert found["f1_rest"] == 0
    assert found["balanced_accuracy"] == 50
    assert found["dgs_signing_recall"] == 100
    assert found["first_frame_bias_ms"] == -found["first_frame_ms"] < 0
    assert found["last_frame_bias_ms"] == found["last_frame_ms"] > 0


def test_nothing_found_trims_nothing(utterances):
    nothing = scores(counts_of(utterances, np.zeros_like))
    everything = scores(counts_of(utterances, np.ones_like))
    assert nothing["trim_iou"] == everything["trim_iou"]
    assert nothing["dgs_signing_recall"] == 0


def test_a_frame_late_is_forty_milliseconds_late(utterances):
    late = scores(counts_of(utterances, lambda labels: np.roll(labels, 1)))
    assert late["first_frame_bias_ms"] == pytest.approx(40)
    assert late["first_frame_ms"] == pytest.approx(40)


def test_each_group_is_held_out_once_and_trained_on_otherwise(utterances):
    folds = make_folds(utterances)
    held_out = [group for fold in folds for group in fold.held_out]
    assert sorted(held_out) == sorted({utterance.group for utterance in utterances})
    for fold in folds:
        assert sum(group.startswith("boston104/") for group in fold.held_out) == 1
        assert not {u.group for u in fold.test} & {u.group for u in fold.training}
        assert len(fold.test) + len(fold.training) == len(utterances)


def test_the_settings_are_those_of_the_shipped_config():
    settings = Settings.read(package_folder("configs") / "rest_detector" / "boston104_dgs.yaml")
    assert settings.max_epochs == 40
    assert settings.optimizer.lr == 0.002
    assert settings.loader.frames_per_batch == 3000


def test_another_config_is_refused(tmp_path):
    (tmp_path / "a.yaml").write_text("trainer: {}", encoding="utf-8")
    with pytest.raises(UsageError, match="is no config of the rest detector"):
        Settings.read(tmp_path / "a.yaml")


def test_the_evaluation_keeps_scores_predictions_and_a_picture(
    fake_corpora, tmp_path, monkeypatch, capsys
):
    (tmp_path / "tiny.yaml").write_text(
        "model: {network: {width: 8, num_blocks: 2}}\ntrainer: {max_epochs: 2}", encoding="utf-8"
    )
    words = ["--data", str(fake_corpora), "--out", str(tmp_path / "out"), "--seeds", "0", "1"]
    monkeypatch.setattr(sys, "argv", ["x", *words, "--config", str(tmp_path / "tiny.yaml")])
    main()
    assert "Rest detector on unseen signers" in capsys.readouterr().out
    kept = json.loads((tmp_path / "out" / "scores.json").read_text("utf-8"))
    systems = {"rest_detector", "wrist_speed", "raised_hand", "always_signing"}
    assert set(kept["scores"]) == systems
    assert set(kept["differences"]) == systems - {"rest_detector"}
    assert len(kept["facts"]["macro_f1_by_seed"]["rest_detector"]) == 2
    rows = (tmp_path / "out" / "predictions.jsonl").read_text("utf-8").splitlines()
    assert len(rows) == 12 * (2 + 3)  # utterances, and a row a seed
    assert (tmp_path / "out" / "worst.png").stat().st_size > 10_000
