"""The avatar as a renderer of a pipeline: from a pose to a video of someone who signs it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np

from signzoo.avatar.appearance import Signer
from signzoo.avatar.body import Body, from_signzoo_axes
from signzoo.avatar.camera import Camera
from signzoo.avatar.face import express
from signzoo.avatar.figure import Figure, figure_for
from signzoo.avatar.render import check_egl, render
from signzoo.avatar.retargeting import retarget
from signzoo.avatar.tracking import avatar_landmarks
from signzoo.errors import UsageError
from signzoo.media.captions import text_strip
from signzoo.structures import Pose, VideoClip
from signzoo.transforms.pose import to_shoulder_units

# Frames that are skinned together; more would only take more memory.
_BLOCK = 16


@dataclass(frozen=True)
class AvatarRenderer:
    """Renders a pose as a 3D human.

    Attributes:
        signer: Who signs, in which light, before which camera.
        size: Width and height of the picture in pixels.
        motion_blur: How long the shutter is open: 0 is sharp, 0.5 a camera in a room.
        mark: Words in a corner of every frame, for what is no signing of people
            ("invented signs").
    """

    signer: Signer = field(default_factory=Signer)
    size: tuple[int, int] = (512, 512)
    motion_blur: float = 0.0
    mark: str | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.motion_blur <= 1:
            raise UsageError(f"Motion blur is between 0 and 1; got {self.motion_blur}.")
        if min(self.size) < 16:
            raise UsageError(f"An avatar needs at least 16×16 pixels; got {self.size}.")

    def __call__(self, pose: Pose, caption: Callable[[int], str] | None = None) -> VideoClip:
        """Render a pose, one frame at a time as the clip is iterated.

        Args:
            pose: What the signer does, in any unit: the avatar stands where its camera looks.
            caption: The words in a strip below each frame, by its number; no strip by default.

        Raises:
            MediaError: The pose is in pixels and never shows both shoulders.
            MissingPackageError: anny, VTK or EGL is not installed.
        """
        check_egl()
        transforms = _performed(pose, self.figure.body)
        actions = express(pose, self.figure.body)
        width, height = self.size
        strip = (width, max(24, round(height * 0.09))) if caption else (width, 0)

        def frames() -> Iterator[np.ndarray]:
            figure = self.figure
            blocks = (
                figure.body.skin(
                    transforms[start : start + _BLOCK], actions[start : start + _BLOCK]
                )
                for start in range(0, len(transforms), _BLOCK)
            )
            pictures = render(blocks, figure, self.signer, self.camera, self.motion_blur)
            for index, picture in enumerate(pictures):
                picture = stamp(picture, self.mark) if self.mark else picture
                below = text_strip(caption(index), strip) if caption else picture[:0]
                yield np.concatenate([picture, below])

        return VideoClip(frames, pose.fps, (width, height + strip[1]), len(pose))

    def place(self, pose: Pose) -> Pose:
        """Where the landmarks of a pose lie in the rendered picture, ``unit="pixel"``.

        This is the pose itself before the avatar's camera; :meth:`landmarks` are those of the
        avatar, whose limbs have lengths of their own.
        """
        pose = pose if pose.unit == "shoulder" else to_shoulder_units(pose)
        return replace(pose, points=self.camera.project(pose.points), unit="pixel", size=self.size)

    def landmarks(self, pose: Pose) -> Pose:
        """Where the avatar's own landmarks lie in the picture while it performs a pose.

        Returns:
            A pose in pixels on the same skeleton, with the shoulders, elbows, wrists, hips and
            hands that the body has; confidence 1 for them and 0 for the face's mesh.
        """
        figure = self.figure
        transforms = _performed(pose, figure.body)
        found = avatar_landmarks(figure.body, transforms, pose.skeleton)  # (T, V, 3), metres
        points = self.camera.project(figure.to_shoulder_units(from_signzoo_axes(found)))
        known = np.isfinite(points).all(axis=-1)
        return replace(
            pose,
            points=np.where(known[..., None], points, 0),
            confidence=known.astype(np.float32),
            unit="pixel",
            size=self.size,
        )

    @property
    def camera(self) -> Camera:
        """The camera before which the signer stands."""
        return Camera.of(self.signer, self.size)

    @property
    def figure(self) -> Figure:
        """The dressed body, kept for the next clip.

        Raises:
            MissingPackageError: anny has to make the body and is not installed.
        """
        return figure_for(self.signer, self.camera)


@lru_cache(maxsize=1)
def _performed(pose: Pose, body: Body) -> np.ndarray:
    """Retarget a pose once for its picture and for its landmarks."""
    return retarget(pose, body)


def stamp(picture: np.ndarray, mark: str) -> np.ndarray:
    """Write a mark into the lower left corner of a frame ``(H, W, 3)`` uint8."""
    label = _label(mark, (picture.shape[1], max(11, round(picture.shape[0] * 0.05))))
    height, width = label.shape[:2]
    picture = picture.copy()
    corner = picture[-height:, :width]
    # White letters on a ground that is half as light as the picture.
    corner[:] = corner // 2 + label // 2
    return picture


@lru_cache(maxsize=16)
def _label(mark: str, size: tuple[int, int]) -> np.ndarray:
    """A mark in white on black, no wider than its words."""
    strip = text_strip(mark, size, (255, 255, 255), (0, 0, 0))
    inked = np.flatnonzero(strip.max(axis=(0, 2)) > 40)
    margin = size[1] // 3
    start = max(int(inked[0]) - margin, 0) if len(inked) else 0
    return strip[:, start : int(inked[-1]) + margin + 1] if len(inked) else strip[:, :0]
