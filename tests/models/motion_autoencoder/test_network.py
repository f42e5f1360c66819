import pytest
import torch

from signzoo.errors import UsageError
from signzoo.models.motion_autoencoder import MotionAutoencoder, MotionAutoencoderConfig

TINY = {"width": 4, "size": 32, "bottleneck": 4, "decoder_width": 8}


def tiny(**changes) -> MotionAutoencoder:
    torch.manual_seed(0)
    return MotionAutoencoder(MotionAutoencoderConfig(**{**TINY, **changes})).eval()


@pytest.mark.parametrize("space", [8, 16])
@pytest.mark.parametrize("stride", [1, 2, 4, 8])
@pytest.mark.parametrize("frames", [1, 2, 7, 16])
def test_what_is_restored_has_the_shape_of_the_video(space, stride, frames):
    video = torch.rand(2, frames, 3, 32, 32)
    lengths = torch.tensor([frames, 1])
    network = tiny(temporal_stride=stride, spatial_stride=space)
    restored = network(video, lengths)
    assert restored.shape == video.shape
    assert not restored[1, 1:].any()
    features, reduced = network.encode(video, lengths)
    assert features.shape == (2, -(-frames // stride), 4 * (32 // space) ** 2)
    assert features.shape[2] == network.num_features
    assert reduced.tolist() == [-(-frames // stride), 1]


def test_padding_changes_neither_features_nor_restored_frames():
    network = tiny()
    video = torch.rand(1, 9, 3, 32, 32)
    padded = torch.cat([video, 50 * torch.randn(1, 6, 3, 32, 32)], dim=1)
    lengths = torch.tensor([9])
    torch.testing.assert_close(network(padded, lengths)[:, :9], network(video, lengths))
    alone, together = network.encode(video, lengths), network.encode(padded, lengths)
    torch.testing.assert_close(together[0][:, :3], alone[0])
    assert not together[0][:, 3:].any()


def test_the_features_say_where_something_is():
    """A pooled map would be nearly the same for a spot here and there."""
    network = tiny()
    video = torch.zeros(2, 8, 3, 32, 32)
    video[0, :, :, 4:10, 4:10] = 1
    video[1, :, :, 20:26, 20:26] = 1
    features, _ = network.encode(video, torch.tensor([8, 8]))
    assert (features[0] - features[1]).abs().max() > 0.1 * features.abs().max()


def test_the_decoder_is_small_beside_the_encoder():
    with torch.device("meta"):
        base = MotionAutoencoder(MotionAutoencoderConfig())
    decoder = sum(p.numel() for p in base.decoder.parameters())
    encoder = sum(p.numel() for p in base.backbone.parameters())
    assert 33_000_000 < encoder < 33_400_000  # r3d_18 without its classifier
    assert decoder < encoder / 10


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"backbone": "r3d_19"}, "r3d_18, slow_r50"),
        ({"temporal_stride": 3}, "1, 2, 4 or 8"),
        ({"size": 100}, "multiple of 16"),
        ({"spatial_stride": 4}, "8 or 16"),
        ({"width": 0}, "positive"),
    ],
)
def test_an_impossible_config_is_refused(changes, message):
    with pytest.raises(UsageError, match=message):
        MotionAutoencoderConfig(**changes)


def test_video_of_another_size_is_refused():
    with pytest.raises(UsageError, match="32×32 pixels, not 48×40"):
        tiny().encode(torch.rand(1, 4, 3, 40, 48), torch.tensor([4]))


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_black_or_white_video_gives_finite_features(value):
    features, _ = tiny().encode(torch.full((1, 4, 3, 32, 32), value), torch.tensor([4]))
    assert features.isfinite().all()
