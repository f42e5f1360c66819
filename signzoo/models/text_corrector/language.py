"""A language model that reads sentences in both directions, of the words of a small corpus."""

from collections import Counter
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

_SPECIAL = ("<s>", "</s>", "<unk>")
_START, _END, UNKNOWN = range(len(_SPECIAL))
FIRST_WORD = len(_SPECIAL)
PADDING = -100


class Vocabulary:
    """The words that a language model knows, with how often each was seen.

    Args:
        words: In the order of their numbers, which begin behind those of start, end and unknown.
        counts: Of each in the training text.
        num_unknown: How many different words the training text has beside them.
        num_rare: How many words those are in all.
    """

    def __init__(
        self, words: Sequence[str], counts: Sequence[int], num_unknown: int, num_rare: int
    ) -> None:
        self.words = (*_SPECIAL, *words)
        self.counts = tuple(counts)
        self.num_unknown, self.num_rare = num_unknown, num_rare
        self._numbers = {word: i for i, word in enumerate(words, FIRST_WORD)}

    @classmethod
    def of(cls, sentences: Iterable[Sequence[str]], most: int) -> "Vocabulary":
        """Know the most frequent words, of those that occur twice at least.

        What occurs once stands for all that was never seen: names above all.
        """
        counts = Counter(word for words in sentences for word in words)
        ranked = sorted(counts, key=lambda word: (-counts[word], word))
        known = [word for word in ranked if counts[word] > 1][:most]
        rare = sum(counts[word] for word in ranked[len(known) :])
        return cls(known, [counts[word] for word in known], len(ranked) - len(known), rare)

    def recounted(self, sentences: Iterable[Sequence[str]]) -> "Vocabulary":
        """The same words, as often as other text has them, once at least."""
        counts = Counter(word for words in sentences for word in words)
        known = self.words[FIRST_WORD:]
        rare = sum(count for word, count in counts.items() if word not in self._numbers)
        return Vocabulary(known, [max(1, counts[word]) for word in known], self.num_unknown, rare)

    def __len__(self) -> int:
        return len(self.words)

    def number(self, word: str) -> int:
        """Number of a word; that of the unknown one if need be."""
        return self._numbers.get(word, UNKNOWN)

    def numbers(self, words: Sequence[str]) -> list[int]:
        """Numbers of words."""
        return [self.number(word) for word in words]

    def log_shares(self) -> Tensor:
        """Logarithm of each word's share of the training text, ``(V,)``; of start and end, -inf.

        The unknown word stands for all that are not known.
        """
        counts = torch.tensor([0.0, 0.0, max(self.num_rare, 0.5), *self.counts])
        return (counts / counts.sum()).log()

    def log_drawn(self, power: float) -> Tensor:
        """Logarithm of how often errors draw each word, by its count to a power, ``(V,)``.

        The unknown word stands for any one of those that are not known.
        """
        each = max(1.0, self.num_rare / max(1, self.num_unknown))
        weights = torch.tensor([0.0, 0.0, each, *self.counts]) ** power
        others = (max(1, self.num_unknown) - 1) * each**power
        return (weights / (weights.sum() + others)).log()


class BothWays(nn.Module):
    """Predicts each word from those before it, and from those behind it.

    Two LSTMs of two layers, one a direction, over the same embeddings, which are the output's
    weights too (Press and Wolf, "Using the Output Embedding to Improve Language Models", EACL
    2017). Training leaves out the same channels in all of a sentence and some words altogether
    (Gal and Ghahramani, "A Theoretically Grounded Application of Dropout in Recurrent Neural
    Networks", NeurIPS 2016), without which so little text would be learnt by heart.

    Args:
        num_words: V, words with start, end and unknown.
        width: Channels of an embedding.
        hidden: Channels of each LSTM's first layer.
        dropout: Share of the channels that training leaves out.
        word_dropout: Share of the words that it leaves out.
    """

    def __init__(
        self, num_words: int, width: int, hidden: int, dropout: float, word_dropout: float
    ) -> None:
        super().__init__()
        self.embeddings = nn.Embedding(num_words, width)
        nn.init.uniform_(self.embeddings.weight, -0.1, 0.1)
        self.lower = nn.ModuleList(nn.LSTM(width, hidden, batch_first=True) for _ in range(2))
        self.upper = nn.ModuleList(nn.LSTM(hidden, width, batch_first=True) for _ in range(2))
        self.biases = nn.Parameter(torch.zeros(2, num_words))
        self.dropout, self.word_dropout = dropout, word_dropout

    def forward(self, tokens: Tensor, direction: int, num_known: int) -> Tensor:
        """Predict the word behind each prefix.

        Args:
            tokens: Numbers of words ``(B, L)``, in the order of reading.
            direction: 0 where that is the order of writing, 1 where it is the other one.
            num_known: Words that there are, of the V that there is room for.

        Returns:
            Log-probabilities ``(B, L, num_known)``.
        """
        state = self.embeddings(tokens)
        if self.training and self.word_dropout:
            kept = torch.rand_like(state[..., :1]) >= self.word_dropout
            state = state * kept / (1 - self.word_dropout)
        for layer in (self.lower[direction], self.upper[direction]):
            state, _ = layer(self._locked(state))
        state = self._locked(state)
        logits = state @ self.embeddings.weight[:num_known].T + self.biases[direction, :num_known]
        return logits.float().log_softmax(dim=-1)

    def _locked(self, state: Tensor) -> Tensor:
        """Leave out channels, the same ones at all places of a sentence."""
        if not self.training or not self.dropout:
            return state
        kept = torch.rand_like(state[:, :1]) >= self.dropout
        return state * kept / (1 - self.dropout)


def reading_orders(sentences: Sequence[Sequence[int]], device: torch.device) -> list[Tensor]:
    """Sentences as they are read in both directions.

    Returns:
        For each direction ``(B, L)``: what a direction begins with, the words in its order, and
        what ends it; :data:`PADDING` after that.
    """
    orders = []
    for first, last, step in ((_START, _END, 1), (_END, _START, -1)):
        rows = [torch.tensor([first, *words[::step], last]) for words in sentences]
        padded = nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=PADDING)
        orders.append(padded.to(device))
    return orders
