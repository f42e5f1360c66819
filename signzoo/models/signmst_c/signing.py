"""Signing as SignMST-C takes it: landmarks, features or pictures of clips, alone and in a batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from signzoo.data.collate import lengths_of, pad
from signzoo.errors import ManifestError
from signzoo.models.signmst_c.landmarks import FPS, NUM_LANDMARKS

# Frames of one moment: landmarks and video meet on this time base.
STRIDE = 4
# How much longer or shorter than its landmarks a clip's video may be, in seconds.
_MOST_APART = 0.2


@dataclass(frozen=True, eq=False)
class Signing:
    """One clip of signing; a modality that is not there is ``None``, but one is.

    Attributes:
        landmarks: See :func:`~signzoo.models.signmst_c.landmarks.signing_landmarks`, ``(T, V, 3)``.
        features: A frozen video encoder's, one for four frames, ``(ceil(T / 4), D)``.
        frames: The pictures, for a network with a video encoder of its own, ``(T, 3, S, S)`` uint8
            RGB at 25 frames a second.
    """

    landmarks: Tensor | None = None
    features: Tensor | None = None
    frames: Tensor | None = None

    @property
    def num_frames(self) -> int:
        """T, at 25 frames a second."""
        if self.landmarks is not None:
            return len(self.landmarks)
        if self.frames is not None:
            return len(self.frames)
        return len(self.features) * STRIDE if self.features is not None else 0

    def between(self, start: float, end: float) -> "Signing":
        """What is signed from one second to another, in whole moments."""
        first = int(start * FPS / STRIDE)
        last = max(first + 1, round(end * FPS / STRIDE))
        frames = slice(first * STRIDE, last * STRIDE)
        return Signing(
            self.landmarks[frames] if self.landmarks is not None else None,
            self.features[first:last] if self.features is not None else None,
            self.frames[frames] if self.frames is not None else None,
        )


class SigningBatch(NamedTuple):
    """Clips of signing with what they mean.

    Attributes:
        ids: Names of the B clips.
        landmarks: Shape ``(B, T, V, 3)``; 0 for a clip without.
        lengths: Valid frames a clip, ``(B,)``.
        features: Shape ``(B, ceil(T / 4), D)``; 0 for a clip without.
        frames: Shape ``(B, T, 3, S, S)`` uint8; ``(B, 0)`` where there are none.
        has_landmarks: Which clips have landmarks, bool ``(B,)``.
        has_video: Which clips have features or frames, bool ``(B,)``.
        texts: What is to be written.
        glosses: The glosses of each, where they are known.
    """

    ids: list[str]
    landmarks: Tensor
    lengths: Tensor
    features: Tensor
    frames: Tensor
    has_landmarks: Tensor
    has_video: Tensor
    texts: list[str]
    glosses: list[tuple[str, ...]]

    def to(self, device: torch.device) -> "SigningBatch":
        """The same batch with its tensors on a device."""
        moved = (each.to(device) if isinstance(each, Tensor) else each for each in self)
        return SigningBatch(*moved)  # type: ignore[arg-type]


def make_batch(
    signings: Sequence[Signing],
    num_features: int,
    ids: Sequence[str] = (),
    texts: Sequence[str] = (),
    glosses: Sequence[tuple[str, ...]] = (),
) -> SigningBatch:
    """Pad clips to one batch.

    Args:
        signings: B clips.
        num_features: D of the network, for clips without features.
        ids: Their names, where they matter.
        texts: What they mean, where it matters.
        glosses: Their glosses, where they matter.

    Raises:
        ManifestError: A clip's video and landmarks are not of one length, or it has neither.
    """
    counts = [each.num_frames for each in signings]
    for count, name in zip(counts, ids or map(str, range(len(counts))), strict=True):
        if not count:
            raise ManifestError(f"{name} has neither landmarks nor video.")
    landmarks = [
        each.landmarks if each.landmarks is not None else torch.zeros(n, NUM_LANDMARKS, 3)
        for each, n in zip(signings, counts, strict=True)
    ]
    features = [
        fit_features(each.features, n)
        if each.features is not None
        else torch.zeros(moments(n), num_features)
        for each, n in zip(signings, counts, strict=True)
    ]
    return SigningBatch(
        list(ids),
        pad(landmarks),
        lengths_of(landmarks),
        pad(features),
        _pad_frames(signings, counts),
        torch.tensor([each.landmarks is not None for each in signings]),
        torch.tensor([each.features is not None or each.frames is not None for each in signings]),
        list(texts),
        list(glosses),
    )


def moments(num_frames: int) -> int:
    """How many moments so many frames are."""
    return -(-num_frames // STRIDE)


def fit_features(features: Tensor, num_frames: int) -> Tensor:
    """Bring features ``(N, D)`` to the moments of so many frames, whatever rate they have.

    Raises:
        ManifestError: They last longer or shorter by more than a fifth of a second and a moment.
    """
    wanted = moments(num_frames)
    if len(features) == wanted:
        return features
    apart = abs(len(features) - wanted) * STRIDE / FPS
    if apart > _MOST_APART + STRIDE / FPS:
        raise ManifestError(
            f"The video lasts {len(features) * STRIDE / FPS:.2f} s and its landmarks "
            f"{num_frames / FPS:.2f} s; they belong to different videos."
        )
    return stretch(features, wanted)


def stretch(sequence: Tensor, length: int) -> Tensor:
    """Bring a sequence ``(N, D)`` to another length by linear interpolation."""
    if len(sequence) == length:
        return sequence
    stretched = torch.nn.functional.interpolate(
        sequence.T[None], length, mode="linear", align_corners=len(sequence) > 1 and length > 1
    )
    return stretched[0].T


def _pad_frames(signings: Sequence[Signing], counts: Sequence[int]) -> Tensor:
    shown = [each.frames for each in signings if each.frames is not None]
    if not shown:
        return torch.zeros(len(signings), 0, dtype=torch.uint8)
    shape = shown[0].shape[1:]
    frames = []
    for each, count in zip(signings, counts, strict=True):
        own = each.frames if each.frames is not None else shown[0].new_zeros(0, *shape)
        if each.frames is not None and abs(len(own) - count) > _MOST_APART * FPS:
            raise ManifestError(
                f"The video lasts {len(own) / FPS:.2f} s and its landmarks {count / FPS:.2f} s; "
                "they belong to different videos."
            )
        # The last picture stands in for one that rounding has cost.
        last = own[-1:].expand(max(count - len(own), 0), *shape) if len(own) else own
        missing = own.new_zeros(count - len(own) - len(last), *shape)
        frames.append(torch.cat([own, last, missing])[:count])
    return pad(frames)
