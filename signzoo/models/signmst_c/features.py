"""Keeps what is slow to make of a video: landmarks, and a frozen encoder's features.

A file's name is a hash of what it was made from and how: the video's content, the landmarks by
which it was cut, the encoder's weights, and the preprocessing. So nothing is ever used for other
weights or another video, and a cache can move to another machine.
"""

import hashlib
import json
import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from signzoo._files import atomic_path
from signzoo.data.sentences import SignedSentence, open_signing_video
from signzoo.data.videos import cut_frames
from signzoo.errors import ManifestError, MediaError
from signzoo.hub.folders import home
from signzoo.hub.tensors import weights_hash
from signzoo.media.landmarks import estimator
from signzoo.models.motion_autoencoder.features import encode_frames
from signzoo.models.motion_autoencoder.network import FPS, MotionAutoencoder
from signzoo.structures import Pose, VideoClip

logger = logging.getLogger(__name__)

# Goes up when the preprocessing changes, so that old files are made anew.
_FORMAT = 1
# Of a video's content so many bytes at its beginning and its end count: containers keep there how
# long it is and where its frames are.
_ENDS = 1 << 16


def sentence_pose(sentence: SignedSentence) -> Pose:
    """The landmarks of a sentence: its own, or those that MediaPipe finds, which are kept.

    Raises:
        MediaError: A file cannot be read.
        NoSignerError: MediaPipe finds nobody.
        ManifestError: There is neither a video nor a pose.
    """
    if sentence.pose is not None:
        return sentence.pose()
    path = _place("landmarks", [_FORMAT, *_pictures_key(sentence)], ".npz")
    if not path.is_file():
        pose = estimator()(open_signing_video(sentence))
        path.parent.mkdir(parents=True, exist_ok=True)
        pose.write(path)
    return Pose.read(path)


def _video(sentence: SignedSentence) -> Path:
    if sentence.video is None:
        raise ManifestError(f"{sentence.id} has neither a video nor landmarks.")
    return sentence.video


@dataclass(frozen=True)
class FeatureStore:
    """A folder of features of one frozen encoder.

    Attributes:
        encoder: The encoder.
        folder: Where they are kept; by default ``SIGNZOO_HOME/features``.
        sha256: Of the encoder's weights.
    """

    encoder: MotionAutoencoder
    folder: Path | None = None
    sha256: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sha256", weights_hash(self.encoder))

    def keep(self, sentence: SignedSentence, pose: Pose) -> Path:
        """Make the features of a sentence's video unless they are kept already.

        Args:
            sentence: One with a video.
            pose: Its landmarks, as :func:`sentence_pose` reads them.

        Returns:
            The file that :func:`read_features` reads.

        Raises:
            MediaError: The video cannot be read.
            DiskError: There is no room.
        """
        path = self._path(sentence, pose)
        if path.is_file() and _is_readable(path):
            return path
        features = encode_clip(self.encoder, open_signing_video(sentence), pose, sentence.id)
        with atomic_path(path) as part:
            np.save(part, features.half().numpy())
        return path

    def _path(self, sentence: SignedSentence, pose: Pose) -> Path:
        # Landmarks that MediaPipe finds in the video follow from it.
        by_pose = _pose_hash(pose) if sentence.pose is not None else ""
        how = [self.sha256, FPS, self.encoder.config.size, by_pose]
        return _place("features", [_FORMAT, *_pictures_key(sentence), *how], ".npy", self.folder)


def _pictures_key(sentence: SignedSentence) -> list[str | float | None]:
    """What decides which pictures a sentence has, and how fast they go by."""
    return [content_hash(_video(sentence)), sentence.fps, sentence.start, sentence.end]


def read_features(path: Path) -> Tensor:
    """Read features ``(N, D)`` float32 that a store keeps."""
    return torch.from_numpy(np.load(path, allow_pickle=False).astype(np.float32))


def _is_readable(path: Path) -> bool:
    try:
        np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        logger.warning("%s is not readable (%s); it is made anew.", path, error)
        return False
    return True


def encode_clip(encoder: MotionAutoencoder, clip: VideoClip, pose: Pose, name: str) -> Tensor:
    """Make a frozen encoder's features of a clip, ``(N, D)`` float32 on the CPU.

    Raises:
        MediaError: The clip cannot be decoded.
        ManifestError: The landmarks are of another video.
    """
    return encode_frames(encoder, cut_frames(clip, pose, encoder.config.size, FPS, name))


def content_hash(path: Path) -> str:
    """SHA-256 of a file's size and its two ends; of a folder, its pictures' names and sizes."""
    digest = hashlib.sha256()
    try:
        if path.is_dir():
            for each in sorted(path.iterdir()):
                digest.update(f"{each.name} {each.stat().st_size}\n".encode())
            return digest.hexdigest()
        size = path.stat().st_size
        digest.update(str(size).encode())
        with path.open("rb") as file:
            digest.update(file.read(_ENDS))
            file.seek(max(0, size - _ENDS))
            digest.update(file.read(_ENDS))
    except OSError as error:
        raise MediaError(f"{path} cannot be read: {error}.") from error
    return digest.hexdigest()


def _pose_hash(pose: Pose) -> str:
    """SHA-256 of the landmarks by which a video is cut."""
    digest = hashlib.sha256(np.ascontiguousarray(pose.points).tobytes())
    digest.update(np.ascontiguousarray(pose.confidence).tobytes())
    return digest.hexdigest()


def _place(kind: str, key: list[Any], suffix: str, folder: Path | None = None) -> Path:
    """The file of what was made from and by all that a key holds."""
    name = hashlib.sha256(json.dumps(key).encode()).hexdigest()
    return (folder or home() / kind) / name[:2] / f"{name[:32]}{suffix}"
