"""Where an avatar's own landmarks are, so that a performance can be compared with its pose."""

import numpy as np

from signzoo.avatar.anatomy import SIDES, Hand
from signzoo.avatar.body import Body, to_signzoo_axes
from signzoo.avatar.depth import HAND
from signzoo.errors import UsageError
from signzoo.structures import Skeleton


def avatar_landmarks(body: Body, transforms: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """Find a skeleton's landmarks on a body.

    Args:
        body: Any body that still has its head.
        transforms: Local transforms ``(T, J, 4, 4)`` as of :func:`~signzoo.avatar.retarget`.
        skeleton: A skeleton with MediaPipe Holistic's names.

    Returns:
        Positions ``(T, V, 3)`` float32 in a pose's axes and the body's metres: shoulders, elbows,
        wrists, hips, what the body's part knows of the head, and hands. Others are NaN.
    """
    moved = body.globals(transforms)
    places = _joint_places(body) | _head_places(body)
    found = np.full((len(moved), len(skeleton.landmarks), 3), np.nan, np.float32)
    for column, name in enumerate(skeleton.landmarks):
        if name in places:
            bone, point = places[name]
            at = moved[:, bone]
            found[:, column] = to_signzoo_axes(at[:, :3, :3] @ point + at[:, :3, 3])
    return found


def _joint_places(body: Body) -> dict[str, tuple[int, np.ndarray]]:
    """The bone that carries each landmark of arms, hands and hips, and its position at rest."""
    places = {}
    for side, letter in SIDES.items():
        for joint, name in (
            ("shoulder", "upperarm01"),
            ("elbow", "lowerarm01"),
            ("wrist", "wrist"),
            ("hip", "upperleg01"),
        ):
            bone = body.bone(f"{name}.{letter}")
            places[f"body/{side}_{joint}"] = bone, body.heads[bone]
        hand = Hand.of(body, side)
        places[f"{side}_hand/wrist"] = hand.wrist, body.heads[hand.wrist]
        for digit, bones in enumerate(hand.digits):
            labels = HAND[1 + 4 * digit : 5 + 4 * digit]
            for label, bone in zip(labels, bones, strict=False):
                places[f"{side}_hand/{label}"] = bone, body.heads[bone]
            places[f"{side}_hand/{labels[3]}"] = bones[2], body.tails[bones[2]]
    return places


def _head_places(body: Body) -> dict[str, tuple[int, np.ndarray]]:
    """Landmarks of the head, found by the shape of the mesh and by what expressions move."""
    head = body.bone("head")
    flesh = body.vertices[body.influences[:, 0] == head]
    if not len(flesh):
        raise UsageError("This body has lost its head; cut it elsewhere to find its landmarks.")
    middle = flesh[np.abs(flesh[:, 0]) < 0.01]
    places = {"nose": middle[middle[:, 1].argmin()]}
    for side, sign in (("left", 1.0), ("right", -1.0)):
        action = side.capitalize()
        lids = _moved_by(body, f"eyeBlink{action}", 1 / 3)
        lids = lids[sign * lids[:, 0] > 0.005]  # some actions reach over the nose
        places[f"{side}_eye_outer"] = lids[(sign * lids[:, 0]).argmax()]
        places[f"{side}_eye_inner"] = lids[(sign * lids[:, 0]).argmin()]
        places[f"{side}_eye"] = body.heads[body.bone(f"eye.{SIDES[side]}")]
        places[f"{side}_ear"] = flesh[(sign * flesh[:, 0]).argmax()]
        places[f"mouth_{side}"] = _moved_by(body, f"mouthDimple{action}", 1)[0]
    return {f"body/{name}": (head, point) for name, point in places.items()}


def _moved_by(body: Body, expression: str, share: float) -> np.ndarray:
    """The vertices that a facial action moves by at least a share of its most, ``(K, 3)``."""
    distance = np.linalg.norm(body.offsets[body.expressions.index(expression)], axis=-1)
    return body.vertices[body.movable[distance >= distance.max() * share]]
