import json
from collections import Counter

import numpy as np
import pytest
from transformers import AutoTokenizer

from signzoo.data.datamodule import Draw, LoaderConfig
from signzoo.data.pairs import TextGlossPair
from signzoo.errors import UsageError
from signzoo.models.text2gloss import Text2GlossData
from signzoo.models.text2gloss.augmentation import Augmentation, AugmentationConfig
from signzoo.models.text2gloss.data import BLANK, PairSamples, PairSource, estimate_tokens
from signzoo.models.text2gloss.denoising import DenoisingConfig

PAIRS = [
    TextGlossPair(str(n), " ".join(["wort"] * (n % 7 + 1)) + f" n{n}", (f"G{n}",) * (n % 3 + 1))
    for n in range(40)
]
BY_ID = {pair.id: pair for pair in PAIRS}


def samples_of(pairs=PAIRS, training=True, **shares):
    return PairSamples([PairSource("corpus/train.jsonl", **shares)], [pairs], training=training)


def draw_epochs(samples, epochs=1):
    """What some epochs of training draw."""
    rng = np.random.default_rng(0)
    return [
        samples[Draw(place, int(rng.integers(2**62)))]
        for _ in range(epochs)
        for place in range(len(samples.lengths))
    ]


def test_a_share_of_half_draws_half_an_epoch_and_over_epochs_every_pair():
    samples = samples_of(gloss=0.5)
    assert len(samples.lengths) == 20
    assert len({sample.id for sample in draw_epochs(samples)}) == 20
    assert {sample.id for sample in draw_epochs(samples, 12)} == BY_ID.keys()


@pytest.mark.parametrize(("share", "expected"), [(1.0, 40), (1.5, 60), (2.0, 80), (0.001, 1)])
def test_a_share_says_how_many_samples_an_epoch_has(share, expected):
    drawn = Counter(sample.id for sample in draw_epochs(samples_of(gloss=share)))
    assert drawn.total() == expected
    if share >= 1:
        assert set(drawn.values()) <= {int(share), -int(-share // 1)}


def test_the_samples_of_a_slot_are_of_about_one_length():
    samples = samples_of(gloss=0.5)
    lengths = [estimate_tokens([pair.text])[0] for pair in PAIRS]
    for slot in samples.slots:
        assert np.ptp([lengths[place] for place in slot.pairs]) <= 1
        assert slot.lengths[0] == max(lengths[place] for place in slot.pairs)


def test_no_drawn_sample_is_longer_than_its_slot_says():
    samples = samples_of(gloss=0.3, text=0.4, denoise=0.6)
    for _ in range(5):
        for sample, lengths in zip(draw_epochs(samples), samples.lengths, strict=True):
            sizes = estimate_tokens([sample.source, sample.target])
            assert all(size <= most for size, most in zip(sizes, lengths, strict=True))


def test_each_job_asks_for_its_own_answer():
    samples = samples_of(gloss=1.0, text=0.5, denoise=0.25)
    drawn = draw_epochs(samples)
    assert Counter(sample.job for sample in drawn) == {"gloss": 40, "text": 20, "denoise": 10}
    for sample in drawn:
        text, gloss = BY_ID[sample.id].text, " ".join(BY_ID[sample.id].gloss)
        assert sample.corpus == "corpus"
        if sample.job == "gloss":
            assert (sample.source, sample.target) == (text, gloss)
        elif sample.job == "text":
            assert (sample.source, sample.target) == (gloss, text)
        else:
            assert sample.target in (text, gloss)


def test_outside_of_training_each_pair_asks_for_its_glosses_once_in_order():
    samples = samples_of(training=False, gloss=0.5, text=1.0)
    found = [samples[Draw(place, None)] for place in range(len(samples.lengths))]
    assert [sample.id for sample in found] == [pair.id for pair in PAIRS]
    assert {sample.job for sample in found} == {"gloss"}


def test_denoising_hides_words_of_sentences_and_of_glosses_behind_blanks():
    source = PairSource("corpus/train.jsonl", gloss=0.0, denoise=1.0)
    pairs = [TextGlossPair("a", "morgen regnet es im norden", ("MORGEN", "NORD", "REGEN"))]
    samples = PairSamples([source], [pairs], (), DenoisingConfig(mask=0.4), training=True)
    drawn = draw_epochs(samples, 60)
    assert {sample.target for sample in drawn} == {pairs[0].text, "MORGEN NORD REGEN"}
    for sample in drawn:
        kept = [word for word in sample.source.split() if word != BLANK]
        assert BLANK in sample.source
        assert Counter(kept) <= Counter(sample.target.split())


def test_chinese_is_denoised_by_character():
    source = PairSource("corpus/train.jsonl", gloss=0.0, denoise=1.0, language="zh")
    pairs = [TextGlossPair("a", "今天下午有雨", ("今天", "雨"))]
    samples = PairSamples([source], [pairs], (), DenoisingConfig(mask=0.5), training=True)
    sentences = [s.source for s in draw_epochs(samples, 40) if s.target == pairs[0].text]
    assert sentences
    for damaged in sentences:
        assert set(damaged.replace(BLANK, "")) < set(pairs[0].text)


def test_the_same_draw_makes_the_same_sample():
    samples = samples_of(gloss=0.3, denoise=0.5)
    for place in range(len(samples.lengths)):
        assert samples[Draw(place, 5)] == samples[Draw(place, 5)]


def test_augmentation_varies_sources_of_glossing_in_training_alone():
    source = PairSource("corpus/train.jsonl", text=1.0)
    augmentation = Augmentation.prepare(AugmentationConfig(word_drop=0.5), PAIRS, "de")
    samples = PairSamples([source], [PAIRS], [augmentation], training=True)
    drawn = draw_epochs(samples)
    changed = {sample.job for sample in drawn if sample.source != BY_ID[sample.id].text}
    assert "gloss" in changed
    for sample in drawn:
        expected = (
            BY_ID[sample.id].text if sample.job == "text" else " ".join(BY_ID[sample.id].gloss)
        )
        assert sample.target == expected
    assert samples[Draw(6, None)].source == PAIRS[6].text


def test_letters_and_chinese_characters_are_counted_as_tokens():
    assert estimate_tokens(["", "heute", "donnerstag", "am montag"]) == [0, 1, 2, 2]
    assert estimate_tokens(["今天下雨"]) == [4]


def test_a_tokenizer_counts_what_it_makes(fake_corpora, tiny_text2gloss):
    tokenizer = AutoTokenizer.from_pretrained(fake_corpora / "compact")
    for checkpoint in (fake_corpora / "compact", tiny_text2gloss):
        data = Text2GlossData(
            str(fake_corpora), (PairSource("phoenix14t/train.jsonl"),), tokenizer=str(checkpoint)
        )
        data.setup("fit")
        first = data.training_pairs()[0]
        expected = tokenizer([first.text, " ".join(first.gloss)])["input_ids"]
        assert data.samples["train"].lengths[0] == tuple(map(len, expected))


@pytest.fixture
def corpus(tmp_path):
    """Writes a training and a held-out file and returns the datamodule of both."""

    def make(train, held_out, **options):
        (tmp_path / "corpus").mkdir()
        for name, texts in (("train", train), ("dev", held_out)):
            rows = [
                json.dumps({"id": f"{name}-{n}", "text": text, "gloss": ["A"]})
                for n, text in enumerate(texts)
            ]
            (tmp_path / "corpus" / f"{name}.jsonl").write_text("\n".join(rows) + "\n")
        sources = (PairSource(f"corpus/{name}.jsonl") for name in ("train", "dev"))
        return Text2GlossData(str(tmp_path), *((source,) for source in sources), **options)

    return make


def test_training_texts_in_a_held_out_file_are_reported(corpus, capsys):
    corpus(["Es regnet.", "es schneit"], ["es regnet", "die sonne scheint"]).setup("fit")
    report = capsys.readouterr().err
    assert "corpus/dev.jsonl: Of 2 held-out pairs, 1 have a text that stands" in report
    assert report.count("\n") == 1


def test_training_texts_in_a_held_out_file_are_refused_if_that_is_wanted(corpus):
    data = corpus(["es regnet"], ["es regnet"], allow_leaks=False)
    with pytest.raises(UsageError, match=r"corpus/dev\.jsonl shares texts.*allow_leaks true"):
        data.setup("fit")


def test_sets_that_share_nothing_are_not_reported(corpus, capsys):
    corpus(["es regnet"], ["es schneit"], allow_leaks=False).setup("fit")
    assert capsys.readouterr().err == ""


def test_predictions_are_of_the_test_files_or_else_of_those_that_validate(corpus):
    data = corpus(["es regnet"], ["es schneit"])
    data.setup("predict")
    assert data.samples["predict"][Draw(0, None)].source == "es schneit"


def test_no_training_file_is_an_error(tmp_path):
    with pytest.raises(UsageError, match="The train set is empty"):
        Text2GlossData(str(tmp_path)).setup("fit")


def test_a_batch_keeps_the_order_and_knows_its_lengths(corpus):
    data = corpus(["es regnet", "am donnerstag schneit es"], ["x"])
    data.loader = LoaderConfig(frames_per_batch=100)
    data.setup("fit")
    batch = data.collate([data.samples["train"][Draw(place, None)] for place in (1, 0)])
    assert batch.ids == ["train-1", "train-0"]
    assert batch.sources == ["am donnerstag schneit es", "es regnet"]
    assert batch.targets == ["A", "A"]
    assert batch.lengths.tolist() == [6, 3]


def test_a_negative_share_is_refused():
    with pytest.raises(UsageError, match="shares of a source are at least 0"):
        PairSource("corpus/train.jsonl", text=-0.1)


@pytest.fixture
def with_examples(fake_corpora):
    made = Text2GlossData(
        str(fake_corpora),
        (PairSource("phoenix14t/train.jsonl", gloss=1.0, text=0.5),),
        (PairSource("phoenix14t/dev.jsonl"),),
        examples=2,
    )
    made.setup("fit")
    return made


def test_a_training_sentence_gets_up_to_so_many_examples_of_other_sentences(with_examples):
    samples = with_examples.samples["train"]
    known = {(pair.text, pair.gloss) for pair in with_examples.training_pairs()}
    drawn = draw_epochs(samples, 4)
    asked = [sample for sample in drawn if sample.job == "gloss"]
    assert {len(sample.examples) for sample in asked} == {0, 1, 2}
    for sample in asked:
        assert set(sample.examples) <= known
        assert sample.source not in {text for text, _ in sample.examples}
    assert all(sample.examples == () for sample in drawn if sample.job == "text")
    # The slot has room for all of them.
    for sample, (most, _) in zip(drawn, samples.lengths * 4, strict=True):
        beside = [text for known, gloss in sample.examples for text in (known, " ".join(gloss))]
        assert sum(estimate_tokens([sample.source, *beside])) <= most


def test_a_held_out_sentence_gets_all_of_its_examples_from_the_training_file(with_examples):
    samples = with_examples.samples["val"]
    known = {(pair.text, pair.gloss) for pair in with_examples.training_pairs()}
    for place in range(len(samples.lengths)):
        examples = samples[Draw(place, None)].examples
        assert len(set(examples)) == 2
        assert set(examples) <= known


def test_without_training_files_there_are_no_examples():
    with pytest.raises(UsageError, match="0 training files"):
        Text2GlossData("x", val=(PairSource("phoenix14t/dev.jsonl"),), examples=1)
