import runpy
import shutil
from pathlib import Path

import pytest

from signzoo.data.sentences import open_signing_video, read_sentences
from signzoo.errors import ManifestError, MediaError

FAKE = runpy.run_path(str(Path(__file__).parents[1] / "fakes" / "how2sign.py"))


@pytest.fixture
def corpus(fake_corpora, tmp_path):
    """A copy of the generated corpus that a test may spoil."""
    return shutil.copytree(fake_corpora / "how2sign", tmp_path / "how2sign")


def test_clips_are_whole_and_quotes_are_read_as_pandas_reads_them(corpus):
    first, second, third = read_sentences(corpus, "train")
    assert (first.id, first.group, first.language) == ("--7E2sU6zP4_0-5-rgb_front", "5", "en")
    assert first.video.name == "--7E2sU6zP4_0-5-rgb_front.mp4"
    assert (first.start, first.end) == (0, None)
    assert second.text == '"Go," he said, "now".'
    assert (third.text, third.group) == ('It is 5" long.', "8")


def test_val_is_dev_and_sentences_are_cut_out_of_whole_videos(corpus):
    first, second = read_sentences(corpus, "dev")
    assert first.video == second.video
    clips = [open_signing_video(each) for each in (first, second)]
    assert [clip.num_frames for clip in clips] == [len(clip.frames) for clip in clips] == [10, 15]
    assert abs(clips[0].frames[0].mean() - 5 * 8) < 4
    assert abs(clips[1].frames[0].mean() - 15 * 8) < 4


def test_a_part_after_the_end_of_its_video_is_an_error_when_it_is_opened(corpus):
    FAKE["write_table"](
        corpus / "how2sign_realigned_val.csv",
        [FAKE["row"]("-eXo23fl3lQ", 1, 0, 5.0, 6.0, "Hello.")],
    )
    (sentence,) = read_sentences(corpus, "dev")
    with pytest.raises(MediaError, match="no frame of -eXo23fl3lQ_0-1-rgb_front, which starts at"):
        open_signing_video(sentence)


def test_tables_that_were_not_realigned_and_one_folder_of_clips_are_read_too(corpus):
    (corpus / "how2sign_realigned_train.csv").unlink()
    header = [name.removesuffix("_REALIGNED") for name in FAKE["HEADER"]]
    rows = [FAKE["row"]("--7E2sU6zP4", 5, 1, 0.4, 0.8, "Go.")]
    FAKE["write_table"](corpus / "how2sign_train.csv", rows, header)
    (corpus / "train_rgb_front_clips" / "raw_videos").rename(corpus / "raw_videos")
    (found,) = read_sentences(corpus, "train")
    assert found.video.parent.name == "raw_videos"


def test_the_folders_of_the_owners_script_are_read(corpus, tmp_path):
    level = tmp_path / "owners" / "sentence_level" / "train"
    texts = level / "text" / "en" / "raw_text" / "re_aligned"
    texts.mkdir(parents=True)
    shutil.copy(corpus / "how2sign_realigned_train.csv", texts)
    shutil.copytree(corpus / "train_rgb_front_clips", level / "rgb_front")
    assert len(read_sentences(tmp_path / "owners", "train")) == 3


def test_a_missing_split_says_which_there_are(corpus):
    with pytest.raises(ManifestError, match=r"how2sign_realigned_test\.csv is missing; there are:"):
        read_sentences(corpus, "test")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({3: "gone", 1: "gone"}, "row 2 points nowhere: there is neither the clip .*gone.mp4"),
        ({3: "../clip"}, "row 2 needs the name of one file"),
        ({1: "a/b"}, "row 2 needs the name of one file"),
        ({4: "soon"}, "row 2 needs seconds as 'start', not 'soon'"),
        ({4: "-1"}, "row 2 needs seconds as 'start'"),
        ({5: "nan"}, "row 2 needs seconds as 'end'"),
        ({4: 0.5, 5: 0.5}, "row 2 ends at second 0.5"),
        ({6: ""}, "row 2 has an empty SENTENCE"),
        ({6: "a\tb"}, "row 2 has 8 cells"),
    ],
)
def test_a_bad_row_is_named(corpus, changes, message):
    row = FAKE["row"]("-eXo23fl3lQ", 1, 0, 0.2, 0.6, "Hello.")
    row = tuple(changes.get(place, cell) for place, cell in enumerate(row))
    FAKE["write_table"](corpus / "how2sign_realigned_val.csv", [row])
    with pytest.raises(ManifestError, match=rf"how2sign_realigned_val\.csv, {message}"):
        read_sentences(corpus, "dev")
