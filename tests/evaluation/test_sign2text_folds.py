import json

import pytest
import yaml

from signzoo.data.sentences import read_sentences
from signzoo.errors import UsageError
from signzoo.evaluation.sign2text_folds import main, read_folds


def test_a_fold_is_a_signer_or_what_a_file_says(fake_corpora, tmp_path):
    sentences = read_sentences(fake_corpora / "videos")
    assert [(fold.name, len(fold.ids)) for fold in read_folds(sentences)] == [("s0", 3), ("s1", 2)]
    path = tmp_path / "folds.json"
    path.write_text(json.dumps({"folds": [["0", "1"], ["2"]]}))
    assert [fold.ids for fold in read_folds(sentences, path)] == [("0", "1"), ("2",)]
    path.write_text(json.dumps({"folds": [["0", "17"], ["2"]]}))
    with pytest.raises(UsageError, match="names '17', which the corpus does not have"):
        read_folds(sentences, path)
    path.write_text("[]")
    with pytest.raises(UsageError, match="is no JSON file"):
        read_folds(sentences, path)


@pytest.mark.slow
def test_every_clip_is_translated_by_a_network_that_never_saw_its_signer(
    fake_corpora, tmp_path, capsys
):
    config = tmp_path / "config.yaml"
    network = {
        "branches": ["landmarks"], "video_encoder": "", "width": 16, "inner_width": 16,
        "heads": 2, "output": "gloss", "language": "en",
    }  # fmt: skip
    values = {
        "component": "signmst_c",
        "model": {"network": network},
        "data": {"video_encoder": "", "output": "gloss"},
        "trainer": {"max_epochs": 1, "accelerator": "cpu"},
    }
    config.write_text(yaml.safe_dump(values))
    words = ["--config", str(config), "--corpus", str(fake_corpora / "synthetic")]
    folds = tmp_path / "folds.json"
    folds.write_text(json.dumps({"folds": [["0"], ["1", "2"]]}))
    out = tmp_path / "out"
    words += ["--folds", str(folds), "--out", str(out), "--output", "gloss", "--tokens", "32"]
    main(words)
    rows = [json.loads(line) for line in (out / "predictions.jsonl").read_text().splitlines()]
    assert [(row["id"], row["fold"]) for row in rows] == [("0", "1"), ("1", "2"), ("2", "2")]
    assert "left out 2" in (out / "table.md").read_text()
    assert (out / "confusions.png").stat().st_size > 1000
