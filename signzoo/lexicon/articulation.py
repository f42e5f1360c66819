"""From what the joints do to landmarks: one signer's body performs a motion."""

import json
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

import numpy as np
from scipy.spatial.transform import Rotation

from signzoo.lexicon.phonology import Motion
from signzoo.structures import Pose, Skeleton
from signzoo.transforms.kinematics import (
    Proportions,
    forearm_roll,
    hand_points,
    limit_wrist,
    mirrored,
    reach,
)

_CORNERS = ("_inner", "", "_outer")
# MediaPipe Holistic's landmarks that signing needs: the upper body, brows, eyes, nose, lips and the
# outline of the face, and both hands.
_ON_HEAD = (
    "body/nose",
    *(f"body/{side}_eye{corner}" for side in ("left", "right") for corner in _CORNERS),
    "body/left_ear",
    "body/right_ear",
    "body/mouth_left",
    "body/mouth_right",
)
_ON_TRUNK = tuple(
    f"body/{side}_{joint}"
    for joint in ("shoulder", "elbow", "wrist", "hip")
    for side in ("left", "right")
)
_OF_LEFT = ("left_hand", *(name for name in _ON_TRUNK if name.startswith("body/left")))
# Where heads turn, from the middle between the shoulders.
_NECK = np.array([0, -0.12, 0.05], np.float32)
# A location above the shoulders is on the head and goes with its size.
_CHIN = -0.12
# How far a strong movement moves brows, lips and corners of the mouth, in shoulder widths.
_FACE_MOVES = np.array([0.035, 0.09, 0.035], np.float32)
# An elbow hangs down, and a little out and back.
_ELBOW = np.array([-0.55, 1.0, 0.25], np.float32)
_HIP = 0.32


@dataclass(frozen=True, slots=True)
class Physique:
    """Who performs: bones and bearing.

    Attributes:
        proportions: Lengths of the bones.
        elbow: How far elbows are lifted to the side, in shoulder widths; 0 is usual.
        lean: Degrees that the trunk leans to the signer's left.
        turn: Degrees that the trunk is turned to the signer's left.
        left_handed: The left hand is the dominant one.
    """

    proportions: Proportions = field(default_factory=Proportions)
    elbow: float = 0.0
    lean: float = 0.0
    turn: float = 0.0
    left_handed: bool = False


@cache
def signing_landmarks() -> tuple[str, ...]:
    """The parts and landmarks of MediaPipe Holistic that invented signing has."""
    face = (f"face/{number}" for number in _face()[0])
    return (*_ON_HEAD, *_ON_TRUNK, *face, "left_hand", "right_hand")


@cache
def signing_skeleton() -> Skeleton:
    """The layout of :func:`signing_landmarks`: upper body, face, hands."""
    return Skeleton.named(f"mediapipe-holistic[{','.join(signing_landmarks())}]")


@dataclass(frozen=True, slots=True, eq=False)
class Performed:
    """A motion as a body performs it.

    Attributes:
        pose: The landmarks, in shoulder widths.
        turned: Degrees by which each hand was turned to spare its wrist, ``(T, 2)``, the dominant
            hand first.
        rolled: Degrees by which each forearm is rolled, ``(T, 2)``; see
            :func:`~signzoo.transforms.kinematics.forearm_roll`.
    """

    pose: Pose
    turned: np.ndarray
    rolled: np.ndarray


def articulate(motion: Motion, physique: Physique, fps: float) -> Performed:
    """Perform a motion with a physique.

    Arms come by inverse kinematics, and wrists bend as far as wrists do: where a motion asks for
    more, the hand turns less. Locations on the head go with the head's size, those in the space
    before the signer with the length of the arms.

    Args:
        motion: T frames; what inactive hands do counts too.
        physique: Who performs it.
        fps: Frames a second.
    """
    proportions = physique.proportions
    skeleton = signing_skeleton()
    column = {name: index for index, name in enumerate(skeleton.landmarks)}
    points = np.zeros((len(motion), len(column), 3), np.float32)
    turned, rolled = np.zeros((2, len(motion), 2), np.float32)
    place = _fitted(motion.place, proportions)
    for hand, side in enumerate(("left", "right") if physique.left_handed else ("right", "left")):
        # All in the mirror in which this hand is a right one.
        shoulder = np.array([-0.5, 0, 0], np.float32)
        frame = Rotation.from_quat(motion.turn[:, hand]).as_matrix().astype(np.float32)
        hint = _ELBOW + np.array([-physique.elbow, 0, 0], np.float32)
        lengths = (proportions.upper_arm, proportions.forearm)
        for _ in range(2):  # the wrist's limit moves the wrist, and that the forearm
            wrist = place[:, hand] - proportions.palm * frame[:, :, 1]
            elbow, wrist = reach(shoulder, wrist, *lengths, hint)
            forearm = (wrist - elbow) / proportions.forearm
            frame, degrees = limit_wrist(forearm, frame)
            turned[:, hand] = np.maximum(turned[:, hand], degrees)
        rolled[:, hand] = forearm_roll(shoulder, elbow, wrist, frame)
        fingers = hand_points(motion.angles[:, hand]) * proportions.palm
        fingers = wrist[:, None] + np.einsum("tij,tvj->tvi", frame, fingers)
        for name, where in (("shoulder", shoulder), ("elbow", elbow), ("wrist", wrist)):
            points[:, column[f"body/{side}_{name}"]] = where
        points[:, skeleton.part(f"{side}_hand")] = fingers
        points[:, column[f"body/{side}_hip"]] = [-_HIP, proportions.trunk, 0]
        if side == "left":
            left = [v for name, v in column.items() if name.startswith(_OF_LEFT)]
            points[:, left] = mirrored(points[:, left])
    where = [v for name, v in column.items() if name.startswith("face") or name in _ON_HEAD]
    points[:, where] = _head(motion.face, proportions.head, physique.left_handed)
    points = _borne(points, physique)
    pose = Pose(points, np.ones(points.shape[:2], np.float32), fps, skeleton, "shoulder")
    return Performed(pose, turned, rolled)


def _fitted(place: np.ndarray, proportions: Proportions) -> np.ndarray:
    """Bring places of the usual body to another: the head's by its size, others by the arms."""
    share = np.clip((place[..., 1:2] - _CHIN) / -0.3, 0, 1)  # 1 on the head
    on_head = _NECK + (place - _NECK) * proportions.head
    return np.asarray(
        share * on_head + (1 - share) * place * [1, proportions.arms, proportions.arms], np.float32
    )


def _head(face: np.ndarray, size: float, left_handed: bool) -> np.ndarray:
    """The head's landmarks in the order of the skeleton, ``(T, V, 3)``."""
    _, points, moves = _face()
    points = points + np.einsum("tk,kvi->tvi", face[:, :3] * _FACE_MOVES, moves)
    # A left-handed signer turns and tilts the head as in a mirror.
    turn, nod, tilt = np.deg2rad(face[:, 3:] * ([-1, 1, -1] if left_handed else 1)).T
    # To the signer's left is to positive x; a nod brings the nose down.
    rotation = Rotation.from_euler("YXZ", np.stack([-turn, nod, tilt], axis=1)).as_matrix()
    return np.einsum("tij,tvj->tvi", rotation.astype(np.float32), points * size) + _NECK


def _borne(points: np.ndarray, physique: Physique) -> np.ndarray:
    """Lean and turn all about the middle between the shoulders."""
    angles = np.deg2rad([-physique.turn, physique.lean])
    rotation = Rotation.from_euler("YZ", angles).as_matrix().astype(np.float32)
    return points @ rotation.T


@cache
def _face() -> tuple[tuple[int, ...], np.ndarray, np.ndarray]:
    """Numbers of the face's landmarks; a resting head's places and how three movements move them.

    Returns:
        F numbers, ascending; the head's body and face landmarks ``(11 + F, 3)`` from the neck, in
        shoulder widths; and ``(3, 11 + F, 3)``, directions of brows up, mouth open and mouth wide.
    """
    content = json.loads(files(__package__).joinpath("face.json").read_text("utf-8"))
    points = np.array(content["points"], np.float32)
    return tuple(content["numbers"]), points, np.array(content["moves"], np.float32)
