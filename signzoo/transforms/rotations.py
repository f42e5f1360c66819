"""Rotations as arrays of matrices: from directions, along time, and back.

Directions are ``(..., 3)`` and rotations ``(..., 3, 3)``, which turn columns. Every function
broadcasts and none returns NaN: where directions are undefined, it returns a valid rotation.
"""

import numpy as np

_TINY = 1e-9


def unit(vectors: np.ndarray) -> np.ndarray:
    """Scale vectors to length 1; a vector without length stays 0."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.maximum(length, _TINY)


def angle_between(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Angle between directions in radians, ``(...)``."""
    across = np.linalg.norm(np.cross(first, second), axis=-1)
    return np.arctan2(across, (first * second).sum(axis=-1))


def about(axis: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Turn about unit axes by angles in radians (Rodrigues' formula)."""
    x, y, z = np.moveaxis(np.broadcast_arrays(axis, angle[..., None])[0], -1, 0)
    zero = np.zeros_like(x)
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=-1)
    cross = cross.reshape(*x.shape, 3, 3)
    sine, cosine = np.sin(angle)[..., None, None], np.cos(angle)[..., None, None]
    return np.eye(3) + sine * cross + (1 - cosine) * (cross @ cross)


def swing(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The smallest turn from one unit direction to another."""
    axis = np.cross(start, end)
    # Opposite directions have no smallest turn: any axis across them will do.
    spare = np.cross(start, np.where(np.abs(start[..., :1]) < 0.7, [1.0, 0, 0], [0, 1.0, 0]))
    lost = np.linalg.norm(axis, axis=-1, keepdims=True) < 1e-6
    return about(unit(np.where(lost, spare, axis)), angle_between(start, end))


def frame(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Axes along a direction, towards a second one, and across both, as columns."""
    first = unit(first)
    third = unit(np.cross(first, second))
    return np.stack([first, np.cross(third, first), third], axis=-1)


def turn(rotations: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Apply rotations to vectors."""
    return (rotations @ vectors[..., None])[..., 0]


def inverse(rotations: np.ndarray) -> np.ndarray:
    """Undo rotations."""
    return np.swapaxes(rotations, -1, -2)


def to_vectors(rotations: np.ndarray) -> np.ndarray:
    """Axis times angle in radians, ``(..., 3)``."""
    from scipy.spatial.transform import Rotation

    flat = Rotation.from_matrix(rotations.reshape(-1, 3, 3))
    return flat.as_rotvec().reshape(rotations.shape[:-1])


def from_vectors(vectors: np.ndarray) -> np.ndarray:
    """Rotations of axis times angle in radians."""
    angle = np.linalg.norm(vectors, axis=-1)
    return about(unit(vectors), angle)


def twist_about(rotations: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """How far rotations turn about a unit axis in radians, -pi to pi: their twist, ``(...)``."""
    from scipy.spatial.transform import Rotation

    quaternions = Rotation.from_matrix(rotations.reshape(-1, 3, 3)).as_quat()
    quaternions = quaternions.reshape(*rotations.shape[:-2], 4)
    angle = 2 * np.arctan2((quaternions[..., :3] * axis).sum(axis=-1), quaternions[..., 3])
    return (angle + np.pi) % (2 * np.pi) - np.pi


def fit_rotation(points: np.ndarray, template: np.ndarray) -> np.ndarray:
    """The rotation that lays a template best over points (Kabsch, Acta Cryst. A32, 1976).

    Args:
        points: ``(..., K, 3)``.
        template: ``(K, 3)``.

    Returns:
        Rotations ``(..., 3, 3)`` of the template, both about their middle.
    """
    points = points - points.mean(axis=-2, keepdims=True)
    template = template - template.mean(axis=-2, keepdims=True)
    left, _, right = np.linalg.svd(np.swapaxes(points, -1, -2) @ template)
    mirrored = np.linalg.det(left @ right) < 0
    left[..., :, 2] = np.where(mirrored[..., None], -left[..., :, 2], left[..., :, 2])
    return left @ right


def to_quaternions(rotations: np.ndarray) -> np.ndarray:
    """Unit quaternions ``(T, ..., 4)`` of which no two in a row have opposite signs."""
    from scipy.spatial.transform import Rotation

    found = Rotation.from_matrix(rotations.reshape(-1, 3, 3)).as_quat()
    return continuous(found.reshape(*rotations.shape[:-2], 4))


def continuous(quaternions: np.ndarray) -> np.ndarray:
    """The same rotations ``(T, ..., 4)``, of which no two in a row have opposite signs."""
    flips = (quaternions[1:] * quaternions[:-1]).sum(axis=-1, keepdims=True) < 0
    signs = np.where(np.cumsum(flips, axis=0) % 2, -1.0, 1.0)
    return np.concatenate([quaternions[:1], quaternions[1:] * signs])


def from_quaternions(quaternions: np.ndarray) -> np.ndarray:
    """Rotations of quaternions ``(..., 4)`` of any length but 0."""
    from scipy.spatial.transform import Rotation

    flat = Rotation.from_quat(quaternions.reshape(-1, 4))
    return flat.as_matrix().reshape(*quaternions.shape[:-1], 3, 3)


def blend(first: np.ndarray, second: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Go from quaternions to others by the shorter way, at a share between 0 and 1."""
    share = np.asarray(share)[..., None]
    same = np.where((first * second).sum(axis=-1, keepdims=True) < 0, -1.0, 1.0)
    return unit(first * same * (1 - share) + second * share)
