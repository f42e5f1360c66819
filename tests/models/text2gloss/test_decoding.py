import numpy as np
import pytest
import torch

from signzoo.errors import UsageError
from signzoo.models.text2gloss import DecodingConfig, Text2Gloss
from signzoo.models.text2gloss.decoding import Neighbours, most_typical


class Always:
    """A datastore that knows one answer to everything."""

    def __init__(self, token: int) -> None:
        self.token = token

    def neighbours(self, states, k):
        shape = (len(states), k)
        return np.ones(shape, np.float32), np.full(shape, self.token)

    def examples(self, texts, k):
        return [[] for _ in texts]


def test_the_sequence_most_like_the_others_is_chosen():
    sequences = [("A", "B", "C"), ("X", "Y"), ("A", "B", "D"), ("A", "B")]
    assert sequences[most_typical(sequences, np.full(4, 0.25))][:2] == ("A", "B")


def test_probable_sequences_count_more():
    sequences = [("A", "B"), ("X", "Y"), ("X", "Z")]
    assert most_typical(sequences, np.array([0.9, 0.05, 0.05])) == 0


def test_neighbours_of_full_weight_decide_alone():
    config = DecodingConfig(neighbour_weight=1.0)
    mixed = Neighbours(Always(2), [torch.zeros(3, 4)], config)(None, torch.zeros(3, 5))
    assert mixed.argmax(dim=-1).tolist() == [2, 2, 2]
    torch.testing.assert_close(mixed.exp().sum(dim=-1), torch.ones(3))


def test_neighbours_share_the_probability():
    config = DecodingConfig(neighbour_weight=0.25)
    mixed = Neighbours(Always(2), [torch.zeros(1, 4)], config)(None, torch.zeros(1, 5)).exp()
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
    [{"beams": 0}, {"n_best": 6}, {"neighbour_weight": 1.5}, {"neighbour_temperature": 0.0}],
)
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(UsageError, match="Decoding needs"):
        DecodingConfig(**wrong)
