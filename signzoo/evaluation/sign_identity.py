"""Names isolated signs by the nearest one of other signers: do signs keep their identity?

The features know nothing of depth, which estimators guess: both wrists from the middle between the
shoulders, and the fingers from their wrist, in the picture plane. A sign made with the other hand
is the same sign, so a mirrored query counts too.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from signzoo.data.corpora import Utterance
from signzoo.errors import UsageError
from signzoo.structures import Pose
from signzoo.transforms.pose import fill_gaps, mirror, to_shoulder_units
from signzoo.transforms.warping import warped_costs

# Frames that every sign is brought to, and how many of its neighbours count as part of it.
_FRAMES = 24
_MARGIN = 2
# How much the fingers count beside the wrist, as in the procedural lexicon.
_FINGERS = 1.5


@dataclass(frozen=True, slots=True)
class Naming:
    """What an isolated sign was taken for.

    Attributes:
        id: The query's.
        gloss: What it is.
        named: The gloss of the nearest template.
        distance: To that template, in shoulder widths.
        own_distance: To the template of its own gloss.
        hands_seen: Share of the query's frames in which a hand is seen.
    """

    id: str
    gloss: str
    named: str
    distance: float
    own_distance: float
    hands_seen: float


def name_signs(templates: Sequence[Utterance], queries: Sequence[Utterance]) -> list[Naming]:
    """Name each query by the nearest template under dynamic time warping.

    Args:
        templates: One isolated sign each, of at least two glosses.
        queries: One isolated sign each, by other signers.

    Raises:
        UsageError: A sentence has several signs, a query's gloss has no template, or templates and
            queries have a signer in common.
    """
    for each in (*templates, *queries):
        if len(each.glosses) != 1:
            raise UsageError(f"{each.id} has {len(each.glosses)} signs; isolated ones are needed.")
    common = {each.group for each in templates} & {each.group for each in queries}
    if common:
        raise UsageError(f"Signers of templates and queries must differ; {sorted(common)} do not.")
    glosses = [each.glosses[0].label for each in templates]
    known = np.stack([_features(_sign(each)) for each in templates])
    found = []
    for query in queries:
        gloss, sign = query.glosses[0].label, _sign(query)
        if gloss not in glosses:
            raise UsageError(f"{query.id} is {gloss}, for which there is no template.")
        distances = np.minimum(
            _distances(_features(sign), known), _distances(_features(mirror(sign)), known)
        )
        nearest = int(distances.argmin())
        own = min(d for d, name in zip(distances, glosses, strict=True) if name == gloss)
        seen = np.stack([sign.anchor(f"{side}_hand")[1] > 0 for side in ("left", "right")])
        found.append(
            Naming(
                query.id,
                gloss,
                glosses[nearest],
                float(distances[nearest]),
                float(own),
                float(seen.any(axis=0).mean()),
            )
        )
    return found


def _sign(utterance: Utterance) -> Pose:
    """The frames of the only sign, in shoulder widths, with gaps filled."""
    pose = fill_gaps(to_shoulder_units(utterance.pose), seconds=1.0)
    gloss = utterance.glosses[0]
    first = max(0, round(gloss.start * pose.fps) - _MARGIN)
    return pose[first : round(gloss.end * pose.fps) + _MARGIN]


def _features(pose: Pose) -> np.ndarray:
    """Wrists and fingers at evenly spaced times, ``(24, 2·22·2)``; a hand never seen is a point."""
    wanted = np.linspace(0, len(pose) - 1, _FRAMES)
    rows = []
    for side in ("right", "left"):
        hand = pose.skeleton.part(f"{side}_hand")
        arm = [pose.skeleton.landmarks.index(f"body/{side}_wrist")]
        seen = (pose.confidence[:, hand] > 0).all(axis=1)[:, None, None]
        own = np.where(seen[:, 0], pose.points[:, hand.start, :2], pose.points[:, arm[0], :2])
        fingers = np.where(seen, pose.points[:, hand, :2] - own[:, None], np.nan)
        fingers = _held(fingers.reshape(len(pose), -1)) * _FINGERS / np.sqrt(21)
        rows.append(np.concatenate([own, fingers], axis=1))
    track = np.concatenate(rows, axis=1)
    times = np.arange(len(track))
    return np.stack([np.interp(wanted, times, column) for column in track.T], axis=1)


def _held(track: np.ndarray) -> np.ndarray:
    """Fill missing rows of ``(T, D)`` from the nearest one that is there; 0 where none is."""
    seen = np.flatnonzero(np.isfinite(track[:, 0]))
    if not len(seen):
        return np.zeros_like(track)
    nearest = np.abs(np.arange(len(track))[:, None] - seen).argmin(axis=1)
    return np.asarray(track[seen[nearest]])


def _distances(query: np.ndarray, templates: np.ndarray) -> np.ndarray:
    """To all N templates ``(N, T, D)`` at once, ``(N,)``."""
    squares = (query**2).sum(-1)[:, None] + (templates**2).sum(-1)[:, None]
    squares = squares - 2 * query @ templates.transpose(0, 2, 1)
    return warped_costs(np.sqrt(np.maximum(squares, 0)))
