"""Written text to glosses: a language model, whole or with a LoRA adapter, and its sign vocabulary.

The language model is any of transformers', causal or sequence-to-sequence. What it may say is
restricted to the glosses of the vocabulary; a sentence index adds what the training set said.
"""

import json
import os
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor
from typing_extensions import Self

from signzoo.errors import UsageError, WeightsError
from signzoo.hub.checkpoint import Pretrained, make_config, read_folder
from signzoo.hub.download import locate
from signzoo.hub.tensors import json_tensor, read_json_tensor, weights_hash
from signzoo.models.language_model import (
    LANGUAGE_MODEL,
    LanguageModel,
    make_language_model,
    open_language_model,
    write_language_model,
)
from signzoo.models.text2gloss.alignment import word_effects
from signzoo.models.text2gloss.cascade import VocabularyIndex
from signzoo.models.text2gloss.decoding import DecodingConfig, states_of
from signzoo.models.text2gloss.denoising import bpe_dropout
from signzoo.models.text2gloss.restriction import GlossAutomaton
from signzoo.models.text2gloss.translation import Example, GlossSequence, Index, translate
from signzoo.models.text2gloss.vocabulary import GlossVocabulary
from signzoo.transforms.text import spell_numbers, split_words

if TYPE_CHECKING:
    from transformers import BatchEncoding

Job = Literal["gloss", "text", "denoise"]

VOCABULARY = "vocabulary.json"
EMBEDDINGS = "vocabulary.safetensors"


@dataclass(frozen=True)
class Text2GlossConfig:
    """Which language model is used, and how it is asked."""

    language_model: str = "text2gloss-base"
    """The language model: a name of `signzoo models`, hf://owner/repo, or a folder. A checkpoint
    that holds its own leaves this empty."""
    language_model_sha256: str = ""
    """SHA-256 of the base's weights, by which an adapter refuses another base; filled in."""
    language: str = "de"
    """Written language, a BCP 47 code."""
    signed_language: str = "gsg"
    """Signed language, an ISO 639-3 code."""
    corpus: str = ""
    """Which corpus' way of glossing is asked for; stands for {corpus} in the prompts."""
    transcript: bool = False
    """Whether the training text is a transcript of speech: sentences to gloss then lose their
    punctuation, and their numbers are written in words."""
    prompt: str = "{text}{examples}"
    """How a sentence to gloss is put: {text}, {corpus} and {examples} are filled in."""
    text_prompt: str = "<text><{corpus}>{text}"
    """How glosses are put that shall become a sentence, an auxiliary task of training."""
    denoise_prompt: str = "<denoise><{corpus}>{text}"
    """How a damaged sequence is put that shall be restored, an auxiliary task of training."""
    example: str = "<example>{gloss}"
    """How one retrieved training pair is put: {text} and {gloss} are filled in."""
    num_examples: int = 0
    """Retrieved training pairs beside the input."""
    lora_rank: int = 0
    """Rank of the LoRA matrices beside every linear layer; 0 trains the whole language model."""
    lora_alpha: int = 16
    """Scale of what LoRA adds, times its rank."""
    lora_dropout: float = 0.0
    """Share of a LoRA layer's inputs that training leaves out."""
    dropout: float | None = None
    """Share of activations that training leaves out; the language model's own by default."""
    partners: tuple[str, ...] = ()
    """Networks whose answers count as much as its own, by name in the catalogue or folder."""

    def __post_init__(self) -> None:
        if self.lora_rank < 0 or self.num_examples < 0 or not 0 <= self.lora_dropout < 1:
            raise UsageError(
                "Text to gloss needs lora_rank and num_examples of at least 0 and lora_dropout "
                f"between 0 and 1; got {self}."
            )
        if "{text}" not in self.prompt:
            raise UsageError(f"The prompt needs {{text}} in it; got {self.prompt!r}.")
        for prompt in (self.prompt, self.text_prompt, self.denoise_prompt):
            _check_fields(prompt, "text", "corpus", "examples")
        _check_fields(self.example, "text", "gloss")


class Text2Gloss(Pretrained):
    """Text to gloss (the ZRSL module of AuralLLM, section 4), over any language model.

    Reference: Li et al., "Beyond Words: AuralLLM and SignMST-C for Precise Sign Language Production
    and Bidirectional Accessibility", section 4. Hu et al., "LoRA: Low-Rank Adaptation of Large
    Language Models", ICLR 2022.

    Args:
        config: Which language model is used, and how.
        language_model: The language model itself; opened by the config by default.

    Attributes:
        language_model: The model of transformers, with LoRA layers where there is an adapter.
        tokenizer: Its tokenizer.
        vocabulary: The glosses that may be said; empty until training or a checkpoint sets it.
        vocabulary_index: Their embeddings; ``None`` until they are computed or read.
    """

    component: ClassVar[str] = "text2gloss"
    config_class: ClassVar[type[Any]] = Text2GlossConfig
    files: ClassVar[tuple[str, ...]] = (VOCABULARY, EMBEDDINGS, LANGUAGE_MODEL)
    config: Text2GlossConfig

    def __init__(
        self, config: Text2GlossConfig, language_model: LanguageModel | None = None
    ) -> None:
        super().__init__()
        opened = language_model or open_language_model(config.language_model, config.dropout)
        expected = config.language_model_sha256
        if config.lora_rank and opened.sha256:
            if expected not in ("", opened.sha256):
                raise WeightsError(
                    f"This adapter belongs to a base with SHA-256 {expected[:12]}…, but "
                    f"{config.language_model} has {opened.sha256[:12]}…. Give it its own base, or "
                    "train an adapter for this one."
                )
            config = replace(config, language_model_sha256=opened.sha256)
        self.config = config
        self.tokenizer: Any = opened.tokenizer
        self.language_model: Any = opened.model
        self.vocabulary = GlossVocabulary((), ())
        self.vocabulary_index: VocabularyIndex | None = None
        self._automaton: GlossAutomaton | None = None
        if config.lora_rank:
            self._add_lora()
            self.register_state_dict_post_hook(_leave_base_out)
            self.register_load_state_dict_pre_hook(_take_base_from_here)
        self.train()  # transformers opens in evaluation mode, where there is no dropout

    def _add_lora(self) -> None:
        from peft import LoraConfig, inject_adapter_in_model

        lora = LoraConfig(
            r=self.config.lora_rank,
            lora_alpha=self.config.lora_alpha,
            lora_dropout=self.config.lora_dropout,
            target_modules="all-linear",
        )
        inject_adapter_in_model(lora, self.language_model)

    @classmethod
    def build(cls, config: Any, folder: Path) -> Self:
        """Make the network of a checkpoint folder, without its tensors."""
        own = make_language_model(folder, config.dropout) if not config.language_model else None
        network = cls(config, own)
        network._read_vocabulary(folder)
        return network

    def _read_vocabulary(self, folder: Path) -> None:
        self.set_vocabulary(GlossVocabulary.read(folder / VOCABULARY))
        if (folder / EMBEDDINGS).is_file():
            self.vocabulary_index = VocabularyIndex.read(folder / EMBEDDINGS, self.vocabulary)

    def prepare_export(self) -> None:
        """Embed the glosses, which else takes seconds at every start of `signzoo gloss`."""
        self.vocabulary_index = self.vocabulary_index or VocabularyIndex.build(self.vocabulary)

    def write_files(self, folder: Path) -> None:
        """Write what :meth:`build` reads beside the config and the tensors."""
        self.vocabulary.write(folder / VOCABULARY)
        if self.vocabulary_index is not None:
            self.vocabulary_index.write(folder / EMBEDDINGS)
        if not self.config.lora_rank:
            whole = LanguageModel(self.language_model, self.tokenizer, "")
            write_language_model(whole, folder / LANGUAGE_MODEL)

    def saved_config(self) -> dict[str, Any]:
        """The fields of the config as a checkpoint holds them."""
        own = (
            {"language_model": "", "language_model_sha256": ""} if not self.config.lora_rank else {}
        )
        return {**asdict(self.config), **own}

    def merge(self) -> "Text2Gloss":
        """Make a network whose language model has this adapter in its weights.

        Returns:
            A network without an adapter; this one is left as it is.

        Raises:
            UsageError: There is no adapter.
        """
        if not self.config.lora_rank:
            raise UsageError("There is no adapter to merge: the language model is whole.")
        merged = open_language_model(self.config.language_model, self.config.dropout)
        own = merged.model.state_dict()
        for name, module in self.language_model.named_modules():
            if hasattr(module, "get_delta_weight"):
                own[f"{name}.weight"] += module.get_delta_weight("default").detach().cpu()
        network = Text2Gloss(replace(self.config, lora_rank=0, language_model_sha256=""), merged)
        network.set_vocabulary(self.vocabulary)
        network.vocabulary_index = self.vocabulary_index
        return network.eval()

    def swap_adapter(self, folder: str | os.PathLike[str]) -> None:
        """Take the adapter of another checkpoint in the place of this one.

        Raises:
            UsageError: This network, or the other, has no adapter, or they differ in rank.
            WeightsError: The other adapter is of another base.
        """
        path = locate(folder)
        _, values, tensors = read_folder(path, self.component)
        config: Text2GlossConfig = make_config(Text2GlossConfig, values)
        ranks = (self.config.lora_rank, config.lora_rank)
        if not all(ranks) or ranks[0] != ranks[1]:
            raise UsageError(
                f"Adapters of equal rank can be swapped; this network has rank {ranks[0]}, "
                f"{folder} has {ranks[1]} (0 is none). Load it with from_pretrained instead."
            )
        if config.language_model_sha256 != self.config.language_model_sha256:
            raise WeightsError(
                f"{folder} is an adapter of a base with SHA-256 "
                f"{config.language_model_sha256[:12]}…, not of {self.config.language_model}."
            )
        self.load_state_dict({**tensors, "_extra_state": self.get_extra_state()})
        self.config = config
        self._read_vocabulary(path)

    def set_vocabulary(self, vocabulary: GlossVocabulary) -> None:
        """Restrict what may be said to a vocabulary."""
        self.vocabulary = vocabulary
        self.vocabulary_index = None
        self._automaton = None

    def get_extra_state(self) -> Tensor:
        """The vocabulary, for a Lightning checkpoint: JSON in bytes, which is plain data."""
        return json_tensor(self.vocabulary.to_dict())

    def set_extra_state(self, state: Tensor) -> None:
        """Read what :meth:`get_extra_state` wrote."""
        self.set_vocabulary(GlossVocabulary.from_dict(read_json_tensor(state)))

    @property
    def fingerprint(self) -> str:
        """SHA-256 of all weights and of how they are asked; an index belongs to one of them."""
        # Defaults are left out, so that a field of a later version does not disown an index.
        defaults = asdict(Text2GlossConfig(language_model=""))
        asked = {k: v for k, v in self.saved_config().items() if v != defaults[k]}
        return weights_hash(self.language_model, json.dumps(asked, sort_keys=True))

    @property
    def device(self) -> torch.device:
        """Where the language model is."""
        return next(self.language_model.parameters()).device

    def put(
        self,
        job: Job,
        text: str,
        corpus: str = "",
        examples: Sequence[Example] = (),
    ) -> str:
        """Put a question to the language model.

        Args:
            job: What is asked for: glosses, a sentence, or a restored sequence.
            text: The sentence, the glosses, or the damaged sequence.
            corpus: Whose way of glossing is asked for; by default the config's.
            examples: Retrieved training pairs.
        """
        prompts = {
            "gloss": self.config.prompt,
            "text": self.config.text_prompt,
            "denoise": self.config.denoise_prompt,
        }
        beside = "".join(
            self.config.example.format(text=known, gloss=" ".join(glosses))
            for known, glosses in examples
        )
        corpus = corpus or self.config.corpus
        text = self.prepare(text) if job == "gloss" else text
        return prompts[job].format(text=text, corpus=corpus, examples=beside)

    def prepare(self, text: str) -> str:
        """Write a sentence as the training text is written; see ``transcript`` in the config."""
        language = self.config.language
        if not self.config.transcript:
            return text
        return " ".join(split_words(spell_numbers(text, language), language))

    def encode(
        self, prompts: Sequence[str], targets: Sequence[str], subword_dropout: float = 0.0
    ) -> "BatchEncoding":
        """Turn questions and their answers into tokens for :meth:`token_logits`.

        Args:
            prompts: B questions.
            targets: A answers to each, those to the first question first; in most cases one.
            subword_dropout: Probability, for each merge of a BPE tokenizer, that a question leaves
                it out.

        Returns:
            ``input_ids`` and ``attention_mask`` ``(B, N)``; ``labels`` ``(B·A, M)``, -100 where
            nothing is asked. A causal model has the answer behind the question, so M is N and the
            questions are repeated, ``(B·A, N)``.
        """
        tokenizer = self.tokenizer
        answers = [
            [*tokens, tokenizer.eos_token_id]
            for tokens in tokenizer(list(targets), add_special_tokens=False)["input_ids"]
        ]
        with bpe_dropout(tokenizer, subword_dropout) if subword_dropout else nullcontext():
            questions = tokenizer(list(prompts))["input_ids"]
        if self.language_model.config.is_encoder_decoder:
            whole, labels = questions, answers
        else:
            repeats = len(answers) // max(len(questions), 1)
            questions = [question for question in questions for _ in range(repeats)]
            labels = [[-100] * len(q) + a for q, a in zip(questions, answers, strict=True)]
            whole = [q + a for q, a in zip(questions, answers, strict=True)]
        encoded = tokenizer.pad({"input_ids": whole}, padding_side="right", return_tensors="pt")
        longest = max(map(len, labels))
        encoded["labels"] = torch.tensor([a + [-100] * (longest - len(a)) for a in labels])
        return encoded.to(self.device)

    def token_logits(self, encoded: "BatchEncoding") -> tuple[Tensor, Tensor]:
        """Run the language model over known answers.

        Returns:
            Logits ``(K, V)`` and tokens ``(K,)`` of all tokens that are asked for, row by row.
        """
        inputs = {key: encoded[key] for key in ("input_ids", "attention_mask")}
        if self.language_model.config.is_encoder_decoder:
            labels = encoded["labels"]
            start = torch.full_like(labels[:, :1], self.start_token)
            shifted = torch.cat([start, labels[:, :-1]], dim=1)
            inputs["decoder_input_ids"] = shifted.masked_fill(
                shifted == -100, self.tokenizer.pad_token_id
            )
            repeats = len(labels) // len(inputs["input_ids"])
            if repeats > 1:  # each question is read once
                read = self.language_model.get_encoder()(
                    inputs.pop("input_ids"), inputs["attention_mask"]
                )
                read.last_hidden_state = read.last_hidden_state.repeat_interleave(repeats, dim=0)
                inputs["encoder_outputs"] = read
                inputs["attention_mask"] = inputs["attention_mask"].repeat_interleave(repeats, 0)
        logits = self.language_model(**inputs).logits  # (B·A, M, V)
        return self._asked(logits, encoded)

    def _asked(self, outputs: Tensor, encoded: "BatchEncoding") -> tuple[Tensor, Tensor]:
        """Of outputs ``(B, M, ...)`` those before a token that is asked for, and these tokens."""
        labels = encoded["labels"]
        if not self.language_model.config.is_encoder_decoder:  # each is about the next token
            labels = labels[:, 1:]
        asked = labels != -100
        return outputs[:, : labels.shape[1]][asked], labels[asked]

    @property
    def start_token(self) -> int:
        """The token that an encoder-decoder's answer begins from."""
        config = self.language_model.config
        start = getattr(config, "decoder_start_token_id", None)
        return int(self.tokenizer.pad_token_id if start is None else start)

    @torch.inference_mode()
    def decoder_states(
        self, texts: Sequence[str], glosses: Sequence[Sequence[str]]
    ) -> tuple[np.ndarray, np.ndarray]:
        """The decoder's states before each token of known glosses: the keys of kNN-MT.

        Args:
            texts: B sentences.
            glosses: The labels of each.

        Returns:
            States ``(K, D)`` float32 and the tokens after them ``(K,)`` int64.
        """
        encoded = self.encode(
            [self.put("gloss", text) for text in texts], [" ".join(labels) for labels in glosses]
        )
        with states_of(self.language_model) as states:
            self.token_logits(encoded)
        kept, tokens = self._asked(states[-1], encoded)
        return kept.float().cpu().numpy(), tokens.cpu().numpy()

    def open_partners(self) -> tuple["Text2Gloss", ...]:
        """Open the networks that the config names to answer beside this one.

        Raises:
            SignzooError: As :meth:`from_pretrained`.
        """
        return tuple(Text2Gloss.from_pretrained(name, self.device) for name in self.config.partners)

    @torch.inference_mode()
    def translate(
        self,
        texts: Sequence[str],
        decoding: DecodingConfig | None = None,
        index: Index | None = None,
        partners: Sequence["Text2Gloss"] = (),
        progress: Callable[[int], Any] | None = None,
        examples: Sequence[Sequence[Example]] | None = None,
    ) -> list[GlossSequence]:
        """Gloss sentences.

        Args:
            texts: N sentences.
            decoding: How to search.
            index: A sentence index of this network: training pairs to put beside the input, and
                training tokens to interpolate with (kNN-MT). A sentence that stands in it is
                glossed as people glossed it.
            partners: Networks with the same vocabulary, whose answers count as much as its own: the
                probability of an answer is the mean of what all say.
            progress: Is told how many sentences were done, batch by batch.
            examples: Training pairs beside each sentence, in the place of those of the index.

        Returns:
            A sequence for each sentence.

        Raises:
            UsageError: A sentence has no words, or is longer than ``MAX_CHARACTERS`` or than the
                language model has room for, or a partner has another vocabulary.
            WeightsError: There is no vocabulary yet: the network is not trained.
        """
        decoding = decoding or DecodingConfig()
        return translate(self, texts, decoding, index, partners, progress, examples)

    def word_effects(self, words: Sequence[str], labels: Sequence[str]) -> np.ndarray:
        """How much each word of a sentence speaks for each of its glosses, ``(W, G)``.

        See :func:`signzoo.models.text2gloss.alignment.word_effects`.
        """
        return word_effects(self, words, labels)

    @property
    def automaton(self) -> GlossAutomaton:
        """What the vocabulary allows, made when it is first needed."""
        if self._automaton is None:
            size = self.language_model.get_output_embeddings().weight.shape[0]
            self._automaton = GlossAutomaton(self.vocabulary.labels, self.tokenizer, size)
        return self._automaton


def _check_fields(prompt: str, *names: str) -> None:
    try:
        prompt.format(**dict.fromkeys(names, ""))
    except (KeyError, IndexError, ValueError) as error:
        raise UsageError(
            f"The prompt {prompt!r} can be filled in with {', '.join(names)} in single braces and "
            "with nothing else."
        ) from error


def _is_base(name: str, prefix: str) -> bool:
    return name.startswith(f"{prefix}{LANGUAGE_MODEL}.") and "lora_" not in name


def _leave_base_out(module: Any, state: dict[str, Any], prefix: str, metadata: Any) -> None:
    """An adapter's state is the adapter: its base is named, not kept."""
    for name in [name for name in state if _is_base(name, prefix)]:
        del state[name]


def _take_base_from_here(module: Any, state: dict[str, Any], prefix: str, *_: Any) -> None:
    """The frozen base that an adapter's state leaves out stays as it is."""
    for name, tensor in module.language_model.state_dict(
        prefix=f"{prefix}{LANGUAGE_MODEL}."
    ).items():
        if "lora_" not in name:
            state.setdefault(name, tensor)
