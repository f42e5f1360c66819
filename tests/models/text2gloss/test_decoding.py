import logging

import numpy as np
import pytest
import torch

from signzoo.errors import UsageError
from signzoo.models.text2gloss import DecodingConfig, GlossVocabulary, Text2Gloss
from signzoo.models.text2gloss.decoding import Neighbours


class Always:
    """A datastore that knows one answer to everything."""

    def __init__(self, token: int) -> None:
        self.token = token

    def neighbours(self, states, k):
        shape = (len(states), k)
        return np.ones(shape, np.float32), np.full(shape, self.token)

    def examples(self, texts, k):
        return [[] for _ in texts]

    def glossed(self, text):
        return {}


def test_neighbours_of_full_weight_decide_alone():
    config = DecodingConfig(neighbour_weight=1.0)
    mixed = Neighbours(Always(2), [torch.zeros(3, 1, 4)], config)(None, torch.zeros(3, 5))
    assert mixed.argmax(dim=-1).tolist() == [2, 2, 2]
    torch.testing.assert_close(mixed.exp().sum(dim=-1), torch.ones(3))


def test_neighbours_share_the_probability():
    config = DecodingConfig(neighbour_weight=0.25)
    mixed = Neighbours(Always(2), [torch.zeros(1, 1, 4)], config)(None, torch.zeros(1, 5)).exp()
    torch.testing.assert_close(mixed[0], torch.tensor([0.15, 0.15, 0.4, 0.15, 0.15]))


def test_an_index_without_weight_changes_nothing(tiny_text2gloss):
    network = Text2Gloss.from_pretrained(tiny_text2gloss)
    decoding = DecodingConfig(beams=2, max_tokens=8, neighbour_weight=0.0)
    texts = ["morgen regnet es"]
    assert network.translate(texts, decoding, Always(5)) == network.translate(texts, decoding)


def test_greedy_search_gives_a_score_too(tiny_text2gloss):
    network = Text2Gloss.from_pretrained(tiny_text2gloss)
    sequence = network.translate(["morgen regnet es"], DecodingConfig(beams=1, max_tokens=8))[0]
    assert 0 < sequence.score <= 1


@pytest.mark.parametrize(
    "wrong",
    [{"beams": 0}, {"n_best": 31}, {"neighbour_weight": 1.5}, {"neighbour_temperature": 0.0}],
)
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(UsageError, match="Decoding needs"):
        DecodingConfig(**wrong)


def test_neighbours_of_full_weight_lead_the_search(tiny_text2gloss):
    network = Text2Gloss.from_pretrained(tiny_text2gloss)
    texts = ["morgen regnet es", "heute schneit es im norden"]
    network.set_vocabulary(GlossVocabulary.from_pairs(texts, [["REGEN"], ["NORD"]], "de"))
    for label in ("REGEN", "NORD"):
        tokens = network.tokenizer(label, add_special_tokens=False)["input_ids"]
        store = Following(dict(zip(tokens, [*tokens[1:], 1], strict=True)), tokens[0])
        decoding = DecodingConfig(beams=1, max_tokens=12, neighbour_weight=1.0)
        for text in texts:
            store.last = None
            assert network.translate([text], decoding, store)[0].glosses == (label,)


class Following(Always):
    """A datastore that knows one sequence, and says its next token each time."""

    def __init__(self, after, first) -> None:
        super().__init__(first)
        self.after, self.first, self.last = after, first, None

    def neighbours(self, states, k):
        self.last = self.token = self.first if self.last is None else self.after.get(self.last, 1)
        return super().neighbours(states, k)


def test_the_minimum_of_the_risk_is_one_of_the_beams(tiny_text2gloss):
    network = Text2Gloss.from_pretrained(tiny_text2gloss)
    beams = DecodingConfig(beams=5, n_best=5, max_tokens=8, minimum_bayes_risk=False)
    risk = DecodingConfig(beams=5, n_best=5, max_tokens=8)
    for text in ("morgen regnet es", "am montag scheint die sonne"):
        found = network.translate([text], beams)[0].n_best
        chosen = network.translate([text], risk)[0]
        assert (chosen.glosses, chosen.score) in found
        assert chosen.n_best[0] == (chosen.glosses, chosen.score)
        assert set(chosen.n_best) == set(found)


def test_greedy_search_warns_of_nothing(tiny_text2gloss, monkeypatch, caplog):
    monkeypatch.setattr(logging.getLogger("transformers"), "propagate", True)
    logging.Logger.warning_once.cache_clear()  # transformers says each only once in a process
    network = Text2Gloss.from_pretrained(tiny_text2gloss)
    network.translate(["morgen regnet es"], DecodingConfig(beams=1, max_tokens=8))
    assert not caplog.records


def test_one_beam_and_two_are_scored_alike(tiny_text2gloss):
    network = Text2Gloss.from_pretrained(tiny_text2gloss)
    texts = ["morgen regnet es im norden", "heute schneit es"]
    for restricted in (True, False):
        one, two = (
            network.translate(texts, DecodingConfig(beams=k, max_tokens=8, restricted=restricted))
            for k in (1, 2)
        )
        for greedy, searched in zip(one, two, strict=True):
            if greedy.glosses == searched.glosses:
                assert greedy.score == pytest.approx(searched.score, rel=1e-3)
            # Among all tokens, random weights give none of them much.
            assert greedy.score < 0.05


def test_a_free_search_writes_more_than_the_vocabulary(tiny_text2gloss):
    network = Text2Gloss.from_pretrained(tiny_text2gloss)
    [found] = network.translate(
        ["morgen regnet es"], DecodingConfig(beams=2, max_tokens=12, restricted=False)
    )
    assert found.glosses
    assert not set(found.glosses) <= set(network.vocabulary.labels)


@pytest.mark.parametrize("penalty", [1.0, 2.0])
def test_a_score_is_the_mean_probability_of_a_token_whatever_the_penalty(tiny_text2gloss, penalty):
    network = Text2Gloss.from_pretrained(tiny_text2gloss)
    decoding = DecodingConfig(beams=4, n_best=4, length_penalty=penalty, max_tokens=40)
    sequence = network.translate(["morgen regen"], decoding)[0]
    for labels, score in sequence.n_best:
        asked = network.encode([network.put("gloss", "morgen regen")], [" ".join(labels)])
        with torch.no_grad():
            logits, tokens = network.token_logits(asked)
        logs = logits.log_softmax(dim=-1).gather(1, tokens[:, None])
        assert score == pytest.approx(logs.mean().exp().item(), rel=1e-3)
