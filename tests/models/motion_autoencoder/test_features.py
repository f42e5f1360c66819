import numpy as np
import pytest
import torch

from signzoo.models.motion_autoencoder import MotionAutoencoder, MotionAutoencoderConfig
from signzoo.models.motion_autoencoder.features import encode_frames

TINY = MotionAutoencoderConfig(width=4, size=32, bottleneck=4, decoder_width=8)


@pytest.fixture
def network():
    torch.manual_seed(0)
    return MotionAutoencoder(TINY).eval()


@pytest.mark.parametrize("count", [1, 256, 257, 600])
def test_a_long_video_is_encoded_in_parts_as_a_whole(network, count, monkeypatch):
    frames = np.random.default_rng(0).integers(0, 255, (count, 32, 32, 3), np.uint8)
    parts = encode_frames(network, frames)
    monkeypatch.setattr("signzoo.models.motion_autoencoder.features._CHUNK", 1000)
    whole = encode_frames(network, frames)
    assert parts.shape == (-(-count // 4), network.num_features)
    torch.testing.assert_close(parts, whole, rtol=0.05, atol=0.05)


def test_no_more_frames_are_held_than_are_encoded_at_a_time(network, monkeypatch):
    sizes, encode = [], network.encode

    def counted(video, lengths):
        sizes.append(video.shape[1])
        return encode(video, lengths)

    monkeypatch.setattr(network, "encode", counted)
    encode_frames(network, (np.zeros((32, 32, 3), np.uint8) for _ in range(1500)))
    assert len(sizes) == 6
    assert max(sizes) <= 64 + 256 + 64
