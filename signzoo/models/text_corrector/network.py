"""Repairs draft translations: weighs every small edit by how much likelier it makes the sentence.

A draft stays as it is unless another sentence is clearly likelier to be what was meant.
"""

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from typing_extensions import Self

from signzoo._files import write_text
from signzoo.data.arpa import Bigrams
from signzoo.data.collate import batches_by_length
from signzoo.errors import UsageError, WeightsError
from signzoo.hub.checkpoint import Pretrained
from signzoo.hub.tensors import json_tensor, read_json_tensor
from signzoo.models.text_corrector.bigrams import BigramModel
from signzoo.models.text_corrector.errors import ErrorRates
from signzoo.models.text_corrector.language import (
    FIRST_WORD,
    PADDING,
    UNKNOWN,
    BothWays,
    Vocabulary,
    reading_orders,
)
from signzoo.models.text_corrector.proposals import Edited, propose
from signzoo.transforms.text import written_text, written_words

WORDS, BIGRAMS = "words.json", "bigrams.safetensors"
# Words of the longest draft; the search for edits grows with the square of it.
MAX_WORDS = 160
# So many words are read at a time.
_WORDS_PER_BATCH = 12000


@dataclass(frozen=True)
class TextCorrectorConfig:
    """Size of the language model, and when a correction is believed."""

    language: str = "de"
    """Written language, a BCP 47 code."""
    num_words: int = 4000
    """Words that it has room for: the most frequent ones of the training text, of those that occur
    twice."""
    width: int = 256
    """Channels of an embedding."""
    hidden: int = 512
    """Channels of the first LSTM of each direction."""
    num_readers: int = 1
    """Models of this size, each learning from a start of its own, whose probabilities are
    averaged."""
    dropout: float = 0.45
    """Share of the channels that training leaves out."""
    word_dropout: float = 0.1
    """Share of the words that training leaves out."""
    threshold: float = 2.0
    """By how much the log-odds of a correction must exceed those of the draft."""
    candidates: int = 12
    """Edits of each kind that are weighed exactly; what is weighed is first chosen roughly."""
    most_edits: int = 3
    """Edits of one draft, each of which must exceed the threshold."""
    bigrams: float = 0.0
    """Share of a table of words and pairs of words, counted in much other text, in what a sentence
    gains; the rest is the language models'."""

    def __post_init__(self) -> None:
        counts = (self.num_words, self.width, self.hidden, self.num_readers, self.candidates)
        shares = (self.dropout, self.word_dropout, self.bigrams)
        if min(*counts, self.most_edits) < 1 or not all(0 <= share < 1 for share in shares):
            raise UsageError(
                "The text corrector needs positive sizes, and a dropout and a share of "
                f"bigrams from 0 to below 1; got {self}."
            )


@dataclass(frozen=True)
class Correction:
    """What became of a draft.

    Attributes:
        text: The correction, or the draft where it is kept.
        draft: The draft.
        score: Log-odds of the best other sentence against the draft itself; minus infinity where
            there is no other.
        changed: Whether the text is another than the draft.
    """

    text: str
    draft: str
    score: float
    changed: bool


class TextCorrector(Pretrained):
    """Repairs drafts by a noisy channel: a language model, and how often which error is made.

    Reference: Li et al., "Beyond Words: AuralLLM and SignMST-C for Precise Sign Language Production
    and Bidirectional Accessibility", section "Text Correction Network".
    Differs from the paper, whose network reads a draft and writes a sentence: with the text of one
    sign language corpus such networks learnt less than n-grams know (docs/guides/text_correction.md
    has the numbers). Here small ones say how likely a sentence is, in both directions of reading,
    and each single edit of a draft is worth what its sentence gains, times the probability of the
    error that it undoes (Kernighan, Church and Gale, COLING 1990).

    Args:
        config: Size, and when a correction is believed.

    Attributes:
        vocabulary: The words that it knows; none until training or a checkpoint sets it.
        rates: How often which error is made.
        bigrams: How likely much other text makes a row of words; empty unless one is given.
    """

    component: ClassVar[str] = "text_corrector"
    config_class: ClassVar[type[Any]] = TextCorrectorConfig
    files: ClassVar[tuple[str, ...]] = (WORDS, BIGRAMS)
    config: TextCorrectorConfig

    def __init__(self, config: TextCorrectorConfig) -> None:
        super().__init__()
        self.config = config
        self.vocabulary = Vocabulary([], [], 0, 0)
        self.rates = ErrorRates()
        self.bigrams = BigramModel()
        self.readers = nn.ModuleList(
            BothWays(
                config.num_words + len(self.vocabulary),
                config.width,
                config.hidden,
                config.dropout,
                config.word_dropout,
            )
            for _ in range(config.num_readers)
        )

    @classmethod
    def build(cls, config: Any, folder: Path) -> Self:
        """Make the network of a checkpoint folder, without its tensors."""
        network = cls(config)
        try:
            network._know(json.loads((folder / WORDS).read_text("utf-8")))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise WeightsError(f"{folder / WORDS} is damaged: {error}") from error
        path = folder / BIGRAMS
        try:
            if path.exists() or network.config.bigrams:
                network.bigrams.from_bytes(path.read_bytes())
        except OSError as error:
            raise WeightsError(f"{path} cannot be read: {error}.") from error
        return network

    def write_files(self, folder: Path) -> None:
        """Write what :meth:`build` reads beside the config and the tensors."""
        write_text(folder / WORDS, json.dumps(self._known(), ensure_ascii=False) + "\n")
        if self.bigrams:
            (folder / BIGRAMS).write_bytes(self.bigrams.to_bytes())

    def get_extra_state(self) -> Tensor:
        """Words and rates, for a Lightning checkpoint: JSON in bytes, which is plain data."""
        return json_tensor(self._known())

    def set_extra_state(self, state: Tensor) -> None:
        """Read what :meth:`get_extra_state` wrote."""
        self._know(read_json_tensor(state))

    def _known(self) -> dict[str, Any]:
        """Words and rates as plain values."""
        known = self.vocabulary
        return {
            "words": known.words[FIRST_WORD:],
            "counts": known.counts,
            "unknown": [known.num_unknown, known.num_rare],
            "rates": asdict(self.rates),
        }

    def _know(self, content: Any) -> None:
        """Take what :meth:`_known` gave."""
        self.vocabulary = Vocabulary(
            [str(word) for word in content["words"]],
            [int(count) for count in content["counts"]],
            *(int(number) for number in content["unknown"]),
        )
        self.rates = ErrorRates(**content["rates"])

    def learn_bigrams(self, table: Bigrams) -> None:
        """Keep the words and pairs of a table that are spelled with words it knows itself."""
        language = self.config.language
        self.bigrams.learn(
            table,
            lambda word: written_words(word, language),
            lambda unit: self.vocabulary.number(unit) != UNKNOWN,
        )

    def forward(self, drafts: list[str]) -> list[str]:
        """Correct drafts, as pipelines ask for it; see :meth:`correct`."""
        return [each.text for each in self.correct(drafts)]

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return next(self.parameters()).device

    def read(self, tokens: Tensor, direction: int) -> Tensor:
        """Predict the word behind each prefix.

        Args:
            tokens: Numbers of words ``(B, L)``, in the order of reading.
            direction: 0 where that is the order of writing, 1 where it is the other one.

        Returns:
            Log-probabilities ``(B, L, V)`` of the words that are known.
        """
        known = len(self.vocabulary)
        return self._average([reader(tokens, direction, known) for reader in self.readers])

    def _average(self, logs: Sequence[Tensor]) -> Tensor:
        """The readers' mean probability; in training each answers for itself: mean logarithm."""
        together = torch.stack(list(logs))
        if self.training:
            return together.mean(dim=0)
        return together.logsumexp(dim=0) - math.log(len(logs))

    def losses(self, texts: Sequence[str]) -> Tensor:
        """Negative log-probability of each word and of the end, in both directions.

        Args:
            texts: B sentences.

        Returns:
            ``(2, B, L)``, 0 in padding.
        """
        words = [written_words(text, self.config.language) for text in texts]
        return torch.stack(self._losses([self.vocabulary.numbers(each) for each in words]))

    def _losses(self, sentences: Sequence[Sequence[int]]) -> list[Tensor]:
        """As :meth:`losses`, of numbers of words."""
        found = []
        for direction, order in enumerate(reading_orders(sentences, self.device)):
            known, wanted = order[:, :-1].clamp(min=0), order[:, 1:]
            index = wanted.clamp(min=0)[..., None]
            each = self._average(
                [
                    reader(known, direction, len(self.vocabulary)).gather(2, index)[..., 0]
                    for reader in self.readers
                ]
            )
            found.append(-each.masked_fill(wanted == PADDING, 0.0))
        return found

    def log_probabilities(self, texts: Sequence[str]) -> Tensor:
        """Log-probability of sentences, the mean of both directions, ``(B,)``.

        Of the words that it does not know, each is as likely as the others.
        """
        words = [written_words(text, self.config.language) for text in texts]
        return self._log_probabilities([self.vocabulary.numbers(each) for each in words])

    def _log_probabilities(self, sentences: Sequence[Sequence[int]]) -> Tensor:
        ahead, back = (each.sum(dim=1) for each in self._losses(sentences))
        rare = torch.tensor([list(row).count(UNKNOWN) for row in sentences]).to(ahead)
        return -(ahead + back) / 2 - rare * math.log(max(1, self.vocabulary.num_unknown))

    @torch.inference_mode()
    def correct(
        self,
        drafts: Sequence[str],
        threshold: float | None = None,
        progress: Callable[[int], Any] | None = None,
    ) -> list[Correction]:
        """Repair drafts where another sentence is clearly likelier.

        The best edit is made, and then the best of what that leaves, as long as each exceeds the
        threshold. Words are compared as they are written: write drafts as the training text is
        written. An empty draft stays empty.

        Args:
            drafts: N drafts, a sentence each.
            threshold: In the place of the config's; with minus infinity the best single edit of
                each draft is made, however little it is worth.
            progress: Is told how many drafts were done, one by one.

        Returns:
            A correction for each.

        Raises:
            UsageError: A draft has more than :data:`MAX_WORDS` words (characters of Chinese), or
                the network was never trained.
        """
        if not self.vocabulary.counts:
            raise UsageError("This corrector knows no words; train it, or load trained weights.")
        threshold = self.config.threshold if threshold is None else threshold
        found = []
        for draft in drafts:
            words = written_words(draft, self.config.language)
            if len(words) > MAX_WORDS:
                raise UsageError(
                    f"A draft has {len(words)} words; a sentence may have {MAX_WORDS}. Correct it "
                    "sentence by sentence."
                )
            found.append(self._correct(draft, words, threshold))
            if progress and words:
                progress(1)
        return found

    def _correct(self, draft: str, words: list[str], threshold: float) -> Correction:
        first, changed = -math.inf, False
        for number in range(self.config.most_edits if math.isfinite(threshold) else 1):
            best, gain = self._best_edit(words) if words else (None, -math.inf)
            first = first if number else gain
            if best is None or gain <= threshold:
                break
            words, changed = list(best.words), True
        text = written_text(words, self.config.language) if changed else draft
        return Correction(text, draft, first, changed)

    def _best_edit(self, words: Sequence[str]) -> tuple[Edited | None, float]:
        """The best single edit of a draft, and the log-odds of it against none."""
        edits = propose(self, words)
        if not edits:
            return None, -math.inf
        sentences = [words, *(each.words for each in edits)]
        numbers = [self.vocabulary.numbers(each) for each in sentences]
        logs = torch.zeros(len(numbers))
        for batch in batches_by_length([len(row) + 1 for row in numbers], _WORDS_PER_BATCH):
            logs[batch] = self._log_probabilities([numbers[i] for i in batch]).cpu()
        share = self.config.bigrams
        if share:
            rows = torch.tensor([self.bigrams.log_probability(each) for each in sentences])
            logs = (1 - share) * logs + share * rows
        gains = logs[1:] - logs[0] + torch.tensor([each.channel for each in edits])
        best = int(gains.argmax())
        return edits[best], float(gains[best])
