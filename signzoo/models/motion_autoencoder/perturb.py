"""Perturbs videos where landmarks move fast, for a network to learn to undo it.

Equations 3 to 5 of the paper, for a batch on any device: no step loops over frames; on a CPU, large
batches are perturbed a few clips at a time. What is random is drawn from the generator passed in.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf, prod
from typing import Literal, get_args

import torch
from torch import Generator, Tensor

from signzoo.errors import UsageError, did_you_mean
from signzoo.models.layers import valid_frames

Kind = Literal[
    "pixel_shuffle", "pixel_replacement", "block_occlusion", "gaussian_noise", "temporal_shuffle"
]
KINDS: tuple[Kind, ...] = get_args(Kind)

# Drawn for every part: orders of a square's pixels to choose from, frames of noise to cut from.
_NUM_ORDERS, _NUM_DRAWN = 256, 3
# Numbers that a CPU perturbs at a time: what lies between input and result then stays in memory
# that the process has. Fetching it from the system anew every time takes longer than all else.
_AT_ONCE = 2**20


@dataclass(frozen=True)
class PerturbationConfig:
    """What is perturbed, how much, and where."""

    kinds: tuple[str, ...] = KINDS
    """Perturbations to choose from: pixel_shuffle, pixel_replacement, block_occlusion,
    gaussian_noise, temporal_shuffle; none at all leaves the video as it is."""
    share: float = 1.0
    """Share of the clips that are perturbed; the others are to be restored as they are."""
    mixed: bool = False
    """Apply all the kinds to every clip, in turn, rather than one of them, drawn for each clip."""
    large: float = 0.9
    """Share of a pixel that its perturbed version replaces where landmarks move fast (w_large of
    Eq. 5); elsewhere it is 1 - large. 0.5 perturbs all pixels alike."""
    threshold: float = 1.0
    """Speed above which a landmark is fast, in shoulder widths a second (theta of Eq. 3). At 1.0,
    44 % of the hands' landmarks are fast in the sentences of the DGS corpus."""
    radius: float = 0.25
    """Distance around a fast landmark that counts as fast, in shoulder widths (r of Eq. 4)."""
    shuffle_size: int = 8
    """Side of the squares within which pixels are shuffled, in pixels; 1 changes nothing, the size
    of the picture shuffles all of it and leaves nothing to undo."""
    replaced: float = 0.3
    """Share of the pixels that random colours replace."""
    num_blocks: int = 8
    """Blocks of each frame that are set to 0."""
    block_size: float = 0.2
    """Sides of such a block, as a share of the sides of the picture."""
    num_noises: int = 4
    """Regions of each frame that get noise, as blocks that may overlap."""
    noise_size: float = 0.4
    """Sides of such a region, as a share of the sides of the picture."""
    noise_deviation: float = 0.3
    """Standard deviation of the noise, where the darkest pixel is 0 and the brightest 1."""
    shuffle_frames: int = 4
    """Consecutive frames among which the order is random; 1 changes nothing."""

    def __post_init__(self) -> None:
        for kind in set(self.kinds) - set(KINDS):
            hint = f"{did_you_mean(kind, KINDS)}The kinds are {', '.join(KINDS)}."
            raise UsageError(f"There is no perturbation {kind!r}. {hint}")
        shares = ("share", "large", "replaced", "block_size", "noise_size")
        amounts = ("threshold", "radius", "noise_deviation")
        counts = {"num_blocks": 0, "num_noises": 0, "shuffle_size": 1, "shuffle_frames": 1}
        for name, value in vars(self).items():
            if name in shares and not 0 <= value <= 1:
                raise UsageError(f"{name} is a share from 0 to 1; got {value!r}.")
            if name in amounts and not 0 <= value < inf:
                raise UsageError(f"{name} is a number from 0; got {value!r}.")
            if name in counts and not (isinstance(value, int) and value >= counts[name]):
                raise UsageError(f"{name} is a whole number from {counts[name]}; got {value!r}.")


def landmark_speed(
    points: Tensor, confidence: Tensor, lengths: Tensor, fps: float | Tensor, scale: Tensor
) -> Tensor:
    """Measure how fast landmarks move (Eq. 3).

    Differs from the paper: in shoulder widths a second, not pixels a frame, so that one threshold
    fits every size of signer and every frame rate.

    Args:
        points: Places in pixels, ``(B, T, V, 2)``.
        confidence: 0 is missing, ``(B, T, V)``; so is a landmark at NaN.
        lengths: Valid frames per sample, ``(B,)``.
        fps: Frames a second, one for all or ``(B,)``.
        scale: Pixels a shoulder width, ``(B,)``; nothing moves where it is unknown (0 or NaN).

    Returns:
        Shoulder widths a second, ``(B, T, V)``. 0 where the landmark is missing in the frame or in
        the one before, and in the padding. The first frame takes the speed of the second: it has
        none before it, and a window cut from a longer video moves in its first frame as well.
    """
    valid = valid_frames(lengths, points.shape[1])[..., None]  # (B, T, 1)
    seen = valid & (confidence > 0) & points.isfinite().all(dim=-1)  # (B, T, V)
    known = scale.isfinite() & (scale > 0)  # (B,)
    rate = torch.where(known, fps / torch.where(known, scale, 1), 0)  # (B,)
    step = torch.where(seen[..., None], points, 0).diff(dim=1).norm(dim=-1)  # (B, T - 1, V)
    step = step * (seen[:, 1:] & seen[:, :-1]) * rate[:, None, None]
    # With a single frame there is no step, and its speed is 0.
    first = step[:, :1] if step.shape[1] else torch.zeros_like(points[..., 0])
    return torch.cat([first, step], dim=1)


def fast_mask(
    points: Tensor,
    confidence: Tensor,
    speed: Tensor,
    config: PerturbationConfig,
    scale: Tensor,
    size: tuple[int, int],
) -> Tensor:
    """Mark the pixels around fast landmarks (Eq. 4).

    A disc is a run of pixels in each row that it crosses. The ends of all runs are counted into the
    rows, +1 where one starts and -1 where it stops, and summed from the left: exact, and without a
    picture for each landmark.

    Args:
        points: Places in pixels of the picture, ``(B, T, V, 2)``, the first pixel at (0, 0).
        confidence: 0 is missing, ``(B, T, V)``; so is a landmark at NaN.
        speed: Of :func:`landmark_speed`, ``(B, T, V)``.
        config: Its ``threshold`` and ``radius``.
        scale: Pixels a shoulder width, ``(B,)``.
        size: Height and width of the picture, ``(H, W)``.

    Returns:
        Bool, ``(B, T, 1, H, W)``: True for pixels at most a radius away from a fast landmark.
    """
    height, width = size
    fast = (confidence > 0) & (speed > config.threshold) & points.isfinite().all(dim=-1)
    clip, frame, landmark = fast.nonzero(as_tuple=True)  # F fast ones
    x, y = points[clip, frame, landmark, :, None].unbind(dim=1)  # (F, 1)
    reach = (config.radius * scale).nan_to_num(0, 0, 0).clamp(min=0)[clip, None]
    # The rows that the largest disc can cross, moved into the picture: N of them.
    num_rows = min(height, int(2 * reach.max()) + 1) if len(clip) else 0
    top = (y - reach).ceil().clamp(0, height - num_rows)
    rows = top + torch.arange(num_rows, device=points.device)  # (F, N)
    squared = reach.square() - (rows - y).square()
    half = squared.clamp(min=0).sqrt()
    start = (x - half).ceil().clamp(0, width)
    stop = ((x + half).floor() + 1).clamp(0, width)
    # Each row of all pictures has a place more than it has pixels, for runs that end with it.
    rows = rows.long() + ((clip * points.shape[1] + frame) * height)[:, None]
    ends = torch.stack([start, stop]).long() + rows * (width + 1)  # (2, F, N)
    count = (squared >= 0).short()
    runs = count.new_zeros(prod(points.shape[:2]) * height * (width + 1))
    runs.scatter_add_(0, ends.flatten(), torch.stack([count, -count]).flatten())
    runs = runs.view(*points.shape[:2], height, width + 1).cumsum_(dim=-1, dtype=torch.int16)
    return (runs[..., :width] > 0)[:, :, None]


@torch.no_grad()
def perturb(
    video: Tensor, mask: Tensor, lengths: Tensor, config: PerturbationConfig, generator: Generator
) -> Tensor:
    """Perturb videos, strongly where the mask is and weakly elsewhere (Eq. 5).

    The equation adds two pictures, f_large of the masked pixels and f_small of the others, with
    weights that sum to 1. Read to the letter, each is nonzero in its own region, and the weights
    would only darken the picture. We read a weight as the share of a pixel that its perturbed
    version replaces: ``(1 - w) v + w f(v)``, with w = ``large`` in the mask and 1 - ``large``
    elsewhere. 0.5 perturbs all pixels alike, 1 only those in the mask; without any fast landmark
    the whole picture is perturbed weakly.

    f is one of the ``kinds``, drawn for each clip, since all at once leave little to see; or with
    ``mixed`` all of them, one upon the other.

    Args:
        video: In [0, 1], ``(B, T, C, H, W)``.
        mask: Of :func:`fast_mask`, ``(B, T, 1, H, W)``.
        lengths: Valid frames per sample, ``(B,)``; padding is returned as it is, and not read.
        config: What is done, and how strongly.
        generator: On the device of the video.

    Returns:
        The perturbed video, in [0, 1], ``(B, T, C, H, W)``.
    """
    if not config.kinds:
        return video.clone()
    ways = [config.kinds] if config.mixed else [(kind,) for kind in config.kinds]
    shape, device = lengths.shape, video.device
    drawn = torch.randint(len(ways), shape, generator=generator, device=device)
    if config.share < 1:
        left = torch.rand(shape, generator=generator, device=device) >= config.share
        drawn.masked_fill_(left, len(ways))
    at_once = max(1, _AT_ONCE // video[0].numel()) if device.type == "cpu" else len(video)
    result = torch.empty_like(video)
    for way in drawn.unique():
        kinds = (*ways, ())[way]
        for clips in (drawn == way).nonzero(as_tuple=True)[0].split(at_once):
            part, fast = video.index_select(0, clips), mask.index_select(0, clips)
            part = _blend(part, fast, lengths[clips], kinds, config, generator)
            result.index_copy_(0, clips, part)
    return result


def _blend(
    video: Tensor,
    mask: Tensor,
    lengths: Tensor,
    kinds: Sequence[str],
    config: PerturbationConfig,
    generator: Generator,
) -> Tensor:
    """Perturb clips in the same ways, one upon the other, and mix that with what they were."""
    changed = video
    for kind in kinds:
        changed = _PERTURBATIONS[kind](changed, lengths, config, generator)
    weight = mask.to(video.dtype).mul_(2 * config.large - 1).add_(1 - config.large)
    weight.mul_(valid_frames(lengths, video.shape[1])[:, :, None, None, None])
    # Height and width as one axis: an axis less to broadcast halves the time on a CPU.
    torch.lerp(video.flatten(3), changed.flatten(3), weight.flatten(3), out=changed.flatten(3))
    return changed


def _shuffle_pixels(
    video: Tensor, lengths: Tensor, config: PerturbationConfig, generator: Generator
) -> Tensor:
    """Reorder the pixels within each square; what fills no square, right and below, stays.

    Drawing orders takes most of the time, so squares choose from a few hundred drawn in every call.
    """
    (clips, frames, channels, height, width), device = video.shape, video.device
    high, wide = min(config.shuffle_size, height), min(config.shuffle_size, width)
    down, across = height // high, width // wide
    number = clips * frames * down * across
    keys = torch.rand(min(_NUM_ORDERS, number), high * wide, generator=generator, device=device)
    order = keys.argsort(dim=1)
    order = order // wide * width + order % wide  # places in the picture, from the square's corner
    choice = torch.randint(len(order), (number,), generator=generator, device=device)
    rows = choice.view(-1, 1, across) * high + torch.arange(high, device=device)[:, None]
    source = order.view(-1, wide).index_select(0, rows.flatten())
    source = source.view(clips, frames, 1, down * high, across * wide)
    place = torch.arange(height * width, device=device).view(height, width)
    corners = place[: down * high : high, : across * wide : wide]  # (down, across)
    source += corners.repeat_interleave(high, dim=0).repeat_interleave(wide, dim=1)
    if source.shape[-2:] != place.shape:
        whole = place.repeat(clips, frames, 1, 1, 1)
        whole[..., : down * high, : across * wide] = source
        source = whole
    index = source.flatten(3).expand(-1, -1, channels, -1)  # (B, T, C, H * W)
    return video.flatten(3).gather(3, index).view(video.shape)


def _replace_pixels(
    video: Tensor, lengths: Tensor, config: PerturbationConfig, generator: Generator
) -> Tensor:
    """Give a share of the pixels random colours."""
    shape = video.flatten(3).shape  # (B, T, C, H * W)
    colours = _random_frames(_random_levels, shape, video.dtype, generator)
    level = _random_frames(torch.rand, (*shape[:2], 1, shape[3]), torch.float32, generator)
    replaced = (level < config.replaced).to(video.dtype)
    torch.lerp(video.flatten(3), colours, replaced, out=colours)
    return colours.view(video.shape)


def _occlude_blocks(
    video: Tensor, lengths: Tensor, config: PerturbationConfig, generator: Generator
) -> Tensor:
    """Set blocks of each frame to 0."""
    blocks = _random_blocks(video, config.num_blocks, config.block_size, generator)
    return (video.flatten(3) * (1 - blocks).flatten(3)).view(video.shape)


def _add_noise(
    video: Tensor, lengths: Tensor, config: PerturbationConfig, generator: Generator
) -> Tensor:
    """Add Gaussian noise in regions of each frame."""
    regions = _random_blocks(video, config.num_noises, config.noise_size, generator)
    noise = _random_frames(torch.randn, video.flatten(3).shape, video.dtype, generator)
    noise.mul_(regions.flatten(3).mul_(config.noise_deviation))
    return noise.add_(video.flatten(3)).clamp_(0, 1).view(video.shape)


def _shuffle_frames(
    video: Tensor, lengths: Tensor, config: PerturbationConfig, generator: Generator
) -> Tensor:
    """Reorder the frames within windows, the first of which is cut short at random."""
    (clips, frames), device = video.shape[:2], video.device
    time = torch.arange(frames, device=device)
    cut = torch.randint(config.shuffle_frames, (clips, 1), generator=generator, device=device)
    window = (time + cut) // config.shuffle_frames  # (B, T)
    window = torch.where(valid_frames(lengths, frames), window, frames + time)
    # All frames in random order, then sorted by window, which keeps the order within one.
    mixed = torch.rand(window.shape, generator=generator, device=device).argsort(dim=1)
    order = mixed.gather(1, window.gather(1, mixed).argsort(dim=1, stable=True))
    order = order + frames * torch.arange(clips, device=device)[:, None]
    return video.flatten(0, 1).index_select(0, order.flatten()).view(video.shape)


_PERTURBATIONS: dict[str, Callable[..., Tensor]] = {
    "pixel_shuffle": _shuffle_pixels,
    "pixel_replacement": _replace_pixels,
    "block_occlusion": _occlude_blocks,
    "gaussian_noise": _add_noise,
    "temporal_shuffle": _shuffle_frames,
}


def _random_blocks(video: Tensor, number: int, size: float, generator: Generator) -> Tensor:
    """1 inside blocks at random places in each frame, 0 elsewhere, ``(B, T, 1, H, W)``.

    A block is where its rows and its columns meet, so a matrix product over the blocks counts, for
    each pixel, in how many it lies.
    """

    def lines(extent: int) -> Tensor:
        side = round(size * extent)
        shape, device = (*video.shape[:2], number, 1), video.device
        first = torch.randint(extent - side + 1, shape, generator=generator, device=device)
        line = torch.arange(extent, device=device)
        return ((line >= first) & (line < first + side)).to(video.dtype)  # (B, T, N, extent)

    rows, columns = lines(video.shape[-2]), lines(video.shape[-1])
    return (rows.transpose(-2, -1) @ columns).clamp_(max=1)[:, :, None]


def _random_levels(number: int, generator: Generator, device: torch.device) -> Tensor:
    """Brightnesses as 8 bits have them, ``(number,)``: eight out of every number that is drawn."""
    drawn = torch.empty(number // 8 + 1, dtype=torch.int64, device=device)
    drawn.random_(-(2**63), None, generator=generator)
    return drawn.view(torch.uint8)[:number].float().div_(255)


def _random_frames(
    draw: Callable[..., Tensor], shape: tuple[int, ...], dtype: torch.dtype, generator: Generator
) -> Tensor:
    """Random numbers ``(B, T, ...)``, of which each frame is random by itself.

    Drawing takes most of the time of a perturbation on a CPU. So a few frames are drawn, end to end
    and anew for every part, and each frame takes a window that starts at a random place in them.
    """
    number, device = prod(shape[2:]), generator.device
    drawn = draw(_NUM_DRAWN * number, generator=generator, device=device).to(dtype)
    windows = drawn.unfold(0, number, 1)
    first = torch.randint(len(windows), (prod(shape[:2]),), generator=generator, device=device)
    return windows.index_select(0, first).view(shape)
