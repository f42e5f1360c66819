import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from signzoo.data.arpa import Bigrams
from signzoo.errors import UsageError, WeightsError
from signzoo.models.text_corrector.errors import ErrorRates
from signzoo.models.text_corrector.language import Vocabulary
from signzoo.models.text_corrector.network import (
    BIGRAMS,
    WORDS,
    Correction,
    TextCorrector,
    TextCorrectorConfig,
)

RIGHT = "morgen regnet es im norden"
DRAFTS = ["morgen es regnet im norden", RIGHT, "am montag sonne scheint die"]


def test_it_undoes_one_error_and_leaves_what_is_right(taught):
    drafts = {
        "morgen es regnet im norden": RIGHT,
        "morgen regnet die es im norden": RIGHT,
        "morgen regnet es die norden": RIGHT,
        "morgen regnet im norden": RIGHT,
        RIGHT: RIGHT,
    }
    assert taught(list(drafts)) == list(drafts.values())
    found = taught.correct(list(drafts))
    assert [each.changed for each in found] == [True, True, True, True, False]
    assert min(each.score for each in found[:4]) > 2 > found[4].score


def test_several_errors_are_undone_one_after_the_other(taught):
    draft = "es morgen regnet im die norden"
    assert taught.correct([draft])[0].text == RIGHT
    taught.config = replace(taught.config, most_edits=1)
    assert taught.correct([draft])[0].text not in (draft, RIGHT)


def test_a_high_threshold_keeps_every_draft_as_it_is_written(taught):
    draft = "morgen  es regnet im norden "
    assert taught.correct([draft], threshold=math.inf)[0] == Correction(
        draft, draft, taught.correct([draft])[0].score, False
    )


def test_without_a_threshold_the_best_single_edit_is_made(taught):
    found = taught.correct([RIGHT], threshold=-math.inf)[0]
    assert found.changed
    assert found.text != RIGHT
    assert found.score < 0


def test_the_score_is_what_the_sentence_gains_and_the_error_costs(taught):
    taught.rates = ErrorRates(order=0.06, insertion=0, substitution=0, deletion=0)
    found = taught.correct([DRAFTS[0]], threshold=0.0)[0]
    before, after = taught.log_probabilities([DRAFTS[0], found.text]).tolist()
    assert found.text == RIGHT
    assert found.score == pytest.approx(after - before + math.log(0.06 / 6), abs=1e-4)


def test_log_probabilities_do_not_depend_on_the_batch(corrector):
    together = corrector.log_probabilities(DRAFTS)
    alone = torch.cat([corrector.log_probabilities([each]) for each in DRAFTS])
    torch.testing.assert_close(together, alone)


def test_several_readers_average_their_probabilities(corrector):
    both = TextCorrector(replace(corrector.config, num_readers=2)).eval()
    both.vocabulary = corrector.vocabulary
    tokens = torch.tensor([[0, 3, 4]])
    logs = [reader(tokens, 1, len(both.vocabulary)) for reader in both.readers]
    torch.testing.assert_close(both.read(tokens, 1).exp(), (logs[0].exp() + logs[1].exp()) / 2)
    torch.testing.assert_close(both.train().read(tokens, 1), (logs[0] + logs[1]) / 2)


def test_unknown_words_are_equally_unlikely(taught):
    first, second = taught.log_probabilities(["morgen hagelt es", "morgen donnert es"]).tolist()
    assert first == second


def test_nothing_stays_nothing(corrector):
    assert corrector.correct([]) == []
    assert corrector(["", " "]) == ["", " "]


def test_progress_counts_the_drafts(corrector):
    done = []
    corrector.correct([*DRAFTS, ""], progress=done.append)
    assert sum(done) == len(DRAFTS)


def test_a_long_draft_is_refused(corrector):
    with pytest.raises(UsageError, match="161 words; a sentence may have 160"):
        corrector.correct(["a " * 161])


def test_without_words_there_is_nothing_to_correct_with():
    with pytest.raises(UsageError, match="knows no words"):
        TextCorrector(TextCorrectorConfig(width=8, hidden=8)).correct(["a"])


def test_a_checkpoint_keeps_words_and_rates(taught, tmp_path):
    taught.rates = ErrorRates(0.1, 0.2, 0.3, 0.4)
    taught.save_pretrained(tmp_path / "saved")
    found = TextCorrector.from_pretrained(tmp_path / "saved")
    assert found.vocabulary.words == taught.vocabulary.words
    assert found.rates == taught.rates
    assert found.correct(DRAFTS) == taught.correct(DRAFTS)
    (tmp_path / "saved" / WORDS).write_text("{}")
    with pytest.raises(WeightsError, match="words.json is damaged"):
        TextCorrector.from_pretrained(tmp_path / "saved")


@pytest.mark.parametrize(
    "wrong", [{"most_edits": 0}, {"dropout": 1.0}, {"width": 0}, {"num_readers": 0}]
)
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(UsageError):
        TextCorrectorConfig(**wrong)


def words_of_chinese():
    """A table of words and pairs of three sentences' words."""
    words = ("<s>", "他", "今天", "很", "高兴", "。", "不", "忙")
    shares = np.log([1e-99, *[1 / 7] * 7])
    first, second = np.array([0, 1, 2, 3, 4]), np.array([1, 2, 3, 4, 5])
    return Bigrams(words, shares, np.zeros(8), first, second, np.log([0.5] * 5))


def test_bigrams_of_other_text_have_their_share_in_what_a_sentence_gains(tmp_path):
    sentences = ["他今天很高兴。", "她今天很忙。", "他明天不忙。"]
    torch.manual_seed(0)
    config = TextCorrectorConfig("zh", 40, 16, 16, bigrams=0.5, threshold=1.0)
    network = TextCorrector(config).eval()
    network.vocabulary = Vocabulary.of((list(text) for text in 2 * sentences), 40)
    network.learn_bigrams(words_of_chinese())
    assert network.bigrams.words == words_of_chinese().words
    draft, right = "他今天很高不兴。", "他今天很高兴。"
    network.rates = ErrorRates(order=0, insertion=0.1, substitution=0, deletion=0)
    found = network.correct([draft], threshold=-math.inf)[0]
    before, after = network.log_probabilities([draft, found.text]).tolist()
    cut = [network.bigrams.log_probability(text) for text in (draft, found.text)]
    removed = next(each for each in draft if found.text.count(each) < draft.count(each))
    drawn = network.vocabulary.log_drawn(0.75)[network.vocabulary.number(removed)]
    gain = (after - before + cut[1] - cut[0]) / 2 + math.log(0.1) + float(drawn)
    assert found.score == pytest.approx(gain, abs=1e-4)
    # What the random network does not know, the bigrams do.
    network.config = replace(config, bigrams=0.99)
    assert network.correct([draft])[0].text == right

    network.save_pretrained(tmp_path)
    loaded = TextCorrector.from_pretrained(tmp_path)
    assert loaded.bigrams.words == network.bigrams.words
    assert loaded.correct([draft]) == network.correct([draft])
    (tmp_path / BIGRAMS).write_bytes(b"no table")
    with pytest.raises(WeightsError, match="damaged"):
        TextCorrector.from_pretrained(tmp_path)
    (tmp_path / BIGRAMS).unlink()
    with pytest.raises(WeightsError, match="bigrams.safetensors cannot be read"):
        TextCorrector.from_pretrained(tmp_path)


def test_bigrams_are_spelled_with_what_the_network_knows(corrector):
    table = Bigrams(
        ("<s>", "regnet", "hagelt", "im"),
        np.log([1e-99, 0.5, 0.2, 0.3]),
        np.zeros(4),
        np.array([1, 2]),
        np.array([3, 3]),
        np.log([0.9, 0.9]),
    )
    corrector.learn_bigrams(table)
    assert corrector.bigrams.words == ("<s>", "regnet", "im")
