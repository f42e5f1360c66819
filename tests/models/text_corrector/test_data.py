import json

import pytest

from signzoo.data.datamodule import Draw
from signzoo.errors import ManifestError
from signzoo.models.text_corrector.data import TextCorrectorData, read_sentences
from signzoo.models.text_corrector.errors import ErrorRates

TEXTS = ["morgen regnet es im norden", "heute scheint die sonne im süden"]
DRAFTS = ["regnet morgen norden", None]


@pytest.fixture
def folder(tmp_path):
    def write(name, rows):
        lines = [json.dumps({"id": str(i), **row}) + "\n" for i, row in enumerate(rows)]
        (tmp_path / name).write_text("".join(lines), "utf-8")

    write("train.jsonl", [{"text": text} for text in TEXTS])
    rows = [{"text": text, "draft": draft} for text, draft in zip(TEXTS, DRAFTS, strict=True)]
    write("drafts.jsonl", [{k: v for k, v in row.items() if v is not None} for row in rows])
    write("empty.jsonl", [{"text": "  "}])
    return tmp_path


def make(folder, train=("train.jsonl",), **options):
    return TextCorrectorData(str(folder), train=train, val=("drafts.jsonl",), **options)


def test_training_shows_sentences_as_they_are(folder):
    samples = make(folder).read("train")
    assert [samples[Draw(i, 7)].text for i in (0, 1)] == TEXTS
    assert samples.lengths == [5, 6]


def test_real_drafts_are_validated_as_they_are_and_others_get_the_same_errors(folder):
    samples = make(folder, rates=ErrorRates(0.3, 0.3, 0.3, 0.3)).read("val")
    assert samples[Draw(0, None)] == ("0", DRAFTS[0], TEXTS[0])
    assert samples[Draw(1, None)] == samples[Draw(1, None)]
    assert samples[Draw(1, None)].draft != TEXTS[1]


def test_rates_are_fitted_to_real_drafts(folder):
    rows = [{"id": "a", "draft": "regnet morgen im", "text": TEXTS[0]}]
    (folder / "real.jsonl").write_text(json.dumps(rows[0]) + "\n", "utf-8")
    fitted = make(folder, drafts="real.jsonl").read("train").rates
    assert fitted.deletion == 2 / 5
    assert fitted.order == 1 / 5
    with pytest.raises(ManifestError, match="'0' has no 'draft'"):
        make(folder, drafts="train.jsonl").read("train")


def test_an_empty_text_is_named(folder):
    with pytest.raises(ManifestError, match=r"empty.jsonl, row 1 has an empty text"):
        read_sentences(folder / "empty.jsonl")


def test_a_sentence_that_no_corrector_reads_is_named(folder):
    (folder / "long.jsonl").write_text(json.dumps({"id": "x", "text": "a b " * 81}) + "\n")
    with pytest.raises(ManifestError, match="'x' has 162 words"):
        make(folder, ("long.jsonl",)).read("train")
