from dataclasses import replace

import numpy as np
import pytest
import torch

from signzoo.data.videos import SigningVideo
from signzoo.errors import UsageError
from signzoo.models.motion_autoencoder import (
    MotionAutoencoder,
    MotionAutoencoderConfig,
    PerturbationConfig,
)
from signzoo.models.motion_autoencoder import reconstruction as module
from signzoo.models.motion_autoencoder.reconstruction import Reconstruction, reconstruct

SIZE = 32


def make_video(frames: int, size: int = SIZE) -> SigningVideo:
    """Grey noise; one landmark runs to and fro, another stands still."""
    random = np.random.default_rng(0)
    points = np.full((frames, 2, 2), 8, np.float32)
    points[:, 0, 0] = 16 + 8 * np.sin(np.arange(frames) * 0.4)
    pixels = random.integers(50, 200, (frames, size, size, 3), dtype=np.uint8)
    return SigningVideo(pixels, points, np.ones((frames, 2), np.float32), scale=10.0)


@pytest.fixture(scope="module")
def network() -> MotionAutoencoder:
    torch.manual_seed(0)
    config = MotionAutoencoderConfig(width=4, size=SIZE, bottleneck=4, decoder_width=8)
    return MotionAutoencoder(config).eval()


class Untouched(MotionAutoencoder):
    """Gives back what it sees, and remembers how much that was at once."""

    def __init__(self, config):
        super().__init__(config)
        self.seen = []

    def forward(self, video, lengths):
        self.seen.append(tuple(video.shape[:2]))
        return video


@pytest.fixture
def untouched(network) -> Untouched:
    return Untouched(network.config)


def assert_same(first: Reconstruction, second: Reconstruction):
    for name in ("original", "perturbed", "mask", "restored"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))


@pytest.mark.parametrize("frames", [1, 5, 16, 17, 40])
def test_a_video_of_any_length_is_restored_whole(network, frames):
    video = make_video(frames)
    result = reconstruct(network, video)
    np.testing.assert_array_equal(result.original, video.frames)
    for pixels in (result.perturbed, result.restored):
        assert (pixels.shape, pixels.dtype) == (video.frames.shape, np.uint8)
    assert (result.mask.shape, result.mask.dtype) == (video.frames.shape[:3], bool)


def test_every_frame_belongs_to_a_full_window(untouched):
    result = reconstruct(untouched, make_video(21), window=8)
    assert untouched.seen == [(3, 8)]
    np.testing.assert_array_equal(result.restored, result.perturbed)


def test_a_short_video_is_one_short_window(untouched):
    reconstruct(untouched, make_video(5), window=8)
    assert untouched.seen == [(1, 5)]


def test_the_length_of_a_video_does_not_decide_how_much_is_restored_at_once(untouched):
    reconstruct(untouched, make_video(90), window=4)
    assert max(clips for clips, _ in untouched.seen) == module._WINDOWS
    assert sum(clips for clips, _ in untouched.seen) == 23


def test_frames_come_back_in_their_order(untouched):
    video = make_video(21)
    result = reconstruct(untouched, video, PerturbationConfig(kinds=()), window=8)
    np.testing.assert_array_equal(result.restored, video.frames)
    np.testing.assert_array_equal(result.perturbed, video.frames)


def test_a_window_is_restored_as_training_sees_it(network):
    video = make_video(8)
    result = reconstruct(network, video, PerturbationConfig(kinds=()), window=8)
    pixels = torch.from_numpy(video.frames).permute(0, 3, 1, 2)[None] / 255
    with torch.inference_mode():
        expected = network(pixels, torch.tensor([8]))[0].clamp(0, 1).permute(0, 2, 3, 1)
    np.testing.assert_allclose(result.restored, expected * 255, atol=0.51)


def test_only_the_landmark_that_moves_is_masked(network):
    mask = reconstruct(network, make_video(16)).mask
    y, x = np.indices((SIZE, SIZE))
    still = np.hypot(x - 8, y - 8) <= 2.5
    moving = np.hypot(x - 16, y - 8) <= 2.5
    assert mask[0, moving].all()  # in the middle of its way it is fast
    assert not mask[0, still & ~moving].any()
    assert mask[:, 12:].sum() == 0  # the radius is 2.5 pixels here


def test_without_shoulders_nothing_is_masked(network):
    result = reconstruct(network, replace(make_video(16), scale=0.0))
    assert not result.mask.any()
    assert all(np.isnan(result.errors(fast=True)))


def test_the_same_seed_perturbs_alike_and_another_one_does_not(network):
    video = make_video(20)
    first, again, other = (reconstruct(network, video, seed=seed) for seed in (3, 3, 4))
    assert_same(first, again)
    assert not np.array_equal(first.perturbed, other.perturbed)


def test_dropout_and_norms_are_those_of_evaluation(network):
    expected = reconstruct(network, make_video(8))
    network.train()
    assert_same(reconstruct(network, make_video(8)), expected)
    assert not network.training


def test_errors_are_those_inside_and_outside_the_mask():
    black = np.zeros((2, 4, 4, 3), np.uint8)
    mask = np.zeros((2, 4, 4), bool)
    mask[0, 0] = True
    perturbed, restored = black.copy(), black.copy()
    perturbed[mask] = 255
    restored[mask] = 51
    restored[1, 3, 3, 0] = 255
    result = Reconstruction(black, perturbed, mask, restored)
    assert result.errors(fast=True) == pytest.approx((1, 0.2**2))
    assert result.errors(fast=False) == pytest.approx((0, 1 / 3 / 28))


def test_a_video_of_another_size_is_refused(network):
    with pytest.raises(UsageError, match="sees 32×32 pixels, not 48×48"):
        reconstruct(network, make_video(8, size=48))


def test_a_window_without_frames_is_refused(network):
    with pytest.raises(UsageError, match="A window needs frames; got 0"):
        reconstruct(network, make_video(8), window=0)
