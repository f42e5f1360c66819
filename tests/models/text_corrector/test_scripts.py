import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signzoo.models.text_corrector.edits import Edit, apply_edits, find_edits
from signzoo.models.text_corrector.scripts import MARKERS, SCRIPT_TOKENS, ScriptTokenizer

WORDS = st.lists(st.sampled_from(["morgen", "regnet", "es", "im", "norden"]), max_size=7)
DRAFT = ["es", "regnet", "im", "im", "norden"]
EDITS = (
    Edit("insert", 0, ("morgen", "regnet")),
    Edit("move", 0, target=2),
    Edit("delete", 2),
    Edit("substitute", 4, ("westen",)),
)


@pytest.fixture(scope="module")
def tokenizer(fake_corpora):
    from signzoo.models.language_model import open_tokenizer

    return open_tokenizer(fake_corpora / "compact")


@pytest.fixture(scope="module")
def scripts(tokenizer):
    return ScriptTokenizer(tokenizer, spaced=True)


def tokens_of(tokenizer, *names):
    return tokenizer.convert_tokens_to_ids(list(names))


def test_a_draft_has_a_marker_before_each_word_and_at_its_end(scripts, tokenizer):
    tokens = tokenizer.convert_ids_to_tokens(scripts.read_draft(["es", "regnet"]))
    assert [token for token in tokens if token in MARKERS] == ["<0>", "<1>", "<2>"]
    assert (tokens[0], tokens[-2:]) == ("<0>", ["<2>", "</s>"])


def test_no_edit_is_the_end_alone(scripts, tokenizer):
    assert scripts.write(()) == [tokenizer.eos_token_id]
    assert scripts.parse(scripts.write(()), 3) == ()


def test_written_edits_are_read_again(scripts):
    assert scripts.parse(scripts.write(EDITS), len(DRAFT)) == EDITS


def test_what_follows_the_end_is_not_read(scripts, tokenizer):
    tokens = [*scripts.write(EDITS[:1]), tokenizer.pad_token_id, 7]
    assert scripts.parse(tokens, len(DRAFT)) == EDITS[:1]


@settings(max_examples=60, deadline=None)
@given(draft=WORDS, text=WORDS)
def test_any_sentence_can_be_written_as_edits_of_any_other(scripts, draft, text):
    edits = scripts.parse(scripts.write(find_edits(draft, text)), len(draft))
    assert edits is not None
    assert apply_edits(draft, edits) == text


@pytest.mark.parametrize(
    "names",
    [
        ("<0>",),
        ("<delete>",),
        ("<insert>", "<0>"),
        ("<0>", "<delete>", "<insert>", "▁e"),
        ("<2>", "<delete>"),
        ("<3>", "<insert>", "▁e"),
        ("<0>", "<insert>"),
        ("<0>", "<insert>", "<1>"),
        ("<0>", "<insert>", "<unk>"),
        ("<0>", "<move>"),
        ("<0>", "<move>", "<3>"),
        ("<0>", "<delete>", "▁e"),
        ("<0>", "<delete>", "<0>", "<delete>"),
        ("<0>", "<substitute>", "▁e", "▁e"),
    ],
)
def test_tokens_that_are_no_edits_of_two_words_are_told(scripts, tokenizer, names):
    assert scripts.parse(tokens_of(tokenizer, *names), 2) is None


def test_tokens_are_added_once(tokenizer, scripts):
    size = len(tokenizer)
    ScriptTokenizer(tokenizer, spaced=True)
    assert len(tokenizer) == size
    assert set(SCRIPT_TOKENS) <= set(tokenizer.get_vocab())


def test_characters_of_chinese_are_read_without_spaces(tokenizer):
    scripts = ScriptTokenizer(tokenizer, spaced=False)
    edits = (Edit("insert", 1, ("e", "s")),)
    assert scripts.parse(scripts.write(edits), 2) == edits
