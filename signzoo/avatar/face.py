"""Reads facial actions off the landmarks of a face: brows, lids, jaw and mouth.

Distances are measured on the skull, straightened and in centimetres, so that turning the head or
coming nearer moves nothing. How high brows are and how wide a mouth is differs from person to
person: those are compared with what is usual in the clip.
"""

from collections.abc import Mapping

import numpy as np

from signzoo.avatar.body import Body
from signzoo.avatar.depth import find_head, landmarks
from signzoo.avatar.timing import Timing, ease
from signzoo.structures import Pose
from signzoo.transforms.rotations import inverse, turn

# Numbers of the face mesh, those of the signer's left first.
_LIPS = ("13", "14")  # the inner edges of the upper and the lower lip
_CORNERS = ("291", "61")
_LIDS = (("386", "374"), ("159", "145"))  # upper and lower
_EYES = (("263", "362"), ("33", "133"))
_INNER_BROWS = (("336", "296"), ("107", "66"))
_OUTER_BROWS = (("334", "293"), ("105", "63"))
# Centimetres that anny's actions move what they move when they are fully done.
_JAW, _JAW_CORNERS, _PUCKER, _STRETCH, _SMILE, _FROWN = 3.4, 1.2, 0.9, 1.2, 1.45, 0.63
_INNER_UP, _OUTER_UP, _DOWN, _WIDE = 0.52, 0.67, 0.6, 0.36
# Lips that touch lie this far apart; lids are noisy by this share of their opening, and closed
# when this share of it is gone.
_CLOSED_LIPS, _STILL_LIDS, _CLOSED_LIDS = 0.15, 0.12, 0.8


def express(pose: Pose, body: Body, timing: Timing | None = None) -> np.ndarray:
    """Find how far a pose's face does each of a body's facial actions.

    Args:
        pose: A pose of any skeleton with MediaPipe Holistic's names.
        body: Who is to do them.
        timing: How gaps are bridged and how much motion is smoothed; :class:`Timing` by default.

    Returns:
        ``(T, E)`` float32 in [0, 1] for :meth:`Body.skin`; 0 where no face is seen.
    """
    actions = np.zeros((len(pose), len(body.expressions)))
    names = sorted({name for group in _groups() for name in group})
    points, seen = landmarks(pose, [f"face/{name}" for name in names])
    head = find_head(pose)
    whole = seen.all(axis=1) & head.seen
    if whole.any():
        upright = turn(inverse(head.rotations)[whole, None], points[whole] * [1, 1, head.z_unit])
        upright /= head.size[whole, None, None]
        place = {name: upright[:, i] for i, name in enumerate(names)}
        for action, amount in (_mouth(place) | _brows(place) | _lids(place)).items():
            if action in body.expressions:
                actions[whole, body.expressions.index(action)] = np.clip(amount, 0, 1)
    return ease(actions, whole, pose.fps, timing or Timing()).astype(np.float32)


def _groups() -> tuple[tuple[str, ...], ...]:
    return (_LIPS, _CORNERS, *_LIDS, *_EYES, *_INNER_BROWS, *_OUTER_BROWS)


def _height(place: Mapping[str, np.ndarray], names: tuple[str, ...]) -> np.ndarray:
    """Mean height of some landmarks, upwards."""
    return -np.mean([place[name][:, 1] for name in names], axis=0)


def _mouth(place: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    gap = _height(place, _LIPS[:1]) - _height(place, _LIPS[1:])
    jaw = np.clip((gap - _CLOSED_LIPS) / _JAW, 0, 1)
    width = place[_CORNERS[0]][:, 0] - place[_CORNERS[1]][:, 0]
    wider = width - np.median(width)
    found = {
        "jawOpen": jaw,
        "mouthPucker": -wider / _PUCKER,
        "mouthStretchLeft": wider / _STRETCH,
        "mouthStretchRight": wider / _STRETCH,
    }
    eyes = _height(place, _EYES[0] + _EYES[1])
    for side, corner in zip(("Left", "Right"), _CORNERS, strict=True):
        raised = _height(place, (corner,)) - eyes + _JAW_CORNERS * jaw  # beyond what the jaw does
        raised = raised - np.median(raised)
        found |= {f"mouthSmile{side}": raised / _SMILE, f"mouthFrown{side}": -raised / _FROWN}
    return found


def _brows(place: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    found, inner = {}, []
    groups = zip(("Left", "Right"), _EYES, _INNER_BROWS, _OUTER_BROWS, strict=True)
    for side, eye, inside, outside in groups:
        lifts = [_height(place, brow) - _height(place, eye) for brow in (inside, outside)]
        inside_up, outside_up = (lift - np.median(lift) for lift in lifts)
        inner.append(inside_up)
        found[f"browOuterUp{side}"] = outside_up / _OUTER_UP
        found[f"browDown{side}"] = -(inside_up + outside_up) / 2 / _DOWN
    return found | {"browInnerUp": np.mean(inner, axis=0) / _INNER_UP}


def _lids(place: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    found = {}
    for side, (upper, lower) in zip(("Left", "Right"), _LIDS, strict=True):
        opening = _height(place, (upper,)) - _height(place, (lower,))
        usual = max(float(np.percentile(opening, 75)), 1e-3)
        change = opening / usual - 1
        found[f"eyeBlink{side}"] = (-change - _STILL_LIDS) / (_CLOSED_LIDS - _STILL_LIDS)
        found[f"eyeWide{side}"] = (change - _STILL_LIDS) * usual / _WIDE
    return found
