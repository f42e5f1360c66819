import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer

from signzoo.errors import UsageError
from signzoo.models.text2gloss.restriction import GlossAutomaton

LABELS = ("REGEN", "REGENSCHAUER", "NORD", "GRAD", "NORDWEST", "IX-loc")


@pytest.fixture(scope="session")
def tokenizer(fake_corpora):
    return AutoTokenizer.from_pretrained(fake_corpora / "compact")


@pytest.fixture(scope="session")
def automaton(tokenizer):
    return GlossAutomaton(LABELS[:5], tokenizer, len(tokenizer))


@settings(max_examples=40, deadline=None)
@given(labels=st.lists(st.sampled_from(LABELS[:5]), min_size=1, max_size=6))
def test_what_is_written_in_glosses_is_allowed_and_read_back(tokenizer, automaton, labels):
    tokens = tokenizer(" ".join(labels), add_special_tokens=False)["input_ids"]
    for place, token in enumerate([*tokens, tokenizer.eos_token_id]):
        assert automaton.allowed(torch.tensor([tokens[:place]], dtype=torch.long))[0, token]
    found, places = automaton.glosses(tokens)
    assert list(found) == labels
    assert places[-1] == len(tokens) - 1


def test_nothing_else_is_allowed(tokenizer, automaton):
    first = automaton.allowed(torch.zeros((1, 0), dtype=torch.long))[0]
    begins = {tokenizer(label, add_special_tokens=False)["input_ids"][0] for label in LABELS[:5]}
    assert set(first.nonzero()[:, 0].tolist()) == begins


def test_a_gloss_that_was_cut_off_is_left_out(tokenizer, automaton):
    tokens = tokenizer("NORD REGENSCHAUER", add_special_tokens=False)["input_ids"]
    labels, _ = automaton.glosses(tokens[:-1])
    assert "REGENSCHAUER" not in labels


def test_of_labels_that_the_tokenizer_cannot_tell_apart_the_first_is_meant(tokenizer):
    automaton = GlossAutomaton(("Nord", "NORD"), tokenizer, len(tokenizer))
    tokens = tokenizer("nord", add_special_tokens=False)["input_ids"]
    assert automaton.glosses(tokens)[0] == ("Nord",)


def test_an_empty_vocabulary_is_refused(tokenizer):
    with pytest.raises(UsageError, match="empty"):
        GlossAutomaton((), tokenizer, len(tokenizer))


def test_a_vocabulary_that_the_tokenizer_cannot_write_is_refused(tokenizer):
    with pytest.raises(UsageError, match="can write none of the 1 glosses"):
        GlossAutomaton(("你好",), tokenizer, len(tokenizer))


@settings(max_examples=60, deadline=None)
@given(choices=st.lists(st.integers(0, 10**6), min_size=1, max_size=20))
def test_whatever_is_allowed_is_read_as_glosses_that_are_written_so(tokenizer, automaton, choices):
    tokens = []
    for choice in choices:
        allowed = automaton.allowed(torch.tensor([tokens], dtype=torch.long))[0].nonzero()[:, 0]
        token = int(allowed[choice % len(allowed)])
        if token == tokenizer.eos_token_id:
            break
        tokens.append(token)
    labels, places = automaton.glosses(tokens)
    assert set(labels) <= set(LABELS)
    whole = tokens[: places[-1] + 1] if places else []
    assert tokenizer.decode(whole).lower() == " ".join(labels).lower()
    if tokens != whole:  # the end is a gloss that was cut off, not something else
        rest = tokenizer.decode(tokens[len(whole) :]).strip()
        assert any(label.lower().startswith(rest) for label in LABELS)


def test_a_token_that_leads_nowhere_ends_what_is_read(tokenizer, automaton):
    tokens = tokenizer("nord küste grad", add_special_tokens=False)["input_ids"]
    assert automaton.glosses(tokens)[0] == ("NORD",)
