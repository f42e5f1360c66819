import numpy as np
import pytest

from signzoo.models.text_corrector.edits import Edit, apply_edits, find_edits
from signzoo.models.text_corrector.errors import ErrorRates, WordSampler, inject_errors

TEXT = ["morgen", "regnet", "es", "im", "norden"]


@pytest.mark.parametrize(
    ("draft", "edits"),
    [
        ("morgen regnet es im norden", ()),
        ("morgen regnet im norden", (Edit("insert", 2, ("es",)),)),
        ("morgen regnet es im süden", (Edit("substitute", 4, ("norden",)),)),
        ("morgen auch regnet es im norden", (Edit("delete", 1),)),
        ("regnet es im morgen norden", (Edit("move", 3, target=0),)),
        ("morgen regnet es", (Edit("insert", 3, ("im", "norden")),)),
    ],
)
def test_one_error_is_one_edit(draft, edits):
    assert find_edits(draft.split(), TEXT) == edits


def test_edits_that_are_found_make_the_text():
    sampler = WordSampler([TEXT, ["heute", "scheint", "die", "sonne"]])
    rates = ErrorRates(0.2, 0.2, 0.2, 0.2)
    for seed in range(300):
        rng = np.random.default_rng(seed)
        text = [TEXT[i] for i in rng.integers(len(TEXT), size=rng.integers(1, 12))]
        draft = inject_errors(text, rates, sampler, rng)
        assert apply_edits(draft, find_edits(draft, text)) == text


def test_nothing_becomes_anything_and_back():
    assert apply_edits([], find_edits([], TEXT)) == TEXT
    assert apply_edits(TEXT, find_edits(TEXT, [])) == []
