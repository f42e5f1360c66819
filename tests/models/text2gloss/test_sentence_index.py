import json
import zlib

import numpy as np
import pytest

from signzoo.data.pairs import TextGlossPair
from signzoo.errors import UsageError, WeightsError
from signzoo.models.text2gloss import sentence_index
from signzoo.models.text2gloss.sentence_index import SentenceIndex

pytest.importorskip("faiss")

PAIRS = [
    TextGlossPair("1", "morgen regnet es", ("MORGEN", "REGEN")),
    TextGlossPair("2", "Morgen  regnet es", ("MORGEN", "REGEN", "STARK")),
    TextGlossPair("3", "morgen scheint die sonne", ("MORGEN", "SONNE")),
    TextGlossPair("4", "im norden\u2028schnee", ("NORD", "SCHNEE")),
]


class BagOfWords:
    """Embeds a text as the sum of a random vector for each of its words."""

    name = "bag-of-words"
    dimensions = 64

    def __call__(self, texts):
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for word in text.lower().split():
                seed = zlib.crc32(word.encode())
                row += np.random.default_rng(seed).normal(size=self.dimensions)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def make_states():
    """Two blocks of states; the token after a state is the place of its only one."""
    yield np.eye(8, dtype=np.float32)[:5], np.arange(5)
    yield np.eye(8, dtype=np.float32)[5:], np.arange(5, 8)


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "index"
    SentenceIndex.build(folder, PAIRS, make_states(), "f" * 64, BagOfWords(), progress=False)
    return folder


@pytest.fixture
def index(folder):
    return SentenceIndex.open(folder, "f" * 64, BagOfWords())


def test_the_very_same_sentence_is_found_with_all_its_glosses(index):
    glossed = index.glossed("MORGEN regnet  es")
    assert glossed == {("MORGEN", "REGEN"): 1, ("MORGEN", "REGEN", "STARK"): 1}
    assert not index.glossed("morgen regnet")


def test_the_most_similar_pairs_come_first(index):
    [neighbours] = index.nearest(["morgen regnet es"], 3)
    assert {n.pair.id for n in neighbours[:2]} == {"1", "2"}
    assert neighbours[2].pair == PAIRS[2]
    assert neighbours[0].similarity == pytest.approx(1, abs=1e-5)
    assert neighbours[1].similarity > neighbours[2].similarity


def test_a_sentence_of_the_training_set_does_not_find_itself(index):
    found = index.nearest(["MORGEN regnet es", "im norden schnee"], 2, exclude_same_text=True)
    assert [n.pair.id for n in found[0]] == ["3", "4"]
    assert "4" not in {n.pair.id for n in found[1]}
    assert len(found[1]) == 2


def test_examples_are_sentences_and_glosses(index):
    assert index.examples(["sonne"], 1) == [[("morgen scheint die sonne", ("MORGEN", "SONNE"))]]


def test_no_text_has_no_neighbours(index):
    assert index.nearest([], 2) == []


def test_states_find_the_tokens_that_followed(index):
    distances, tokens = index.neighbours(np.eye(8, dtype=np.float32)[[6, 1]] * 0.9, 2)
    np.testing.assert_array_equal(tokens[:, 0], [6, 1])
    np.testing.assert_allclose(distances[:, 0], 0.01, atol=1e-4)
    assert tokens.dtype == np.int64
    assert index.num_states == 8


def test_another_networks_index_is_refused_by_name(folder):
    with pytest.raises(WeightsError, match=r"fff…, not with 000.*signzoo index build"):
        SentenceIndex.open(folder, "0" * 64)


@pytest.mark.parametrize(
    "name", ["pairs.jsonl", "sentences.faiss", "states.faiss", "tokens.safetensors"]
)
def test_a_changed_cut_or_missing_file_is_refused(folder, name):
    path = folder / name
    content = path.read_bytes()
    middle = len(content) // 2
    flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    for damaged in (flipped, content[:-1]):
        path.write_bytes(damaged)
        with pytest.raises(WeightsError, match=rf"{name} is not the file.*signzoo index build"):
            SentenceIndex.open(folder, "f" * 64)
    path.unlink()
    with pytest.raises(WeightsError, match=rf"{name} is missing.*signzoo index build"):
        SentenceIndex.open(folder, "f" * 64)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "cannot be read"),
        ("[]", "format None"),
        ('{"format": 2}', "format 2"),
        ('{"format": 1}', "no fingerprint"),
    ],
)
def test_a_damaged_description_is_refused(folder, text, message):
    (folder / "index.json").write_text(text, encoding="utf-8")
    with pytest.raises(WeightsError, match=message):
        SentenceIndex.open(folder, "f" * 64)


def test_what_is_no_index_is_refused(tmp_path):
    with pytest.raises(UsageError, match="no folder"):
        SentenceIndex.open(tmp_path / "nothing", "f" * 64)
    with pytest.raises(WeightsError, match="no sentence index"):
        SentenceIndex.open(tmp_path, "f" * 64)


def test_an_index_replaces_an_older_one_and_nothing_else(folder, tmp_path):
    SentenceIndex.build(folder, PAIRS[:2], make_states(), "e" * 64, BagOfWords(), progress=False)
    assert len(SentenceIndex.open(folder, "e" * 64).pairs) == 2
    (folder / "photo.jpg").write_text("")
    with pytest.raises(UsageError, match=r"photo\.jpg"):
        SentenceIndex.build(folder, PAIRS, make_states(), "e" * 64, BagOfWords())


def test_an_interrupted_build_leaves_nothing_behind(tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(sentence_index, "save_file", interrupt)
    with pytest.raises(KeyboardInterrupt):
        SentenceIndex.build(tmp_path / "i", PAIRS, make_states(), "e" * 64, BagOfWords(), False)
    assert not list(tmp_path.iterdir())


def test_nothing_cannot_be_indexed(tmp_path):
    with pytest.raises(UsageError, match="no pairs"):
        SentenceIndex.build(tmp_path / "i", [], make_states(), "e" * 64, BagOfWords())
    with pytest.raises(UsageError, match="no states"):
        SentenceIndex.build(tmp_path / "i", PAIRS, [], "e" * 64, BagOfWords(), progress=False)


def test_the_description_names_what_the_index_holds(folder):
    settings = json.loads((folder / "index.json").read_text("utf-8"))
    assert settings["embedder"] == "bag-of-words"
    assert (settings["pairs"], settings["states"]) == (4, 8)
