"""Tiny correctors: one with random weights, one that was taught a few sentences."""

import pytest
import torch

from signzoo.models.text_corrector.language import Vocabulary
from signzoo.models.text_corrector.network import TextCorrector, TextCorrectorConfig

SENTENCES = [
    "morgen regnet es im norden",
    "morgen schneit es im süden",
    "heute regnet es im süden",
    "heute scheint die sonne im norden",
    "am montag scheint die sonne",
    "am montag schneit es im norden",
]


@pytest.fixture
def corrector() -> TextCorrector:
    torch.manual_seed(0)
    config = TextCorrectorConfig(width=24, hidden=24, num_words=40, dropout=0, word_dropout=0)
    network = TextCorrector(config)
    network.vocabulary = Vocabulary.of((text.split() for text in 2 * SENTENCES), 40)
    return network.eval()


@pytest.fixture
def taught(corrector) -> TextCorrector:
    optimizer = torch.optim.Adam(corrector.parameters(), 0.02)
    for _ in range(120):
        optimizer.zero_grad()
        corrector.losses(SENTENCES).mean().backward()
        optimizer.step()
    return corrector.eval()
