import shutil

import pytest

from signzoo.data.sentences import open_signing_video, read_sentences
from signzoo.errors import ManifestError

HEADER = "index|name|length|gloss|char|word|postag"


@pytest.fixture
def corpus(fake_corpora, tmp_path):
    """A copy of the generated corpus that a test may spoil."""
    return shutil.copytree(fake_corpora / "csl_daily", tmp_path / "csl")


def write_label(corpus, name, *lines):
    (corpus / "sentence_label" / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_a_sentence_is_chinese_without_spaces_and_has_pictures_at_30_fps(corpus):
    _, second = read_sentences(corpus, "train")
    assert (second.id, second.group) == ("S000001_P0004_T00", "P0004")
    assert (second.text, second.language) == ("明天南方下雨。", "zh")
    assert second.gloss == ("明天", "南", "下雨")
    clip = open_signing_video(second)
    assert (clip.fps, clip.num_frames) == (30, 4)


def test_sentences_that_no_split_names_are_left_out(corpus):
    assert len(read_sentences(corpus)) == 4
    with pytest.raises(ManifestError, match="no sentences in its split 'val'"):
        read_sentences(corpus, "val")


def test_pictures_beside_the_labels_are_found_in_their_archives_folder(corpus):
    (corpus / "sentence").rename(corpus / "sentence_frames-512x512")
    assert len(read_sentences(corpus)) == 4
    shutil.rmtree(corpus / "sentence_frames-512x512")
    with pytest.raises(ManifestError, match="no folder of pictures .*frames_512x512"):
        read_sentences(corpus)


def test_the_pickle_is_never_opened(corpus):
    labels = corpus / "sentence_label"
    for name in ("video_map.txt", "split_1.txt"):
        (labels / name).unlink()
    (labels / "csl2020ct_v2.pkl").write_bytes(b"anything")
    with pytest.raises(ManifestError, match=r"is a pickle.*not opened here\. Put .*video_map\.txt"):
        read_sentences(corpus)


def test_missing_tables_are_named(corpus):
    (corpus / "sentence_label" / "split_1.txt").unlink()
    with pytest.raises(ManifestError, match=r"no table .*split_1\.txt"):
        read_sentences(corpus)


@pytest.mark.parametrize(
    ("name", "lines", "message"),
    [
        ("split_1.txt", ["name|split", "S9|train"], "row 2 points nowhere: video_map.txt has no"),
        ("split_1.txt", ["name|split", "S000005_P0004_T00|dev"], "row 2 points nowhere: there is"),
        ("split_1.txt", ["name|split", "../x|dev"], "row 2 needs the name of one"),
        ("split_1.txt", ["name", "S000000_P0000_T00"], "has no column for the split"),
        ("video_map.txt", [HEADER, "0|S000000_P0000_T00|3|你 好||你 好|r"], "row 2 has an empty"),
        ("video_map.txt", [HEADER, "0|S000000_P0000_T00|3"], "row 2 has 3 cells"),
        ("video_map.txt", ["index|name|length", "0|a|3"], "has no column for the gloss"),
    ],
)
def test_a_bad_row_is_named(corpus, name, lines, message):
    write_label(corpus, name, *lines)
    with pytest.raises(ManifestError, match=rf"{name},? {message}"):
        read_sentences(corpus)
