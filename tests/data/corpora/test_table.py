import shutil

import pytest

from signzoo.data.sentences import open_signing_video, read_sentences
from signzoo.errors import ManifestError, MediaError


@pytest.fixture
def corpus(fake_corpora, tmp_path):
    """A copy of the generated corpus that a test may spoil."""
    return shutil.copytree(fake_corpora / "table", tmp_path / "corpus")


@pytest.fixture
def write(corpus):
    """Writes the corpus's table anew, and returns its folder."""

    def write(*lines):
        (corpus / "sentences.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return corpus

    return write


def test_a_table_is_read_by_its_own_path_and_by_its_folder(corpus):
    for path in (corpus, corpus / "sentences.csv"):
        first, second, third = read_sentences(path)
        assert (first.id, first.group, first.language) == ("a", "s1", "zh")
        assert (first.text, first.gloss) == ("明天南方下雨，", ("明天", "南", "下雨"))
        assert second.video == first.video
        assert third.video is None


def test_start_and_end_cut_the_video_and_the_pose(corpus):
    first, second, third = read_sentences(corpus)
    assert len(open_signing_video(first).frames) == 10
    assert len(open_signing_video(second).frames) == 25
    assert len(third.pose()) == 10
    assert (third.start, third.end) == (0, None)


def test_val_rows_are_dev_and_rows_without_a_split_are_in_every_one(corpus, write):
    assert [each.id for each in read_sentences(corpus, "dev")] == ["b"]
    write("视频,文本", "clips/day.mp4,你好")
    (only,) = read_sentences(corpus, "dev")
    assert (only.id, only.text, only.gloss) == ("2", "你好", ())


def test_a_folder_with_several_tables_needs_the_path_of_one(corpus):
    shutil.copy(corpus / "sentences.csv", corpus / "others.csv")
    with pytest.raises(ManifestError, match="is no corpus that is known here"):
        read_sentences(corpus)
    with pytest.raises(ManifestError, match=r"needs one table, and has: others\.csv, sentences"):
        read_sentences(corpus, corpus="table")
    assert len(read_sentences(corpus / "others.csv")) == 3


def test_a_part_after_the_end_of_its_pose_is_an_error_when_it_is_opened(write):
    (found,) = read_sentences(write("pose,text,start", "poses/c.pose,a,9"))
    with pytest.raises(MediaError, match=r"c\.pose ends at second 1\.00, before second 9"):
        found.pose()


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["video,text", "clips/gone.mp4,a"], "row 2 points nowhere"),
        (["video,text", "../other.mp4,a"], "row 2 names .* which leaves the folder"),
        (["video,text", ",a"], "row 2 names neither a video nor a pose"),
        (["video,text", "clips/day.mp4,"], "row 2 has neither a text nor a gloss"),
        (["video,text", "poses/c.pose,a"], "row 2 names the pose file 'c.pose' as a video"),
        (["video,text,start", "clips/day.mp4,a,x"], "row 2 needs seconds as 'start'"),
        (["video,text,start,end", "clips/day.mp4,a,2,1"], "row 2 ends at second 1"),
        (["video,text", "clips/day.mp4"], "row 2 has 1 cells"),
        (["id,video,text", "x,clips/day.mp4,a", "x,clips/day.mp4,b"], "row 3 repeats the id"),
        (["id,text", "x,a"], "needs a column video or pose.*are known: id, text"),
        (["one,two", "x,a"], "begins with no header"),
        ([""], "has no rows"),
    ],
)
def test_a_bad_row_is_named(write, lines, message):
    with pytest.raises(ManifestError, match=rf"sentences\.csv,? {message}"):
        read_sentences(write(*lines), corpus="table")
