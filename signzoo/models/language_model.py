"""Opens a language model of transformers, from whatever names it, and proves what it is.

A checkpoint that holds a whole language model keeps its tensors where every component does, in
``model.safetensors``, and beside them in ``language_model/`` the JSON files from which transformers
makes the architecture and the tokenizer. No file that could carry code is opened.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from signzoo.errors import UsageError, WeightsError
from signzoo.hub.checkpoint import CONFIG, TENSORS, read_folder
from signzoo.hub.download import locate

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

# Where a checkpoint of text2gloss keeps the JSON files of a whole language model, and what the
# names of its tensors begin with.
LANGUAGE_MODEL = "language_model"
# What transformers' configs call the share of activations that training leaves out.
_DROPOUTS = ("dropout", "dropout_rate", "resid_pdrop", "hidden_dropout_prob")
_SAFE: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}


@dataclass(frozen=True)
class LanguageModel:
    """A language model with its tokenizer.

    Attributes:
        model: The model in float32, a decoder or an encoder and a decoder.
        tokenizer: Its tokenizer.
        sha256: Of its weights' files, by which an adapter knows its base; empty if it was made
            without weights.
    """

    model: "PreTrainedModel"
    tokenizer: "PreTrainedTokenizerFast"
    sha256: str


def open_language_model(
    source: str | os.PathLike[str], dropout: float | None = None, decoder_alone: bool = False
) -> LanguageModel:
    """Open a language model with its weights.

    Args:
        source: A name in the catalogue, ``hf://owner/repo[@revision]``, or a folder: a checkpoint
            that holds a whole language model, or one that transformers wrote.
        dropout: Share of activations that training leaves out; ``None``: what its config says.
        decoder_alone: Nobody will use its encoder: a checkpoint without one, which is one of
            signmst_c, will do.

    Raises:
        UsageError: Nothing is known by that name.
        WeightsError: It is incomplete, an adapter, or nothing that transformers can open without
            running code from outside.
        DownloadError: It could not be fetched.
    """
    folder = locate(source)
    if (folder / LANGUAGE_MODEL).is_dir():
        made = make_language_model(folder, dropout)
        _, _, tensors = read_folder(folder)
        beginning = f"{LANGUAGE_MODEL}."
        own = {
            name.removeprefix(beginning): tensor
            for name, tensor in tensors.items()
            if name.startswith(beginning) or not decoder_alone
        }
        missing, unknown = made.model.load_state_dict(own, strict=False)
        untied = set(missing) - _tied(made.model)
        encoder = _encoder_name(made.model) if decoder_alone else ""
        if encoder:
            untied = {name for name in untied if not name.startswith(f"{encoder}.")}
        if untied or unknown:
            raise WeightsError(
                f"{folder / TENSORS} does not fit its language model: it lacks {len(untied)} "
                f"tensors and has {len(unknown)} unknown ones."
            )
        return LanguageModel(made.model, made.tokenizer, _hash([folder / TENSORS]))
    weights = sorted(folder.glob("*.safetensors"))
    if not (folder / CONFIG).is_file() or not weights:
        raise WeightsError(
            f"{folder} is no language model: it needs a {CONFIG} and safetensors files, as "
            "transformers' save_pretrained writes them. Other formats are not opened."
        )
    if not (folder / "tokenizer.json").is_file():
        raise WeightsError(
            f"{folder} has no tokenizer.json: it is an adapter, which has a base to name instead, "
            "or its tokenizer has to be saved beside it with transformers' save_pretrained."
        )
    config, tokenizer = _open_json(folder, dropout)
    try:
        model, report = _model_class(config).from_pretrained(
            folder,
            config=config,
            use_safetensors=True,
            dtype=torch.float32,
            output_loading_info=True,
            **_SAFE,
        )
    except (OSError, ValueError, KeyError, RuntimeError, ImportError, SafetensorError) as error:
        raise _cannot_open(folder, error) from error
    if report["missing_keys"]:  # transformers would begin with random numbers there
        raise WeightsError(
            f"The safetensors files in {folder} do not fit its config: they lack "
            f"{len(report['missing_keys'])} tensors, such as {min(report['missing_keys'])}."
        )
    return LanguageModel(model, tokenizer, _hash(weights))


def open_tokenizer(source: str | os.PathLike[str]) -> Any:
    """Open the tokenizer of a language model alone.

    Args:
        source: As for :func:`open_language_model`.

    Raises:
        As :func:`open_language_model`.
    """
    folder = locate(source)
    inside = folder / LANGUAGE_MODEL
    return _open_json(inside if inside.is_dir() else folder, None)[1]


def make_language_model(folder: Path, dropout: float | None = None) -> LanguageModel:
    """Make the language model of a checkpoint of text2gloss, without its weights.

    Raises:
        WeightsError: The checkpoint holds no whole language model.
    """
    if not (folder / LANGUAGE_MODEL / CONFIG).is_file():
        raise WeightsError(
            f"{folder} holds no whole language model (no {LANGUAGE_MODEL}/{CONFIG}); name the base "
            "of that adapter, or merge the adapter first."
        )
    config, tokenizer = _open_json(folder / LANGUAGE_MODEL, dropout)
    # Eager attention is the one that can say what it looked at; these models are small.
    model = _model_class(config).from_config(config, attn_implementation="eager")
    return LanguageModel(model, tokenizer, "")


def write_language_model(language_model: LanguageModel, folder: Path) -> None:
    """Write what :func:`make_language_model` reads."""
    language_model.model.config.save_pretrained(folder)
    language_model.tokenizer.save_pretrained(folder)


class _NoEncoder(nn.Module):
    """Stands where a language model had its encoder."""

    main_input_name = "input_ids"


def without_encoder(model: Any) -> Any:
    """Take the encoder out of a model, where another network is in its place.

    Raises:
        UsageError: It has none.
    """
    name = _encoder_name(model)
    if not name:
        raise UsageError(f"{type(model).__name__} has no encoder that can be replaced.")
    parent, _, child = name.rpartition(".")
    setattr(model.get_submodule(parent), child, _NoEncoder())
    return model


def _encoder_name(model: Any) -> str:
    """Name of the module that is its encoder; nothing where none is one of its parts."""
    encoder = model.get_encoder()
    return next((name for name, module in model.named_modules() if module is encoder), "")


def until_end(tokens: Tensor, end: int) -> Tensor:
    """Which of ``(B, L)`` tokens belong to a sequence: those up to its first end, and this one."""
    ends = tokens == end
    return ends.cumsum(dim=1) - ends.long() == 0


def beam_means(scores: Tensor, within: Tensor, length_penalty: float) -> Tensor:
    """The mean log-probability of a token of beams, ``(B,)``, of the scores that the search gives.

    Those are sums, divided by the length to the power of the penalty.

    Args:
        scores: Of the beams, ``(B,)``.
        within: Which of their tokens belong to them, ``(B, L)``; see :func:`until_end`.
        length_penalty: What the search was given.
    """
    return scores * within.sum(dim=1) ** (length_penalty - 1)


def _open_json(folder: Path, dropout: float | None) -> tuple[Any, Any]:
    """The config and the tokenizer in a folder."""
    from transformers import AutoConfig, AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    try:
        config = AutoConfig.from_pretrained(folder, **_SAFE)
        tokenizer = AutoTokenizer.from_pretrained(folder, use_fast=True, **_SAFE)
    except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
        raise _cannot_open(folder, error) from error
    for name in _DROPOUTS if dropout is not None else ():
        if hasattr(config, name):
            setattr(config, name, dropout)
    if tokenizer.pad_token_id is None:  # most causal models have none; padding is masked anyway
        tokenizer.pad_token = tokenizer.eos_token
    return config, tokenizer


def _model_class(config: Any) -> Any:
    from transformers import AutoModelForCausalLM, AutoModelForSeq2SeqLM

    return AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM


def _tied(model: "PreTrainedModel") -> set[str]:
    """Names of parameters that are another one's, and of buffers that are computed."""
    names = dict(model.named_parameters())
    every = dict(model.named_parameters(remove_duplicate=False))
    return set(every) - set(names)


def _cannot_open(folder: Path, error: Exception) -> WeightsError:
    reason = " ".join(str(error).split())[:300]
    return WeightsError(f"transformers cannot open {folder}: {reason}")


def _hash(files: list[Path]) -> str:
    """One SHA-256 over the files' own, so that a model in several files has one name too."""
    import pooch  # type: ignore[import-untyped]

    hashes = [str(pooch.file_hash(str(path), alg="sha256")) for path in files]
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()
