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
from signzoo.models.motion_autoencoder.network import FPS, MotionAutoencoder

# Moments of a clip, evenly spaced, whose features make its vector: before, two within, after.
_MOMENTS = 4
# Strengths of the penalty on weights that are tried, and into how many groups of training signers
# the clips are split to choose one.
_PENALTIES = tuple(10.0**power for power in range(-5, 3))
_MOST_FOLDS = 4


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

    # As it is trained; on a CPU, ten times as fast as 32 bits in the usual order.
    network = network.eval().to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]
    device = next(network.parameters()).device
    rows = []
    disable = None if progress else True
    for source in tqdm(sources, "features", unit="clip", leave=False, disable=disable):
        frames = torch.from_numpy(np.array(store.open(source).frames)).to(device)
        video = (frames.permute(0, 3, 1, 2).float() / 255)[None]
        with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16):
            features, _ = network.encode(video, torch.tensor([len(frames)], device=device))
            moments = nn.functional.interpolate(
                features.float().transpose(1, 2), _MOMENTS, mode="linear", align_corners=True
            )
        rows.append(moments[0].T.flatten().cpu().numpy())
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


def name_by_probe(
    train: np.ndarray, labels: Sequence[str], groups: Sequence[str], test: np.ndarray
) -> list[str]:
    """Train a linear classifier on the features of some signers and name the signs of others.

    Ridge regression of standardised features to a 1 for the sign and a 0 for all others, whose
    solution is exact. How strongly its weights are held down is chosen on the training signers
    alone: those left out of each of four parts.

    Args:
        train: Features, ``(N, D)``.
        labels: The sign of each.
        groups: The signer of each.
        test: Features of what is to be named, ``(M, D)``.

    Returns:
        A label for each row of ``test``.

    Raises:
        UsageError: The training clips are of one sign or one signer.
    """
    names = sorted(set(labels))
    signers = sorted(set(groups))
    if len(names) < 2 or len(signers) < 2:
        raise UsageError(
            f"A probe needs two signs and two signers to train on; got {len(names)} and "
            f"{len(signers)}."
        )
    mean, deviation = train.mean(axis=0), train.std(axis=0) + 1e-6
    # Divided by the root of their number, so that one penalty suits any number of features.
    scale = deviation * np.sqrt(train.shape[1])
    inputs, queries = ((x - mean).astype(np.float64) / scale for x in (train, test))
    targets = np.array([names.index(label) for label in labels])
    wanted = np.eye(len(names))[targets]  # (N, signs)
    folds = min(_MOST_FOLDS, len(signers))
    fold = np.array([signers.index(group) % folds for group in groups])

    def right(penalty: float) -> int:
        hits = 0
        for held in range(folds):
            kept, out = fold != held, fold == held
            answers = _ridge(inputs[kept], wanted[kept], inputs[out], penalty).argmax(axis=1)
            hits += int((answers == targets[out]).sum())
        return hits

    best = max(_PENALTIES, key=right)
    return [names[answer] for answer in _ridge(inputs, wanted, queries, best).argmax(axis=1)]


def _ridge(
    inputs: np.ndarray, wanted: np.ndarray, queries: np.ndarray, penalty: float
) -> np.ndarray:
    """Answer queries ``(M, D)`` by ridge regression, solved among clips, which are the fewer."""
    middle = wanted.mean(axis=0)
    inner = inputs @ inputs.T + penalty * np.eye(len(inputs))  # (N, N)
    weights = np.linalg.solve(inner, wanted - middle)
    return np.asarray(queries @ inputs.T @ weights + middle)


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
