import shutil

import pytest

from signzoo.data.sentences import open_signing_video, read_sentences
from signzoo.errors import ManifestError

HEADER = "name|video|start|end|speaker|orth|translation"


@pytest.fixture
def corpus(fake_corpora, tmp_path):
    """A copy of the generated corpus that a test may spoil."""
    return shutil.copytree(fake_corpora / "phoenix14t" / "PHOENIX-2014-T", tmp_path / "P")


def write_dev(corpus, *lines):
    table = corpus / "annotations" / "manual" / "PHOENIX-2014-T.dev.corpus.csv"
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_a_sentence_has_text_glosses_signer_and_pictures_at_25_fps(corpus):
    first, *_ = found = read_sentences(corpus, "train")
    assert len(found) == 3
    assert (first.id, first.group) == ("01April_2010_Thursday_heute-1", "Signer00")
    assert (first.text, first.language) == ("heute regnet es im norden bei zwölf grad", "de")
    assert first.gloss == ("HEUTE", "NORD", "REGEN", "ZWOELF", "GRAD")
    clip = open_signing_video(first)
    assert (clip.fps, clip.size, clip.num_frames) == (25, (42, 52), 4)
    assert [int(frame[0, 0, 0]) for frame in clip] == [10, 20, 30, 40]


def test_the_folder_of_the_archive_is_read_too_and_all_splits_without_one(fake_corpora):
    assert len(read_sentences(fake_corpora / "phoenix14t")) == 7
    assert len(read_sentences(fake_corpora / "phoenix14t", "dev")) == 2


def test_a_missing_split_says_which_there_are(corpus):
    (corpus / "annotations" / "manual" / "PHOENIX-2014-T.test.corpus.csv").unlink()
    assert len(read_sentences(corpus)) == 5
    with pytest.raises(ManifestError, match=r"no split 'test'.*test\.corpus\.csv is missing; "):
        read_sentences(corpus, "test")
    with pytest.raises(ManifestError, match="no split 'val'; there are: train, dev"):
        read_sentences(corpus, "val")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([HEADER, "gone|gone/1/*.png|-1|-1|S|A|a"], "row 2 points nowhere: .*dev/gone"),
        ([HEADER, "../train|x|-1|-1|S|A|a"], r"row 2 needs the name of one .* not '\.\./train'"),
        ([HEADER, "..|x|-1|-1|S|A|a"], "row 2 needs the name of one"),
        ([HEADER, "01April_2010_Thursday_heute-2|x|-1|-1|S|A|"], "row 2 has an empty translation"),
        ([HEADER, "a|b"], "row 2 has 2 cells"),
        ([HEADER], "has no rows"),
        (["name|video", "a|b"], "has no column for the signer"),
        ([HEADER, "a|x|-1|-1|S|A|a", "a|x|-1|-1|S|A|a"], "row 3 repeats the id 'a'"),
    ],
)
def test_a_bad_row_is_named(corpus, lines, message):
    write_dev(corpus, *lines)
    with pytest.raises(ManifestError, match=rf"dev\.corpus\.csv,? {message}"):
        read_sentences(corpus, "dev")
