import numpy as np
import pytest

from signzoo.avatar.face import express
from signzoo.structures import Pose, Skeleton

HOLISTIC = Skeleton.named("mediapipe-holistic")
# A face that looks ahead, in centimetres of MediaPipe's canonical face; the signer's left side.
LEFT = {
    "263": (4.4, -2.7, -3.2), "362": (1.9, -2.6, -3.8), "454": (7.7, -0.7, 2.4),
    "356": (7.7, -2.4, 2.0), "291": (2.5, 4.3, -4.3), "386": (3.2, -3.1, -4.0),
    "374": (3.2, -2.2, -4.0), "336": (1.5, -4.9, -5.0), "296": (2.5, -5.2, -5.0),
    "334": (4.0, -5.3, -4.5), "293": (5.0, -5.0, -4.0),
}  # fmt: skip
RIGHT = ["33", "133", "234", "127", "61", "159", "145", "107", "66", "105", "63"]
MIDDLE = {"10": (0.0, -8.3, -4.5), "13": (0.0, 4.0, -5.0), "14": (0.0, 4.1, -5.0)}


def face(changes):
    """Thirty frames of a face, of which the last ten differ by some landmarks' offsets."""
    places = dict(MIDDLE)
    for (name, (x, y, z)), twin in zip(LEFT.items(), RIGHT, strict=True):
        places |= {name: (x, y, z), twin: (-x, y, z)}
    points = np.zeros((30, len(HOLISTIC.landmarks), 3), np.float32)
    seen = np.zeros(points.shape[:2], np.float32)
    for name, place in places.items():
        column = HOLISTIC.landmarks.index(f"face/{name}")
        points[:, column] = np.array(place) / 40
        points[20:, column] += np.array(changes.get(name, (0, 0, 0))) / 40
        seen[:, column] = 1
    return Pose(points, seen, 25.0, HOLISTIC, "shoulder")


@pytest.mark.parametrize(
    ("changes", "done"),
    [
        ({"14": (0, 1.7, 0)}, {"jawOpen"}),
        ({"291": (-0.4, 0, 0), "61": (0.4, 0, 0)}, {"mouthPucker"}),
        ({"386": (0, 0.9, 0)}, {"eyeBlinkLeft"}),
        ({"107": (0, 0.5, 0), "66": (0, 0.5, 0), "105": (0, 0.5, 0), "63": (0, 0.5, 0)},
         {"browDownRight"}),
    ],
)  # fmt: skip
def test_what_the_face_does_is_done(body, changes, done):
    amounts = express(face(changes), body)
    assert amounts.shape == (30, len(body.expressions))
    assert amounts[:15].max() < 0.1
    for action in done:
        assert amounts[-1, body.expressions.index(action)] > 0.4
    others = [i for i, name in enumerate(body.expressions) if name not in done]
    brows = [i for i in others if not body.expressions[i].startswith("mouth")]
    assert amounts[-1, brows].max() < 0.2


def test_no_face_leaves_the_body_without_expression(body):
    pose = face({})
    unseen = Pose(pose.points, 0 * pose.confidence, 25.0, HOLISTIC, "shoulder")
    assert not express(unseen, body).any()


def test_an_open_jaw_lowers_the_chin(body):
    amounts = express(face({"14": (0, 3, 0)}), body)
    skin = body.skin(body.rest(30), amounts)
    assert (skin[0] - skin[-1])[:, 2].max() > 0.02
