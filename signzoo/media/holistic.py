"""Landmarks by MediaPipe Holistic, through the ``solutions`` that MediaPipe had until 0.10.29."""

import os
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Any

import numpy as np

from signzoo.errors import MediaError, MissingPackageError, NoSignerError
from signzoo.structures import Pose, Skeleton, VideoClip

_SKELETON = "mediapipe-holistic"
# The tip of the nose in the face mesh, and the joints of the body that the parts hang on.
_FACE_NOSE, _BODY_NOSE, _BODY_WRISTS = 1, 0, (15, 16)
# What MediaPipe's C++ says at every start, whatever the log level: information and warnings.
_CHATTER = re.compile(rb"[IW]\d{4} |INFO: |WARNING: All log messages before absl")
_DEBIAN_PACKAGES = {
    "libGL": "libgl1",
    "libEGL": "libegl1",
    "libGLESv2": "libgles2",
    "libgthread": "libglib2.0-0",
    "libglib": "libglib2.0-0",
}


@dataclass(frozen=True, slots=True)
class HolisticEstimator:
    """Finds 33 body, 468 face and 2 × 21 hand landmarks with MediaPipe Holistic, complexity 1.

    Points are pixels of the frame. MediaPipe gives depth in widths of the picture and per part:
    from the hips for the body, from the wrist for a hand, from the head's middle for the face.
    Here all is in pixels from the hips: each hand is moved to the depth of its wrist in the body,
    the face to that of the nose. Subtract ``left_hand/wrist`` to have a hand by itself again.

    The confidence of a body landmark is MediaPipe's visibility, low for one that it guesses beyond
    the picture. It rates no landmark of the face and hands: they have 1 where the part was found
    and 0 where not.

    Attributes:
        detection_confidence: How sure the person detector must be, 0 to 1.
        tracking_confidence: How sure the tracker must be not to look for the person anew, 0 to 1.
    """

    detection_confidence: float = 0.5
    tracking_confidence: float = 0.5

    @property
    def skeleton(self) -> Skeleton:
        """The layout of the landmarks."""
        return Skeleton.named(_SKELETON)

    def __call__(self, clip: VideoClip, progress: bool = False) -> Pose:
        """Find the signer in every frame of a clip.

        Args:
            clip: The video of one person.
            progress: Show a progress bar on a terminal.

        Raises:
            NoSignerError: No frame shows a person.
            MediaError: The clip has no frames or cannot be read to its end.
            MissingPackageError: MediaPipe, or a library that it needs, is not installed.
        """
        from tqdm import tqdm

        disable = None if progress else True
        frames = tqdm(clip, "landmarks", clip.num_frames, False, unit="frame", disable=disable)
        found = list(self.stream(frames))
        if not found:
            raise MediaError("The clip has no frames.")
        confidence = np.stack([confidence for _, confidence in found])  # (T, V)
        if not confidence.any():
            raise NoSignerError(
                f"No person was found in any of the {len(found)} frames. The signer's face and "
                "shoulders must be in the picture, upright and not tiny."
            )
        points = np.stack([points for points, _ in found])  # (T, V, 3)
        return Pose(points, confidence, clip.fps, self.skeleton, "pixel", clip.size)

    def stream(self, frames: Iterable[np.ndarray]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Find the signer in frames as they come, a webcam's for example.

        Args:
            frames: ``(H, W, 3)`` uint8 RGB, one after another in time.

        Yields:
            For each frame points ``(V, 3)`` float32 and confidence ``(V,)`` float32, all 0 while
            nobody is seen.
        """
        frames = iter(frames)
        first = next(frames, None)
        if first is None:
            return
        solution = load_solution()
        with without_chatter():
            graph = solution.Holistic(
                model_complexity=1,  # the only one that the package carries
                min_detection_confidence=self.detection_confidence,
                min_tracking_confidence=self.tracking_confidence,
            )
        with graph:
            for index, frame in enumerate(chain([first], frames)):
                # The models are loaded while the first frame is looked at.
                with nullcontext() if index else without_chatter():
                    results = graph.process(np.ascontiguousarray(frame))
                height, width = frame.shape[:2]
                yield landmarks_of(results, (width, height))


def landmarks_of(results: Any, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Place what MediaPipe Holistic found in one frame into its skeleton.

    Args:
        results: What ``Holistic.process`` returns: ``pose_landmarks``, ``face_landmarks``,
            ``left_hand_landmarks`` and ``right_hand_landmarks``, each ``None`` if not found, else
            with a list ``landmark`` of ``x``, ``y`` in fractions of the picture's width and
            height, ``z`` in fractions of its width, and ``visibility``.
        size: Width and height of the frame in pixels.

    Returns:
        Points ``(543, 3)`` float32 in pixels, depths from the hips, and confidence ``(543,)``
        float32.
    """
    layout = _layout()
    points = np.zeros((layout["right_hand"].stop, 3), np.float32)
    confidence = np.zeros(len(points), np.float32)
    if results.pose_landmarks is None:  # the face and hands are only looked for on a body
        return points, confidence
    width, height = size
    scale = np.array([width, height, width], np.float32)
    body = results.pose_landmarks.landmark
    points[layout["body"]] = _positions(body) * scale
    confidence[layout["body"]] = np.clip([point.visibility for point in body], 0, 1)
    for part, found, origin, joint in (
        ("face", results.face_landmarks, _FACE_NOSE, _BODY_NOSE),
        ("left_hand", results.left_hand_landmarks, 0, _BODY_WRISTS[0]),
        ("right_hand", results.right_hand_landmarks, 0, _BODY_WRISTS[1]),
    ):
        if found is not None:
            placed = _positions(found.landmark) * scale
            placed[:, 2] += points[joint, 2] - placed[origin, 2]
            points[layout[part]], confidence[layout[part]] = placed, 1
    return points, confidence


@cache
def _layout() -> dict[str, slice]:
    skeleton = Skeleton.named(_SKELETON)
    return {part: skeleton.part(part) for part in skeleton.parts}


def _positions(landmarks: Any) -> np.ndarray:
    """Read ``(V, 3)`` float32 out of MediaPipe's messages."""
    values = [value for point in landmarks for value in (point.x, point.y, point.z)]
    return np.array(values, np.float32).reshape(-1, 3)


def load_solution() -> Any:
    """Import MediaPipe's Holistic solution.

    Raises:
        MissingPackageError: It, or a system library that it needs, is not installed.
    """
    try:
        with without_chatter():
            from mediapipe.python.solutions import holistic
    except ImportError as error:
        raise MissingPackageError(_what_is_missing(error)) from error
    return holistic


def _what_is_missing(error: ImportError) -> str:
    library = re.search(r"(lib\w+)\S*\.so", str(error))
    if library:
        package = _DEBIAN_PACKAGES.get(library[1])
        install = f"; on Debian and Ubuntu: apt install {package}" if package else ""
        return f"MediaPipe needs the system library {library[0]}, which is missing{install}."
    if error.name == "mediapipe":
        return "Reading landmarks needs MediaPipe: pip install 'mediapipe>=0.10.9,<0.10.30'."
    return (
        "This MediaPipe has no Holistic solution, which 0.10.30 removed: "
        f"pip install 'mediapipe>=0.10.9,<0.10.30' ({error})."
    )


@contextmanager
def without_chatter() -> Iterator[None]:
    """Hold back what native code writes to the error stream, then pass on all but the chatter.

    MediaPipe writes past Python, before its own log level takes effect, so the file descriptor is
    redirected for as long as the block lasts.
    """
    sys.stderr.flush()
    stream = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(stream, 2)
            held.seek(0)
            for line in held:
                if not _CHATTER.match(line):
                    os.write(stream, line)
            os.close(stream)
