import json
import shutil

import numpy as np
import pytest

from signzoo.data.corpora import READERS, read_corpus
from signzoo.data.corpora.boston104 import SHOULDER_WIDTHS
from signzoo.errors import ManifestError, UsageError


@pytest.fixture
def boston104(fake_corpora, tmp_path):
    """A copy of the generated corpus that a test may spoil, in a folder of corpora."""
    shutil.copytree(fake_corpora / "boston104", tmp_path / "boston104")
    return tmp_path


def spoil(folder, **changes):
    """Change fields of the first row of a corpus."""
    path = folder / "manifest.jsonl"
    first, *rest = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([json.dumps({**json.loads(first), **changes}), *rest]), "utf-8")


@pytest.mark.parametrize("name", READERS)
def test_every_corpus_is_read_with_names_groups_and_times(fake_corpora, name):
    utterances = read_corpus(name, fake_corpora)
    assert len({utterance.id for utterance in utterances}) == len(utterances) > 1
    for utterance in utterances:
        assert utterance.id.startswith(f"{name}/")
        assert utterance.group.startswith(f"{name}/")
        assert all(0 <= gloss.start < gloss.end for gloss in utterance.glosses)
        assert {"head", "left_hand", "right_hand"} <= set(utterance.pose.skeleton.anchors)


def test_boston104_is_in_shoulder_widths_with_the_nose_above_the_shoulders(fake_corpora):
    for utterance in read_corpus("boston104", fake_corpora):
        head, _ = utterance.pose.anchor("head")
        left, _ = utterance.pose.anchor("left_hand")
        assert utterance.pose.unit == "shoulder"
        assert utterance.pose.fps == 30
        np.testing.assert_allclose(head[:, :2].mean(axis=0), [0, -0.6], atol=0.02)
        np.testing.assert_allclose((left - head)[:, 1], 2.1, atol=0.1)


def test_boston104_frames_are_counted_to_the_end_of_the_last(fake_corpora):
    utterance = read_corpus("boston104", fake_corpora)[0]
    rows = (fake_corpora / "boston104" / "manifest.jsonl").read_text("utf-8").splitlines()
    first, last = json.loads(rows[0])["segments"]
    assert utterance.glosses[0].start == pytest.approx(first[1] / 30)
    assert utterance.glosses[-1].end == pytest.approx((last[2] + 1) / 30)


def test_only_boston104_shows_rest(fake_corpora):
    assert all(u.shows_rest for u in read_corpus("boston104", fake_corpora))
    assert not any(u.shows_rest for u in read_corpus("dgs_sentences", fake_corpora))


def test_dgs_sentences_of_one_recording_are_one_group(fake_corpora):
    groups = [utterance.group for utterance in read_corpus("dgs_sentences", fake_corpora)]
    assert groups == [f"dgs_sentences/100{number}" for number in range(3)]


def test_wlasl_hands_that_lie_on_the_face_are_missing_and_wrists_stay(fake_corpora):
    utterance = read_corpus("wlasl124", fake_corpora)[0]
    assert utterance.group == "wlasl124/train"
    assert [(gloss.label, gloss.start) for gloss in utterance.glosses] == [("book", 0)]
    pose = utterance.pose
    assert utterance.glosses[0].end == pose.seconds
    assert (pose.anchor("left_hand")[1] == 0).all()
    assert (pose.anchor("left_wrist")[1] == 1).all()
    assert (pose.anchor("right_hand")[1] > 0.9).all()
    # The signer's left is to the right of the picture.
    assert (pose.anchor("left_shoulder")[0] > pose.anchor("right_shoulder")[0])[:, 0].all()


def test_include_is_stretched_to_its_picture_and_its_padding_is_left_out(fake_corpora):
    utterance = read_corpus("include_greetings", fake_corpora)[0]
    pose = utterance.pose
    assert utterance.group == "include_greetings/A"
    assert len(pose) == 8
    assert pose.fps == 12.5
    np.testing.assert_allclose(pose.anchor("left_shoulder")[0][0, :2], [0.56 * 1920, 0.36 * 1080])
    np.testing.assert_array_equal(np.flatnonzero(pose.anchor("right_hand")[1] == 0), [3])


@pytest.mark.parametrize(
    ("corpus", "changes", "message"),
    [
        ("wlasl124", {"id": "99"}, "row 1 points nowhere: keypoints.npz has no '99'"),
        ("wlasl124", {"subset": "dev"}, "row 1 needs train or val as 'subset'"),
        ("include_greetings", {"file": "gone.npy"}, "row 1 points nowhere"),
        ("include_greetings", {"file": "manifest.jsonl"}, "row 1 has a file that is no readable"),
    ],
)
def test_a_bad_row_of_isolated_signs_is_named(fake_corpora, tmp_path, corpus, changes, message):
    shutil.copytree(fake_corpora / corpus, tmp_path / corpus)
    spoil(tmp_path / corpus, **changes)
    with pytest.raises(ManifestError, match=message):
        read_corpus(corpus, tmp_path)


def test_wlasl_without_its_points_is_named(fake_corpora, tmp_path):
    shutil.copytree(fake_corpora / "wlasl124", tmp_path / "wlasl124")
    points = tmp_path / "wlasl124" / "keypoints.npz"
    points.write_bytes(b"no points")
    with pytest.raises(ManifestError, match=r"keypoints\.npz is not a readable"):
        read_corpus("wlasl124", tmp_path)
    points.unlink()
    with pytest.raises(ManifestError, match=r"There is no .*keypoints\.npz"):
        read_corpus("wlasl124", tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id": "99"}, "row 1 points nowhere: tracks.npz has no '99'"),
        ({"segments": []}, "row 1 has no segments"),
        ({"segments": [["ONE", 3, 9999]]}, "row 1 has a segment outside"),
        ({"segments": [["ONE", 9, 3]]}, "row 1 has a segment outside"),
        ({"segments": ["ONE"]}, "row 1 has a segment that is not"),
    ],
)
def test_a_bad_boston104_row_is_named(boston104, changes, message):
    spoil(boston104 / "boston104", **changes)
    with pytest.raises(ManifestError, match=message):
        read_corpus("boston104", boston104)


def test_damaged_and_missing_tracks_are_named(boston104):
    tracks = boston104 / "boston104" / "tracks.npz"
    tracks.write_bytes(tracks.read_bytes()[:100])
    with pytest.raises(ManifestError, match=r"tracks\.npz is not a readable"):
        read_corpus("boston104", boston104)
    tracks.unlink()
    with pytest.raises(ManifestError, match=r"There is no .*tracks\.npz"):
        read_corpus("boston104", boston104)


def test_a_dgs_row_that_points_nowhere_is_named(fake_corpora, tmp_path):
    shutil.copytree(fake_corpora / "dgs_sentences", tmp_path / "dgs_sentences")
    spoil(tmp_path / "dgs_sentences", pose="gone.pose")
    with pytest.raises(ManifestError, match=r"row 1 points nowhere: .*'gone\.pose'"):
        read_corpus("dgs_sentences", tmp_path)


def test_an_unknown_or_absent_corpus_says_what_there_is(tmp_path):
    with pytest.raises(UsageError, match="no corpus 'how2sign'; there are: boston104"):
        read_corpus("how2sign", tmp_path)
    with pytest.raises(ManifestError, match="There is no folder .*SIGNZOO_DATA"):
        read_corpus("boston104", tmp_path)


def test_the_real_boston104_rests_at_a_like_height_for_all_signers(shared_data):
    heights = {}
    for utterance in read_corpus("boston104", shared_data / "pose"):
        left = utterance.pose.anchor("left_hand")[0] - utterance.pose.anchor("head")[0]
        heights.setdefault(utterance.group, []).append(left[:, 1])
    medians = [np.median(np.concatenate(parts)) for parts in heights.values()]
    assert len(medians) == len(SHOULDER_WIDTHS)
    np.testing.assert_allclose(medians, 2.1, atol=0.05)


def test_the_real_dgs_sentences_are_read(shared_data):
    utterances = read_corpus("dgs_sentences", shared_data / "pose")
    assert len(utterances) == 16
    assert len({utterance.group for utterance in utterances}) == 15


def test_the_real_isolated_signs_are_read_with_hands_near_their_wrists(shared_data):
    for name, count, groups in (("wlasl124", 860, 2), ("include_greetings", 190, 5)):
        utterances = read_corpus(name, shared_data / "pose")
        assert len(utterances) == count
        assert len({utterance.group for utterance in utterances}) == groups
        for side in ("left", "right"):
            apart, width = [], []
            for utterance in utterances[::10]:
                pose = utterance.pose
                hand, seen = pose.anchor(f"{side}_hand")
                apart.append((hand - pose.anchor(f"{side}_wrist")[0])[seen > 0])
                shoulders = [pose.anchor(f"{x}_shoulder")[0] for x in ("left", "right")]
                width.append(np.linalg.norm(shoulders[0] - shoulders[1], axis=1).mean())
            near = np.linalg.norm(np.concatenate(apart), axis=1) < 0.6 * np.mean(width)
            assert near.mean() > 0.97
