import csv

import pytest
import torch

from signzoo.errors import UsageError
from signzoo.evaluation.bootstrap import Resampling
from signzoo.evaluation.report import Report
from signzoo.evaluation.text2gloss import Glossing, Sentences
from signzoo.evaluation.text2gloss_ablation import (
    ablate,
    count_searches,
    plot_ablation,
    report_ablation,
    write_table,
)
from signzoo.models.text2gloss import DecodingConfig, Text2Gloss, Text2GlossConfig
from signzoo.models.text2gloss.cascade import WordChoice

SYSTEMS = [
    f"{lora}, {retrieval}"
    for lora in ("no LoRA", "LoRA")
    for retrieval in (
        "no retrieval",
        "retrieval",
        "retrieval with embedding",
        "restricted search",
    )
]


class Choices:
    """A cascade that writes on each word who has chosen for it."""

    def look_up(self, words):
        return [WordChoice(word, None, "fingerspelling") for word in words]

    def __call__(self, words):
        return [WordChoice(word, f"{word}+", "embedding") for word in words]


@pytest.fixture
def adapter(tiny_text2gloss):
    base = Text2Gloss.from_pretrained(tiny_text2gloss)
    config = Text2GlossConfig(language_model=str(tiny_text2gloss), lora_rank=2, lora_alpha=8)
    network = Text2Gloss(config)
    network.set_vocabulary(base.vocabulary)
    torch.manual_seed(0)
    for name, parameter in network.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(parameter, std=0.3)
    return network.eval()


@pytest.fixture
def glossing(adapter):
    return Glossing(adapter, DecodingConfig(beams=2, max_tokens=10))


@pytest.fixture
def sentences(fake_corpora):
    return Sentences.read(fake_corpora / "phoenix14t" / "dev.jsonl")


@pytest.fixture
def systems(glossing, sentences):
    return ablate(glossing, [pair.text for pair in sentences.pairs], Choices())


def report(systems, sentences):
    empty = Report("text2gloss-ablation", "command", {}, Resampling(50), {})
    return report_ablation(systems, sentences, "de", empty)


def test_each_part_is_left_out_once(systems, glossing, sentences):
    assert list(systems) == SYSTEMS
    labels = set(glossing.network.vocabulary.labels)
    for lora in ("no LoRA", "LoRA"):
        written = systems[f"{lora}, no retrieval"]
        assert systems[f"{lora}, retrieval"] == written
        chosen = [tuple(f"{word}+" for word in answer) for answer in written]
        assert systems[f"{lora}, retrieval with embedding"] == chosen
        # Random weights write anything, unless they are kept to the vocabulary.
        assert not {word for answer in written for word in answer} <= labels
        assert {word for answer in systems[f"{lora}, restricted search"] for word in answer} <= (
            labels
        )


def test_without_lora_the_base_answers(systems, glossing, sentences, adapter):
    base = adapter.merge()
    texts = [pair.text for pair in sentences.pairs]
    merged = [each.glosses for each in base.translate(texts, glossing.decoding)]
    assert systems["LoRA, restricted search"] == merged
    assert systems["no LoRA, restricted search"] != merged
    # Afterwards the adapter answers again.
    assert [each.glosses for each in adapter.translate(texts, glossing.decoding)] == merged


def test_progress_counts_every_search(glossing, sentences):
    done = []
    texts = [pair.text for pair in sentences.pairs]
    ablate(glossing, texts, Choices(), done.append)
    assert sum(done) == len(texts) * count_searches(glossing)


def test_a_model_without_an_adapter_is_refused(tiny_text2gloss):
    whole = Glossing(Text2Gloss.from_pretrained(tiny_text2gloss), DecodingConfig())
    with pytest.raises(UsageError, match="no LoRA adapter"):
        ablate(whole, ["morgen"], Choices())


def test_the_whole_system_is_compared_with_every_other(systems, sentences):
    scored = report(systems, sentences)
    assert list(scored.scores) == SYSTEMS
    assert list(scored.differences) == [n for n in SYSTEMS if n != "LoRA, retrieval with embedding"]
    values = scored.scores
    other = "no LoRA, restricted search"
    gain = scored.differences[other]["wer_gloss"].value
    whole = values["LoRA, retrieval with embedding"]["wer_gloss"].value
    assert gain == pytest.approx(whole - values[other]["wer_gloss"].value)


def test_table_and_plot_open_elsewhere(systems, sentences, tmp_path):
    from PIL import Image

    scored = report(systems, sentences)
    write_table(scored, tmp_path / "ablation.csv")
    plot_ablation(scored, tmp_path / "ablation.png")
    rows = list(csv.DictReader((tmp_path / "ablation.csv").open(encoding="utf-8")))
    assert [f"{'LoRA' if r['lora'] == 'True' else 'no LoRA'}, {r['retrieval']}" for r in rows] == (
        SYSTEMS
    )
    for row, scores in zip(rows, scored.scores.values(), strict=True):
        assert float(row["cer_gloss"]) == pytest.approx(scores["cer_gloss"].value, abs=0.01)
        assert float(row["cer_gloss_low"]) <= float(row["cer_gloss_high"])
    assert Image.open(tmp_path / "ablation.png").width > 600
