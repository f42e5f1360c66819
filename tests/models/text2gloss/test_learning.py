"""A network that has learnt something: random weights answer alike whatever decoding does."""

import pytest
import torch

from signzoo.data.pairs import read_pairs
from signzoo.evaluation.floors import answer_floors
from signzoo.metrics.text import score_text
from signzoo.models.text2gloss import (
    DecodingConfig,
    GlossVocabulary,
    Text2Gloss,
    Text2GlossConfig,
)

STEPS = 180  # some five seconds; seed 0 has learnt the training sentences after 120


@pytest.fixture(scope="module")
def train(fake_corpora):
    return read_pairs(fake_corpora / "phoenix14t" / "train.jsonl")


@pytest.fixture(scope="module")
def network(fake_corpora, train):
    torch.manual_seed(0)
    config = Text2GlossConfig(str(fake_corpora / "compact"), prompt="<gloss>{text}", dropout=0.0)
    network = Text2Gloss(config)
    texts, glosses = [pair.text for pair in train], [pair.gloss for pair in train]
    network.set_vocabulary(GlossVocabulary.from_pairs(texts, glosses, "de"))
    optimizer = torch.optim.AdamW(network.parameters(), lr=0.01)
    prompts = [network.put("gloss", text) for text in texts]
    encoded = network.encode(prompts, [" ".join(labels) for labels in glosses])
    for _ in range(STEPS):
        loss = torch.nn.functional.cross_entropy(*network.token_logits(encoded))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return network.eval()


# With more beams than there are sensible answers, the search can stop with others before the best
# is finished (early_stopping in translation.py).
@pytest.mark.parametrize(
    "changes",
    [
        {"beams": 1},
        {"beams": 1, "restricted": False},
        {"beams": 2},
        {"beams": 2, "minimum_bayes_risk": False},
        {"beams": 2, "tokens_per_batch": 30},
    ],
    ids=str,
)
def test_every_search_gives_what_was_learnt(network, train, changes):
    found = network.translate([pair.text for pair in train], DecodingConfig(**changes))
    assert [each.glosses for each in found] == [pair.gloss for pair in train]
    assert min(each.score for each in found) > 0.9


def test_an_ensemble_of_one_with_itself_changes_nothing(network, train):
    texts, decoding = [pair.text for pair in train], DecodingConfig(beams=2)
    found = network.translate(texts, decoding, partners=[network])
    assert [each.glosses for each in found] == [pair.gloss for pair in train]


def test_new_sentences_are_glossed_better_than_by_the_nearest_known_one(
    network, train, fake_corpora
):
    held_out = read_pairs(fake_corpora / "phoenix14t" / "dev.jsonl")
    texts = [pair.text for pair in held_out]
    floors = answer_floors(
        texts, "de", [pair.text for pair in train], [" ".join(pair.gloss) for pair in train]
    )
    answers = {
        **floors,
        "network": [
            " ".join(each.glosses) for each in network.translate(texts, DecodingConfig(beams=2))
        ],
    }
    targets = [" ".join(pair.gloss) for pair in held_out]
    wer = {
        name: score_text(found, targets, "gloss", "de").values["wer_gloss"]
        for name, found in answers.items()
    }
    assert wer["network"] < 0.7 * wer["nearest training sentence"]


def test_the_word_of_each_gloss_is_found(network):
    words = ["morgen", "regnet", "es", "an", "der", "küste", "bei", "drei", "grad"]
    labels = ["MORGEN", "KUESTE", "REGEN", "DREI", "GRAD"]
    effects = network.word_effects(words, labels)
    found = [words[place] for place in effects.argmax(axis=0)]
    # In that grammar "der" says as surely as "küste" where it rains.
    means = [{"morgen"}, {"an", "der", "küste"}, {"regnet"}, {"drei", "bei", "grad"}]
    assert all(word in expected for word, expected in zip(found, means, strict=False))
