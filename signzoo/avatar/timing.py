"""Puts rotations that are known in some frames on a whole timeline: bridged, eased and smoothed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from signzoo.avatar.body import Body
from signzoo.transforms.rotations import (
    blend,
    continuous,
    from_quaternions,
    to_quaternions,
    unit,
)


@dataclass(frozen=True)
class Timing:
    """How an avatar moves where its pose is not seen, and how smoothly.

    Attributes:
        bridge: Gaps up to this many seconds are crossed from the last to the next rotation; what
            is unseen longer eases to rest and back.
        ease: Seconds that easing takes.
        smooth: Standard deviation in seconds of the Gaussian that smooths all rotations; 0 for
            none.
    """

    bridge: float = 0.4
    ease: float = 0.6
    smooth: float = 0.02


@dataclass(frozen=True, eq=False)
class Track:
    """Bones that are seen and lost together.

    Attributes:
        rotations: Local rotations ``(T, 3, 3)`` by bone.
        seen: The frames in which they are known, ``(T,)`` bool.
        on_top: Turn the bones beyond what earlier tracks made of them; at rest, not at all.
    """

    rotations: Mapping[str, np.ndarray]
    seen: np.ndarray
    on_top: bool = False


def perform(
    tracks: Sequence[Track],
    rest: np.ndarray,
    body: Body,
    fps: float,
    timing: Timing,
) -> np.ndarray:
    """Make local transforms of rotations that are known in some frames.

    Args:
        tracks: What is known of which bones.
        rest: Local transforms ``(J, 4, 4)`` to ease to.
        body: Whose bones they are.
        fps: Frames a second.
        timing: How to bridge, ease and smooth.

    Returns:
        Local transforms ``(T, J, 4, 4)`` float32.
    """
    length = len(tracks[0].seen)
    transforms = np.repeat(rest[None].astype(np.float64), length, axis=0)
    for track in tracks:
        bones = [body.bone(name) for name in track.rotations]
        if not track.seen.any():
            continue
        at_rest = rest[None, bones, :3, :3]
        if track.on_top:
            at_rest = np.broadcast_to(np.eye(3), at_rest.shape)
        found = to_quaternions(np.stack(list(track.rotations.values()), axis=1)[track.seen])
        whole = _bridge(found, track.seen)
        share = _presence(track.seen, timing.bridge * fps, timing.ease * fps)
        eased = blend(to_quaternions(at_rest), whole, share[:, None])
        turned = from_quaternions(_smooth(eased, timing.smooth * fps))
        before = transforms[:, bones, :3, :3]
        transforms[:, bones, :3, :3] = before @ turned if track.on_top else turned
    return transforms.astype(np.float32)


def ease(values: np.ndarray, seen: np.ndarray, fps: float, timing: Timing) -> np.ndarray:
    """Bridge, ease to 0 and smooth values ``(T, K)`` that are known in some frames ``(T,)``."""
    from scipy.ndimage import gaussian_filter1d

    if not seen.any():
        return np.zeros_like(values)
    frames = np.arange(len(seen))
    known = [np.interp(frames, frames[seen], column[seen]) for column in values.T]
    share = _presence(seen, timing.bridge * fps, timing.ease * fps)
    eased = np.stack(known, axis=1) * share[:, None]
    if timing.smooth <= 0 or len(eased) < 2:
        return eased
    return gaussian_filter1d(eased, timing.smooth * fps, axis=0, mode="nearest")


def _bridge(found: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Go from the last seen quaternion to the next; before the first and after the last, stay."""
    frames = np.arange(len(seen))
    where = np.flatnonzero(seen)
    after = np.clip(np.searchsorted(where, frames), 0, len(where) - 1)
    before = np.clip(np.searchsorted(where, frames, side="right") - 1, 0, None)
    start, end = where[before], where[after]
    share = (frames - start) / np.maximum(end - start, 1)
    share = np.clip(share, 0, 1) ** 2 * (3 - 2 * np.clip(share, 0, 1))
    return blend(found[before], found[after], share[:, None])


def _presence(seen: np.ndarray, bridge: float, ease: float) -> np.ndarray:
    """How much of each frame is as seen, and not at rest: ``(T,)`` in [0, 1]."""
    frames = np.arange(len(seen))
    where = np.flatnonzero(seen)
    after = np.searchsorted(where, frames)
    before = np.searchsorted(where, frames, side="right") - 1
    to_next = np.where(
        after < len(where), where[np.minimum(after, len(where) - 1)] - frames, np.inf
    )
    since_last = np.where(before >= 0, frames - where[np.maximum(before, 0)], np.inf)
    near = np.minimum(to_next, since_last)
    # Half a bridge from either end nothing is lost, so that short gaps never reach for rest.
    share = np.clip(1 - (near - bridge / 2) / max(ease, 1e-6), 0, 1)
    share = np.where(to_next + since_last <= bridge + 1, 1.0, share)
    return share**2 * (3 - 2 * share)


def _smooth(quaternions: np.ndarray, sigma: float) -> np.ndarray:
    from scipy.ndimage import gaussian_filter1d

    if sigma <= 0 or len(quaternions) < 2:
        return quaternions
    return unit(gaussian_filter1d(continuous(quaternions), sigma, axis=0, mode="nearest"))
