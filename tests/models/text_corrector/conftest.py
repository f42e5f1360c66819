"""A tiny corrector with random weights."""

import pytest

from signzoo.models.text_corrector.network import TextCorrector, TextCorrectorConfig


@pytest.fixture
def corrector(fake_corpora) -> TextCorrector:
    config = TextCorrectorConfig(language_model=str(fake_corpora / "compact"), beams=2)
    return TextCorrector(config).eval()
