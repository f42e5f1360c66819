"""One signer's landmarks over time."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from signzoo.structures.skeleton import Skeleton

Unit = Literal["pixel", "shoulder"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Pose:
    """One signer's landmarks over time: x to the right of the picture, y down, z away.

    Attributes:
        points: Positions, ``(T, V, 3)`` float32, 0 where confidence is 0.
        confidence: How sure the estimator is, ``(T, V)`` float32 in [0, 1]; 0 means missing.
        fps: Frames a second.
        skeleton: What the V landmarks are.
        unit: ``"pixel"`` of the frame, or ``"shoulder"``: shoulder widths from the middle
            between the shoulders.
        size: Width and height in pixels of the frame that the points lie in, where known.
    """

    points: np.ndarray
    confidence: np.ndarray
    fps: float
    skeleton: Skeleton
    unit: Unit = "pixel"
    size: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        points = np.asarray(self.points, dtype=np.float32)
        confidence = np.asarray(self.confidence, dtype=np.float32)
        expected = (len(points) if points.ndim else 0, len(self.skeleton.landmarks))
        if points.shape != (*expected, 3) or confidence.shape != expected:
            raise ValueError(
                f"Pose with skeleton {self.skeleton.name!r} needs points {(*expected, 3)} and "
                f"confidence {expected}; got {points.shape} and {confidence.shape}."
            )
        if not 0 < self.fps < float("inf"):
            raise ValueError(f"Pose needs a positive number of frames a second; got {self.fps}.")
        if self.unit not in ("pixel", "shoulder"):
            raise ValueError(f"Pose needs unit 'pixel' or 'shoulder'; got {self.unit!r}.")
        if not ((confidence >= 0) & (confidence <= 1)).all():
            raise ValueError("Pose needs confidences between 0 and 1.")
        points = np.where(confidence[..., None] > 0, points, np.float32(0))
        if not np.isfinite(points).all():
            raise ValueError("Pose has points that are not finite; give them confidence 0.")
        object.__setattr__(self, "points", points)
        object.__setattr__(self, "confidence", confidence)
        object.__setattr__(self, "fps", float(self.fps))

    def __repr__(self) -> str:
        return f"Pose({len(self)} frames at {self.fps:g} fps, {self.skeleton.name}, {self.unit}s)"

    def __len__(self) -> int:
        return len(self.points)

    def __getitem__(self, frames: "slice | np.ndarray | Sequence[int]") -> "Pose":
        """The same pose with only some of its frames."""
        return replace(self, points=self.points[frames], confidence=self.confidence[frames])

    @property
    def seconds(self) -> float:
        """How long the pose lasts."""
        return len(self) / self.fps

    def anchor(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Follow one place of the body that every skeleton names alike.

        Args:
            name: ``head``, ``left_shoulder``, ``right_hand``, ... of :attr:`Skeleton.anchors`.

        Returns:
            Position ``(T, 3)``, the mean of the place's visible landmarks, and their mean
            confidence ``(T,)``; both 0 where none is visible.
        """
        where = list(self.skeleton.anchor(name))
        seen = (self.confidence[:, where] > 0).astype(np.float32)  # (T, landmarks)
        count = np.maximum(seen.sum(axis=1), 1)
        position = np.einsum("tvc,tv->tc", self.points[:, where], seen) / count[:, None]
        return position, (self.confidence[:, where] * seen).sum(axis=1) / count

    @staticmethod
    def read(path: str | os.PathLike[str]) -> "Pose":
        """Read a ``.pose``, ``.npz``, ``.json`` or ``.h5`` file.

        Raises:
            MediaError: The file is missing, corrupt or of another kind.
        """
        from signzoo.structures.pose_files import read_pose

        return read_pose(path)

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write a ``.pose``, ``.npz``, ``.json`` or ``.h5`` file, by the path's suffix.

        Raises:
            MediaError: The suffix is another one, or the format cannot hold this pose.
            DiskError: There is no room or no permission.
        """
        from signzoo.structures.pose_files import write_pose

        write_pose(self, path)
