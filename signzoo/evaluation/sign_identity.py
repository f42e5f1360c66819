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
from signzoo.lexicon.procedural import FINGER_WEIGHT
from signzoo.structures import Pose
from signzoo.transforms.pose import fill_gaps, hands_seen, mirror, to_shoulder_units
from signzoo.transforms.warping import squared_distances, warped_costs

# Frames that every sign is brought to, and how many of its neighbours count as part of it.
_FRAMES = 24
_MARGIN = 2
# Seconds for which lost landmarks are bridged.
_BRIDGED = 0.2
# Root mean square distance of the fingers of two signs, in shoulder widths.
_UNSEEN = 0.15


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
    known = _Features.stacked([_Features.of(_sign(each)) for each in templates])
    found = []
    for query in queries:
        gloss, sign = query.glosses[0].label, _sign(query)
        if gloss not in glosses:
            raise UsageError(f"{query.id} is {gloss}, for which there is no template.")
        distances = np.minimum(
            _distances(_Features.of(sign), known), _distances(_Features.of(mirror(sign)), known)
        )
        nearest = int(distances.argmin())
        own = min(d for d, name in zip(distances, glosses, strict=True) if name == gloss)
        found.append(
            Naming(
                query.id,
                gloss,
                glosses[nearest],
                float(distances[nearest]),
                float(own),
                float(hands_seen(sign).mean()),
            )
        )
    return found


def _sign(utterance: Utterance) -> Pose:
    """The frames of the only sign, in shoulder widths, with short gaps filled."""
    pose = fill_gaps(to_shoulder_units(utterance.pose), _BRIDGED)
    gloss = utterance.glosses[0]
    first = max(0, round(gloss.start * pose.fps) - _MARGIN)
    return pose[first : round(gloss.end * pose.fps) + _MARGIN]


@dataclass(frozen=True, slots=True, eq=False)
class _Features:
    """Signs brought to 24 frames; the hands are the signer's right, then the left.

    Attributes:
        wrists: ``(..., 24, 2, 2)``, in the picture plane.
        fingers: From their wrist, ``(..., 24, 2, 21, 2)``.
        seen: Whether the fingers are, ``(..., 24, 2)``.
    """

    wrists: np.ndarray
    fingers: np.ndarray
    seen: np.ndarray

    @staticmethod
    def of(pose: Pose) -> "_Features":
        wanted = np.linspace(0, len(pose) - 1, _FRAMES).round().astype(int)
        wrists, fingers, seen = [], [], []
        for side in ("right", "left"):
            hand = pose.skeleton.part(f"{side}_hand")
            arm = pose.skeleton.landmarks.index(f"body/{side}_wrist")
            shown = (pose.confidence[:, hand] > 0).all(axis=1)
            own = pose.points[:, hand.start, :2]
            wrists.append(np.where(shown[:, None], own, pose.points[:, arm, :2])[wanted])
            fingers.append((pose.points[:, hand, :2] - own[:, None])[wanted])
            seen.append(shown[wanted])
        return _Features(*(np.stack(each, axis=1) for each in (wrists, fingers, seen)))

    @staticmethod
    def stacked(some: "Sequence[_Features]") -> "_Features":
        return _Features(
            np.stack([each.wrists for each in some]),
            np.stack([each.fingers for each in some]),
            np.stack([each.seen for each in some]),
        )


def _distances(query: _Features, templates: _Features) -> np.ndarray:
    """To all N templates at once, ``(N,)``.

    Where the fingers of one are not seen, they are as far apart as those of any two signs are.
    """
    wrists, fingers = (
        np.stack(
            [squared_distances(one[:, hand], others[:, :, hand]) for hand in range(2)], axis=-1
        )
        for one, others in ((query.wrists, templates.wrists), (query.fingers, templates.fingers))
    )  # (N, 24, 24, 2)
    both = query.seen[:, None] & templates.seen[:, None]
    apart = FINGER_WEIGHT**2 * np.where(both, fingers / 21, _UNSEEN**2)
    return warped_costs(np.sqrt((wrists + apart).sum(axis=-1)))
