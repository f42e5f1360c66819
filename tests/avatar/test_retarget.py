import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from signzoo.avatar import Timing, avatar_landmarks, from_signzoo_axes, relaxed, retarget
from signzoo.errors import MediaError
from signzoo.structures import Pose, Skeleton

HOLISTIC = Skeleton.named("mediapipe-holistic")
COLUMN = {name: i for i, name in enumerate(HOLISTIC.landmarks)}
HAND = HOLISTIC.part("right_hand")
# MediaPipe's canonical face, in centimetres: eye corners, before the ears, temples, forehead.
FACE = {"263": (4.446, -2.664, -3.173), "362": (1.856, -2.585, -3.758)}
FACE |= {"454": (7.664, -0.673, 2.436), "356": (7.743, -2.365, 2.005)}
TWINS = {"263": "33", "362": "133", "454": "234", "356": "127"}
UNEVEN = Timing(smooth=0)


def bone_angles(first, second):
    """Angles in degrees between the bones of arms and hands in two sets of landmarks."""
    ends = [(a, b) for a, b in HOLISTIC.bones if "_hand" in HOLISTIC.landmarks[a]]
    ends += [
        (COLUMN[f"body/{s}_{a}"], COLUMN[f"body/{s}_{b}"])
        for s in ("left", "right")
        for a, b in (("shoulder", "elbow"), ("elbow", "wrist"))
    ]
    start, end = np.array(ends).T
    one, two = (points[:, end] - points[:, start] for points in (first, second))
    one, two = (bones / np.linalg.norm(bones, axis=-1, keepdims=True) for bones in (one, two))
    return np.degrees(np.arccos(np.clip((one * two).sum(axis=-1), -1, 1)))


def pose_of(points, fps=25.0):
    """A pose in shoulder widths of an avatar's own landmarks."""
    shoulders = points[:, [COLUMN["body/left_shoulder"], COLUMN["body/right_shoulder"]]]
    width = np.linalg.norm(shoulders[:, 0] - shoulders[:, 1], axis=-1).mean()
    seen = np.isfinite(points).all(axis=-1)
    scaled = np.nan_to_num((points - shoulders.mean(axis=1, keepdims=True)) / width)
    return Pose(scaled, seen.astype(np.float32), fps, HOLISTIC, "shoulder")


@pytest.fixture
def signing(body):
    """Local transforms of one second in which both arms rise and the fingers bend."""
    transforms = np.repeat(relaxed(body)[None], 25, axis=0).astype(np.float32)
    progress = np.linspace(0.2, 1, 25)
    for letter, sign in (("L", 1.0), ("R", -1.0)):
        turns = {
            "upperarm01": [-0.9, 0.0, 0.3 * sign],
            "lowerarm01": [-1.1, -0.4 * sign, 0.3 * sign],
            "wrist": [0.3, 0.3 * sign, 0.0],
        }
        for name, vector in turns.items():
            bone = body.bone(f"{name}.{letter}")
            turn = Rotation.from_rotvec(np.outer(progress, vector)).as_matrix()
            transforms[:, bone, :3, :3] = turn @ transforms[:, bone, :3, :3]
    return transforms


def turned_face(angles):
    """Landmarks of a signer whose head turns by some angles in degrees about y, ``(T, V, 3)``."""
    points = np.zeros((len(angles), len(HOLISTIC.landmarks), 3), np.float32)
    seen = np.zeros(points.shape[:2], np.float32)
    turns = Rotation.from_rotvec(np.outer(np.radians(angles), [0, 1, 0])).as_matrix()
    places = {"10": (0.0, -8.262, -4.482)}
    for name, (x, y, z) in FACE.items():
        places |= {name: (x, y, z), TWINS[name]: (-x, y, z)}
    for name, place in places.items():
        points[:, COLUMN[f"face/{name}"]] = turns @ np.array(place) / 40 + [0, -0.6, 0]
        seen[:, COLUMN[f"face/{name}"]] = 1
    for side, x in (("left", 0.5), ("right", -0.5)):
        points[:, COLUMN[f"body/{side}_shoulder"], 0] = x
        seen[:, COLUMN[f"body/{side}_shoulder"]] = 1
    return points, seen


def test_an_avatar_repeats_what_an_avatar_did(body, signing):
    shown = avatar_landmarks(body, signing, HOLISTIC)
    again = avatar_landmarks(body, retarget(pose_of(shown), body, UNEVEN), HOLISTIC)
    angles = bone_angles(shown, again)
    assert angles.mean() < 0.5
    assert angles.max() < 7  # arms, which lead hands to their place


def test_directions_in_the_picture_survive_a_lost_depth(body, signing):
    shown = avatar_landmarks(body, signing, HOLISTIC)
    flat = shown.copy()
    flat[..., 2] *= 0.001
    again = avatar_landmarks(body, retarget(pose_of(flat), body, UNEVEN), HOLISTIC)
    arms = bone_angles(shown * [1, 1, 0], again * [1, 1, 0])[:, -4:]
    assert arms.max() < 10


def test_the_arms_of_another_body_bring_the_hand_to_its_place(body):
    points, seen = turned_face([0] * 10)
    upper, lower = np.array([0.3, 0.95, 0.0]), np.array([-0.9, -0.4, 0.0])
    upper, lower = upper / np.linalg.norm(upper), lower / np.linalg.norm(lower)
    lengths = (0.9, 0.75)  # longer than the body's
    arm = [COLUMN[f"body/left_{joint}"] for joint in ("shoulder", "elbow", "wrist")]
    points[:, arm[1]] = points[:, arm[0]] + lengths[0] * upper
    points[:, arm[2]] = points[:, arm[1]] + lengths[1] * lower
    seen[:, arm] = 1
    pose = Pose(points, seen, 25.0, HOLISTIC, "shoulder")
    shown = avatar_landmarks(body, retarget(pose, body, UNEVEN), HOLISTIC)
    width = 2 * body.heads[body.bone("upperarm01.L"), 0]
    bones = np.diff(shown[0, arm], axis=0) / width
    own = np.linalg.norm(bones, axis=-1)
    wanted = points[0, arm[2]] - points[0, arm[0]]
    off = np.linalg.norm((bones.sum(axis=0) - wanted)[:2])
    assert off < 0.6 * np.linalg.norm(own[0] * upper + own[1] * lower - wanted)


def test_fingers_do_not_bend_backwards(body, signing):
    shown = avatar_landmarks(body, signing, HOLISTIC)
    wrist, middle, index, pinky = (shown[:, HAND][:, i] for i in (0, 9, 5, 17))
    palm = np.cross(middle - wrist, index - pinky)
    back = shown.copy()
    for joint in (6, 7, 8):
        back[:, HAND.start + joint] += 3 * joint * palm / np.linalg.norm(palm, axis=-1).max() * 0.02
    bones = np.diff(back[:, HAND][:, 5:9], axis=1)
    asked = retarget(pose_of(back), body, UNEVEN, limits=False)
    held = retarget(pose_of(back), body, UNEVEN)
    first, free, kept = (
        np.diff(points[:, HAND][:, 5:7], axis=1)[:, 0]
        for points in (back, *(avatar_landmarks(body, x, HOLISTIC) for x in (asked, held)))
    )
    direction = bones[:, 0] / np.linalg.norm(bones[:, 0], axis=-1, keepdims=True)

    def off(vectors):
        cosine = (vectors * direction).sum(axis=-1) / np.linalg.norm(vectors, axis=-1)
        return np.degrees(np.arccos(np.clip(cosine, -1, 1)))

    assert off(free).max() < 10  # without limits the finger follows
    assert off(kept).min() > 20  # with them it stays behind
    assert off(first).max() < 1


def test_a_hand_that_is_inside_out_is_turned_back(body, signing):
    shown = avatar_landmarks(body, signing, HOLISTIC)
    arms = [COLUMN[f"body/{side}_{x}"] for side in ("left", "right") for x in ("elbow", "wrist")]
    shown[:, arms, 2] = 0  # a depth that is not measured, as MediaPipe's
    swapped = shown.copy()
    swapped[:, HAND, 2] *= -1
    first, second = (retarget(pose_of(points), body, UNEVEN) for points in (shown, swapped))
    np.testing.assert_allclose(first, second, atol=1e-4)


def test_a_forearm_that_turns_past_its_range_does_not_spring_around(body, signing):
    transforms = np.repeat(signing[-1:], 50, axis=0)
    wrist = body.bone("wrist.R")
    axis = body.heads[wrist] - body.heads[body.bone("lowerarm01.R")]
    turns = np.outer(np.radians(np.linspace(60, 300, 50)), axis / np.linalg.norm(axis))
    transforms[:, wrist, :3, :3] = Rotation.from_rotvec(turns).as_matrix()
    shown = avatar_landmarks(body, transforms, HOLISTIC)
    again = retarget(pose_of(shown), body, UNEVEN)
    assert bone_angles(shown, avatar_landmarks(body, again, HOLISTIC)).mean() < 1
    skin = again[:, body.bone("lowerarm02.R"), :3, :3]
    steps = Rotation.from_matrix(np.swapaxes(skin[:-1], 1, 2) @ skin[1:]).magnitude()
    assert np.degrees(steps).max() < 30


@pytest.mark.parametrize("unit", [1.0, 1 / 700])
def test_the_head_turns_with_the_face_whatever_the_unit_of_depth(body, unit):
    points, seen = turned_face([-30, 0, 40])
    points[..., 2] *= unit
    pose = Pose(points, seen, 25.0, HOLISTIC, "shoulder")
    turned = body.globals(retarget(pose, body, UNEVEN))[:, body.bone("head"), :3, :3]
    ahead = turned @ from_signzoo_axes(np.array([0.0, 0.0, -1.0]))
    yaw = np.degrees(np.arctan2(ahead[:, 0], -ahead[:, 1]))
    np.testing.assert_allclose(yaw, [30, 0, -40], atol=2)


def test_what_is_not_seen_is_at_rest(body):
    points, seen = turned_face([0] * 5)
    seen[:, HOLISTIC.part("face")] = 0
    transforms = retarget(Pose(points, seen, 25.0, HOLISTIC, "shoulder"), body)
    np.testing.assert_allclose(transforms, np.tile(relaxed(body), (5, 1, 1, 1)), atol=1e-5)
    places = avatar_landmarks(body, transforms, HOLISTIC)[0]
    for side in ("left", "right"):
        assert places[COLUMN[f"{side}_hand/wrist"], 1] > places[COLUMN[f"body/{side}_elbow"], 1]
    assert places[COLUMN["left_hand/wrist"], 0] > 0.15


def test_short_gaps_are_bridged_and_long_ones_ease_to_rest_without_a_jump(body, signing):
    still = np.repeat(signing[-1:], 100, axis=0)
    pose = pose_of(avatar_landmarks(body, still, HOLISTIC))
    gone = np.zeros((100, 1), np.float32)
    gone[20:26], gone[50:] = 1, 1
    hidden = Pose(pose.points, pose.confidence * (1 - gone), 25.0, HOLISTIC, "shoulder")
    transforms = retarget(hidden, body)
    whole = retarget(pose, body)
    assert np.isfinite(transforms).all()
    np.testing.assert_allclose(transforms[18:28], whole[18:28], atol=0.01)
    np.testing.assert_allclose(transforms[-1], relaxed(body), atol=0.01)
    steps = np.linalg.norm(np.diff(body.joints(transforms), axis=0), axis=-1)
    assert steps.max() < 0.12  # metres a frame; a raised arm falls in a third of a second


def test_one_frame_and_other_skeletons_are_performed(body, signing):
    pose = pose_of(avatar_landmarks(body, signing, HOLISTIC))
    assert np.isfinite(retarget(pose[:1], body)).all()
    tracks = Skeleton.named("hands-and-nose")
    points = np.zeros((4, 3, 3), np.float32)
    other = Pose(points, np.ones((4, 3), np.float32), 25.0, tracks, "shoulder")
    np.testing.assert_allclose(retarget(other, body)[2], relaxed(body), atol=1e-5)


def test_a_pose_in_pixels_without_shoulders_is_refused(body):
    points, seen = turned_face([0])
    seen[:, HOLISTIC.part("body")] = 0
    with pytest.raises(MediaError, match="never shows both shoulders"):
        retarget(Pose(points, seen, 25.0, HOLISTIC), body)


def test_landmarks_of_the_body_are_where_they_should_be(body):
    places = avatar_landmarks(body, body.rest(), HOLISTIC)[0]
    at = {name.split("/")[1]: places[i] for name, i in COLUMN.items() if name.startswith("body/")}
    assert at["left_shoulder"][0] > 0 > at["right_shoulder"][0]
    assert at["nose"][2] < at["left_eye_outer"][2] < at["left_ear"][2]
    assert at["nose"][1] < at["mouth_left"][1] < at["left_shoulder"][1] < at["left_hip"][1]
    assert at["left_eye_inner"][0] < at["left_eye_outer"][0] < at["left_ear"][0]
    assert np.isnan(at["left_knee"]).all()
