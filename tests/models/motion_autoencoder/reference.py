"""The perturbations as the paper reads, a frame at a time: what the batched ones are held against.

Nothing here is shared with signzoo but the fields of the configuration.
"""

from collections.abc import Sequence

import numpy as np


def speed(
    points: np.ndarray, confidence: np.ndarray, length: int, fps: float, scale: float
) -> np.ndarray:
    """Eq. 3 for one clip: ``(T, V, 2)`` pixels to ``(T, V)`` shoulder widths a second."""
    result = np.zeros(confidence.shape)
    for frame in range(1, length):
        step = np.sqrt(((points[frame] - points[frame - 1]) ** 2).sum(axis=-1))
        seen = (confidence[frame] > 0) & (confidence[frame - 1] > 0) & np.isfinite(step)
        result[frame][seen] = step[seen] * fps / scale
    if length > 1:
        result[0] = result[1]
    return result


def mask(
    points: np.ndarray, speeds: np.ndarray, threshold: float, radius: float, size: tuple[int, int]
) -> np.ndarray:
    """Eq. 4 for one frame: ``(V, 2)`` and ``(V,)`` to ``(H, W)``; the radius in pixels."""
    y, x = np.mgrid[: size[0], : size[1]]
    result = np.zeros(size, bool)
    for (x_i, y_i), speed_i in zip(points, speeds, strict=True):
        if speed_i > threshold:
            result |= np.sqrt((x - x_i) ** 2 + (y - y_i) ** 2) <= radius
    return result


def pixel_shuffle(frame: np.ndarray, config, rng: np.random.Generator) -> np.ndarray:
    """``(C, H, W)``, with the pixels of each square in random order."""
    result, side = frame.copy(), config.shuffle_size
    channels, height, width = frame.shape
    high, wide = min(side, height), min(side, width)
    for top in range(0, height - high + 1, high):
        for left in range(0, width - wide + 1, wide):
            square = frame[:, top : top + high, left : left + wide]
            order = rng.permutation(high * wide)
            shuffled = square.reshape(channels, -1)[:, order].reshape(square.shape)
            result[:, top : top + high, left : left + wide] = shuffled
    return result


def pixel_replacement(frame: np.ndarray, config, rng: np.random.Generator) -> np.ndarray:
    replaced = rng.random(frame.shape[1:]) < config.replaced
    return np.where(replaced, rng.random(frame.shape), frame)


def block_occlusion(frame: np.ndarray, config, rng: np.random.Generator) -> np.ndarray:
    result = frame.copy()
    for rows, columns in _blocks(frame, config.num_blocks, config.block_size, rng):
        result[:, rows, columns] = 0
    return result


def gaussian_noise(frame: np.ndarray, config, rng: np.random.Generator) -> np.ndarray:
    noise = rng.normal(0, config.noise_deviation, frame.shape)
    region = np.zeros(frame.shape[1:], bool)
    for rows, columns in _blocks(frame, config.num_noises, config.noise_size, rng):
        region[rows, columns] = True
    return np.clip(frame + noise * region, 0, 1)


def temporal_order(length: int, config, rng: np.random.Generator) -> np.ndarray:
    """Which frame stands where: a permutation within each window of frames."""
    order = np.arange(length)
    start = -rng.integers(config.shuffle_frames)
    while start < length:
        window = order[max(0, start) : start + config.shuffle_frames]
        order[max(0, start) : start + config.shuffle_frames] = rng.permutation(window)
        start += config.shuffle_frames
    return order


FRAME_KINDS = {
    "pixel_shuffle": pixel_shuffle,
    "pixel_replacement": pixel_replacement,
    "block_occlusion": block_occlusion,
    "gaussian_noise": gaussian_noise,
}


def perturb(
    video: np.ndarray, masks: np.ndarray, lengths: Sequence[int], config, rng: np.random.Generator
) -> np.ndarray:
    """Eq. 5 for ``(B, T, C, H, W)`` and ``(B, T, 1, H, W)``, one kind a clip."""
    result = video.copy()
    for clip, length in enumerate(lengths):
        kind = config.kinds[rng.integers(len(config.kinds))]
        order = np.arange(length)
        if kind == "temporal_shuffle":
            order = temporal_order(length, config, rng)
        for frame in range(length):
            before, after = video[clip, frame], video[clip, order[frame]]
            if kind in FRAME_KINDS:
                after = FRAME_KINDS[kind](before, config, rng)
            weight = np.where(masks[clip, frame], config.large, 1 - config.large)
            result[clip, frame] = (1 - weight) * before + weight * after
    return result


def _blocks(frame: np.ndarray, number: int, size: float, rng: np.random.Generator):
    height, width = frame.shape[1:]
    high, wide = round(size * height), round(size * width)
    for _ in range(number):
        top, left = rng.integers(height - high + 1), rng.integers(width - wide + 1)
        yield slice(top, top + high), slice(left, left + wide)
