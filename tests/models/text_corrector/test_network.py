import math
from dataclasses import replace

import pytest
import torch

from signzoo.errors import UsageError
from signzoo.models.language_model import LanguageModel
from signzoo.models.text_corrector.edits import find_edits
from signzoo.models.text_corrector.network import (
    Correction,
    TextCorrector,
    TextCorrectorConfig,
)
from signzoo.models.text_corrector.task import TextCorrectorTask

TAUGHT = ["regnet es im morgen norden", "regnet es im heute norden"]
DRAFTS = ["morgen regnet es", "heute scheint die sonne im norden", "am montag schneit"]


@pytest.fixture
def taught(fake_corpora) -> TextCorrector:
    """A corrector that moves a word to the front where it is not yet there."""
    torch.manual_seed(0)
    config = TextCorrectorConfig(language_model=str(fake_corpora / "compact"), beams=2)
    network = TextCorrector(config)
    optimizer = torch.optim.Adam(network.parameters(), 0.01)
    drafts = [*TAUGHT, "morgen regnet es im norden"]
    texts = ["morgen regnet es im norden", "heute regnet es im norden", drafts[-1]]
    for _ in range(150):
        optimizer.zero_grad()
        (-network.log_probabilities(drafts, texts)).mean().backward()
        optimizer.step()
    return network.eval()


def test_a_high_threshold_keeps_every_draft(corrector):
    found = corrector.correct(DRAFTS, threshold=math.inf)
    assert [each.text for each in found] == DRAFTS
    assert not any(each.changed for each in found)


def test_without_a_threshold_the_best_other_sentence_is_taken(taught):
    found = taught.correct(TAUGHT, threshold=-math.inf)
    assert all(each.changed and each.text != each.draft for each in found)


def test_the_score_is_what_the_correction_gains(taught):
    found = taught.correct(TAUGHT, threshold=-math.inf)
    gained = [
        taught.log_probabilities([each.draft], [each.text])
        - taught.log_probabilities([each.draft], [each.draft])
        for each in found
    ]
    torch.testing.assert_close(torch.cat(gained), torch.tensor([each.score for each in found]))


def test_the_configs_threshold_counts_by_default(taught):
    score = taught.correct(TAUGHT[:1], threshold=-math.inf)[0].score
    taught.config = replace(taught.config, threshold=score + 0.1)
    assert not taught.correct(TAUGHT[:1])[0].changed
    taught.config = replace(taught.config, threshold=score - 0.1)
    assert taught.correct(TAUGHT[:1])[0].changed


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


def test_it_undoes_what_it_was_taught(taught):
    found = taught.correct([TAUGHT[0], "morgen regnet es im norden"])
    assert [each.text for each in found] == ["morgen regnet es im norden"] * 2
    assert [each.changed for each in found] == [True, False]
    assert found[0].score > 1 > found[1].score


def test_what_is_not_edited_stays_as_the_draft_writes_it(taught):
    found = taught.correct(["REGNET  es im Morgen norden"])[0]
    assert found.text == "Morgen REGNET es im norden"


def test_a_letter_without_a_token_stays_too(taught):
    draft, text = TAUGHT[0].replace("es", "☂"), "morgen regnet ☂ im norden"
    tokens = taught._scripts.write(find_edits(draft.split(), text.split()))
    assert taught._edited(draft, tokens) == text


def test_a_long_draft_is_refused(corrector):
    with pytest.raises(UsageError, match="161 words; a sentence may have 160"):
        corrector.correct(["a " * 161])


def test_a_base_gets_the_tokens_of_edits_once(corrector, tmp_path):
    size = corrector.language_model.config.vocab_size
    corrector.save_pretrained(tmp_path / "saved")
    saved = TextCorrector.from_pretrained(tmp_path / "saved")
    assert saved.language_model.config.vocab_size == size == len(saved.tokenizer)


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
