"""How far off the times of words are, where a corpus says when each sign is signed."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from signzoo.data.collate import batches_by_length
from signzoo.data.corpora import TimedGloss
from signzoo.data.datamodule import Draw
from signzoo.evaluation.sign2text import Corpus
from signzoo.models.signmst_c.decoding import WordSpan
from signzoo.models.signmst_c.network import SignMSTC

_FRAMES_PER_BATCH = 4000


def boundary_errors(
    network: SignMSTC,
    corpus: Corpus,
    texts: Sequence[str],
    progress: Callable[[int], Any] | None = None,
) -> np.ndarray:
    """How far the beginnings and ends of words lie from those of the signs that they name.

    Only words that are written like a gloss of their clip, in any case, can be compared: the first
    word of that name with the first gloss, the second with the second.

    Args:
        network: Says when the words of a text are signed.
        corpus: The clips, whose sentences have spans.
        texts: What the network wrote of each.
        progress: Is told how many clips were done, batch by batch.

    Returns:
        Seconds, ``(N, 2)`` of N words: at the beginning and at the end.
    """
    errors: list[tuple[float, float]] = []
    for numbers in batches_by_length(corpus.samples.lengths, _FRAMES_PER_BATCH):
        batch = corpus.data.collate([corpus.samples[Draw(i, None)] for i in numbers])
        spans = network.word_spans(batch, [texts[i] for i in numbers])
        for number, words in zip(numbers, spans, strict=True):
            errors += compare_times(words, corpus.samples.sentences[number].spans)
        if progress:
            progress(len(numbers))
    return np.array(errors).reshape(-1, 2)


def compare_times(
    words: Sequence[WordSpan], signs: Sequence[TimedGloss]
) -> list[tuple[float, float]]:
    """The errors of :func:`boundary_errors` of one clip, in the order of its words."""
    left = list(signs)
    errors = []
    for word in words:
        named = (each for each in left if each.label.lower() == word.word.lower())
        if (sign := next(named, None)) is not None:
            left.remove(sign)
            errors.append((abs(word.start - sign.start), abs(word.end - sign.end)))
    return errors
