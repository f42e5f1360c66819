"""Performs a sentence with recorded signs: clips of a dictionary, hurried and joined.

A dictionary shows signs slowly and by themselves; in sentences they are several times shorter.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from signzoo.data.synthesis.performance import REST_SECONDS, Performance
from signzoo.data.synthesis.performers import Performer
from signzoo.lexicon import join_poses
from signzoo.lexicon.articulation import (
    Physique,
    articulate,
    signing_landmarks,
    signing_skeleton,
)
from signzoo.lexicon.phonology import Motion, rest
from signzoo.structures import Pose
from signzoo.transforms.kinematics import Proportions
from signzoo.transforms.pose import mirror, resample, select_landmarks

# How much faster signs of a dictionary are in a sentence, and how much that varies (of the
# logarithm). A clip keeps at least so many seconds.
_HURRY = 2.5
_HURRY_SPREAD = 0.25
_LEAST_SECONDS = 0.12
# The fastest that a landmark moves between two signs, in shoulder widths a second.
_MAX_SPEED = 4.5


def stitch(clips: Sequence[Pose], performer: Performer, random: np.random.Generator) -> Performance:
    """Sign a sentence with recorded clips, from rest to rest.

    The performer's tempo, arms, hands and handedness are put on whoever was recorded.

    Args:
        clips: Prepared by :func:`~signzoo.lexicon.joining.prepare_clip`, at one frame rate.
        performer: Who signs.
        random: Varies durations.

    Raises:
        ValueError: There is no clip.
    """
    if not clips:
        raise ValueError("stitch needs at least one clip.")
    tempo = performer.style.tempo
    hurried = [_hurried(to_signing_skeleton(clip), tempo, random) for clip in clips]
    resting = [_resting(hurried[end], random) for end in (0, -1)]
    joined = join_poses([resting[0], *hurried, resting[1]], _MAX_SPEED / tempo)
    pose = _with_bones(joined.pose, performer.physique.proportions)
    pose = mirror(pose) if performer.physique.left_handed else pose
    return Performance(pose, joined.spans[1:-1])


def to_signing_skeleton(pose: Pose) -> Pose:
    """Keep the landmarks that invented signing has too."""
    if pose.skeleton.name == signing_skeleton().name:
        return pose
    return select_landmarks(pose, signing_landmarks())


def _hurried(clip: Pose, tempo: float, random: np.random.Generator) -> Pose:
    speed = _HURRY / tempo * np.exp(_HURRY_SPREAD * random.normal())
    speed = max(1.0, min(speed, clip.seconds / _LEAST_SECONDS))
    return replace(resample(replace(clip, fps=clip.fps * speed), clip.fps), fps=clip.fps)


def _resting(clip: Pose, random: np.random.Generator) -> Pose:
    """Somebody of the clip's face and shoulders whose hands hang down."""
    place, turn, fingers = rest()
    motion = Motion(
        np.tile(place, (1, 2, 1)),
        np.tile(turn, (1, 2, 1)),
        np.tile(fingers, (1, 2, 1, 1)),
        np.zeros((1, 6), np.float32),
        np.zeros((1, 2), bool),
    )
    arms = articulate(motion, Physique(), clip.fps).pose
    free = [
        name.split("/")[0].endswith("hand") or name.endswith(("elbow", "wrist"))
        for name in clip.skeleton.landmarks
    ]
    frames = max(2, round(random.uniform(*REST_SECONDS) * clip.fps))
    points = np.where(np.array(free)[:, None], arms.points[0], clip.points[0])
    confidence = np.where(free, 1, clip.confidence[0])
    return replace(
        clip,
        points=np.repeat(points[None], frames, axis=0),
        confidence=np.repeat(confidence[None], frames, axis=0),
    )


def _with_bones(pose: Pose, proportions: Proportions) -> Pose:
    """Stretch arms from the shoulders and hands from the wrists, to the performer's lengths."""
    arm, palm = proportions.arms, proportions.palm / Proportions().palm
    points = pose.points.copy()
    for side in ("left", "right"):
        column = pose.skeleton.landmarks.index
        shoulder = pose.points[:, [column(f"body/{side}_shoulder")]]
        wrist = pose.points[:, [column(f"body/{side}_wrist")]]
        moved = (arm - 1) * (wrist - shoulder)
        for joint in ("elbow", "wrist"):
            where = [column(f"body/{side}_{joint}")]
            points[:, where] = shoulder + arm * (pose.points[:, where] - shoulder)
        hand = pose.skeleton.part(f"{side}_hand")
        points[:, hand] = wrist + moved + palm * (pose.points[:, hand] - wrist)
    return replace(pose, points=points)
