import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from signzoo.errors import UsageError
from signzoo.hub import load
from signzoo.models.text2gloss import Text2Gloss, Text2GlossConfig
from signzoo.models.text2gloss.risk import advantages, rewards, sample_answers, sentence_gleu
from signzoo.models.text2gloss.task import TextLossConfig

WORDS = st.lists(st.sampled_from("abcd"), max_size=8)


def test_gleu_is_that_of_the_definition():
    # 3 + 2 + 1 n-grams of the shorter, 4 + 3 + 2 + 1 of the longer; a, b and "a b" are in both.
    assert sentence_gleu(["a", "b", "x"], ["a", "b", "c", "d"]) == pytest.approx(3 / 10)


@given(WORDS, WORDS)
def test_gleu_is_symmetric(answer, reference):
    found = sentence_gleu(answer, reference)
    assert 0 <= found <= 1
    assert found == sentence_gleu(reference, answer)


@given(WORDS.filter(bool), WORDS)
def test_gleu_is_one_for_the_same_and_less_for_other_words(answer, reference):
    assert sentence_gleu(answer, answer) == 1
    if sorted(answer) != sorted(reference):
        assert sentence_gleu(answer, reference) < 1


def test_rewards_ignore_the_case_and_know_the_empty_answer():
    found = rewards([["MORGEN regen", ""], ["x", "NORD"]], ["morgen REGEN", "nord"])
    assert found.tolist() == [[1.0, 0.0], [0.0, 1.0]]


def test_an_answer_is_worth_what_it_is_above_the_mean_of_the_others():
    found = advantages(torch.tensor([[1.0, 0.5, 0.0], [0.3, 0.3, 0.3]]))
    torch.testing.assert_close(found, torch.tensor([[0.75, 0.0, -0.75], [0.0, 0.0, 0.0]]))


@pytest.fixture(params=["encoder and decoder", "causal"])
def network(request, tiny_text2gloss, causal_folder):
    if request.param == "causal":
        return Text2Gloss(Text2GlossConfig(str(causal_folder), prompt="{text}<gloss>"))
    return load(tiny_text2gloss)


def test_samples_come_by_question_and_the_mode_stays(network):
    network.train()
    torch.manual_seed(0)
    prompts = [network.put("gloss", text) for text in ("morgen regen", "im norden")]
    found = sample_answers(network, prompts, 5, max_tokens=6)
    assert [len(group) for group in found] == [5, 5]
    assert len({answer for group in found for answer in group}) > 2
    assert network.language_model.training


def test_several_answers_to_a_question_have_the_logits_that_each_has_alone(network):
    network.eval()
    prompts = [network.put("gloss", text) for text in ("morgen regen", "im norden viel schnee")]
    answers = ["MORGEN", "REGEN NORD", "NORD", "SCHNEE VIEL"]
    with torch.no_grad():
        together = network.token_logits(network.encode(prompts, answers))
        repeated = [prompt for prompt in prompts for _ in range(2)]
        alone = network.token_logits(network.encode(repeated, answers))
    assert torch.equal(together[1], alone[1])
    torch.testing.assert_close(together[0], alone[0])


def test_a_causal_model_without_room_for_a_sample_says_so(causal_folder):
    network = Text2Gloss(Text2GlossConfig(str(causal_folder), prompt="{text}"))
    with pytest.raises(UsageError, match="the 64 that the language model has room for"):
        sample_answers(network, ["regen " * 60], 2)


@pytest.mark.parametrize(
    "wrong", [{"risk": 1.5}, {"risk_samples": 1}, {"risk": 0.5, "r_drop": 1.0}]
)
def test_an_impossible_risk_is_refused(wrong):
    with pytest.raises(UsageError, match="risk"):
        TextLossConfig(**wrong)
