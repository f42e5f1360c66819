"""Repairs draft translations: a sequence-to-sequence language model reads one and writes its edits.

It was taught on sentences with errors put in (:mod:`signzoo.models.text_corrector.errors`). A draft
stays as it is unless edits are clearly likelier than none.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn import functional
from typing_extensions import Self

from signzoo.data.collate import batches_by_length
from signzoo.errors import UsageError
from signzoo.hub.checkpoint import Pretrained
from signzoo.models.language_model import (
    LANGUAGE_MODEL,
    LanguageModel,
    make_language_model,
    open_language_model,
    write_language_model,
)
from signzoo.models.text_corrector.edits import Edit, apply_edits, find_edits
from signzoo.models.text_corrector.errors import join, split
from signzoo.models.text_corrector.scripts import MAX_WORDS, ScriptTokenizer
from signzoo.transforms.text import primary_subtag

# So many words of drafts, times the beams, are searched at a time.
_WORDS_PER_BATCH = 4000


@dataclass(frozen=True)
class TextCorrectorConfig:
    """Which language model repairs drafts, and when it is believed."""

    language_model: str = "text2gloss-base"
    """The language model, a sequence-to-sequence one: a name of `signzoo models`, hf://owner/repo,
    or a folder. A checkpoint that holds its own leaves this empty."""
    language: str = "de"
    """Written language, a BCP 47 code."""
    threshold: float = 0.0
    """By how much the log-probability of a correction must exceed that of leaving the draft."""
    beams: int = 5
    """Corrections that are followed at the same time."""
    dropout: float | None = None
    """Share of activations that training leaves out; the language model's own by default."""

    def __post_init__(self) -> None:
        if self.beams < 1 or (self.dropout is not None and not 0 <= self.dropout < 1):
            raise UsageError(
                "The text corrector needs beams of at least 1 and a dropout between 0 and 1; got "
                f"{self}."
            )


@dataclass(frozen=True)
class Correction:
    """What became of a draft.

    Attributes:
        text: The correction, or the draft where it is kept.
        draft: The draft.
        score: Log-probability of the best other sentence less that of the draft itself; 0 where the
            search found no other.
        changed: Whether the text is another than the draft.
    """

    text: str
    draft: str
    score: float
    changed: bool


class TextCorrector(Pretrained):
    """The paper's Text Correction Network, over any sequence-to-sequence language model.

    Reference: Li et al., "Beyond Words: AuralLLM and SignMST-C for Precise Sign Language Production
    and Bidirectional Accessibility", section "Text Correction Network".
    Differs from the paper, which says neither how the network writes nor when a draft stays: it
    writes edits (:mod:`signzoo.models.text_corrector.scripts`), and they must be likelier than none
    by a threshold. Log-probabilities are sums over the tokens of the edits, not means, and so those
    of the whole sentence given the draft.

    Args:
        config: Which language model, and when it is believed.
        language_model: The language model itself; opened by the config by default.

    Attributes:
        language_model: The model of transformers.
        tokenizer: Its tokenizer.

    Raises:
        UsageError: The language model is no sequence-to-sequence one.
    """

    component: ClassVar[str] = "text_corrector"
    config_class: ClassVar[type[Any]] = TextCorrectorConfig
    files: ClassVar[tuple[str, ...]] = (LANGUAGE_MODEL,)
    config: TextCorrectorConfig

    def __init__(
        self, config: TextCorrectorConfig, language_model: LanguageModel | None = None
    ) -> None:
        super().__init__()
        opened = language_model or open_language_model(config.language_model, config.dropout)
        if not opened.model.config.is_encoder_decoder:
            raise UsageError(
                f"{config.language_model or 'The language model'} only continues text; a corrector "
                "needs a sequence-to-sequence model, such as mT5, mBART or a compact one of "
                "signzoo.models.compact."
            )
        self.config = config
        self.tokenizer: Any = opened.tokenizer
        self.language_model: Any = opened.model
        spaced = primary_subtag(config.language) != "zh"
        self._scripts = ScriptTokenizer(self.tokenizer, spaced)
        if len(self.tokenizer) > self.language_model.config.vocab_size:
            self.language_model.resize_token_embeddings(len(self.tokenizer), mean_resizing=False)
        self.train()  # transformers opens in evaluation mode, where there is no dropout

    @classmethod
    def build(cls, config: Any, folder: Path) -> Self:
        """Make the network of a checkpoint folder, without its tensors."""
        return cls(config, make_language_model(folder, config.dropout))

    def write_files(self, folder: Path) -> None:
        """Write what :meth:`build` reads beside the config and the tensors."""
        whole = LanguageModel(self.language_model, self.tokenizer, "")
        write_language_model(whole, folder / LANGUAGE_MODEL)

    def saved_config(self) -> dict[str, Any]:
        """The fields of the config as a checkpoint holds them."""
        return {**asdict(self.config), "language_model": ""}

    @property
    def device(self) -> torch.device:
        """Where the language model is."""
        return next(self.language_model.parameters()).device

    def logits(self, drafts: Sequence[str], texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Read drafts and predict each token of the edits that make texts of them.

        Args:
            drafts: B drafts.
            texts: A texts for each draft, those of the first draft first; in most cases one.

        Returns:
            Logits ``(B·A, M, V)`` and tokens ``(B·A, M)``, -100 where there is none.
        """
        ids, mask = self.encode(drafts)
        return self.edit_logits(self.read(ids, mask), mask, self.find_edits(drafts, texts))

    def find_edits(self, drafts: Sequence[str], texts: Sequence[str]) -> list[tuple[Edit, ...]]:
        """The edits that make texts of drafts, as for :meth:`logits`."""
        language = self.config.language
        repeats = len(texts) // max(len(drafts), 1)
        ours = [split(draft, language) for draft in drafts for _ in range(repeats)]
        return [
            find_edits(words, split(text, language))
            for words, text in zip(ours, texts, strict=True)
        ]

    def read(self, ids: Tensor, mask: Tensor) -> Tensor:
        """States of the encoder, ``(B, N, D)``, for tokens of :meth:`encode`."""
        states: Tensor = self.language_model.get_encoder()(input_ids=ids, attention_mask=mask)[0]
        return states

    def edit_logits(
        self, states: Tensor, mask: Tensor, edits: Sequence[Sequence[Edit]]
    ) -> tuple[Tensor, Tensor]:
        """Predict each token of edits, from those before it and a draft that was read.

        Args:
            states: What :meth:`read` gives, ``(B, N, D)``.
            mask: Where they are no padding, ``(B, N)``.
            edits: A times B edits, as for :meth:`logits`.

        Returns:
            As :meth:`logits`.
        """
        written = [self._scripts.write(each) for each in edits]
        return self._decode(states, mask, written, self._start_token)

    def rewrite_logits(
        self, states: Tensor, mask: Tensor, texts: Sequence[str]
    ) -> tuple[Tensor, Tensor]:
        """Predict each token of whole sentences, an auxiliary task of training.

        Args:
            states: What :meth:`read` gives, ``(B, N, D)``.
            mask: Where they are no padding, ``(B, N)``.
            texts: B sentences.

        Returns:
            As :meth:`logits`.
        """
        written = [self._scripts.spell(split(text, self.config.language)) for text in texts]
        return self._decode(states, mask, written, self._scripts.rewrite)

    def _decode(
        self, states: Tensor, mask: Tensor, written: Sequence[list[int]], start: int
    ) -> tuple[Tensor, Tensor]:
        """Predict each of the written tokens from the start and those before it."""
        answers, within = self._pad(written)
        repeats = len(written) // len(states)
        first = torch.full_like(answers[:, :1], start)
        logits = self.language_model(
            encoder_outputs=(states.repeat_interleave(repeats, dim=0),),
            attention_mask=mask.repeat_interleave(repeats, dim=0),
            decoder_input_ids=torch.cat([first, answers[:, :-1]], dim=1),
            use_cache=False,
        ).logits
        return logits, answers.masked_fill(within == 0, -100)

    def markers(self, ids: Tensor) -> Tensor:
        """The places, ``(B, N)``, whose markers tokens are; -1 for other tokens."""
        return self._scripts.places(ids)

    def encode(self, drafts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Tokens of B drafts and which of them are no padding, both ``(B, N)``.

        Raises:
            UsageError: A draft has more than :data:`MAX_WORDS` words.
        """
        words = [split(draft, self.config.language) for draft in drafts]
        longest = max(map(len, words), default=0)
        if longest > MAX_WORDS:
            raise UsageError(
                f"A draft has {longest} words; a sentence may have {MAX_WORDS}. Correct it "
                "sentence by sentence."
            )
        return self._pad(self._scripts.read_draft(each) for each in words)

    def _pad(self, sequences: Iterable[list[int]]) -> tuple[Tensor, Tensor]:
        """Sequences of tokens as one tensor ``(B, N)``, and where they are in it."""
        tokens = [torch.tensor(each) for each in sequences]
        ids = torch.nn.utils.rnn.pad_sequence(
            tokens, batch_first=True, padding_value=self.tokenizer.pad_token_id
        )
        lengths = torch.tensor([len(each) for each in tokens])
        mask = torch.arange(ids.shape[1]) < lengths[:, None]
        return ids.to(self.device), mask.long().to(self.device)

    def log_probabilities(self, drafts: Sequence[str], texts: Sequence[str]) -> Tensor:
        """Log-probability of the edits that make each text of its draft, ``(B·A,)``.

        Args:
            drafts: B drafts.
            texts: A texts for each, as for :meth:`logits`.
        """
        logits, tokens = self.logits(drafts, texts)
        errors = functional.cross_entropy(logits.float().mT, tokens, reduction="none")  # (B·A, M)
        return -errors.sum(dim=1)

    @torch.inference_mode()
    def correct(
        self,
        drafts: Sequence[str],
        threshold: float | None = None,
        progress: Callable[[int], Any] | None = None,
    ) -> list[Correction]:
        """Repair drafts where the network is sure enough that they are wrong.

        Words that are not edited stay as the draft writes them; new ones are written as the
        tokenizer does, which may lower-case them. An empty draft stays empty.

        Args:
            drafts: N drafts, a sentence each.
            threshold: In the place of the config's; minus infinity takes the best correction
                always.
            progress: Is told how many drafts were done, batch by batch.

        Returns:
            A correction for each.

        Raises:
            UsageError: A draft has more than :data:`MAX_WORDS` words (characters of Chinese).
        """
        threshold = self.config.threshold if threshold is None else threshold
        found = {i: Correction(text, text, 0.0, False) for i, text in enumerate(drafts)}
        lengths = [len(split(draft, self.config.language)) for draft in drafts]
        asked = [i for i, length in enumerate(lengths) if length]
        limit = _WORDS_PER_BATCH // self.config.beams
        for numbers in batches_by_length([lengths[i] for i in asked], limit):
            batch = [asked[number] for number in numbers]
            found |= zip(batch, self._correct([drafts[i] for i in batch], threshold), strict=True)
            if progress:
                progress(len(batch))
        return [found[i] for i in range(len(drafts))]

    def _correct(self, drafts: Sequence[str], threshold: float) -> list[Correction]:
        """Correct one batch: the likeliest beam that is another sentence, against the draft."""
        candidates = self._search(drafts)
        texts = [
            text for draft, each in zip(drafts, candidates, strict=True) for text in (draft, *each)
        ]
        scores = self.log_probabilities(drafts, texts).view(len(drafts), -1)
        gains = (scores[:, 1:] - scores[:, :1]).tolist()  # of B drafts, by beam
        return [
            _decide(draft, dict(zip(each, row, strict=True)), threshold)
            for draft, each, row in zip(drafts, candidates, gains, strict=True)
        ]

    def _search(self, drafts: Sequence[str]) -> list[list[str]]:
        """The sentence of each beam; the draft again for one that is no edit of it."""
        from transformers import GenerationConfig, LogitsProcessorList

        ids, mask = self.encode(drafts)
        beams = self.config.beams
        limits = (mask.sum(dim=1) + 8).repeat_interleave(beams)
        sequences = self.language_model.generate(
            input_ids=ids,
            attention_mask=mask,
            generation_config=GenerationConfig(
                num_beams=beams,
                num_return_sequences=beams,
                length_penalty=0.0,  # edits count by their probability, however long they are
                early_stopping=beams > 1,  # else all of a batch wait for its longest beam
                max_new_tokens=int(limits.max()),
                do_sample=False,
                decoder_start_token_id=self._start_token,
                pad_token_id=self.tokenizer.pad_token_id,
                eos_token_id=self.tokenizer.eos_token_id,
            ),
            logits_processor=LogitsProcessorList([_Ending(limits, self.tokenizer.eos_token_id)]),
        )
        written = sequences[:, 1:].view(len(drafts), beams, -1).tolist()
        return [
            [self._edited(draft, tokens) for tokens in each]
            for draft, each in zip(drafts, written, strict=True)
        ]

    def _edited(self, draft: str, tokens: Sequence[int]) -> str:
        """A draft after the edits that tokens say, if they say any."""
        words = split(draft, self.config.language)
        edits = self._scripts.parse(tokens, len(words))
        edited = apply_edits(words, edits) if edits else []
        # Nothing at all is no sentence, and more than can be read is none either.
        known = 0 < len(edited) <= MAX_WORDS
        return join(edited, self.config.language) if known else draft

    @property
    def _start_token(self) -> int:
        """The token that the decoder begins from."""
        start = self.language_model.config.decoder_start_token_id
        return int(self.tokenizer.pad_token_id if start is None else start)


def _decide(draft: str, gains: dict[str, float], threshold: float) -> Correction:
    """Choose between a draft and its corrections, each with what it gains over the draft."""
    others = {text: gain for text, gain in gains.items() if text.split() != draft.split()}
    if not others:
        return Correction(draft, draft, 0.0, False)
    best = max(others, key=others.__getitem__)
    changed = others[best] > threshold
    return Correction(best if changed else draft, draft, others[best], changed)


class _Ending:
    """Ends each correction in time for its own draft, whatever the others of the batch need.

    Args:
        limits: The most tokens of each beam's correction, ``(B·beams,)``.
        end: The token that ends one.
    """

    def __init__(self, limits: Tensor, end: int) -> None:
        self.limits = limits
        self.end = end

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """Leave only the end to those ``(B·beams, V)`` whose time has come."""
        late = input_ids.shape[1] >= self.limits
        others = torch.arange(scores.shape[1], device=scores.device) != self.end
        return scores.masked_fill(late[:, None] & others, -torch.inf)
