"""How far off the times of words are, where a corpus says when each sign is signed."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from signzoo.data.corpora import TimedGloss
from signzoo.data.sentences import SignedSentence
from signzoo.models.signmst_c.features import sentence_pose
from signzoo.pipelines import SignToText
from signzoo.structures import Span


def boundary_errors(
    pipeline: SignToText,
    sentences: Sequence[SignedSentence],
    progress: Callable[[int], Any] | None = None,
) -> np.ndarray:
    """How far the beginnings and ends of words lie from those of the signs that they name.

    The pipeline translates the landmarks of each sentence, as its users do. Only words that are
    written like a gloss of their sentence, in any case, can be compared: each with the nearest sign
    of its name, since nobody says which of several it means.

    Args:
        pipeline: What translates, and says when each word was signed.
        sentences: Sentences with spans.
        progress: Is told how many were done, one by one.

    Returns:
        Seconds, ``(N, 2)`` of N words: at the beginning and at the end.
    """
    errors: list[tuple[float, float]] = []
    for sentence in sentences:
        found = pipeline(sentence_pose(sentence))
        errors += compare_times(found.spans, sentence.spans)
        if progress:
            progress(1)
    return np.array(errors).reshape(-1, 2)


def compare_times(words: Sequence[Span], signs: Sequence[TimedGloss]) -> list[tuple[float, float]]:
    """The errors of :func:`boundary_errors` of one sentence, in the order of its words."""
    errors = []
    for word in words:
        named = [each for each in signs if each.label.lower() == word.label.lower()]
        if named:
            each = [(abs(word.start - sign.start), abs(word.end - sign.end)) for sign in named]
            errors.append(min(each, key=sum))
    return errors
