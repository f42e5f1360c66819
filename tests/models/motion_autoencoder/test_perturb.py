from dataclasses import replace

import numpy as np
import pytest
import torch

from signzoo.errors import UsageError
from signzoo.models.motion_autoencoder.perturb import (
    KINDS,
    PerturbationConfig,
    fast_mask,
    landmark_speed,
    perturb,
)
from tests.models.motion_autoencoder import reference

B, T, C, H, W, V = 3, 6, 3, 24, 32, 5
LENGTHS = torch.tensor([6, 4, 1])
FPS, SCALE = 25.0, torch.tensor([40.0, 25.0, 30.0])


@pytest.fixture
def video():
    """Clips of random pictures, black in the padding."""
    video = torch.rand(B, T, C, H, W, generator=seeded())
    for clip, length in enumerate(LENGTHS):
        video[clip, length:] = 0
    return video


@pytest.fixture
def mask():
    mask = torch.zeros(B, T, 1, H, W, dtype=torch.bool)
    mask[..., 5:15, 8:20] = True
    return mask


@pytest.fixture
def landmarks():
    """Points and confidence of landmarks that wander by up to a few pixels a frame."""
    rng = np.random.default_rng(0)
    points = np.cumsum(rng.normal(0, 1.5, (B, T, V, 2)), axis=1) + rng.uniform(0, 28, (B, 1, V, 2))
    confidence = (rng.random((B, T, V)) > 0.2) * 0.9
    return torch.from_numpy(points), torch.from_numpy(confidence)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def only(kind, **fields):
    return PerturbationConfig(kinds=(kind,), **{"large": 1.0, **fields})


def everywhere(video):
    return torch.ones(*video.shape[:2], 1, *video.shape[3:], dtype=torch.bool)


def full(video):
    """Lengths without padding."""
    return torch.full((len(video),), video.shape[1])


# --- speed, Eq. 3


def test_speed_is_that_of_the_definition(landmarks):
    points, confidence = landmarks
    speed = landmark_speed(points, confidence, LENGTHS, FPS, SCALE)
    for clip, length in enumerate(LENGTHS.tolist()):
        arrays = points[clip].numpy(), confidence[clip].numpy()
        expected = reference.speed(*arrays, length, FPS, SCALE[clip].item())
        np.testing.assert_allclose(speed[clip], expected, rtol=1e-6)


def test_a_shoulder_width_in_each_frame_is_the_frame_rate_whatever_the_size():
    step = torch.arange(4.0)[:, None, None] * torch.tensor([0.6, 0.8])
    points = torch.stack([step * 50, step * 200])  # (2, 4, 1, 2)
    fps, scale = torch.tensor([25.0, 50.0]), torch.tensor([50.0, 200.0])
    speed = landmark_speed(points, torch.ones(2, 4, 1), torch.tensor([4, 4]), fps, scale)
    torch.testing.assert_close(speed, fps[:, None, None].expand(2, 4, 1))


def test_the_first_frame_moves_as_the_second(landmarks):
    speed = landmark_speed(*landmarks, LENGTHS, FPS, SCALE)
    assert (speed[0, 0] > 0).any()
    torch.testing.assert_close(speed[:, 0], speed[:, 1])


@pytest.mark.parametrize("missing", ["no confidence", "NaN", "infinite"])
def test_a_missing_landmark_is_still_in_its_frame_and_the_next(landmarks, missing):
    points, confidence = landmarks[0], torch.ones(B, T, V)
    if missing == "no confidence":
        confidence[0, 3, 2] = 0
    else:
        points[0, 3, 2, 1] = float(missing[:3])
    speed = landmark_speed(points, confidence, LENGTHS, FPS, SCALE)
    assert (speed[0, :, 2] > 0).tolist() == [True, True, True, False, False, True]
    assert (speed[0, :, [0, 1, 3, 4]] > 0).all()


def test_the_speed_of_padding_is_0_and_padding_is_not_read(landmarks):
    points, confidence = landmarks
    speed = landmark_speed(points, confidence, LENGTHS, FPS, SCALE)
    points, confidence = points.clone(), confidence.clone()
    for clip, length in enumerate(LENGTHS):
        points[clip, length:], confidence[clip, length:] = 1e6, 1
        assert not speed[clip, length:].any()
    torch.testing.assert_close(landmark_speed(points, confidence, LENGTHS, FPS, SCALE), speed)


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan"), float("inf")])
def test_nothing_moves_where_the_shoulder_width_is_unknown(landmarks, scale):
    scales = torch.tensor([scale, 25.0, 30.0])
    speed = landmark_speed(*landmarks, LENGTHS, FPS, scales)
    assert not speed[0].any()
    assert speed[1].any()
    assert speed.isfinite().all()
    assert not fast_mask(*landmarks, speed, PerturbationConfig(), scales, (H, W))[0].any()


def test_a_single_frame_does_not_move():
    speed = landmark_speed(
        torch.rand(2, 1, V, 2), torch.ones(2, 1, V), torch.ones(2), FPS, SCALE[:2]
    )
    assert speed.shape == (2, 1, V)
    assert not speed.any()


# --- mask, Eq. 4


@pytest.mark.parametrize("radius", [0.0, 0.02, 0.1, 0.25, 0.9, 5.0])
@pytest.mark.parametrize("size", [(24, 32), (5, 7), (40, 3)])
def test_mask_is_that_of_the_definition(landmarks, radius, size):
    points, confidence = landmarks
    config = PerturbationConfig(radius=radius, threshold=1.0)
    speed = landmark_speed(points, confidence, LENGTHS, FPS, SCALE)
    mask = fast_mask(points, confidence, speed, config, SCALE, size)
    assert mask.shape == (B, T, 1, *size)
    for clip in range(B):
        for frame in range(T):
            expected = reference.mask(
                points[clip, frame].numpy(), speed[clip, frame].numpy(), 1.0,
                radius * SCALE[clip].item(), size,
            )  # fmt: skip
            np.testing.assert_array_equal(mask[clip, frame, 0], expected)


def test_a_disc_around_a_fast_landmark_is_round_and_cut_at_the_edge():
    points = torch.tensor([[[[2.0, 2.0], [7.0, 0.0]]]])
    config = PerturbationConfig(radius=0.5, threshold=1)
    mask = fast_mask(
        points, torch.ones(1, 1, 2), torch.full((1, 1, 2), 2.0), config, torch.tensor([4.0]), (5, 8)
    )
    drawn = ["".join(".#"[pixel] for pixel in row) for row in mask[0, 0, 0].int().tolist()]
    assert drawn == ["..#..###", ".###..##", "#####..#", ".###....", "..#....."]


def test_slow_missing_and_lost_landmarks_leave_the_mask_empty():
    points = torch.tensor([[[[5.0, 5.0], [5.0, 5.0], [float("nan"), 5.0], [9e9, -9e9]]]])
    speed = torch.tensor([[[1.0, 9.0, 9.0, 9.0]]])  # at the threshold is not above it
    confidence = torch.tensor([[[1.0, 0.0, 1.0, 1.0]]])
    mask = fast_mask(points, confidence, speed, PerturbationConfig(), torch.tensor([20.0]), (H, W))
    assert not mask.any()


# --- kinds


def test_pixel_shuffling_keeps_the_colours_of_each_square(video):
    shuffled = perturb(video, everywhere(video), full(video), only("pixel_shuffle"), seeded())
    assert not torch.equal(shuffled, video)
    for before, after in zip(squares(video, 8), squares(shuffled, 8), strict=True):
        # The three channels of a pixel stay together.
        assert sorted(before.T.tolist()) == sorted(after.T.tolist())


def squares(video, side):
    tiles = video.unfold(3, side, side).unfold(4, side, side)  # (B, T, C, down, across, 8, 8)
    return tiles.permute(0, 1, 3, 4, 2, 5, 6).reshape(-1, video.shape[2], side * side)


def test_every_pixel_of_a_square_reaches_every_place():
    number = torch.arange(16.0).view(1, 1, 1, 4, 4).expand(64, 32, 1, 4, 4) / 16
    config = only("pixel_shuffle", shuffle_size=4)
    shuffled = perturb(number, everywhere(number), full(number), config, seeded())
    places = (shuffled * 16).flatten(2).long().flatten(0, 1)  # (2048, 16)
    counts = torch.stack([(places == pixel).sum(dim=0) for pixel in range(16)]) / len(places)
    torch.testing.assert_close(counts, torch.full((16, 16), 1 / 16), atol=0.06, rtol=0)


def test_pixels_that_fill_no_square_stay(video):
    config = only("pixel_shuffle", shuffle_size=9)
    shuffled = perturb(video, everywhere(video), full(video), config, seeded())
    changed = (shuffled != video).any(dim=2).flatten(0, 1).any(dim=0)
    assert changed[:18, :27].all()
    assert not changed[18:].any()
    assert not changed[:, 27:].any()


def test_a_square_as_large_as_the_picture_shuffles_all_of_it(video):
    config = only("pixel_shuffle", shuffle_size=100)
    shuffled = perturb(video, everywhere(video), full(video), config, seeded())
    before, after = video[0, 0].flatten(1), shuffled[0, 0].flatten(1)
    assert (before != after).float().mean() > 0.98
    torch.testing.assert_close(after.sort().values, before.sort().values)


def test_replaced_pixels_get_any_colour(video):
    black = torch.zeros(2, T, C, 64, 64)
    result = perturb(black, everywhere(black), full(black), only("pixel_replacement"), seeded())
    replaced = result.amax(dim=2) > 0
    assert replaced.float().mean().item() == pytest.approx(0.3, abs=0.01)
    colours = result.transpose(2, 4)[replaced.transpose(2, 3)]
    counts = torch.histc(colours, 8, 0, 1) / colours.numel()
    torch.testing.assert_close(counts, torch.full((8,), 1 / 8), atol=0.01, rtol=0)


def test_all_or_none_of_the_pixels_can_be_replaced(video):
    none = only("pixel_replacement", replaced=0.0)
    assert torch.equal(perturb(video, everywhere(video), full(video), none, seeded()), video)
    every = only("pixel_replacement", replaced=1.0)
    result = perturb(video, everywhere(video), full(video), every, seeded())
    assert (result != video).any(dim=2).all()


def test_occluded_blocks_are_black_rectangles_that_differ_between_frames(video):
    white = torch.ones_like(video)
    config = only("block_occlusion", num_blocks=1, block_size=0.25)
    occluded = perturb(white, everywhere(video), full(video), config, seeded())
    black = (occluded == 0).all(dim=2).flatten(0, 1)  # (B * T, H, W)
    assert (black.sum(dim=(1, 2)) == 6 * 8).all()
    assert (black.any(dim=2).sum(dim=1) == 6).all()  # rows
    assert len({tuple(frame.flatten().tolist()) for frame in black}) > B * T / 2


def test_noise_is_normal_in_its_regions_and_absent_elsewhere():
    grey = torch.full((4, T, C, 64, 64), 0.5)
    config = only("gaussian_noise", noise_deviation=0.1, num_noises=1, noise_size=0.5)
    noise = perturb(grey, everywhere(grey), full(grey), config, seeded()) - 0.5
    region = (noise != 0).any(dim=2)
    assert region.float().mean().item() == pytest.approx(0.25, abs=1e-3)
    values = noise[noise != 0]
    assert values.mean().item() == pytest.approx(0, abs=2e-3)
    assert values.std().item() == pytest.approx(0.1, abs=2e-3)
    assert (values.abs() < 0.1).float().mean().item() == pytest.approx(0.6827, abs=0.01)


def test_temporal_shuffling_reorders_the_valid_frames_of_each_clip():
    number, lengths = torch.arange(12.0) / 12, torch.tensor([12, 7, 1, 0])
    video = number[:, None, None, None].repeat(4, 1, 1, 2, 2)
    config = only("temporal_shuffle", shuffle_frames=4)
    shuffled = perturb(video, everywhere(video), lengths, config, seeded())
    assert not torch.equal(shuffled[0], video[0])
    for before, after, length in zip(video, shuffled, lengths, strict=True):
        assert torch.equal(after[:length].sort(dim=0).values, before[:length])
        assert torch.equal(after[length:], before[length:])


def test_no_frame_moves_further_than_its_window():
    video = (torch.arange(20.0) / 20)[:, None, None, None].repeat(200, 1, 1, 1, 1)
    config = only("temporal_shuffle", shuffle_frames=3)
    shuffled = perturb(video, everywhere(video), full(video), config, seeded())
    moved = ((shuffled - video) * 20).round().flatten()
    assert set(moved.tolist()) == {-2, -1, 0, 1, 2}


@pytest.mark.parametrize(
    "nothing",
    [
        only("pixel_shuffle", shuffle_size=1),
        only("block_occlusion", num_blocks=0),
        only("block_occlusion", block_size=0.0),
        only("gaussian_noise", num_noises=0),
        only("gaussian_noise", noise_deviation=0.0),
        only("temporal_shuffle", shuffle_frames=1),
        PerturbationConfig(kinds=()),
    ],
)
def test_strength_0_changes_nothing(video, mask, nothing):
    result = perturb(video, mask, LENGTHS, nothing, seeded())
    torch.testing.assert_close(result, video, rtol=0, atol=0)
    assert result.data_ptr() != video.data_ptr()


# --- Eq. 5


@pytest.mark.parametrize("kind", KINDS)
def test_with_weight_1_only_pixels_in_the_mask_change(video, mask, kind):
    result = perturb(video, mask, full(video), only(kind), seeded())
    changed = (result != video).any(dim=2, keepdim=True)
    assert (changed & mask).any()
    assert not (changed & ~mask).any()


@pytest.mark.parametrize("kind", KINDS)
def test_weights_share_each_pixel_between_the_picture_and_its_perturbation(video, mask, kind):
    perturbed = perturb(video, everywhere(video), LENGTHS, only(kind), seeded())
    result = perturb(video, mask, LENGTHS, only(kind, large=0.8), seeded())
    weight = torch.where(mask, 0.8, 0.2)
    torch.testing.assert_close(result, (1 - weight) * video + weight * perturbed)


@pytest.mark.parametrize("kind", KINDS)
def test_weight_one_half_perturbs_all_pixels_alike(video, mask, kind):
    config = only(kind, large=0.5)
    inside = perturb(video, mask, LENGTHS, config, seeded())
    assert torch.equal(inside, perturb(video, ~mask, LENGTHS, config, seeded()))


@pytest.mark.parametrize("kind", KINDS)
def test_statistics_are_those_of_the_frame_by_frame_reference(kind):
    rng = np.random.default_rng(0)
    video = rng.random((30, 8, C, 32, 32), np.float32)
    masks = np.zeros((30, 8, 1, 32, 32), bool)
    masks[..., 4:20, 10:30] = True
    config = PerturbationConfig(kinds=(kind,))
    lengths = rng.integers(5, 9, 30)
    expected = reference.perturb(video, masks, lengths, config, rng)
    tensors = [torch.from_numpy(array) for array in (video, masks, lengths)]
    result = perturb(*tensors, config, seeded()).numpy()
    for where in (masks, ~masks):
        ours, theirs = (np.abs(each - video)[np.broadcast_to(where, video.shape)]
                        for each in (result, expected))  # fmt: skip
        assert (ours > 1e-4).mean() == pytest.approx((theirs > 1e-4).mean(), rel=0.05)
        assert ours.mean() == pytest.approx(theirs.mean(), rel=0.05)
    assert result.mean() == pytest.approx(expected.mean(), rel=0.02)


def test_each_clip_draws_one_of_the_kinds(mask):
    grey = torch.full((300, 1, C, 16, 16), 0.5)
    config = PerturbationConfig(
        kinds=("block_occlusion", "temporal_shuffle", "gaussian_noise"), large=1.0, num_blocks=2
    )
    result = perturb(grey, everywhere(grey), full(grey), config, seeded()).flatten(1)
    occluded = (result == 0).any(dim=1) & ((result == 0) | (result == 0.5)).all(dim=1)
    same = (result == 0.5).all(dim=1)
    noisy = ~occluded & ~same
    for share in (occluded, same, noisy):
        assert share.float().mean().item() == pytest.approx(1 / 3, abs=0.08)


@pytest.mark.parametrize("mixed", [False, True])
def test_a_share_of_the_clips_is_left_as_it_is(mixed):
    torch.manual_seed(0)
    video, mask = torch.rand(200, 2, 3, 8, 8), torch.ones(200, 2, 1, 8, 8, dtype=torch.bool)
    config = PerturbationConfig(("gaussian_noise", "block_occlusion"), share=0.3, mixed=mixed)
    result = perturb(video, mask, torch.full((200,), 2), config, torch.Generator().manual_seed(1))
    changed = (result != video).flatten(1).any(dim=1).float().mean()
    assert 0.2 < changed < 0.4
    none = PerturbationConfig(share=0.0, mixed=mixed)
    result = perturb(video, mask, torch.full((200,), 2), none, torch.Generator().manual_seed(1))
    assert torch.equal(result, video)


def test_mixed_applies_all_the_kinds_in_turn(mask):
    grey = torch.full((20, 2, C, 32, 32), 0.5)
    config = PerturbationConfig(
        kinds=("gaussian_noise", "block_occlusion"), mixed=True, large=1.0, noise_deviation=0.01
    )
    result = perturb(grey, everywhere(grey), full(grey), config, seeded()).flatten(1)
    assert (result == 0).any(dim=1).all()
    assert ((result != 0) & (result != 0.5)).any(dim=1).all()


# --- what must hold for any video


@pytest.mark.parametrize("config", [PerturbationConfig(), PerturbationConfig(mixed=True),
                                    *map(only, KINDS)])  # fmt: skip
class TestAnyPerturbation:
    def test_padding_is_untouched_and_not_read(self, video, mask, config):
        result = perturb(video, mask, LENGTHS, config, seeded())
        elsewhere = video.clone()
        for clip, length in enumerate(LENGTHS):
            assert not result[clip, length:].any()
            elsewhere[clip, length:] = 0.7
        again = perturb(elsewhere, mask, LENGTHS, config, seeded())
        for clip, length in enumerate(LENGTHS):
            assert torch.equal(again[clip, :length], result[clip, :length])
            assert torch.equal(again[clip, length:], elsewhere[clip, length:])

    def test_the_same_seed_gives_the_same_video_and_another_seed_another(self, video, mask, config):
        first, same, other = (
            perturb(video, mask, LENGTHS, config, seeded(seed)) for seed in (3, 3, 4)
        )
        assert torch.equal(first, same)
        assert not torch.equal(first, other)

    def test_the_video_that_comes_in_is_left_alone(self, video, mask, config):
        before = video.clone()
        perturb(video, mask, LENGTHS, config, seeded())
        assert torch.equal(video, before)

    @pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
    def test_pixels_stay_between_black_and_white(self, video, mask, config, dtype):
        result = perturb(video.round().to(dtype), mask, LENGTHS, config, seeded())
        assert result.dtype == dtype
        assert ((result >= 0) & (result <= 1)).all()

    def test_the_order_of_the_axes_in_memory_is_of_no_consequence(self, video, mask, config):
        last = video.permute(0, 1, 3, 4, 2).contiguous().permute(0, 1, 4, 2, 3)
        result = perturb(last, mask, LENGTHS, config, seeded())
        torch.testing.assert_close(result, perturb(video, mask, LENGTHS, config, seeded()))

    @pytest.mark.parametrize("frames", [1, T])
    def test_black_videos_without_landmarks_give_finite_pictures(self, config, frames):
        points = torch.full((B, frames, V, 2), float("nan"))
        confidence, lengths = torch.zeros(B, frames, V), torch.full((B,), frames)
        speed = landmark_speed(points, confidence, lengths, FPS, SCALE)
        empty = fast_mask(points, confidence, speed, config, SCALE, (H, W))
        assert not empty.any()
        result = perturb(torch.zeros(B, frames, C, H, W), empty, lengths, config, seeded())
        assert result.shape == (B, frames, C, H, W)
        assert result.isfinite().all()


# --- configuration


def test_an_unknown_kind_is_named_and_the_known_ones_listed():
    with pytest.raises(UsageError, match="'pixel_shufle'. Did you mean pixel_shuffle.*temporal"):
        PerturbationConfig(kinds=("gaussian_noise", "pixel_shufle"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("large", 1.1), ("large", float("nan")), ("replaced", -0.1), ("block_size", 2),
        ("noise_size", 1.5), ("threshold", -1.0), ("threshold", float("nan")), ("radius", -0.1),
        ("radius", float("inf")), ("noise_deviation", -0.3), ("num_blocks", -1),
        ("num_noises", 1.5), ("shuffle_size", 0), ("shuffle_frames", 0), ("shuffle_frames", 2.0),
    ],
)  # fmt: skip
def test_impossible_values_are_refused_by_name(name, value):
    with pytest.raises(UsageError, match=f"^{name} is .* from .*got {value!r}"):
        replace(PerturbationConfig(), **{name: value})
