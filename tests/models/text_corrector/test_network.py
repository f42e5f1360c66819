import math
from dataclasses import replace

import pytest
import torch

from signzoo.errors import UsageError
from signzoo.models.language_model import LanguageModel
from signzoo.models.text_corrector.network import (
    Correction,
    TextCorrector,
    TextCorrectorConfig,
    keep_spelling,
)
from signzoo.models.text_corrector.task import TextCorrectorTask

DRAFTS = ["morgen regnet es", "heute scheint die sonne im norden", "am montag schneit"]


def test_a_high_threshold_keeps_every_draft(corrector):
    found = corrector.correct(DRAFTS, threshold=math.inf)
    assert [each.text for each in found] == DRAFTS
    assert not any(each.changed for each in found)


def test_without_a_threshold_the_best_other_sentence_is_taken(corrector):
    found = corrector.correct(DRAFTS, threshold=-math.inf)
    assert all(each.changed and each.text != each.draft for each in found)


def test_the_score_is_what_the_correction_gains(corrector):
    found = corrector.correct(DRAFTS, threshold=-math.inf)
    gained = [
        corrector.log_probabilities([each.draft], [each.text])
        - corrector.log_probabilities([each.draft], [each.draft])
        for each in found
    ]
    torch.testing.assert_close(torch.cat(gained), torch.tensor([each.score for each in found]))


def test_the_configs_threshold_counts_by_default(corrector):
    score = corrector.correct(DRAFTS[:1], threshold=-math.inf)[0].score
    corrector.config = replace(corrector.config, threshold=score + 0.1)
    assert not corrector.correct(DRAFTS[:1])[0].changed
    corrector.config = replace(corrector.config, threshold=score - 0.1)
    assert corrector.correct(DRAFTS[:1])[0].changed


def test_nothing_stays_nothing(corrector):
    assert corrector.correct([]) == []
    assert corrector.correct(["", " "]) == [Correction(d, d, 0.0, False) for d in ("", " ")]


def test_progress_counts_the_drafts(corrector):
    done = []
    corrector.correct([*DRAFTS, ""], progress=done.append)
    assert sum(done) == len(DRAFTS)


def test_log_probabilities_do_not_depend_on_the_batch(corrector):
    together = corrector.log_probabilities(DRAFTS, DRAFTS)
    alone = torch.cat([corrector.log_probabilities([each], [each]) for each in DRAFTS])
    torch.testing.assert_close(together, alone)


def test_several_texts_are_scored_for_each_draft(corrector):
    texts = [*DRAFTS[:2], DRAFTS[0], DRAFTS[2]]
    found = corrector.log_probabilities(DRAFTS[:2], texts)
    pairs = [(DRAFTS[0], texts[0]), (DRAFTS[0], texts[1]), (DRAFTS[1], texts[2])]
    expected = [corrector.log_probabilities([draft], [text]) for draft, text in pairs]
    torch.testing.assert_close(found[:3], torch.cat(expected))


def test_a_few_steps_teach_it_a_correction(fake_corpora):
    torch.manual_seed(0)
    config = TextCorrectorConfig(language_model=str(fake_corpora / "compact"))
    network = TextCorrector(config)
    optimizer = torch.optim.Adam(network.parameters(), 0.01)
    for _ in range(60):
        optimizer.zero_grad()
        (-network.log_probabilities(["es regnet morgen"], ["morgen regnet es"])).mean().backward()
        optimizer.step()
    found = network.eval().correct(["Es regnet morgen"])[0]
    assert found.text == "morgen regnet Es"  # as the draft writes it
    assert found.changed
    assert found.score > 1


def test_shared_words_keep_the_spelling_of_the_draft():
    assert keep_spelling("Morgen Regnet im Norden", "morgen regnet es im norden", "de") == (
        "Morgen Regnet es im Norden"
    )
    assert keep_spelling("他高兴！", "他很高兴!", "zh") == "他很高兴！"


def test_a_letter_without_a_token_leaves_the_draft_as_it_is(corrector):
    draft = "morgen regnet ☂ es"
    found = corrector.correct([draft], threshold=-math.inf)[0]
    assert found == Correction(draft, draft, 0.0, False)


def test_a_long_draft_is_refused(corrector):
    with pytest.raises(UsageError, match="2001 characters"):
        corrector.correct(["a" * 2001])


def test_a_model_that_only_continues_text_is_refused():
    from transformers import GPT2Config, GPT2LMHeadModel

    model = GPT2LMHeadModel(GPT2Config(vocab_size=10, n_embd=4, n_layer=1, n_head=1))
    with pytest.raises(UsageError, match="only continues text"):
        TextCorrector(TextCorrectorConfig(language_model=""), LanguageModel(model, None, ""))


@pytest.mark.parametrize("wrong", [{"beams": 0}, {"dropout": 1.0}])
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(UsageError):
        TextCorrectorConfig(**wrong)


def test_the_data_must_be_in_the_networks_language(fake_corpora):
    from signzoo.models.text_corrector.data import TextCorrectorData

    config = TextCorrectorConfig(language_model=str(fake_corpora / "compact"))
    task = TextCorrectorTask(config)
    task.learn_from(TextCorrectorData(str(fake_corpora)))
    with pytest.raises(UsageError, match="'zh'"):
        task.learn_from(TextCorrectorData(str(fake_corpora), language="zh"))
