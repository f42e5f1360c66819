import math
from dataclasses import replace

import pytest
import torch

from signzoo.errors import UsageError
from signzoo.models.text_corrector.data import DraftBatch, TextCorrectorData
from signzoo.models.text_corrector.errors import ErrorRates
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


def test_a_dictionary_counts_the_words_of_the_training_text(tmp_path):
    (tmp_path / "train.jsonl").write_text('{"id": "1", "text": "他今天很高兴。"}\n', "utf-8")
    data = TextCorrectorData(str(tmp_path), train=("train.jsonl",), language="zh")
    data.samples["train"] = data.read("train")
    for share, counts in ((0.3, {"他": 1, "今天": 1, "很": 1, "高兴": 1, "。": 1}), (0.0, {})):
        task = TextCorrectorTask(replace(TINY, language="zh", dictionary=share))
        task.learn_from(data)
        assert task.network.dictionary.counts == counts


def test_the_data_must_be_in_the_networks_language(fake_corpora):
    task = TextCorrectorTask(TINY)
    with pytest.raises(UsageError, match="'zh'"):
        task.learn_from(TextCorrectorData(str(fake_corpora), language="zh"))


def test_a_training_begins_with_the_weights_and_words_of_another(taught, fake_corpora, tmp_path):
    taught.save_pretrained(tmp_path / "general")
    task = TextCorrectorTask(taught.config, initial=str(tmp_path / "general"))
    data = TextCorrectorData(
        str(fake_corpora), train=("phoenix14t/train.jsonl",), rates=ErrorRates(order=0.5)
    )
    data.samples["train"] = data.read("train")
    task.learn_from(data)
    assert task.network.vocabulary.words == taught.vocabulary.words
    assert task.network.vocabulary.counts != taught.vocabulary.counts
    assert task.network.rates.order == 0.5
    texts = ["morgen regnet es im norden"]
    torch.testing.assert_close(task.network.eval().losses(texts), taught.losses(texts))
    assert task.hparams["initial"] == ""  # the Lightning checkpoint has weights of its own


def test_initial_weights_of_another_size_are_refused(corrector, tmp_path):
    corrector.save_pretrained(tmp_path / "general")
    with pytest.raises(UsageError, match="num_words 40, the network 30"):
        TextCorrectorTask(TINY, initial=str(tmp_path / "general"))
