"""Where things lie in the picture: the camera before the signer, as plain arithmetic."""

from dataclasses import dataclass

import numpy as np

from signzoo.avatar.appearance import Signer
from signzoo.transforms.pose import CAMERA_HEIGHT, CAMERA_MIDDLE

# The middle of the picture, below the shoulders, as `signzoo.transforms.pose.to_pixels` has it.
_PIVOT = np.array([0.0, CAMERA_HEIGHT * (0.5 - CAMERA_MIDDLE), 0.0])


@dataclass(frozen=True)
class Camera:
    """A camera that looks at the signing space, in shoulder widths from between the shoulders.

    Axes are those of a :class:`~signzoo.structures.Pose`: x to the right of the picture, y down,
    z away. What lies in the plane of the shoulders is where
    :func:`~signzoo.transforms.pose.to_pixels` puts it, unless the camera has moved.

    Attributes:
        size: Width and height of the picture in pixels.
        distance: From the middle of the signing space.
        zoom: 1 shows 3.4 shoulder widths from top to bottom.
        yaw: Degrees round the signer, positive to the right of the picture.
        pitch: Degrees up.
    """

    size: tuple[int, int]
    distance: float = 10.0
    zoom: float = 1.0
    yaw: float = 0.0
    pitch: float = 0.0

    @staticmethod
    def of(signer: Signer, size: tuple[int, int]) -> "Camera":
        """The camera before which a signer stands."""
        return Camera(
            size,
            signer.camera_distance,
            signer.camera_zoom,
            signer.camera_yaw,
            signer.camera_pitch,
        )

    @property
    def axes(self) -> np.ndarray:
        """Unit vectors to the right, down and forwards as the camera sees it, ``(3, 3)``."""
        yaw, pitch = np.radians([self.yaw, self.pitch])
        right = np.array([np.cos(yaw), 0, np.sin(yaw)])
        forward = np.array(
            [-np.sin(yaw) * np.cos(pitch), np.sin(pitch), np.cos(yaw) * np.cos(pitch)]
        )
        return np.stack([right, np.cross(forward, right), forward])

    @property
    def focus(self) -> np.ndarray:
        """What it looks at, ``(3,)``."""
        return _PIVOT

    @property
    def position(self) -> np.ndarray:
        """Where it stands, ``(3,)``."""
        return _PIVOT - self.distance * self.axes[2]

    @property
    def view_angle(self) -> float:
        """Degrees from the top to the bottom of the picture."""
        return float(np.degrees(2 * np.arctan(CAMERA_HEIGHT / self.zoom / 2 / self.distance)))

    def project(self, points: np.ndarray) -> np.ndarray:
        """Find points in the picture.

        Args:
            points: ``(..., 3)`` in shoulder widths.

        Returns:
            ``(..., 3)`` float32 in pixels: right, down, and away from the plane of the focus.
        """
        width, height = self.size
        seen = (points - _PIVOT) @ self.axes.T
        scale = height / CAMERA_HEIGHT * self.zoom
        near = scale * self.distance / (seen[..., 2:] + self.distance)
        flat = seen[..., :2] * near + np.array([width / 2, height / 2])
        return np.concatenate([flat, seen[..., 2:] * scale], axis=-1).astype(np.float32)
