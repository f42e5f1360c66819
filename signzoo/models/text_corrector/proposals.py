"""Proposes edits of a draft: the few of all possible ones that are worth an exact look.

One reading of the draft in each direction says how well any word fits at any place: by what stands
before it and by what stands behind it, as if these knew nothing of each other.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from signzoo.models.text_corrector.errors import FLATTENING, ErrorKind
from signzoo.models.text_corrector.language import FIRST_WORD, reading_orders

if TYPE_CHECKING:
    from signzoo.models.text_corrector.network import TextCorrector


@dataclass(frozen=True, slots=True)
class Edited:
    """A draft with one edit.

    Attributes:
        words: The edited draft.
        kind: The error that the edit undoes.
        channel: Log-probability of that error.
    """

    words: tuple[str, ...]
    kind: ErrorKind
    channel: float


@torch.inference_mode()
def propose(network: "TextCorrector", words: Sequence[str]) -> list[Edited]:
    """Propose edits of each kind.

    Args:
        network: Says what fits where, how often errors are made, and how many edits of a kind are
            wanted.
        words: The draft.

    Returns:
        Drafts with one edit each, no two alike, none of them the draft or empty.
    """
    fits, drawn = _fits(network, words), network.vocabulary.log_drawn(FLATTENING)
    own = [float(fits.instead[p, network.vocabulary.number(w)]) for p, w in enumerate(words)]
    most = network.config.candidates
    found: dict[tuple[str, ...], Edited] = {}
    for edits in (
        _moves(network, words, fits, own),
        _removals(network, words, drawn, own),
        _fillings(network, words, fits.instead, own, drawn, most),
        _fillings(network, words, fits.between, None, drawn, most),
    ):
        best = sorted(edits, key=lambda each: each[0], reverse=True)
        for _, edit in best[:most]:
            if edit.words and edit.words != tuple(words):
                known = found.get(edit.words)
                if known is None or known.channel < edit.channel:
                    found[edit.words] = edit
    return list(found.values())


@dataclass(frozen=True, slots=True)
class _Fits:
    """How much likelier each word is at a place than anywhere.

    Attributes:
        instead: In the place of each of n words, ``(n, V)``.
        between: Before each of n words and behind the last one, ``(n + 1, V)``.
    """

    instead: Tensor
    between: Tensor


def _fits(network: "TextCorrector", words: Sequence[str]) -> _Fits:
    """What fits where."""
    known = network.vocabulary
    orders = reading_orders([known.numbers(words)], network.device)
    logs = [
        network.read(order[:, :-1], direction)[0].cpu() for direction, order in enumerate(orders)
    ]
    before = logs[0]  # (n + 1, V): behind the first 0, 1, ... n words
    behind = logs[1].flip(0)  # before the last n, n - 1, ... 0 words
    usual = known.log_shares().clamp(min=math.log(1e-9))
    instead = before[:-1] + behind[1:] - usual
    between = before + behind - usual
    # A pair of neighbours that belong together is seldom one between which a word was lost.
    numbers = torch.tensor(known.numbers(words))
    ahead = before[:-1].gather(1, numbers[:, None])[:, 0]
    back = behind[1:].gather(1, numbers[:, None])[:, 0]
    together = torch.cat([(ahead - back).flip(0).cumsum(0).flip(0), torch.zeros(1)])
    return _Fits(instead, between - together[:, None])


# An edit with a rough score, by which those of one kind are compared.
_Rated = tuple[float, Edited]


def _moves(
    network: "TextCorrector", words: Sequence[str], fits: _Fits, own: Sequence[float]
) -> Iterator[_Rated]:
    reach = network.rates.distance
    channel = _log(network.rates.order) - math.log(2 * reach)
    for place, word in enumerate(words):
        number = network.vocabulary.number(word)
        rest = [*words[:place], *words[place + 1 :]]
        for target in range(max(0, place - reach), min(len(words) - 1, place + reach) + 1):
            if target in (place, place - 1):  # one back is what the neighbour does one ahead
                continue
            gap = target if target < place else target + 1
            moved = (*rest[:target], word, *rest[target:])
            score = float(fits.between[gap, number]) - own[place]
            yield score, Edited(moved, "order", channel)


def _removals(
    network: "TextCorrector", words: Sequence[str], drawn: Tensor, own: Sequence[float]
) -> Iterator[_Rated]:
    for place, word in enumerate(words):
        channel = _log(network.rates.insertion) + float(drawn[network.vocabulary.number(word)])
        edited = (*words[:place], *words[place + 1 :])
        yield channel - own[place], Edited(edited, "insertion", channel)


def _fillings(
    network: "TextCorrector",
    words: Sequence[str],
    fits: Tensor,
    own: Sequence[float] | None,
    drawn: Tensor,
    most: int,
) -> Iterator[_Rated]:
    """Words in the place of others, or between them where there are no ``own`` ones."""
    known = network.vocabulary
    count = min(most, fits.shape[1] - FIRST_WORD)
    if count < 1:
        return
    scores, numbers = fits[:, FIRST_WORD:].topk(count, dim=1)
    for place, row in enumerate(scores.tolist()):
        if own is None:
            kind: ErrorKind = "deletion"
            channel, gone, base = _log(network.rates.deletion), 0, 0.0
        else:
            kind, gone, base = "substitution", 1, own[place]
            channel = _log(network.rates.substitution) + float(drawn[known.number(words[place])])
        for score, number in zip(row, numbers[place].tolist(), strict=True):
            word = known.words[number + FIRST_WORD]
            edited = (*words[:place], word, *words[place + gone :])
            yield score - base + channel, Edited(edited, kind, channel)


def _log(rate: float) -> float:
    return math.log(rate) if rate > 0 else -math.inf
