"""Repairs draft translations: a sequence-to-sequence language model that writes them anew.

It was taught on sentences with errors put in (:mod:`signzoo.models.text_corrector.errors`). A draft
that it does not find clearly less likely than its own version stays as it is.
"""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn import functional
from typing_extensions import Self

from signzoo.errors import UsageError
from signzoo.hub.checkpoint import Pretrained
from signzoo.models.language_model import (
    LANGUAGE_MODEL,
    LanguageModel,
    make_language_model,
    open_language_model,
    write_language_model,
)
from signzoo.models.text_corrector.errors import join, split

# Longer drafts are refused: a sentence of such length is no sentence, and memory grows with it.
MAX_CHARACTERS = 2000

# So many tokens of drafts, times the beams, are searched at a time.
_TOKENS_PER_BATCH = 4000


@dataclass(frozen=True)
class TextCorrectorConfig:
    """Which language model repairs drafts, and when it is believed."""

    language_model: str = "text2gloss-base"
    """The language model, a sequence-to-sequence one: a name of `signzoo models`, hf://owner/repo,
    or a folder. A checkpoint that holds its own leaves this empty."""
    language: str = "de"
    """Written language, a BCP 47 code."""
    threshold: float = 0.0
    """By how much the mean log-probability of a correction's tokens must exceed that of the
    draft's."""
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
        score: Mean log-probability of the tokens of the best other sentence less that of the
            draft's; 0 where the search found no other.
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
    Differs from the paper, which does not say when a draft stays: a correction must be likelier
    than the draft by a threshold.

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

    def encode(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Turn B texts into tokens.

        Returns:
            Tokens and which of them are no padding, both ``(B, N)``.
        """
        tokens = [torch.tensor(each) for each in self.tokenizer(list(texts))["input_ids"]]
        ids = torch.nn.utils.rnn.pad_sequence(
            tokens, batch_first=True, padding_value=self.tokenizer.pad_token_id
        )
        lengths = torch.tensor([len(each) for each in tokens])
        mask = torch.arange(ids.shape[1]) < lengths[:, None]
        return ids.to(self.device), mask.long().to(self.device)

    def logits(self, drafts: Sequence[str], texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Read drafts and predict each token of texts from those before it.

        Args:
            drafts: B drafts.
            texts: A texts for each draft, those of the first draft first; in most cases one.

        Returns:
            Logits ``(B·A, M, V)`` and tokens ``(B·A, M)``, -100 where there is none.
        """
        ids, mask = self.encode(drafts)
        answers, within = self.encode(texts)
        read = self.language_model.get_encoder()(input_ids=ids, attention_mask=mask)
        repeats = len(texts) // max(len(drafts), 1)
        if repeats > 1:  # each draft is read once
            read.last_hidden_state = read.last_hidden_state.repeat_interleave(repeats, dim=0)
            mask = mask.repeat_interleave(repeats, dim=0)
        start = torch.full_like(answers[:, :1], self._start_token)
        logits = self.language_model(
            encoder_outputs=read,
            attention_mask=mask,
            decoder_input_ids=torch.cat([start, answers[:, :-1]], dim=1),
            use_cache=False,
        ).logits
        return logits, answers.masked_fill(within == 0, -100)

    def log_probabilities(self, drafts: Sequence[str], texts: Sequence[str]) -> Tensor:
        """Mean log-probability of the tokens of each text, its end among them, ``(B·A,)``.

        Args:
            drafts: B drafts.
            texts: A texts for each, as for :meth:`logits`.
        """
        logits, tokens = self.logits(drafts, texts)
        errors = functional.cross_entropy(logits.float().mT, tokens, reduction="none")  # (B·A, M)
        return -errors.sum(dim=1) / (tokens != -100).sum(dim=1)

    @torch.inference_mode()
    def correct(
        self,
        drafts: Sequence[str],
        threshold: float | None = None,
        progress: Callable[[int], Any] | None = None,
    ) -> list[Correction]:
        """Repair drafts where the network is sure enough that they are wrong.

        Letters that the tokenizer does not tell apart (case, wide punctuation) stay as the draft
        has them, in what the correction shares with it. A draft that is empty, or has letters for
        which there is no token, stays as it is.

        Args:
            drafts: N drafts, a sentence each.
            threshold: In the place of the config's; minus infinity takes the best correction
                always.
            progress: Is told how many drafts were done, batch by batch.

        Returns:
            A correction for each.

        Raises:
            UsageError: A draft is longer than ``MAX_CHARACTERS``.
        """
        threshold = self.config.threshold if threshold is None else threshold
        for draft in drafts:
            if len(draft) > MAX_CHARACTERS:
                raise UsageError(
                    f"A draft has {len(draft)} characters; a sentence may have {MAX_CHARACTERS}. "
                    "Correct it sentence by sentence."
                )
        found = {i: Correction(text, text, 0.0, False) for i, text in enumerate(drafts)}
        tokens = self.tokenizer(list(drafts))["input_ids"] if drafts else []
        lengths, unknown = [len(each) for each in tokens], self.tokenizer.unk_token_id
        asked = [i for i, text in enumerate(drafts) if text.strip() and unknown not in tokens[i]]
        for batch in _by_length(asked, lengths, _TOKENS_PER_BATCH // self.config.beams):
            found |= zip(batch, self._correct([drafts[i] for i in batch], threshold), strict=True)
            if progress:
                progress(len(batch))
        return [found[i] for i in range(len(drafts))]

    def _correct(self, drafts: Sequence[str], threshold: float) -> list[Correction]:
        """Correct one batch: the likeliest beam that is another sentence, against the draft."""
        language = self.config.language
        candidates = [
            [keep_spelling(draft, text, language) for text in beams]
            for draft, beams in zip(drafts, self._search(drafts), strict=True)
        ]
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
        """The beams of each draft; the draft again in the place of an empty one."""
        from transformers import GenerationConfig, LogitsProcessorList

        ids, mask = self.encode(drafts)
        beams, unknown = self.config.beams, self.tokenizer.unk_token_id
        limits = (2 * mask.sum(dim=1) + 8).repeat_interleave(beams)
        sequences = self.language_model.generate(
            input_ids=ids,
            attention_mask=mask,
            generation_config=GenerationConfig(
                num_beams=beams,
                num_return_sequences=beams,
                early_stopping=beams > 1,  # else all of a batch wait for its longest beam
                max_new_tokens=int(limits.max()),
                do_sample=False,
                decoder_start_token_id=self._start_token,
                pad_token_id=self.tokenizer.pad_token_id,
                eos_token_id=self.tokenizer.eos_token_id,
                suppress_tokens=None if unknown is None else [unknown],
            ),
            logits_processor=LogitsProcessorList([_Ending(limits, self.tokenizer.eos_token_id)]),
        )
        texts = self.tokenizer.batch_decode(sequences, skip_special_tokens=True)
        whole = [text.strip() or drafts[i // beams] for i, text in enumerate(texts)]
        return [whole[start : start + beams] for start in range(0, len(whole), beams)]

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


def keep_spelling(draft: str, text: str, language: str) -> str:
    """Write those words of a correction that the draft has too as the draft writes them.

    A tokenizer may lower-case its text, or write wide punctuation narrow.

    Args:
        draft: The draft.
        text: Its correction, as the tokenizer writes it.
        language: BCP 47 code of the written language.
    """
    ours, theirs = split(draft, language), split(text, language)
    words = list(theirs)
    matcher = SequenceMatcher(None, _plain(ours), _plain(theirs), autojunk=False)
    for start, target, length in matcher.get_matching_blocks():
        words[target : target + length] = ours[start : start + length]
    return join(words, language)


def _plain(words: Sequence[str]) -> list[str]:
    return [unicodedata.normalize("NFKC", word).lower() for word in words]


def _by_length(places: Sequence[int], lengths: Sequence[int], limit: int) -> list[list[int]]:
    """Batches of drafts of similar length, with at most ``limit`` tokens, padding included."""
    batches: list[list[int]] = []
    for place in sorted(places, key=lambda i: -lengths[i]):
        if not batches or lengths[batches[-1][0]] * (len(batches[-1]) + 1) > limit:
            batches.append([])
        batches[-1].append(place)
    return batches
