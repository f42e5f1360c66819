import math

import pytest
import torch

from signzoo.errors import UsageError
from signzoo.models.text_corrector.data import DraftBatch, TextCorrectorData
from signzoo.models.text_corrector.network import TextCorrectorConfig
from signzoo.models.text_corrector.task import TextCorrectorTask

TINY = TextCorrectorConfig(width=16, hidden=16, num_words=30)


def test_the_loss_is_the_mean_over_words_whatever_the_batch(corrector):
    task = TextCorrectorTask(TINY)
    task.network = corrector
    texts = ["morgen regnet es", "am montag scheint die sonne"]
    batch = DraftBatch(["a", "b"], texts, texts, torch.tensor([3, 5]))
    loss = float(task.train().shared_step(batch)[0].detach())
    words = -2 * corrector.log_probabilities(texts).sum() / (2 * (3 + 5 + 2))
    assert loss == pytest.approx(float(words), rel=1e-5)
    assert 1 < math.exp(loss) < 60


def test_words_and_rates_come_from_the_data_once(fake_corpora):
    data = TextCorrectorData(str(fake_corpora), train=("phoenix14t/train.jsonl",))
    data.samples["train"] = data.read("train")
    task = TextCorrectorTask(TINY)
    task.learn_from(data)
    known = task.network.vocabulary
    assert len(known) > 5
    task.learn_from(data)
    assert task.network.vocabulary is known


def test_the_data_must_be_in_the_networks_language(fake_corpora):
    task = TextCorrectorTask(TINY)
    with pytest.raises(UsageError, match="'zh'"):
        task.learn_from(TextCorrectorData(str(fake_corpora), language="zh"))
