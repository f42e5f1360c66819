import shutil

import numpy as np
import pytest

from signzoo.data.sentences import read_sentences
from signzoo.errors import ManifestError


@pytest.fixture
def corpus(fake_corpora, tmp_path):
    """A copy of the generated corpus that a test may spoil."""
    return shutil.copytree(fake_corpora / "skels", tmp_path / "skels")


def replace_line(path, number, line):
    lines = path.read_text("utf-8").splitlines()
    lines[number - 1] = line
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def check_signer(pose):
    """Upright and facing the camera: the head above, right hand at the left of the picture."""
    where = {name: pose.anchor(name)[0] for name in pose.skeleton.anchors}
    assert pose.unit == "shoulder"
    assert (where["head"][:, 1] < where["left_shoulder"][:, 1]).all()
    assert (where["left_shoulder"][:, 0] > where["right_shoulder"][:, 0]).all()
    for side in ("left", "right"):
        assert (where[f"{side}_elbow"][:, 1] > where[f"{side}_shoulder"][:, 1] - 0.3).all()
        seen = pose.anchor(f"{side}_hand")[1] > 0
        apart = where[f"{side}_hand"] - where[f"{side}_wrist"]
        assert (np.linalg.norm(apart[seen], axis=1) < 0.6).mean() > 0.95
        assert np.median(where[f"{side}_wrist"][:, 2]) < -0.1  # in front of the shoulders


def test_a_line_is_a_sentence_with_its_text_glosses_and_landmarks(corpus):
    first, second = read_sentences(corpus, "train")
    assert first.id == "train/01April_2010_Thursday_heute-6694"
    assert first.group == "01April_2010_Thursday_heute"
    assert (first.text, first.language) == ("im süden regnet es .", "de")
    assert first.gloss == ("SUED", "REGEN")
    poses = [first.pose(), second.pose()]
    assert [len(pose) for pose in poses] == [3, 4]
    assert poses[0].fps == 25
    for pose in poses:
        check_signer(pose)
        np.testing.assert_array_equal(
            pose.anchor("left_hand")[1] > 0, [False] + [True] * (len(pose) - 1)
        )
        left, right = (pose.anchor(f"{side}_hand")[0][1:, 1] for side in ("left", "right"))
        assert (right < left).all()


def test_files_with_a_name_before_the_split_are_read_and_names_and_glosses_may_miss(corpus):
    for suffix in ("gloss", "files"):
        (corpus / f"dev.{suffix}").unlink()
    for suffix in ("skels", "text"):
        (corpus / f"dev.{suffix}").rename(corpus / f"asl.dev.{suffix}")
    first, _ = read_sentences(corpus, "dev")
    assert (first.id, first.group, first.language, first.gloss) == ("dev/1", "", "", ())
    assert len(read_sentences(corpus)) == 4


def test_a_missing_split_says_which_there_are(corpus):
    with pytest.raises(ManifestError, match=r"test\.skels is missing; there are: train, dev"):
        read_sentences(corpus, "test")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("0.1 0.2", "row 2 has 2 values, which are no whole frames of 151"),
        ("a b", "row 2 has something that is no number"),
        (" ".join(["nan"] * 151), "row 2 has values that are not finite"),
    ],
)
def test_a_bad_line_is_named_when_it_is_opened(corpus, line, message):
    replace_line(corpus / "dev.skels", 2, line)
    _, second = read_sentences(corpus, "dev")
    with pytest.raises(ManifestError, match=rf"dev\.skels, {message}"):
        second.pose()


def test_lines_that_do_not_belong_together_are_an_error(corpus):
    with (corpus / "dev.text").open("a", encoding="utf-8") as file:
        file.write("noch einer .\n")
    with pytest.raises(ManifestError, match=r"dev\.text has 3 lines, but dev\.skels has 2"):
        read_sentences(corpus, "dev")
    (corpus / "dev.text").unlink()
    with pytest.raises(ManifestError, match=r"There is no .*dev\.text"):
        read_sentences(corpus, "dev")


@pytest.mark.parametrize(
    ("suffix", "line", "message"),
    [
        ("skels", "", r"dev\.skels, row 2 has no frames"),
        ("text", "", r"dev\.text, row 2 is empty"),
        ("files", "dev/01April_2010_Thursday_heute-6694", r"dev\.files has .* more than once"),
    ],
)
def test_an_empty_or_repeated_line_is_an_error(corpus, suffix, line, message):
    replace_line(corpus / f"dev.{suffix}", 2, line)
    with pytest.raises(ManifestError, match=message):
        read_sentences(corpus, "dev")


def test_the_real_sample_shows_signers_upright_with_hands_at_their_wrists(shared_data):
    found = read_sentences(shared_data / "pose" / "phoenix_sample")
    assert len(found) == 10
    for sentence in found:
        check_signer(sentence.pose())
