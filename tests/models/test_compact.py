import json
import sys

import pytest
import sentencepiece
from transformers import AutoTokenizer

from signzoo.data.pairs import read_pairs
from signzoo.errors import UsageError
from signzoo.models import compact
from signzoo.models.compact import CompactConfig, make_compact, train_tokenizer
from signzoo.models.language_model import open_language_model

TINY = CompactConfig(120, 16, 32, heads=2, encoder_layers=2, decoder_layers=1, dropout=0.1)


@pytest.fixture(scope="module")
def texts(fake_corpora):
    pairs = read_pairs(fake_corpora / "phoenix14t" / "train.jsonl")
    return [text for pair in pairs for text in (pair.text, " ".join(pair.gloss))]


@pytest.fixture(scope="module")
def tokenizer(texts):
    return train_tokenizer(texts, 120, ["<phoenix14t>"])


def test_it_cuts_texts_as_sentencepiece_does(texts, tokenizer, monkeypatch):
    kept = []
    processor = sentencepiece.SentencePieceProcessor

    def keep(model_file):
        kept.append(processor(model_file=model_file))
        return kept[0]

    monkeypatch.setattr(sentencepiece, "SentencePieceProcessor", keep)
    train_tokenizer(texts, 120, ["<phoenix14t>"])
    for text in [*texts, "Übermorgen  NASS", "morgenregen"]:
        normal = " ".join(text.lower().split())
        assert tokenizer(text)["input_ids"] == [*kept[0].encode(normal), tokenizer.eos_token_id]


def test_what_is_asked_for_is_one_token_each(tokenizer):
    names = ["<gloss>", "<text>", "<denoise>", "<blank>", "<example>", "<phoenix14t>"]
    for name in names:
        assert len(tokenizer(name, add_special_tokens=False)["input_ids"]) == 1
    tokens = tokenizer("<gloss><phoenix14t>heute")["input_ids"]
    assert tokenizer.convert_ids_to_tokens(tokens[:2]) == ["<gloss>", "<phoenix14t>"]


def test_case_and_white_space_do_not_matter_and_a_text_comes_back(tokenizer):
    assert tokenizer("HEUTE\n  Regen ")["input_ids"] == tokenizer("heute regen")["input_ids"]
    tokens = tokenizer("HEUTE REGEN")["input_ids"]
    assert tokenizer.decode(tokens, skip_special_tokens=True) == "heute regen"


def test_it_is_as_large_as_was_asked_for_and_loads_from_json_alone(tokenizer, tmp_path):
    assert len(tokenizer) == 120
    tokenizer.save_pretrained(tmp_path)
    assert {path.suffix for path in tmp_path.iterdir()} == {".json"}
    loaded = AutoTokenizer.from_pretrained(tmp_path)
    assert loaded.get_vocab() == tokenizer.get_vocab()
    assert loaded("heute regnet es")["input_ids"] == tokenizer("heute regnet es")["input_ids"]


@pytest.mark.parametrize(("given", "size"), [(["ein satz"], 500), ([], 100), (["ab"] * 9, 4)])
def test_too_little_text_for_so_many_tokens_is_refused_in_one_line(given, size):
    with pytest.raises(UsageError, match=f"No tokenizer of {size} tokens") as caught:
        train_tokenizer(given, size, [])
    assert "\n" not in str(caught.value)


def test_the_model_has_the_size_that_was_asked_for(texts, tmp_path):
    make_compact(texts, ["phoenix14t"], tmp_path / "made", TINY)
    opened = open_language_model(tmp_path / "made")
    config = opened.model.config
    assert (config.encoder_layers, config.decoder_layers, config.d_model) == (2, 1, 16)
    tied = opened.model.get_output_embeddings().weight
    assert tied is opened.model.get_input_embeddings().weight
    assert len(opened.tokenizer) == len(tied) == 120


def test_the_same_seed_makes_the_same_weights(texts, tmp_path):
    hashes = []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        make_compact(texts, [], tmp_path / name, TINY, seed)
        hashes.append(open_language_model(tmp_path / name).sha256)
    assert hashes[0] == hashes[1] != hashes[2]


def test_the_command_writes_a_folder_with_a_token_for_each_corpus(
    fake_corpora, tmp_path, monkeypatch, capsys
):
    file = fake_corpora / "phoenix14t" / "train.jsonl"
    size = ["--num-tokens=120", "--width=16", "--inner-width=32", "--heads=2"]
    words = ["compact", str(file), "--out", str(tmp_path / "made"), *size]
    monkeypatch.setattr(sys, "argv", words)
    compact.main()
    assert capsys.readouterr().out.strip().endswith("made")
    opened = open_language_model(tmp_path / "made")
    assert "<phoenix14t>" in opened.tokenizer.get_vocab()
    config = json.loads((tmp_path / "made" / "config.json").read_text())
    assert config["encoder_ffn_dim"] == 32


def test_a_corpus_of_signed_sentences_will_do_too(fake_corpora, tmp_path, monkeypatch):
    words = [str(fake_corpora / "synthetic"), "--out", str(tmp_path / "model")]
    words += ["--num-tokens", "40", "--width", "8", "--inner-width", "8", "--heads", "1"]
    monkeypatch.setattr(sys, "argv", ["compact", *words])
    compact.main()
    tokenizer = json.loads((tmp_path / "model" / "tokenizer.json").read_text("utf-8"))
    tokens = [token["content"] for token in tokenizer["added_tokens"]]
    assert "<synthetic>" in tokens


def test_the_command_says_in_one_line_what_is_wrong(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["compact", str(tmp_path / "none.jsonl"), "--out", "x"])
    with pytest.raises(SystemExit, match=r"none\.jsonl"):
        compact.main()
