import numpy as np
import pytest

from signzoo.errors import MediaError, UsageError
from signzoo.evaluation.pose import count_pairs, pair_files, worst_poses
from signzoo.metrics import PoseScorer


@pytest.fixture
def folders(tmp_path, waving, signer):
    """Two folders with the poses ``still`` and ``wave``; the produced wave stands still."""
    still = signer(np.full((30, 2), 250.0))
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    still.write(ours / "still.npz")
    still.write(theirs / "still.pose")
    still.write(ours / "wave.npz")
    waving.write(theirs / "wave.npz")
    return ours, theirs


def test_files_are_paired_by_name_whatever_their_format(folders):
    (folders[0] / "notes.txt").write_text("not a pose")

    pairs = pair_files(*folders)

    assert [(p.name, p.hypothesis.name, p.reference.name) for p in pairs] == [
        ("still", "still.npz", "still.pose"),
        ("wave", "wave.npz", "wave.npz"),
    ]


def test_the_pose_with_the_worst_hands_comes_first(folders):
    pairs, scorer = pair_files(*folders), PoseScorer()

    counts = np.stack(list(count_pairs(pairs, scorer)))

    assert [row["id"] for row in worst_poses(pairs, counts, scorer)] == ["wave", "still"]
    assert scorer.summary(counts.sum(axis=0)).num_poses == 2


def test_a_pose_without_hands_is_not_called_the_worst(folders):
    pairs, scorer = pair_files(*folders), PoseScorer()
    counts = np.stack(list(count_pairs(pairs, scorer)))
    counts[0, 30:45] = 0  # the counts of its hands

    assert [row["id"] for row in worst_poses(pairs, counts, scorer)] == ["wave", "still"]


def test_files_without_a_partner_are_named(folders):
    (folders[1] / "wave.npz").unlink()

    with pytest.raises(UsageError, match=r"wave.npz has no partner in .*theirs"):
        pair_files(*folders)


def test_two_files_of_one_name_are_refused(folders, waving):
    waving.write(folders[0] / "wave.pose")

    with pytest.raises(UsageError, match=r"both wave.npz and wave.pose"):
        pair_files(*folders)


def test_folders_without_poses_are_refused(folders, tmp_path):
    (tmp_path / "empty").mkdir()

    with pytest.raises(UsageError, match="holds no pose"):
        pair_files(tmp_path / "empty", folders[1])
    with pytest.raises(UsageError, match="no folder"):
        pair_files(folders[0] / "wave.npz", folders[1])


def test_a_broken_file_and_an_unfit_pair_are_named(folders, signer, waving):
    pairs = pair_files(*folders)
    blind = waving.confidence.copy()
    blind[:, :33] = 0
    type(waving)(waving.points, blind, 25, waving.skeleton).write(folders[0] / "still.npz")

    with pytest.raises(MediaError, match=r"still.npz against .*still.pose: .*shoulders"):
        list(count_pairs(pairs, PoseScorer()))
    (folders[0] / "still.npz").write_bytes(b"PK")
    with pytest.raises(MediaError, match="still.npz"):
        list(count_pairs(pairs, PoseScorer()))
