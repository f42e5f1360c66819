"""Chooses among the answers of a search the one with the greatest expected BLEU.

The likeliest answer is not the one that scores best: it is short, and its n-grams may be its own.
The answers of a search, with their probabilities, stand for what may be true (minimum Bayes risk).

Reference: Tromble et al., "Lattice Minimum Bayes-Risk Decoding for Statistical Machine
Translation", EMNLP 2008.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np

_ORDERS = range(1, 5)
# So many words of an answer are right, and of n-grams one order higher this share of it: of glosses
# that text2gloss-phoenix14t writes for PHOENIX-2014T dev. What a word costs was chosen there, and
# for the texts of both signmst-c-tiny-phoenix-sim: the less, the shorter the answers are.
_PRECISION, _DECAY, _COST = 0.65, 0.55, 0.3


def best_answer(
    answers: Sequence[Sequence[str]], scores: Sequence[float], temperature: float
) -> int:
    """Choose among the answers of a search.

    Args:
        answers: K answers as words, at least one, the best of the search first.
        scores: As :func:`answer_probabilities` takes them.
        temperature: Likewise.

    Returns:
        The place of the chosen answer.
    """
    return choose(answers, answer_probabilities(answers, scores, temperature))


def answer_probabilities(
    answers: Sequence[Sequence[str]], scores: Sequence[float], temperature: float
) -> np.ndarray:
    """How likely each answer of a search is, were there no others.

    Args:
        answers: K answers as words, at least one.
        scores: The mean log-probability of a token of each; minus infinity where there is no
            answer.
        temperature: At less, those that are likely count more.

    Returns:
        Shares ``(K,)``.
    """
    logs = np.array(scores, float)
    logs = np.where(np.isfinite(logs), logs, -1e9)
    # As if all were as long as their mean: else the short ones would count too much.
    lengths = np.array([len(each) for each in answers])
    weights = np.exp((logs - logs.max()) * (1 + lengths.mean()) / temperature)
    return np.asarray(weights / weights.sum())


def choose(answers: Sequence[Sequence[str]], probabilities: np.ndarray) -> int:
    """Choose the answer of least risk, or the first one of answers that are short.

    Those that are shorter than BLEU's n-grams have no BLEU to speak of.

    Args:
        answers: K answers as words, at least one, the best first.
        probabilities: How likely each is, ``(K,)``.

    Returns:
        The place of the chosen answer.
    """
    lengths = np.array([len(each) for each in answers])
    if lengths @ probabilities < _ORDERS.stop - 1:
        return 0
    return least_risk(answers, probabilities)


def least_risk(answers: Sequence[Sequence[str]], probabilities: np.ndarray) -> int:
    """Choose the answer with the greatest expected linear BLEU.

    The gain of an answer, should another be true, is so much for each n-gram up to four that both
    have, less so much for each word. An n-gram's worth is that by which one more raises the
    logarithm of a corpus's BLEU; long ones are rare and worth more. (Tromble et al., Eq. 5-6.
    Differs in that matches are clipped, as BLEU's are, and that a word costs less: answers are too
    short.)

    Args:
        answers: K answers as words, at least one.
        probabilities: How likely each is, ``(K,)``.

    Returns:
        The place of the chosen answer; of an empty one only where all are.
    """
    gains = np.array([-_COST * len(each) for each in answers])
    for order in _ORDERS:
        grams = [
            Counter(tuple(each[i : i + order]) for i in range(len(each) - order + 1))
            for each in answers
        ]
        places = {gram: place for place, gram in enumerate(set().union(*grams))}
        counts = np.zeros((len(answers), len(places)))
        for row, each in zip(counts, grams, strict=True):
            row[[places[gram] for gram in each]] = list(each.values())
        matches = np.minimum(counts[:, None], counts).sum(axis=2)  # (K, K)
        gains += matches @ probabilities / (4 * _PRECISION * _DECAY ** (order - 1))
    empty = np.array([not each for each in answers])
    return int(np.where(empty, -np.inf, gains).argmax())
