import math
import struct
import sys

import numpy as np
import pytest

from signzoo.data.arpa import read_arpa
from signzoo.data.chinese_words import main, read_open_gram
from signzoo.errors import ManifestError

# Numbers of words as open-gram has them: 0 is what is no word.
WORDS = {0: "", 1: "。", 2: "今天", 3: "好"}
PROBABILITIES = [1.0, 0.4, 0.3, 0.2, 0.1, 0.9]
WEIGHTS = [1.0, 0.5, 0.25]


def node(word, weight, probability, child):
    return struct.pack(
        "<3I", word | weight << 18, probability | (child & 0xFFFF) << 16, child >> 16 << 25
    )


def write_open_gram(folder, singles, pairs, words=WORDS):
    """The two files of sunpinyin-data, with places of the tables in the place of values."""
    text = "\0".join(words.values()).encode("utf-32-le")
    (folder / "pydict_sc.bin").write_bytes(struct.pack("<3I", len(words), 0, 12) + text)
    levels = [[(0, 0, 0, 0), (0, 0, 0, len(singles))], [*singles, (0, 0, 0, len(pairs))]]
    levels.append([*pairs, (0, 0, 0, 0)])
    content = struct.pack("<6I", 3, 0, *map(len, levels), 1)
    for table, size in ((PROBABILITIES, 1 << 16), (WEIGHTS, 1 << 14)):
        content += np.array(table + [0] * (size - len(table)), "<f4").tobytes()
    content += b"".join(node(*each) for level in levels for each in level)
    (folder / "lm_sc.t3g").write_bytes(content)


SINGLES = [(0, 0, 4, 0), (1, 1, 3, 0), (2, 2, 2, 1), (3, 0, 1, 3)]
PAIRS = [(2, 0, 5, 0), (3, 0, 5, 0), (0, 0, 4, 0)]


def test_words_and_pairs_are_read_and_a_sentence_begins_as_behind_a_full_stop(tmp_path):
    write_open_gram(tmp_path, SINGLES, PAIRS)
    found = read_open_gram(tmp_path)
    assert found.words == ("<unk>", "。", "今天", "好", "<s>")
    np.testing.assert_allclose(np.exp(found.shares), [0.1, 0.2, 0.3, 0.4, 0], atol=1e-6)
    np.testing.assert_allclose(np.exp(found.weights), [1, 0.5, 0.25, 1, 0.5])
    assert found.firsts.tolist() == [1, 2, 2, 4]
    assert found.seconds.tolist() == [2, 3, 0, 2]
    np.testing.assert_allclose(np.exp(found.logs), [0.9, 0.9, 0.1, 0.9], rtol=1e-6)


def test_a_place_beyond_sixteen_bits_is_read(tmp_path):
    words = {number: chr(0x4E00 + number) for number in range(300)} | {0: "", 1: "。"}
    singles = [(number, 0, 1, 300 * number) for number in range(300)]
    pairs = [(number, 0, 1, 0) for _ in range(300) for number in range(300)]
    write_open_gram(tmp_path, singles, pairs, words)
    found = read_open_gram(tmp_path)
    assert found.firsts[-1] == 300
    assert found.firsts[:-300].tolist() == [i for i in range(300) for _ in range(300)]


def run(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["chinese_words", *map(str, words)])
    main()


def test_the_command_writes_an_arpa_file(tmp_path, monkeypatch, capsys):
    write_open_gram(tmp_path, SINGLES, PAIRS)
    run(monkeypatch, tmp_path, "--out", tmp_path / "words.arpa")
    assert "5 words, 4 pairs" in capsys.readouterr().out
    found = read_arpa(tmp_path / "words.arpa")
    assert found.words == ("<unk>", "。", "今天", "好", "<s>")
    assert found.logs[0] == pytest.approx(math.log(0.9), abs=1e-5)


def test_what_is_missing_or_damaged_is_said(tmp_path, monkeypatch):
    with pytest.raises(SystemExit, match=r"pydict_sc\.bin cannot be read"):
        run(monkeypatch, tmp_path, "--out", tmp_path / "words.arpa")
    write_open_gram(tmp_path, SINGLES, PAIRS)
    content = (tmp_path / "lm_sc.t3g").read_bytes()
    for damaged in (content[:20], content[:1000], content[:-20], b"\2" + content[1:]):
        (tmp_path / "lm_sc.t3g").write_bytes(damaged)
        with pytest.raises(ManifestError, match=r"lm_sc\.t3g cannot be read"):
            read_open_gram(tmp_path)
    write_open_gram(tmp_path, SINGLES, PAIRS, {0: "", 1: "。", 2: "今天"})
    with pytest.raises(ManifestError, match="do not belong together"):
        read_open_gram(tmp_path)
    (tmp_path / "pydict_sc.bin").write_bytes(struct.pack("<3I", 9, 0, 12))
    with pytest.raises(ManifestError, match="promises 9 words"):
        read_open_gram(tmp_path)
    assert not (tmp_path / "words.arpa").exists()
