"""Performs a sentence of invented signs: rests, signs, and how one runs into the next.

Durations follow the sentences of the Public DGS Corpus; `signzoo evaluate synthesis` compares.
Transitions are movements of minimum jerk; neighbours pull at each other's places as Tyrone and Mauk
found ("Sign lowering and phonetic reduction in American Sign Language", J. Phonetics 38(2), 2010).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from signzoo.data.synthesis.performers import Performer, Style
from signzoo.lexicon.articulation import articulate
from signzoo.lexicon.phonology import Motion, Sign, inventory, rest, sign_motion
from signzoo.structures import Pose
from signzoo.transforms.kinematics import minimum_jerk
from signzoo.transforms.rotations import continuous, unit

# Movement is made at this rate and then read at the frame rate: a stroke can take a tenth of a
# second.
_RATE = 100
# Seconds of a sign of one stroke, in the mean, and how they spread (of the logarithm).
_SIGN_SECONDS = 0.13
_SIGN_SPREAD = 0.55
# Seconds that one stroke, and one cycle of fingers or wrist, take at least.
_STROKE_SECONDS = 0.11
_CYCLE_SECONDS = 0.10
# A transition lasts so long, and longer for each shoulder width that the hand travels.
_TRANSITION_SECONDS = 0.042
_SECONDS_PER_WAY = 0.34
_TRANSITION_SPREAD = 0.3
REST_SECONDS = (0.3, 0.9)
# A sign shown by itself, in citation form, takes so many times longer than in a sentence.
_CITATION = 2.5
# A hand that will not be needed for so long goes to rest, and takes so long to get there.
_IDLE_SECONDS = 0.7
_LOWERING_SECONDS = 0.4
# Head and face move more slowly than hands.
_FACE_SECONDS = 0.06


@dataclass(frozen=True, slots=True, eq=False)
class Performance:
    """A sentence as somebody signs it.

    Attributes:
        pose: All landmarks, in shoulder widths.
        spans: First frame and the frame after the last, for each sign in order.
    """

    pose: Pose
    spans: tuple[tuple[int, int], ...]


def perform(
    signs: Sequence[Sign], performer: Performer, random: np.random.Generator, fps: float = 25.0
) -> Performance:
    """Sign a sentence, from rest to rest; a sign alone in citation form.

    Args:
        signs: At least one.
        performer: Who signs.
        random: Varies durations and places, never the signs.
        fps: Frames a second.

    Raises:
        ValueError: There is no sign.
    """
    if not signs:
        raise ValueError("perform needs at least one sign.")
    style = performer.style
    if len(signs) == 1:
        style = replace(style, tempo=style.tempo * _CITATION)
    parts = [_token(sign, style, random) for sign in signs]
    starts, end = _start_times(parts, style.tempo, random)
    motion = _joined(parts, starts, end, style.tempo)
    motion = _coarticulated(motion, style.coarticulation)
    motion = replace(motion, face=_alive(motion.face, parts, starts, style.mouthing, random))
    step = _RATE / fps
    frames = np.round(np.arange(0, end - 1, step)).astype(int)
    pose = articulate(motion[frames], performer.physique, fps).pose
    sway = _slow_noise(len(frames), 2, fps, random) * style.sway
    points = pose.points.copy()
    moved = [not name.endswith("hip") for name in pose.skeleton.landmarks]
    points[:, moved, :2] += sway[:, None]
    spans = tuple(
        (round(start / step), max(round(start / step) + 1, round((start + len(part)) / step)))
        for part, start in zip(parts, starts, strict=True)
    )
    return Performance(replace(pose, points=points), spans)


def _token(sign: Sign, style: Style, random: np.random.Generator) -> Motion:
    """One utterance of a sign, at the internal rate."""
    cycles = inventory()["local"][sign.local]["cycles"]
    usual = _SIGN_SECONDS * (0.7 + 0.3 * sign.strokes)
    seconds = usual * np.exp(_SIGN_SPREAD * random.normal())
    seconds = max(seconds, _STROKE_SECONDS * sign.strokes, _CYCLE_SECONDS * cycles, 0.06)
    seconds *= style.tempo
    larger = replace(sign, size=sign.size * style.amplitude * float(random.uniform(0.85, 1.15)))
    motion = sign_motion(larger, max(2, round(seconds * _RATE)))
    both = sign.hands in ("symmetric", "alternating")
    astray = style.drift * random.normal(size=(1, 2, 3))
    loose = np.deg2rad(style.looseness) * random.normal(size=(2, 3))
    fingers = style.looseness * random.normal(size=(1, 2, 5, 4))
    if both:  # the two hands of a symmetric sign stray alike
        astray, loose, fingers = astray[:, :1], np.repeat(loose[:1], 2, axis=0), fingers[:, :1]
    free = motion.active[..., None]
    turn = Rotation.from_quat(motion.turn.reshape(-1, 4))
    turn = turn * Rotation.from_rotvec(np.tile(loose, (len(motion), 1)))
    return replace(
        motion,
        place=motion.place + astray * free,
        turn=turn.as_quat().reshape(motion.turn.shape),
        angles=motion.angles + fingers * free[..., None],
    )


def _start_times(
    parts: Sequence[Motion], tempo: float, random: np.random.Generator
) -> tuple[list[int], int]:
    """When each part begins, and when all ends, at the internal rate."""
    clock = round(random.uniform(*REST_SECONDS) * _RATE) + round(_LOWERING_SECONDS * _RATE)
    starts = []
    for index, part in enumerate(parts):
        if index:
            before = parts[index - 1]
            way = np.linalg.norm(part.place[0] - before.place[-1], axis=-1)  # (2,)
            needed = part.active[0] & before.active[-1]
            seconds = _TRANSITION_SECONDS + _SECONDS_PER_WAY * float((way * needed).max())
            seconds *= tempo * np.exp(_TRANSITION_SPREAD * random.normal())
            clock += max(3, round(seconds * _RATE))
        starts.append(clock)
        clock += len(part)
    clock += round((_LOWERING_SECONDS + random.uniform(*REST_SECONDS)) * _RATE)
    return starts, clock


def _joined(parts: Sequence[Motion], starts: Sequence[int], end: int, tempo: float) -> Motion:
    """Put the parts on one time line and fill what lies between, each hand by itself."""
    place, turn = np.zeros((end, 2, 3)), np.zeros((end, 2, 4))
    angles, face = np.zeros((end, 2, 5, 4)), np.zeros((end, 6))
    active = np.zeros((end, 2), bool)
    busy = np.zeros(end, bool)
    for part, start in zip(parts, starts, strict=True):
        where = slice(start, start + len(part))
        place[where], turn[where], angles[where] = part.place, part.turn, part.angles
        face[where], active[where], busy[where] = part.face, part.active, True
    resting = rest()
    idle = round(_IDLE_SECONDS * tempo * _RATE)
    for hand in range(2):
        known = _with_rests(active[:, hand], idle)
        still = known & ~active[:, hand]
        place[still, hand], turn[still, hand], angles[still, hand] = resting
        bridge = _bridge(known)
        place[:, hand] = _blend(place[:, hand], bridge)
        angles[:, hand] = _blend(angles[:, hand], bridge)
        turn[:, hand] = _turn_over(turn[:, hand], bridge)
    face = _blend(face, _bridge(_with_rests(busy, idle)))
    return Motion(place, turn, angles, face, active)


def _with_rests(active: np.ndarray, idle: int) -> np.ndarray:
    """Where a hand is active or rests, ``(T,)``; between the two it is on its way.

    It rests in the middle of long gaps, and at both ends.
    """
    lowering = round(_LOWERING_SECONDS * _RATE)
    frames = np.arange(len(active))
    last = np.maximum.accumulate(np.where(active, frames, -(10**6)))
    coming = np.minimum.accumulate(np.where(active, frames, 10**6)[::-1])[::-1]
    since, until = frames - last, coming - frames
    rests = (since >= lowering) & (until >= lowering) & (since + until >= max(idle, 2 * lowering))
    return np.asarray(active | rests)


@dataclass(frozen=True, slots=True, eq=False)
class _Bridge:
    """For each frame the known frames on both sides, and how far it is on the way, ``(T,)``."""

    before: np.ndarray
    after: np.ndarray
    share: np.ndarray


def _bridge(known: np.ndarray) -> _Bridge:
    """Cross the gaps between known frames with minimum jerk."""
    frames, where = np.arange(len(known)), np.flatnonzero(known)
    before = where[np.maximum(np.searchsorted(where, frames, side="right") - 1, 0)]
    after = where[np.minimum(np.searchsorted(where, frames), len(where) - 1)]
    share = (frames - before) / np.maximum(after - before, 1)
    return _Bridge(before, after, minimum_jerk(share))


def _blend(track: np.ndarray, bridge: _Bridge) -> np.ndarray:
    share = bridge.share.reshape(-1, *[1] * (track.ndim - 1))
    return np.asarray(track[bridge.before] * (1 - share) + track[bridge.after] * share)


def _turn_over(quaternions: np.ndarray, bridge: _Bridge) -> np.ndarray:
    """Blend rotations, ``(T, 4)``, the short way round."""
    before = Rotation.from_quat(quaternions[bridge.before])
    way = (before.inv() * Rotation.from_quat(quaternions[bridge.after])).as_rotvec()
    turn = before * Rotation.from_rotvec(bridge.share[:, None] * way)
    return np.asarray(turn.as_quat())


def _coarticulated(motion: Motion, seconds: float) -> Motion:
    """Let each moment be a mean of those around it."""

    def blurred(track: np.ndarray, width: float) -> np.ndarray:
        return np.asarray(gaussian_filter1d(track, width * _RATE, axis=0, mode="nearest"))

    return Motion(
        blurred(motion.place, seconds),
        unit(blurred(continuous(motion.turn), seconds)),
        blurred(motion.angles, seconds),
        blurred(motion.face, _FACE_SECONDS),
        motion.active,
    )


def _alive(
    face: np.ndarray,
    parts: Sequence[Motion],
    starts: Sequence[int],
    mouthing: float,
    random: np.random.Generator,
) -> np.ndarray:
    """Add what is no part of signs: a mouth that speaks the words, a head that is never still."""
    frames = np.arange(len(face))
    face = face.copy()
    for part, start in zip(parts, starts, strict=True):
        middle, width = start + len(part) / 2, max(len(part) / 2, 0.06 * _RATE)
        pulse = np.exp(-(((frames - middle) / width) ** 2))
        face[:, 1] += mouthing * random.uniform(0.2, 1.6) * pulse
        face[:, 2] += mouthing * random.normal() * pulse
        face[:, 4] += 3 * random.normal() * pulse
    face[:, 3:] += _slow_noise(len(face), 3, _RATE, random) * [2.5, 2.0, 1.5]
    return face


def _slow_noise(
    frames: int, count: int, rate: float, random: np.random.Generator, seconds: float = 0.5
) -> np.ndarray:
    """Noise that changes over half a second, of standard deviation 1, ``(frames, count)``."""
    knots = int(frames / (rate * seconds)) + 3
    values = random.normal(size=(knots, count))
    times = np.arange(frames) / (rate * seconds)
    start = times.astype(int)
    share = (times - start)[:, None]
    share = share * share * (3 - 2 * share)
    return np.asarray(values[start] * (1 - share) + values[start + 1] * share)
