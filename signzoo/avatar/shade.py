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


@dataclass(frozen=True, eq=False)
class Shade:
    """The balls that hands are taken for, and who can be in their shadow.

    Attributes:
        members: Sparse ``(B, N)``: a ball's middle is the mean of the vertices around it.
        radii: Of the B balls, ``(B,)``, in metres.
        receivers: The vertices that can be shaded, ``(R,)``: hands, head and trunk.
    """

    members: object
    radii: np.ndarray
    receivers: np.ndarray

    @staticmethod
    def of(body: Body) -> "Shade":
        """Find the balls of a body's hands."""
        from scipy.sparse import csr_array

        owner = body.influences[:, 0]
        rows: list[np.ndarray] = []
        radii: list[float] = []
        for bone, name in enumerate(body.bones):
            mine = np.flatnonzero(owner == bone)
            if not name.startswith(_HANDS) or len(mine) < 8:
                continue
            axis = body.tails[bone] - body.heads[bone]
            order = mine[np.argsort(body.vertices[mine] @ axis, kind="stable")]
            for group in np.array_split(order, _BALLS):
                away = body.vertices[group] - body.vertices[group].mean(axis=0)
                # A flat group is a palm or a back: its ball is no thicker than it.
                radii.append(float(np.sqrt(np.linalg.eigvalsh(np.cov(away.T))[1] * 2)))
                rows.append(group)
        columns = np.concatenate(rows) if rows else np.zeros(0, int)
        row = np.repeat(np.arange(len(rows)), [len(group) for group in rows])
        share = np.concatenate([np.full(len(g), 1 / len(g)) for g in rows]) if rows else columns
        shape = (len(rows), len(body.vertices))
        taking = [i for i, name in enumerate(body.bones) if name.startswith(_HANDS + _NEAR)]
        return Shade(
            csr_array((share.astype(np.float32), (row, columns)), shape=shape),
            np.array(radii, np.float32),
            np.flatnonzero(np.isin(owner, taking)),
        )

    def light(self, vertices: np.ndarray, normals: np.ndarray) -> np.ndarray:
        """How much light gets to each vertex.

        Args:
            vertices: ``(N, T, 3)`` float32.
            normals: Their unit normals, ``(N, T, 3)``.

        Returns:
            ``(N, T)`` float32 in (0, 1].
        """
        count, length = vertices.shape[:2]
        left = np.ones((count, length), np.float32)
        if not len(self.radii):
            return left
        middles = (self.members @ vertices.reshape(count, -1)).reshape(-1, length, 3)
        for time in range(length):
            ball, place = middles[:, time], vertices[self.receivers, time]
            facing = normals[self.receivers, time]
            ahead = facing @ ball.T - np.einsum("rc,rc->r", facing, place)[:, None]  # (R, B)
            square = (
                np.einsum("rc,rc->r", place, place)[:, None]
                + np.einsum("bc,bc->b", ball, ball)
                - 2 * place @ ball.T
            )
            square = np.maximum(square, self.radii**2)
            hidden = np.maximum(ahead, 0) * self.radii**2 / (square * np.sqrt(square))
            left[self.receivers, time] = np.exp(-_STRENGTH * hidden.sum(axis=1))
        return left
