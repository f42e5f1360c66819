import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from signzoo.data.arpa import Bigrams, write_arpa
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


def test_bigrams_come_from_their_file_once(tmp_path, fake_corpora):
    options = {"folder": str(tmp_path), "train": ("train.jsonl",)}
    (tmp_path / "train.jsonl").write_text('{"id": "1", "text": "es regnet es regnet"}\n')
    table = Bigrams(
        ("<s>", "es", "regnet"),
        np.log([1e-99, 0.5, 0.5]),
        np.zeros(3),
        np.array([1]),
        np.array([2]),
        np.log([0.9]),
    )
    write_arpa(tmp_path / "words.arpa", table)
    task = TextCorrectorTask(replace(TINY, bigrams=0.3))
    with pytest.raises(UsageError, match=r"--data\.bigrams"):
        task.learn_from(prepared(TextCorrectorData(**options)))
    data = prepared(TextCorrectorData(**options, bigrams="words.arpa"))
    task.learn_from(data)
    known = task.network.bigrams.words
    assert known == ("<s>", "es", "regnet")
    (tmp_path / "words.arpa").unlink()
    task.learn_from(data)
    assert task.network.bigrams.words is known

    again = TextCorrectorTask(replace(TINY, bigrams=0.3))
    again.load_state_dict(task.state_dict())
    assert again.network.bigrams.words == known
    # What does not train reads none.
    TextCorrectorTask(replace(TINY, bigrams=0.3)).learn_from(TextCorrectorData(**options))
    # Without a share there is nothing to read.
    without = TextCorrectorTask(TINY)
    without.learn_from(data)
    assert not without.network.bigrams.words


def prepared(data):
    data.samples["train"] = data.read("train")
    return data


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
