import json

import pytest

from signzoo.data.datamodule import Draw
from signzoo.errors import ManifestError, UsageError
from signzoo.models.text_corrector.data import NoiseConfig, TextCorrectorData, read_sentences
from signzoo.models.text_corrector.errors import ErrorRates, split

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


def make(folder, train=("train.jsonl",), **noise):
    return TextCorrectorData(
        str(folder), train=train, val=("drafts.jsonl",), noise=NoiseConfig(**noise)
    )


def test_training_draws_other_errors_by_its_seed(folder):
    samples = make(folder, cross=0, names=0, rates=ErrorRates(0.3, 0.3, 0.3, 0.3)).read("train")
    drawn = {samples[Draw(0, seed)].draft for seed in range(20)}
    assert len(drawn) > 10
    assert {samples[Draw(0, seed)].text for seed in range(20)} == {TEXTS[0]}
    assert samples[Draw(0, 3)] == samples[Draw(0, 3)]


def test_clean_sentences_are_shown_too(folder):
    samples = make(folder, clean=1, cross=0, names=0).read("train")
    assert samples[Draw(0, 1)] == ("0", TEXTS[0], TEXTS[0])


def test_real_drafts_are_validated_as_they_are_and_others_get_the_same_errors(folder):
    samples = make(folder).read("val")
    assert samples[Draw(0, None)] == ("0", DRAFTS[0], TEXTS[0])
    assert samples[Draw(1, None)] == samples[Draw(1, None)]


def test_real_drafts_train_by_their_share(folder):
    always = make(folder, ("drafts.jsonl",), real=1).read("train")
    assert all(always[Draw(0, seed)].draft == DRAFTS[0] for seed in range(5))
    never = make(folder, ("drafts.jsonl",), real=0, clean=1, cross=0, names=0).read("train")
    assert never[Draw(0, 0)].draft == TEXTS[0]


def test_lengths_are_never_passed(folder):
    samples = make(folder, rates=ErrorRates(0.5, 1, 0, 0)).read("train")
    for seed in range(30):
        sample = samples[Draw(0, seed)]
        found = (len(split(sample.draft, "de")), len(split(sample.text, "de")))
        assert all(ours <= most for ours, most in zip(found, samples.lengths[0], strict=True))


def test_rates_are_fitted_to_the_drafts(folder):
    fitted = make(folder, ("drafts.jsonl",), fit=True).read("train").noise.rates
    assert fitted.deletion > 0
    with pytest.raises(UsageError, match="no training row has a 'draft'"):
        make(folder, fit=True).read("train")


def test_an_empty_text_is_named(folder):
    with pytest.raises(ManifestError, match=r"empty.jsonl, row 1 has an empty text"):
        read_sentences(folder / "empty.jsonl")


def test_shares_lie_between_0_and_1():
    with pytest.raises(UsageError, match="clean, real, cross and names"):
        NoiseConfig(clean=2)


def test_a_file_of_real_drafts_trains_beside_the_sentences(folder):
    rows = [{"id": "a", "draft": "regnet im norden morgen", "text": TEXTS[0]}]
    (folder / "real.jsonl").write_text(json.dumps(rows[0]) + "\n", "utf-8")
    data = TextCorrectorData(
        str(folder), train=("train.jsonl",), drafts="real.jsonl", noise=NoiseConfig(real=1)
    )
    samples = data.read("train")
    assert samples[Draw(2, 0)] == ("a", rows[0]["draft"], TEXTS[0])
    assert len(samples.lengths) == 3
    data.drafts = "train.jsonl"
    with pytest.raises(ManifestError, match="'0' has no 'draft'"):
        data.read("train")


def test_a_sentence_that_no_corrector_reads_is_named(folder):
    (folder / "long.jsonl").write_text(json.dumps({"id": "x", "text": "a b " * 80}) + "\n")
    with pytest.raises(ManifestError, match="'x' has up to 202 words"):
        make(folder, ("long.jsonl",)).read("train")
