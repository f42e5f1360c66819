import math

import numpy as np
import pytest

from signzoo.data.arpa import Bigrams, read_arpa, write_arpa
from signzoo.errors import ManifestError

ARPA = """\\data\\
ngram 1=5
ngram 2=3
ngram 3=1

\\1-grams:
-0.7\t<unk>\t0
-99\t<s>\t-0.3
-0.5\t</s>
-0.6\t今天\t-0.2
-0.9\t\\end\\\t0

\\2-grams:
-0.1\t<s> 今天\t0
-0.4\t今天 </s>
-0.8\t今天 \\end\\

\\3-grams:
-0.1\t<s> 今天 </s>

\\end\\
"""


def test_words_and_pairs_are_read_and_longer_ngrams_passed_over(tmp_path):
    (tmp_path / "words.arpa").write_text(ARPA, "utf-8")
    found = read_arpa(tmp_path / "words.arpa")
    assert found.words == ("<unk>", "<s>", "</s>", "今天", "\\end\\")
    np.testing.assert_allclose(found.shares / math.log(10), [-0.7, -99, -0.5, -0.6, -0.9])
    np.testing.assert_allclose(found.weights / math.log(10), [0, -0.3, 0, -0.2, 0])
    assert found.firsts.tolist() == [1, 3, 3]
    assert found.seconds.tolist() == [3, 2, 4]
    np.testing.assert_allclose(found.logs / math.log(10), [-0.1, -0.4, -0.8])


def test_what_is_written_is_read(tmp_path):
    model = Bigrams(
        ("<s>", "regen", "im", "norden"),
        np.log([1e-99, 0.2, 0.3, 0.5]),
        np.log([0.5, 1.5, 0.25, 1]),
        np.array([0, 1, 2]),
        np.array([1, 2, 3]),
        np.log([0.9, 0.8, 0.7]),
    )
    write_arpa(tmp_path / "new" / "words.arpa", model)
    found = read_arpa(tmp_path / "new" / "words.arpa")
    assert found.words == model.words
    assert found.firsts.tolist() == [0, 1, 2]
    assert found.seconds.tolist() == [1, 2, 3]
    for name in ("shares", "weights", "logs"):
        np.testing.assert_allclose(getattr(found, name), getattr(model, name), atol=1e-5)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("-0.6\t今天\t-0.2", "-0.6 今天 -0.2", "line 10: '-0.6 今天 -0.2' is no 1-gram"),
        ("-0.6\t今天", "0.6\t今天", "no logarithm of a probability"),
        ("-0.6\t今天", "nan\t今天", "no logarithm of a probability"),
        ("-0.4\t今天 </s>", "-0.4\t明天 </s>", "line 15: .* is no 2-gram .*明天"),
        ("-0.4\t今天 </s>", "-0.4\t今天", "it has 1 words"),
        ("-0.6\t今天\t-0.2", "-0.6\t今天\t-0.2\n-0.6\t今天\t-0.2", "5 different words"),
        ("\\2-grams:", "\\3-grams:", "0 pairs"),
    ],
    ids=["no tabs", "positive", "nan", "unknown word", "one word", "twice", "no pairs"],
)
def test_what_is_no_arpa_file_is_said_with_its_line(tmp_path, old, new, message):
    assert old in ARPA
    (tmp_path / "words.arpa").write_text(ARPA.replace(old, new), "utf-8")
    with pytest.raises(ManifestError, match=message):
        read_arpa(tmp_path / "words.arpa")


def test_a_file_that_is_missing_or_no_text_is_said(tmp_path):
    with pytest.raises(ManifestError, match="cannot be read"):
        read_arpa(tmp_path / "none.arpa")
    (tmp_path / "model.bin").write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(ManifestError, match="UTF-8"):
        read_arpa(tmp_path / "model.bin")
