"""Writes drafts and edits as tokens that a language model reads and writes.

A draft has a marker before each word and at its end. An edit is the marker of its place, what is
done, and the words that come there or the marker of where the word goes. So the model names a place
instead of copying everything before it, and a draft without error has the shortest answer there is.

Reference: Stahlberg and Kumar, "Seq2Edits: Sequence Transduction Using Span-level Edit
Operations", EMNLP 2020. Differs: places are markers, which any sequence-to-sequence model can name,
not what a pointer network points at; and a word can move.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from torch import Tensor

from signzoo.models.text_corrector.edits import Edit, EditKind

# Words of the longest draft; each has a marker.
MAX_WORDS = 160

MARKERS = tuple(f"<{place}>" for place in range(MAX_WORDS + 1))
_DONE: dict[EditKind, str] = {
    "insert": "<insert>",
    "substitute": "<substitute>",
    "delete": "<delete>",
    "move": "<move>",
}
# Asks for the whole sentence in the place of edits, an auxiliary task of training.
REWRITE = "<rewrite>"
SCRIPT_TOKENS = (*_DONE.values(), *MARKERS, REWRITE)


class ScriptTokenizer:
    """Turns drafts and edits into tokens, and tokens back into edits.

    Args:
        tokenizer: The language model's; :data:`SCRIPT_TOKENS` are added if it lacks them.
        spaced: Whether the written language has spaces between words.

    Attributes:
        rewrite: What a decoder begins from that shall write the whole sentence.
    """

    def __init__(self, tokenizer: Any, spaced: bool) -> None:
        known = tokenizer.get_vocab()
        tokenizer.add_tokens(
            [each for each in SCRIPT_TOKENS if each not in known], special_tokens=True
        )
        self._tokenizer = tokenizer
        self._spaced = spaced
        self._markers: list[int] = tokenizer.convert_tokens_to_ids(list(MARKERS))
        self._places = {token: place for place, token in enumerate(self._markers)}
        self._kinds: dict[int, EditKind] = {
            tokenizer.convert_tokens_to_ids(token): kind for kind, token in _DONE.items()
        }
        self._done = {kind: token for token, kind in self._kinds.items()}
        self._space = tokenizer.convert_tokens_to_ids("▁")  # what SentencePiece writes for a space
        self._end: int = tokenizer.eos_token_id
        self.rewrite: int = tokenizer.convert_tokens_to_ids(REWRITE)
        self._words: dict[str, list[int]] = {}

    def read_draft(self, words: Sequence[str]) -> list[int]:
        """Tokens of a draft, with its markers and the end."""
        pieces = [
            [marker, *self._pieces(word)]
            for marker, word in zip(self._markers, words, strict=False)
        ]
        tokens = [token for each in pieces for token in each]
        return [*tokens, self._markers[len(words)], self._end]

    def spell(self, words: Sequence[str]) -> list[int]:
        """Tokens of a sentence, without markers, and the end."""
        return [*(each for word in words for each in self._pieces(word)), self._end]

    def places(self, tokens: Tensor) -> Tensor:
        """The places whose markers tokens are, of any shape; -1 for other tokens."""
        # The markers were added to the vocabulary one after the other.
        places = tokens - self._markers[0]
        return places.masked_fill((places < 0) | (places >= len(self._markers)), -1)

    def write(self, edits: Iterable[Edit]) -> list[int]:
        """Tokens of edits, with the end."""
        tokens = []
        for edit in edits:
            tokens += [self._markers[edit.place], self._done[edit.kind]]
            tokens += [piece for word in edit.words for piece in self._pieces(word)]
            if edit.kind == "move":
                tokens.append(self._markers[edit.target])
        return [*tokens, self._end]

    def parse(self, tokens: Sequence[int], num_words: int) -> tuple[Edit, ...] | None:
        """Read edits as far as the end.

        Args:
            tokens: What a language model wrote.
            num_words: Words of the draft.

        Returns:
            The edits; ``None`` where the tokens are no edits of such a draft.
        """
        ends = (self._end, self._tokenizer.pad_token_id)
        written = list(tokens)
        stop = next((i for i, token in enumerate(written) if token in ends), len(written))
        starts = [i - 1 for i in range(1, stop) if written[i] in self._kinds]
        if not stop:
            return ()
        if not starts or starts[0] != 0:
            return None
        found = [
            self._parse_edit(written[start:end], num_words)
            for start, end in zip(starts, [*starts[1:], stop], strict=True)
        ]
        edits = tuple(edit for edit in found if edit is not None)
        places = [edit.place for edit in edits if edit.kind != "insert"]
        whole = len(edits) == len(found) and len(set(places)) == len(places)
        return edits if whole else None

    def _parse_edit(self, tokens: Sequence[int], num_words: int) -> Edit | None:
        """One edit from its marker to the next one's; ``None`` where it is none."""
        if len(tokens) < 2:  # two things to do for one place
            return None
        place, kind, rest = self._places.get(tokens[0]), self._kinds[tokens[1]], tokens[2:]
        if place is None or place > num_words - (kind != "insert"):
            return None
        if kind == "delete":
            return None if rest else Edit(kind, place)
        if kind == "move":
            target = self._places.get(rest[0]) if len(rest) == 1 else None
            return None if target is None or target > num_words else Edit(kind, place, (), target)
        words = self._spell(rest)
        if not words or (kind == "substitute" and len(words) > 1):
            return None
        return Edit(kind, place, words)

    def _pieces(self, word: str) -> list[int]:
        if word not in self._words:
            pieces: list[int] = self._tokenizer(word, add_special_tokens=False)["input_ids"]
            if not self._spaced and len(pieces) > 1 and pieces[0] == self._space:
                pieces = pieces[1:]
            self._words[word] = pieces
        return self._words[word]

    def _spell(self, pieces: Sequence[int]) -> tuple[str, ...]:
        """The words that pieces spell; none where one of them spells nothing."""
        special = {*self._tokenizer.all_special_ids, *self._places}
        if not pieces or not special.isdisjoint(pieces):
            return ()
        words = self._tokenizer.decode(list(pieces)).split()
        return tuple(words if self._spaced else "".join(words))
