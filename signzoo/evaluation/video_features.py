"""Says how much of the signs a frozen video network's features hold: a linear probe.

Every clip of one sign becomes one vector; a linear classifier is trained on the vectors of some
signers and names the signs of others (Alain and Bengio, "Understanding Intermediate Layers Using
Linear Classifier Probes", arXiv:1610.01644). The network itself learns nothing.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from signzoo.data.videos import VideoSource, VideoStore
from signzoo.errors import UsageError
from signzoo.models.motion_autoencoder.features import encode_frames
from signzoo.models.motion_autoencoder.network import FPS, MotionAutoencoder

# Moments of a clip, evenly spaced, whose features make its vector: before, two within, after.
_MOMENTS = 4


def clip_features(
    network: MotionAutoencoder,
    sources: Sequence[VideoSource],
    store: VideoStore,
    progress: bool = True,
) -> np.ndarray:
    """Describe whole clips by a frozen network.

    Args:
        network: Which one.
        sources: The clips.
        store: Has them in the network's size at 25 frames a second.
        progress: Show a bar.

    Returns:
        Features at four moments of each clip, end to end, ``(N, 4 D)`` float32.
    """
    from tqdm import tqdm

    rows = []
    disable = None if progress else True
    for source in tqdm(sources, "features", unit="clip", leave=False, disable=disable):
        features = encode_frames(network, np.array(store.open(source).frames))
        moments = nn.functional.interpolate(
            features.T[None], _MOMENTS, mode="linear", align_corners=True
        )
        rows.append(moments[0].T.flatten().numpy())
    return np.stack(rows)


def landmark_features(sources: Sequence[VideoSource], store: VideoStore) -> np.ndarray:
    """Describe whole clips by where their landmarks are, as a network sees them at best.

    Args:
        sources: The clips.
        store: Has them.

    Returns:
        Places of the landmarks at eight moments of each clip as shares of the picture, 0 where one
        is missing, ``(N, 8 V 2)`` float32.
    """
    rows = []
    for source in sources:
        video = store.open(source)
        moments = np.linspace(0, len(video.points) - 1, 2 * _MOMENTS).round().astype(int)
        points = video.points[moments] / video.frames.shape[1]
        seen = (video.confidence[moments] > 0) & np.isfinite(points).all(axis=-1)
        rows.append(np.where(seen[..., None], points, 0).flatten())
    return np.stack(rows).astype(np.float32)


def isolated_signs(sources: Sequence[VideoSource]) -> list[VideoSource]:
    """Those that show one sign and say which.

    Raises:
        UsageError: There are none.
    """
    found = [source for source in sources if len(source.gloss) == 1]
    if not found:
        raise UsageError("None of the clips shows one sign; their manifest needs gloss: [NAME].")
    return found


def random_network(network: MotionAutoencoder, seed: int) -> MotionAutoencoder:
    """A network of the same size that has learnt nothing."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return MotionAutoencoder(network.config).eval()


def video_store(network: MotionAutoencoder) -> VideoStore:
    """Where a network finds clips in its own size."""
    return VideoStore(network.config.size, FPS)
