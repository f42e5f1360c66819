import itertools
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signzoo.errors import UsageError
from signzoo.models.text2gloss.denoising import DenoisingConfig, add_noise, bpe_dropout

BLANK = -1
TOKENS = list(range(40))
TEXT = "morgen schneit es im norden"


def noisy(seed=0, tokens=TOKENS, **changes):
    return add_noise(tokens, BLANK, DenoisingConfig(**changes), np.random.default_rng(seed))


@pytest.fixture
def tokenizer():
    """A function that trains a tiny tokenizer of one of the kinds of the tokenizers package."""
    tokenizers = pytest.importorskip("tokenizers")
    transformers = pytest.importorskip("transformers")

    def make(kind):
        models = {"BPE": tokenizers.models.BPE, "Unigram": tokenizers.models.Unigram}
        made = tokenizers.Tokenizer(models[kind]())
        made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
        texts = [TEXT, "heute regnet es im süden"] * 5
        made.train_from_iterator(texts, made.model.get_trainer())
        return transformers.PreTrainedTokenizerFast(tokenizer_object=made)

    return make


def test_all_off_changes_nothing():
    assert noisy() == TOKENS
    assert noisy(tokens=[]) == []


@given(st.integers(0, 10**6), st.integers(1, 30), st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=80, deadline=None)
def test_noise_invents_no_token_and_leaves_at_least_one(seed, length, mask, drop):
    changes = {"mask": mask, "drop": drop, "shuffle": 3}
    tokens = noisy(seed, TOKENS[:length], **changes)
    assert 1 <= len(tokens) <= length
    real = [token for token in tokens if token != BLANK]
    assert len(set(real)) == len(real)
    assert set(real) <= set(TOKENS[:length])
    assert tokens == noisy(seed, TOKENS[:length], **changes)


def test_the_share_of_hidden_tokens_is_kept_in_spans_with_a_blank_each():
    hidden, lengths = [], []
    for seed in range(200):
        tokens = noisy(seed, mask=0.3)
        assert [token for token in tokens if token != BLANK] == sorted({*tokens} - {BLANK})
        assert not any(one == other == BLANK for one, other in itertools.pairwise(tokens))
        hidden.append(len(TOKENS) - sum(token != BLANK for token in tokens))
        lengths.append(hidden[-1] / tokens.count(BLANK))
    assert np.mean(hidden) == pytest.approx(12, abs=0.01)
    assert 2.5 < np.mean(lengths) < 4.5


def test_dropping_keeps_the_order_and_shuffling_the_neighbourhood():
    assert noisy(drop=0.3) == sorted(noisy(drop=0.3))
    assert 20 < np.mean([len(noisy(seed, drop=0.3)) for seed in range(50)]) < 36
    shuffled = [noisy(seed, shuffle=3) for seed in range(50)]
    moves = [abs(tokens.index(t) - t) for tokens in shuffled for t in TOKENS]
    assert max(moves) == 3


def test_impossible_noise_is_refused():
    for bad in ({"mask": 1.5}, {"drop": -0.1}, {"span": 0.5}, {"shuffle": -1}):
        with pytest.raises(UsageError, match="got DenoisingConfig"):
            DenoisingConfig(**bad)


def test_bpe_dropout_splits_words_within_its_block_only(tokenizer):
    bpe = tokenizer("BPE")
    whole = bpe.tokenize(TEXT)
    assert whole == TEXT.split()
    with bpe_dropout(bpe, 0.5):
        pieces = [bpe.tokenize(TEXT) for _ in range(20)]
        assert all("".join(split) == "".join(whole) for split in pieces)
        assert len({tuple(split) for split in pieces}) > 5
    assert all(bpe.tokenize(TEXT) == whole for _ in range(20))


def test_bpe_dropout_ends_with_an_error_and_is_not_saved(tokenizer, tmp_path):
    bpe = tokenizer("BPE")
    with pytest.raises(ZeroDivisionError), bpe_dropout(bpe, 1.0):
        1 / 0  # noqa: B018
    bpe.save_pretrained(tmp_path)
    saved = json.loads((tmp_path / "tokenizer.json").read_text("utf-8"))
    assert saved["model"]["dropout"] is None


def test_bpe_dropout_refuses_other_tokenizers_and_probabilities(tokenizer):
    with (
        pytest.raises(UsageError, match="this one is Unigram"),
        bpe_dropout(tokenizer("Unigram"), 0.1),
    ):
        pass
    with (
        pytest.raises(UsageError, match="between 0 and 1; got 1.5"),
        bpe_dropout(tokenizer("BPE"), 1.5),
    ):
        pass
    with pytest.raises(UsageError, match="this one is str"), bpe_dropout("no tokenizer", 0.1):
        pass
