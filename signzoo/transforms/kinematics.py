"""Pure functions from joint angles to landmarks: fingers forwards, arms by inverse kinematics.

Positions are in shoulder widths from the middle between the shoulders, x to the right of the
picture, y down, z away (the signer looks at the camera, so the signer's right is at negative x).
A hand's frame has three axes, the columns of a ``(3, 3)`` rotation: across the palm towards the
thumb, from the wrist to the middle finger, and out of the palm. Functions are written for the right
hand; :func:`mirrored` makes a left one of it.

Ranges of joints are those of the American Academy of Orthopaedic Surgeons, "Joint Motion: Method of
Measuring and Recording", 1965; lengths of finger bones are those of Buryanov and Kotiuk,
"Proportions of Hand Segments", Int. J. Morphol. 28(3), 2010.
"""

from dataclasses import dataclass

import numpy as np

from signzoo.transforms.rotations import frame, inverse, swing

FINGERS = ("thumb", "index", "middle", "ring", "pinky")
# Degrees of one finger, in this order: spread towards the thumb's side, and flexion of its three
# joints. The thumb's first angle is in the plane of the palm, its second out of it.
ANGLES = ("spread", "base", "middle", "end")
# Least and most degrees of each angle, of a thumb and of another finger.
_THUMB_RANGE = np.array([[-20, 75], [-10, 75], [-10, 60], [-15, 80]], np.float32)
_FINGER_RANGE = np.array([[-25, 25], [-20, 95], [0, 110], [0, 80]], np.float32)
ANGLE_RANGES = np.stack([_THUMB_RANGE, *[_FINGER_RANGE] * 4])  # (5, 4, 2)
# A wrist bends from 70 degrees back to 80 towards the palm, and 20 towards the thumb to 30 away.
WRIST_FLEXION = (-70.0, 80.0)
WRIST_DEVIATION = (-30.0, 20.0)
# A forearm rolls by 80 degrees to either side; shoulder and wrist help by some 40 more.
FOREARM_ROLL = (-125.0, 120.0)
# From the wrist to where each finger begins: across, along and out of the palm, in palm lengths
# (wrist to middle finger).
_BASES = np.array(
    [
        [0.27, 0.22, 0.08],
        [0.25, 0.97, 0.0],
        [0.0, 1.0, 0.0],
        [-0.22, 0.92, 0.0],
        [-0.42, 0.79, 0.02],
    ],
    np.float32,
)
# Lengths of the three bones of each finger, in palm lengths.
BONE_LENGTHS = np.array(
    [
        [0.48, 0.34, 0.28],
        [0.46, 0.27, 0.22],
        [0.52, 0.31, 0.23],
        [0.48, 0.30, 0.23],
        [0.37, 0.22, 0.21],
    ],
    np.float32,
)
# Where the thumb points at zero degrees: along the index finger's edge of the palm.
_THUMB_ZERO = 8.0


@dataclass(frozen=True, slots=True)
class Proportions:
    """How long a signer's bones are, in shoulder widths.

    The defaults are medians of the signers in the Public DGS Corpus's sentences.
    """

    upper_arm: float = 0.86
    forearm: float = 0.73
    palm: float = 0.27
    head: float = 1.0
    """Size of the head, as a share of the usual."""
    trunk: float = 1.42
    """From the shoulders to the hips."""

    @property
    def arms(self) -> float:
        """Length of the arms, as a share of the usual."""
        usual = Proportions()
        return (self.upper_arm + self.forearm) / (usual.upper_arm + usual.forearm)


def hand_points(angles: np.ndarray) -> np.ndarray:
    """Articulate a right hand, finger by finger.

    Args:
        angles: Degrees of :data:`FINGERS` and :data:`ANGLES`, ``(T, 5, 4)``; held within
            :data:`ANGLE_RANGES`.

    Returns:
        The 21 landmarks of MediaPipe's hand in the hand's frame, in palm lengths from the wrist,
        ``(T, 21, 3)``.
    """
    angles = np.clip(angles, ANGLE_RANGES[..., 0], ANGLE_RANGES[..., 1])
    spread, bends = np.deg2rad(angles[..., 0]), np.deg2rad(angles[..., 1:])  # (T, 5), (T, 5, 3)
    points = np.zeros((len(angles), 21, 3), np.float32)
    along = np.stack([np.sin(spread), np.cos(spread), np.zeros_like(spread)], axis=-1)  # (T, 5, 3)
    out = np.broadcast_to(np.array([0, 0, 1], np.float32), along.shape).copy()
    along[:, 0], out[:, 0], bends = _thumb(angles[:, 0], bends)
    flexion = np.cumsum(bends, axis=-1)[..., None]  # (T, 5, 3, 1)
    bones = np.cos(flexion) * along[..., None, :] + np.sin(flexion) * out[..., None, :]
    chain = np.cumsum(bones * BONE_LENGTHS[..., None], axis=2) + _BASES[:, None]
    fingers = np.concatenate([np.broadcast_to(_BASES[:, None], chain[:, :, :1].shape), chain], 2)
    points[:, 1:] = fingers.reshape(len(angles), 20, 3)
    return points


def _thumb(degrees: np.ndarray, bends: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The thumb's direction, where it bends to, and the bends with its first one taken out.

    Degrees ``(T, 4)`` open it in the palm's plane, then lift it out of that plane; its other joints
    bend it across the palm.
    """
    plane = np.deg2rad(degrees[:, 0] + _THUMB_ZERO)
    lift = np.deg2rad(degrees[:, 1])
    sideways = np.stack([np.sin(plane), np.cos(plane), np.zeros_like(plane)], axis=-1)
    normal = np.array([0, 0, 1], np.float32)
    along = np.cos(lift)[:, None] * sideways + np.sin(lift)[:, None] * normal
    across = np.stack([-np.cos(plane), np.sin(plane), np.zeros_like(plane)], axis=-1)
    bends = bends.copy()
    bends[:, 0] = np.concatenate([np.zeros_like(lift)[:, None], bends[:, 0, 1:]], axis=1)
    return along, across, bends


def reach(
    shoulder: np.ndarray, wrist: np.ndarray, upper: float, fore: float, hint: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Bend an arm so that its wrist comes to a place, or as near as it reaches.

    Args:
        shoulder: ``(T, 3)``.
        wrist: Where the wrist should be, ``(T, 3)``.
        upper: Length of the upper arm.
        fore: Length of the forearm.
        hint: The side to which the elbow points, ``(3,)`` or ``(T, 3)``.

    Returns:
        Elbow and wrist, ``(T, 3)`` each.
    """
    way = wrist - shoulder
    distance = np.linalg.norm(way, axis=-1, keepdims=True)
    direction = way / np.maximum(distance, 1e-6)
    # An elbow bends up to 150 degrees and is never quite straight in signing.
    nearest = np.sqrt(upper**2 + fore**2 - 2 * upper * fore * np.cos(np.deg2rad(30)))
    distance = np.clip(distance, nearest, 0.995 * (upper + fore))
    wrist = shoulder + direction * distance
    along = (distance**2 + upper**2 - fore**2) / (2 * distance)
    aside = np.sqrt(np.maximum(upper**2 - along**2, 0))
    across = hint - (hint * direction).sum(axis=-1, keepdims=True) * direction
    across = across / np.maximum(np.linalg.norm(across, axis=-1, keepdims=True), 1e-6)
    return shoulder + along * direction + aside * across, wrist


def limit_wrist(forearm: np.ndarray, hand: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Turn right hands as little as needed so that their wrists can do it.

    Args:
        forearm: Unit directions from elbow to wrist, ``(T, 3)``.
        hand: Frames of the hands, ``(T, 3, 3)``.

    Returns:
        The frames after the turn, ``(T, 3, 3)``, and the degrees of the turns, ``(T,)``.
    """
    local = np.einsum("tij,ti->tj", hand, forearm)  # the forearm as the hand sees it
    # A forearm that comes from behind the palm's back means a hand bent towards its palm.
    flexion = np.rad2deg(np.arctan2(-local[:, 2], local[:, 1]))
    deviation = np.rad2deg(np.arcsin(np.clip(-local[:, 0], -1, 1)))
    flexion = np.deg2rad(np.clip(flexion, *WRIST_FLEXION))
    deviation = np.deg2rad(np.clip(deviation, *WRIST_DEVIATION))
    allowed = np.stack(
        [
            -np.sin(deviation),
            np.cos(deviation) * np.cos(flexion),
            -np.cos(deviation) * np.sin(flexion),
        ],
        axis=-1,
    )
    turn = swing(local, allowed)
    degrees = np.rad2deg(np.arccos(np.clip((local * allowed).sum(axis=-1), -1, 1)))
    return hand @ inverse(turn), degrees


def forearm_roll(
    shoulder: np.ndarray, elbow: np.ndarray, wrist: np.ndarray, hand: np.ndarray
) -> np.ndarray:
    """How far right forearms are rolled from the neutral hold, with the thumb up.

    Args:
        shoulder: ``(T, 3)`` or ``(3,)``.
        elbow: ``(T, 3)``.
        wrist: ``(T, 3)``.
        hand: Frames of the hands, ``(T, 3, 3)``.

    Returns:
        Degrees ``(T,)``: 90 with the palm up (supinated), -90 with the palm down (pronated).
    """
    forearm = wrist - elbow
    forearm = forearm / np.linalg.norm(forearm, axis=-1, keepdims=True)
    neutral = np.cross(forearm, elbow - shoulder)  # to the left of an arm bent forwards
    side = (np.cross(neutral, hand[:, :, 2]) * forearm).sum(axis=-1)
    flat = neutral - (neutral * forearm).sum(axis=-1, keepdims=True) * forearm
    return np.asarray(np.rad2deg(np.arctan2(side, (flat * hand[:, :, 2]).sum(axis=-1))))


def hand_frame(fingers: np.ndarray, palm: np.ndarray) -> np.ndarray:
    """The frame of a right hand whose fingers and whose palm point somewhere.

    Args:
        fingers: Directions from the wrist to the middle finger, ``(..., 3)``.
        palm: Directions that the palm faces, ``(..., 3)``; made upright on the fingers'.

    Returns:
        Rotations ``(..., 3, 3)``.
    """
    return frame(fingers, palm)[..., [2, 0, 1]]


def minimum_jerk(time: np.ndarray) -> np.ndarray:
    """How far a movement of minimum jerk has come at times from 0 to 1.

    Reference: Flash and Hogan, "The coordination of arm movements", J. Neuroscience 5(7), 1985.
    """
    return np.asarray(time**3 * (10 - 15 * time + 6 * time**2))


def mirrored(points: np.ndarray) -> np.ndarray:
    """Points ``(..., 3)`` on the other side of the body."""
    return points * np.array([-1, 1, 1], np.float32)
