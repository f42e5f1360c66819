"""Shadows where hands are near: between fingers, in a fist, on the chest that a hand touches.

Without them fingers that lie on each other have one colour, and S, T, M and N look alike. The hand
is taken for balls that keep light from what faces them (after I. Quilez, "Sphere ambient
occlusion", 2006), which is exact enough and takes a few matrix products a frame.
"""

from dataclasses import dataclass

import numpy as np

from signzoo.avatar.body import Body

# How dark it gets: the light that is left is exp(-strength * share of the sky that is hidden).
_STRENGTH = 0.9
# Balls along each bone of a finger, and along each bone of the palm.
_BALLS = 2
_HANDS = ("wrist", "metacarpal", "finger")
_NEAR = ("spine", "neck", "head", "clavicle", "shoulder", "breast")
# A hand's shadow is whole up to half of this distance from its middle, and ends here; in metres.
_REACH = 0.24


@dataclass(frozen=True, eq=False)
class Shade:
    """The balls that each hand is taken for, and who can be in their shadow.

    Attributes:
        hands: For each hand the vertices of each of its balls, in one row, ``(V,)``, where each
            ball begins among them ``(B,)``, and the balls' radii ``(B,)`` in metres.
        receivers: The vertices that can be shaded, ``(R,)``: hands, head and trunk.
    """

    hands: tuple[tuple[np.ndarray, np.ndarray, np.ndarray], ...]
    receivers: np.ndarray

    @staticmethod
    def of(body: Body) -> "Shade":
        """Find the balls of a body's hands."""
        owner = body.influences[:, 0]
        hands = (_balls(body, owner, side) for side in ("L", "R"))
        taking = [i for i, name in enumerate(body.bones) if name.startswith(_HANDS + _NEAR)]
        return Shade(
            tuple(hand for hand in hands if len(hand[1])), np.flatnonzero(np.isin(owner, taking))
        )

    def light(self, vertices: np.ndarray, normals: np.ndarray) -> np.ndarray:
        """How much light gets to each vertex.

        Args:
            vertices: ``(N, T, 3)`` float32.
            normals: Their unit normals, ``(N, T, 3)``.

        Returns:
            ``(N, T)`` float32 in (0, 1].
        """
        left = np.ones(vertices.shape[:2], np.float32)
        places = np.take(vertices, self.receivers, axis=0)
        for members, starts, radii in self.hands:
            counts = np.diff(np.append(starts, len(members)))[:, None, None]
            balls = np.add.reduceat(vertices[members], starts) / counts.astype(np.float32)
            for time in range(vertices.shape[1]):
                away = places[:, time] - balls[:, time].mean(axis=0)
                apart = np.sqrt(np.einsum("rc,rc->r", away, away))
                reached = np.flatnonzero(apart < _REACH)
                near = self.receivers[reached]
                hidden = _hidden(vertices[near, time], normals[near, time], balls[:, time], radii)
                fade = np.minimum(2 - 2 * apart[reached] / _REACH, 1)
                left[near, time] *= np.exp(-_STRENGTH * fade * hidden)
        return left


def _balls(body: Body, owner: np.ndarray, side: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One hand as :attr:`Shade.hands` has it."""
    groups: list[np.ndarray] = []
    radii: list[float] = []
    for bone, name in enumerate(body.bones):
        mine = np.flatnonzero(owner == bone)
        if not (name.startswith(_HANDS) and name.endswith(side)) or len(mine) < 8:
            continue
        axis = body.tails[bone] - body.heads[bone]
        order = mine[np.argsort(body.vertices[mine] @ axis, kind="stable")]
        for group in np.array_split(order, _BALLS):
            away = body.vertices[group] - body.vertices[group].mean(axis=0)
            # A flat group is a palm or a back: its ball is no thicker than it.
            radii.append(float(np.sqrt(np.linalg.eigvalsh(np.cov(away.T))[1] * 2)))
            groups.append(group)
    starts = np.cumsum([0, *map(len, groups)])[:-1] if groups else np.zeros(0, int)
    members = np.concatenate(groups) if groups else np.zeros(0, int)
    return members, starts, np.array(radii, np.float32)


def _hidden(
    place: np.ndarray, facing: np.ndarray, balls: np.ndarray, radii: np.ndarray
) -> np.ndarray:
    """How much of the sky over places ``(R, 3)`` balls ``(B, 3)`` hide, ``(R,)``."""
    ahead = facing @ balls.T - np.einsum("rc,rc->r", facing, place)[:, None]  # (R, B)
    square = -2 * place @ balls.T
    square += np.einsum("rc,rc->r", place, place)[:, None] + np.einsum("bc,bc->b", balls, balls)
    np.maximum(square, radii**2, out=square)
    np.maximum(ahead, 0, out=ahead)
    return (ahead / (square * np.sqrt(square))) @ radii**2
