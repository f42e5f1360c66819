"""Says how far a clip is from what a network was trained on.

Every network translates anything that it is shown, a cat as well. So a checkpoint remembers what
its features look like on held-out signing of its own kind: their mean over a clip, how they vary
together, and how far such clips lie from the mean (Mahalanobis distance; Lee et al., "A Simple
Unified Framework for Detecting Out-of-Distribution Samples and Adversarial Attacks", NeurIPS 2018).
"""

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from signzoo.errors import SignzooError
from signzoo.models.signmst_c.signing import SigningBatch

if TYPE_CHECKING:
    from signzoo.models.signmst_c.data import SentenceSource
    from signzoo.models.signmst_c.network import Encoded, SignMSTC

# How many distances of held-out clips are kept, from the nearest to the farthest.
_QUANTILES = 201
# Share of the mean variance that is added to every direction: few clips do not fill all of them.
_SHRINKAGE = 0.1


class Familiarity(nn.Module):
    """Remembers what is familiar.

    It looks at the landmarks' branch after its transformer, so that the same landmarks are as
    familiar with their video as without; a network without that branch uses the fused features.

    Args:
        width: Channels of the features.

    Attributes:
        mean: Of the clips' mean features, ``(W,)``.
        whitening: What makes their variation alike in all directions, ``(W, W)``; 0 before
            :meth:`learn`.
        distances: Quantiles of held-out clips' distances, in order, ``(Q,)``.
    """

    mean: Tensor
    whitening: Tensor
    distances: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("whitening", torch.zeros(width, width))
        self.register_buffer("distances", torch.zeros(_QUANTILES))

    @property
    def is_known(self) -> bool:
        """Whether it has learnt anything."""
        return bool(self.whitening.any())

    def learn(self, training: Tensor, held_out: Tensor) -> None:
        """Remember clips' mean features: ``(N, W)`` to describe, ``(M, W)`` to measure by."""
        training, held_out = training.double(), held_out.double()
        mean = training.mean(dim=0)
        covariance = (training - mean).T @ (training - mean) / max(1, len(training) - 1)
        size = len(mean)
        floor = _SHRINKAGE * covariance.trace() / size + 1e-12
        values, vectors = torch.linalg.eigh(covariance)
        whitening = vectors * (values.clamp(min=0) + floor).rsqrt()
        self.mean.copy_(mean)
        self.whitening.copy_(whitening)
        places = torch.linspace(0, 1, _QUANTILES, dtype=torch.float64)
        self.distances.copy_(torch.quantile(self.distance(held_out.float()).double().cpu(), places))

    def distance(self, features: Tensor) -> Tensor:
        """How far clips' mean features ``(N, W)`` lie from the middle, ``(N,)``."""
        return ((features.float() - self.mean) @ self.whitening).norm(dim=1)

    def forward(self, features: Tensor) -> Tensor:
        """How familiar clips' mean features ``(N, W)`` are, ``(N,)`` in [0, 1].

        It is the share of held-out clips that lie at least as far from the middle, rounded up to
        one of two hundred: a clip of the same kind is below 0.05 in less than one of twenty cases.
        """
        nearer = torch.searchsorted(self.distances, self.distance(features).contiguous())
        return 1 - (nearer - 1).clamp(min=0).float() / (_QUANTILES - 1)


def clip_means(encoded: "Encoded") -> Tensor:
    """What is compared of B clips: the mean of their features over their moments, ``(B, W)``."""
    seen = encoded.landmark_branch if encoded.landmark_branch.any() else encoded.fused
    valid = encoded.valid
    return (seen * valid[..., None]).sum(dim=1) / valid.sum(dim=1, keepdim=True).clamp(min=1)


@torch.inference_mode()
def mean_features(network: "SignMSTC", batches: Iterable[SigningBatch]) -> Tensor:
    """The mean features of all clips of some batches, ``(N, W)`` on the CPU."""
    found = [clip_means(network.encode(batch.to(network.device))).cpu() for batch in batches]
    return torch.cat(found).float()


def main() -> None:
    """Teach a checkpoint what is familiar to it."""
    from signzoo.models.signmst_c.data import SignedSentenceData
    from signzoo.models.signmst_c.network import SignMSTC

    parser = argparse.ArgumentParser(
        prog="python -m signzoo.models.signmst_c.familiarity", description=main.__doc__
    )
    parser.add_argument("checkpoint", help="a folder, as signzoo export writes it")
    parser.add_argument(
        "--train",
        required=True,
        nargs="+",
        help="corpora it was trained on: folders, or FOLDER:SPLIT for train, dev or test of one",
    )
    parser.add_argument("--held-out", required=True, nargs="+", help="corpora of the same kind")
    parser.add_argument("--out", required=True, type=Path, help="the new checkpoint's folder")
    parser.add_argument("--half", action="store_true", help="write 16-bit numbers: half the size")
    given = parser.parse_args()
    try:
        network = SignMSTC.from_pretrained(given.checkpoint)
        train, val = (
            tuple(_source(text) for text in texts) for texts in (given.train, given.held_out)
        )
        data = SignedSentenceData.of(network.config, train, val)
        data.setup("fit")
        held_out = mean_features(network, data.val_dataloader())
        network.familiarity.learn(mean_features(network, data.train_dataloader()), held_out)
        (network.half() if given.half else network).save_pretrained(given.out)
    except SignzooError as error:
        sys.exit(str(error))
    print(given.out)


def _source(text: str) -> "SentenceSource":
    """FOLDER or FOLDER:SPLIT."""
    from signzoo.models.signmst_c.data import SentenceSource

    folder, _, split = text.rpartition(":")
    if split in ("train", "dev", "test") and folder:
        return SentenceSource(str(Path(folder).resolve()), split)
    return SentenceSource(str(Path(text).resolve()))


if __name__ == "__main__":
    main()
