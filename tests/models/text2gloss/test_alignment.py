import numpy as np
import pytest
import torch

from signzoo.models.text2gloss import Text2Gloss
from signzoo.models.text2gloss.alignment import word_effects

WORDS, LABELS = ["morgen", "regnet", "es", "im", "norden"], ["MORGEN", "REGEN"]


@pytest.fixture(scope="module")
def network(tiny_text2gloss):
    return Text2Gloss.from_pretrained(tiny_text2gloss)


def log_probabilities(network, text):
    """Of each gloss, from a pass of its own."""
    found = []
    encoded = network.encode([network.put("gloss", text)], [" ".join(LABELS)])
    with torch.no_grad():
        logits, tokens = network.token_logits(encoded)
    logs = logits.log_softmax(dim=-1)[range(len(tokens)), tokens]
    first = len(network.tokenizer(LABELS[0], add_special_tokens=False)["input_ids"])
    found.append(float(logs[:first].sum()))
    found.append(float(logs[first:-1].sum()))  # without the end
    return np.array(found)


def test_an_effect_is_the_fall_of_the_log_probability_without_the_word(network):
    effects = word_effects(network, WORDS, LABELS)
    assert effects.shape == (5, 2)
    whole = log_probabilities(network, " ".join(WORDS))
    for place, row in enumerate(effects):
        rest = log_probabilities(network, " ".join(WORDS[:place] + WORDS[place + 1 :]))
        assert row == pytest.approx(whole - rest, abs=1e-4)


def test_a_single_word_speaks_for_everything(network):
    assert (word_effects(network, ["regnet"], LABELS) == np.inf).all()
    assert word_effects(network, WORDS, []).shape == (5, 0)
