"""Names isolated signs of a known vocabulary: by a network, and by what a network has to beat."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from signzoo.data.datamodule import Draw
from signzoo.errors import UsageError
from signzoo.evaluation.linear_probe import rank_by_probe
from signzoo.evaluation.nearest_signing import describe, rank_clips
from signzoo.evaluation.sign2text import Corpus
from signzoo.models.signmst_c.likelihood import text_log_probabilities
from signzoo.models.signmst_c.network import SignMSTC

LINEAR = "linear model of the landmarks"


def signs_of(corpus: Corpus) -> list[str]:
    """What each clip of a corpus shows.

    Raises:
        UsageError: A clip shows several signs, or nobody says which.
    """
    for sentence in corpus.samples.sentences:
        if len(sentence.gloss) != 1:
            raise UsageError(
                f"{sentence.id} shows {len(sentence.gloss)} signs; isolated ones are needed, with "
                "one gloss each."
            )
    return [sentence.gloss[0] for sentence in corpus.samples.sentences]


@torch.inference_mode()
def rank_by_network(
    network: SignMSTC,
    corpus: Corpus,
    signs: Sequence[str],
    progress: Callable[[int], Any] | None = None,
) -> list[list[str]]:
    """Rank all signs for each clip by the probability that the decoder writes them.

    Args:
        network: A network that writes glosses.
        corpus: The clips.
        signs: The K signs that there are.
        progress: Is told of every clip that is done.

    Returns:
        The signs for each clip, the likeliest first.
    """
    labels = network.label_tokens(signs)  # (K, L)
    ranked = []
    for number in range(len(corpus.samples.sentences)):
        batch = corpus.data.collate([corpus.samples[Draw(number, None)]])
        encoded = network.encode(batch.to(network.device))
        sums, _ = text_log_probabilities(network, encoded, labels)
        order = sums.argsort(descending=True, stable=True)
        ranked.append([signs[i] for i in order.tolist()])
        if progress:
            progress(1)
    return ranked


def rank_by_nearest(
    corpus: Corpus, training: Corpus, progress: Callable[[int], Any] | None = None
) -> list[list[str]]:
    """Rank signs by their nearest training clip, under dynamic time warping of landmarks."""
    known = signs_of(training)
    clips = rank_clips(corpus.samples.landmarks, training.samples.landmarks, progress)
    return [list(dict.fromkeys(known[number] for number in row)) for row in clips]


def rank_by_linear_model(corpus: Corpus, training: Corpus) -> list[list[str]]:
    """Rank signs by ridge regression of what is warped in :func:`rank_by_nearest`.

    Its penalty is chosen on training clips, a quarter of which is held out at a time.
    """
    known, asked = (
        np.stack([describe(each).ravel() for each in some.samples.landmarks])
        for some in (training, corpus)
    )
    clips = [each.id for each in training.samples.sentences]  # who signs is often not known
    return rank_by_probe(known, signs_of(training), clips, asked)


def hits(ranked: Sequence[Sequence[str]], signs: Sequence[str], most: int) -> np.ndarray:
    """Whether each clip's sign is the first of its ranking, and whether among the first ``most``.

    Returns:
        ``(N, 3)``, the last column 1: counts of which sums make shares.
    """
    rows = [
        (found[0] == sign, sign in found[:most], 1)
        for found, sign in zip(ranked, signs, strict=True)
    ]
    return np.array(rows, float)
