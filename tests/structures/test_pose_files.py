import json
import os

import numpy as np
import pytest

from signzoo.errors import DiskError, MediaError
from signzoo.structures import Pose
from signzoo.transforms.pose import select_landmarks, to_shoulder_units

SUFFIXES = [".pose", ".npz", ".json", ".h5"]


@pytest.fixture
def noisy(waving):
    """A pose with every decimal of float32 in use and confidences between 0 and 1."""
    random = np.random.default_rng(7)
    points = waving.points + random.normal(0, 3, waving.points.shape).astype(np.float32)
    confidence = random.random(waving.confidence.shape).astype(np.float32)
    confidence[random.random(confidence.shape) < 0.2] = 0
    return Pose(points, confidence, 29.97, waving.skeleton, "pixel", (640, 480))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_round_trip_is_lossless_and_confidence_survives(noisy, tmp_path, suffix):
    noisy.write(tmp_path / f"a{suffix}")
    read = Pose.read(tmp_path / f"a{suffix}")
    np.testing.assert_array_equal(read.points, noisy.points)
    np.testing.assert_array_equal(read.confidence, noisy.confidence)
    assert read.fps == pytest.approx(29.97, rel=1e-7)  # .pose keeps it as float32
    assert (read.unit, read.size, read.skeleton.name) == ("pixel", (640, 480), noisy.skeleton.name)
    assert os.listdir(tmp_path) == [f"a{suffix}"]


@pytest.mark.parametrize("suffix", [".npz", ".json", ".h5"])
def test_the_array_formats_keep_the_unit_and_any_skeleton(waving, tmp_path, suffix):
    hand = select_landmarks(to_shoulder_units(waving), ["right_hand"])
    hand.write(tmp_path / f"hand{suffix}")
    read = Pose.read(tmp_path / f"hand{suffix}")
    assert (read.unit, read.size) == ("shoulder", None)
    assert read.skeleton.name == "mediapipe-holistic[right_hand]"
    np.testing.assert_array_equal(read.points, hand.points)


def test_a_pose_file_refuses_what_it_cannot_hold(waving, tmp_path):
    with pytest.raises(MediaError, match=r"in pixels; this is .* 'shoulder'.*\.npz"):
        to_shoulder_units(waving).write(tmp_path / "a.pose")
    assert not os.listdir(tmp_path)


def test_pose_format_reads_what_is_written(noisy, tmp_path):
    from pose_format import Pose as PoseFile

    noisy.write(tmp_path / "a.pose")
    file = PoseFile.read((tmp_path / "a.pose").read_bytes())
    assert [c.name for c in file.header.components][:2] == ["POSE_LANDMARKS", "FACE_LANDMARKS"]
    assert file.body.data.shape == (50, 1, 543, 3)
    np.testing.assert_array_equal(np.asarray(file.body.confidence)[:, 0], noisy.confidence)


def test_a_file_with_some_landmarks_is_placed_by_name(waving, tmp_path):
    from pose_format import Pose as PoseFile

    waving.write(tmp_path / "all.pose")
    file = PoseFile.read((tmp_path / "all.pose").read_bytes())
    wanted = {"POSE_LANDMARKS": ["RIGHT_WRIST"], "RIGHT_HAND_LANDMARKS": ["THUMB_TIP", "WRIST"]}
    with (tmp_path / "few.pose").open("wb") as target:
        file.get_components(list(wanted), wanted).write(target)
    read = Pose.read(tmp_path / "few.pose")
    names = read.skeleton.landmarks
    seen = {names[i] for i in np.flatnonzero(read.confidence[0])}
    assert seen == {"body/right_wrist", "right_hand/thumb_tip", "right_hand/wrist"}
    thumb = names.index("right_hand/thumb_tip")
    np.testing.assert_array_equal(read.points[:, thumb], waving.points[:, thumb])


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("damage", ["empty", "cut", "text"])
def test_a_damaged_file_is_one_clear_error(waving, tmp_path, suffix, damage):
    path = tmp_path / f"a{suffix}"
    waving.write(path)
    content = path.read_bytes()
    path.write_bytes({"empty": b"", "cut": content[: len(content) // 2], "text": b"hello"}[damage])
    with pytest.raises(MediaError, match=rf"a\{suffix}") as error:
        Pose.read(path)
    assert "\n" not in str(error.value).strip()


def test_an_unknown_kind_of_file_lists_the_known_ones(waving, tmp_path):
    with pytest.raises(MediaError, match=r"\.pose, \.npz, \.json, \.h5"):
        waving.write(tmp_path / "a.csv")
    with pytest.raises(MediaError, match=r"\.pose, \.npz, \.json, \.h5"):
        Pose.read(tmp_path / "a.csv")


def test_a_pickle_inside_an_npz_is_refused(tmp_path):
    np.savez(tmp_path / "a.npz", points=np.array([{"evil": 1}], dtype=object))
    with pytest.raises(MediaError, match="pickle|allow_pickle"):
        Pose.read(tmp_path / "a.npz")


def test_json_names_its_landmarks_for_other_tools(waving, tmp_path):
    waving[:2].write(tmp_path / "a.json")
    content = json.loads((tmp_path / "a.json").read_text())
    assert content["landmarks"][0] == "body/nose"
    assert np.shape(content["points"]) == (2, 543, 3)


def test_writing_where_a_file_is_a_folder_says_so(waving, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(DiskError, match="not a folder"):
        waving.write(tmp_path / "file" / "a.npz")


def test_real_files_of_the_178_point_selection_are_read(shared_data):
    pose = Pose.read(shared_data / "pose/sgg_lexicon/sgg/kinder.pose")
    assert (len(pose), pose.fps, pose.size) == (45, 24, (640, 480))
    assert (pose.confidence[0] > 0).sum() > 100
