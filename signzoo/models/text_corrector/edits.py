"""Edits that turn a draft into a sentence: found by aligning the two, and carried out.

They say all that a corrector has to write, since the rest of the draft stays as it is.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

EditKind = Literal["insert", "substitute", "delete", "move"]

# A word that is lost and found again within so many words has moved.
_REACH = 4


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of one place in a draft.

    Attributes:
        kind: What is done.
        place: The word of the draft that it is done to, from 0; words are inserted before it, and
            the place behind the last word is one too.
        words: What is inserted, or the one word that is put in the place of another.
        target: The word before which one is moved.
    """

    kind: EditKind
    place: int
    words: tuple[str, ...] = ()
    target: int = 0


def find_edits(draft: Sequence[str], text: Sequence[str]) -> tuple[Edit, ...]:
    """Find few edits that turn a draft into a text, in the order of their places.

    Words that both have in the same order stay (their longest common subsequence). Of the others,
    one that is lost and found nearby is moved, one with a new one in its place is substituted.

    Args:
        draft: Words of the draft.
        text: Words of the text.

    Returns:
        Edits with which :func:`apply_edits` makes the text.
    """
    edits = _edits(draft, text, moves=True)
    if apply_edits(draft, edits) != list(text):  # moves that cross other edits can end up elsewhere
        edits = _edits(draft, text, moves=False)
    return edits


def apply_edits(draft: Sequence[str], edits: Iterable[Edit]) -> list[str]:
    """Carry out edits, whose places all are those of the draft as it was.

    Args:
        draft: Words of the draft.
        edits: What is done; what comes to the same place comes there in their order.
    """
    kept: list[tuple[str, ...]] = [(word,) for word in draft]
    before: list[list[str]] = [[] for _ in range(len(draft) + 1)]
    for edit in edits:
        if edit.kind == "insert":
            before[edit.place] += edit.words
            continue
        kept[edit.place] = edit.words  # none, if it is deleted or moved
        if edit.kind == "move":
            before[edit.target].append(draft[edit.place])
    places = zip(before, [*kept, ()], strict=True)
    return [word for added, stays in places for word in (*added, *stays)]


def _edits(draft: Sequence[str], text: Sequence[str], moves: bool) -> tuple[Edit, ...]:
    from rapidfuzz.distance import LCSseq

    lost: list[int] = []
    added: list[tuple[int, str]] = []
    for step in LCSseq.editops(draft, text):
        if step.tag == "delete":
            lost.append(step.src_pos)
        else:
            added.append((step.src_pos, text[step.dest_pos]))
    moved = _take_moved(draft, lost, added) if moves else []
    found = [*moved, *_replace(lost, added)]
    # At the same place what comes before the word is first.
    return tuple(sorted(found, key=lambda edit: (edit.place, edit.kind != "insert")))


def _take_moved(draft: Sequence[str], lost: list[int], added: list[tuple[int, str]]) -> list[Edit]:
    """Take those words out of both lists that are lost in one place and added near it."""
    moved = []
    for place, word in list(added):
        near = [each for each in lost if draft[each] == word and abs(each - place) <= _REACH]
        if near:
            source = min(near, key=lambda each: abs(each - place))
            moved.append(Edit("move", source, target=place))
            lost.remove(source)
            added.remove((place, word))
    return moved


def _replace(lost: Sequence[int], added: Sequence[tuple[int, str]]) -> list[Edit]:
    """Put added words in the place of lost ones beside them; what is left over is on its own."""
    new: dict[int, list[str]] = defaultdict(list)
    for place, word in added:
        new[place].append(word)
    edits = []
    waiting: list[str] = []  # words of this run of lost ones for which there was no place yet
    for place in lost:
        waiting += new.pop(place, [])
        if not waiting and place + 1 not in lost:
            waiting += new.pop(place + 1, [])
        if waiting:
            edits.append(Edit("substitute", place, (waiting.pop(0),)))
        else:
            edits.append(Edit("delete", place))
        if place + 1 not in lost and waiting:
            new[place + 1] = waiting + new[place + 1]
            waiting = []
    return edits + [Edit("insert", place, tuple(words)) for place, words in new.items() if words]
