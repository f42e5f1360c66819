"""Says how much of the signs a frozen video network's features hold: a linear probe.

Every clip of one sign becomes one vector; a linear classifier is trained on the vectors of some
signers and names the signs of others (Alain and Bengio, "Understanding Intermediate Layers Using
Linear Classifier Probes", arXiv:1610.01644). The network itself learns nothing.
"""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor, nn

from signzoo.data.videos import VideoSource, VideoStore
from signzoo.errors import UsageError
from signzoo.models.motion_autoencoder.network import FPS, MotionAutoencoder

# Moments of a clip, evenly spaced, whose features make its vector: before, two within, after.
_MOMENTS = 4
# Strengths of the penalty on weights that are tried, and into how many groups of training signers
# the clips are split to choose one.
_PENALTIES = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2)
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

    network = network.eval()
    device = next(network.parameters()).device
    rows = []
    for source in tqdm(sources, "features", unit="clip", leave=False, disable=not progress):
        frames = torch.from_numpy(np.array(store.open(source).frames)).to(device)
        video = (frames.permute(0, 3, 1, 2).float() / 255)[None]
        with torch.inference_mode():
            features, _ = network.encode(video, torch.tensor([len(frames)], device=device))
            moments = nn.functional.interpolate(
                features.float().transpose(1, 2), _MOMENTS, mode="linear", align_corners=True
            )
        rows.append(moments[0].T.flatten().cpu().numpy())
    return np.stack(rows)


def name_by_probe(
    train: np.ndarray, labels: Sequence[str], groups: Sequence[str], test: np.ndarray
) -> list[str]:
    """Train a linear classifier on the features of some signers and name the signs of others.

    Multinomial logistic regression on standardised features. How strongly its weights are held
    down is chosen on the training signers alone: those left out of each of four parts.

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
    inputs, queries = (torch.from_numpy((x - mean) / scale).float() for x in (train, test))
    targets = torch.tensor([names.index(label) for label in labels])
    folds = min(_MOST_FOLDS, len(signers))
    fold = torch.tensor([signers.index(group) % folds for group in groups])

    def right(penalty: float) -> float:
        hits = 0
        for held in range(folds):
            kept, out = fold != held, fold == held
            model = _fitted(inputs[kept], targets[kept], len(names), penalty)
            hits += int((model(inputs[out]).argmax(dim=1) == targets[out]).sum())
        return hits / len(targets)

    best = max(_PENALTIES, key=right)
    answers = _fitted(inputs, targets, len(names), best)(queries).argmax(dim=1)
    return [names[answer] for answer in answers.tolist()]


def _fitted(
    inputs: Tensor, targets: Tensor, num_classes: int, penalty: float
) -> Callable[[Tensor], Tensor]:
    """Fit a logistic regression; convex, so that it does not depend on where it begins."""
    model = nn.Linear(inputs.shape[1], num_classes)
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(inputs), targets)
        loss = loss + penalty * model.weight.square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimizer.step(closure)  # type: ignore[no-untyped-call]
    return model.requires_grad_(False)


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
