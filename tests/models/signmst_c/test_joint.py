from dataclasses import replace
from itertools import product

import pytest
import torch
from torch import nn

from signzoo.errors import UsageError
from signzoo.models.signmst_c import SignMSTC, TextDecodingConfig
from signzoo.models.signmst_c.joint import rank_together
from signzoo.models.signmst_c.signing import make_batch

GLOSSES = ("NORD", "REGEN", "MORGEN")


class Heard(nn.Module):
    """A CTC head that is told what it hears, ``(S, 4)``."""

    def __init__(self, logits: torch.Tensor) -> None:
        super().__init__()
        self.logits = logits

    def forward(self, state: torch.Tensor) -> torch.Tensor:
        return self.logits.expand(len(state), -1, -1)


@pytest.fixture
def writer(config):
    """A network that writes glosses, untrained."""
    torch.manual_seed(0)
    network = SignMSTC(replace(config, output="gloss")).eval()
    network.glosses = GLOSSES
    return network


def hears(network, clip, logits):
    network.gloss_head = Heard(logits)
    return network.encode(make_batch([clip(4 * len(logits))], 6))


@torch.inference_mode()
def test_what_the_head_hears_comes_first_where_it_alone_counts(writer, clip):
    logits = torch.tensor([[0.0, 5, 0, 0], [5, 0, 0, 0], [0, 0, 0, 5]])  # NORD, nothing, MORGEN
    encoded = hears(writer, clip, logits)
    found = rank_together(writer, encoded, [["regen", "nord", "wolken nord"]], 1.0)[0]
    assert [text for text, _ in found] == ["nord morgen", "nord", "regen", "wolken nord"]
    alone = rank_together(writer, encoded, [["regen", "nord"]], 0.0)[0]
    assert {text for text, _ in alone} == {"regen", "nord", "nord morgen"}


@torch.inference_mode()
def test_the_head_sums_over_all_ways_to_hear_an_answer(writer, clip):
    logits = torch.randn(3, 4, generator=torch.Generator().manual_seed(1))
    encoded = hears(writer, clip, logits)
    logs = logits.log_softmax(dim=-1)

    def total(numbers):  # by the definition: every path that collapses to the answer
        ways = [
            sum(logs[moment, number] for moment, number in enumerate(path))
            for path in product(range(4), repeat=3)
            if [n for i, n in enumerate(path) if n and (i == 0 or n != path[i - 1])] == numbers
        ]
        return float(torch.stack(ways).logsumexp(dim=0))

    answers = {"nord": [1], "regen": [2], "morgen": [3], "nord regen": [1, 2], "regen nord": [2, 1]}
    found = [text for text, _ in rank_together(writer, encoded, [list(answers)], 1.0)[0]]
    wanted = sorted(answers, key=lambda text: total(answers[text]), reverse=True)
    assert [text for text in found if text in answers] == wanted


def test_translation_has_as_many_answers_as_asked_for_and_a_batch_changes_nothing(writer, clip):
    decoding = TextDecodingConfig(beams=3, n_best=2, ctc=0.5, max_tokens=6)
    clips = [clip(16), clip(23, seed=1)]
    whole = writer.translate(clips, decoding)
    assert [len(answers) for answers in whole] == [2, 2]
    for signing, answers in zip(clips, whole, strict=True):
        assert [each.text for each in writer.translate([signing], decoding)[0]] == [
            each.text for each in answers
        ]
    assert all(0 <= each.score <= 1 for answers in whole for each in answers)


def test_a_share_lies_between_0_and_1():
    with pytest.raises(UsageError, match="between 0 and 1"):
        TextDecodingConfig(ctc=1.5)
