"""The training pairs of a text-to-gloss network, found by sentence and by decoder state.

A folder of ``index.json`` (``{"format": 1, "fingerprint", "embedder", "pairs", "states", "files":
{NAME: {"size", "sha256"}}}``), ``pairs.jsonl`` (rows ``{"id", "text", "gloss"}``),
``sentences.faiss``, ``states.faiss`` and ``tokens.safetensors``. It holds the corpus that it was
built from, so each user builds it from their own copy.
"""

import json
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file
from typing_extensions import Self

from signzoo._files import atomic_path
from signzoo.data.pairs import TextGlossPair
from signzoo.errors import DiskError, UsageError, WeightsError
from signzoo.models.text2gloss.embeddings import Embedder, embedder
from signzoo.models.text2gloss.search import VectorIndex

FORMAT = 1
INDEX, PAIRS, TOKENS = "index.json", "pairs.jsonl", "tokens.safetensors"
SENTENCES, STATES = "sentences.faiss", "states.faiss"
_FILES = (PAIRS, SENTENCES, STATES, TOKENS)
_BATCH = 512  # sentences that are embedded at once
_REBUILD = "build it again with `signzoo index build`"


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A training pair that is like a sentence.

    Attributes:
        pair: The training pair.
        similarity: Cosine similarity of the two sentences' embeddings, at most 1.
    """

    pair: TextGlossPair
    similarity: float


class NearestPairs:
    """Training pairs, found by how alike their sentences are.

    Attributes:
        pairs: The training pairs.
    """

    def __init__(
        self, pairs: Sequence[TextGlossPair], sentences: VectorIndex, embed: Embedder | str
    ) -> None:
        self.pairs = tuple(pairs)
        self._sentences = sentences
        self._embed = embed
        self._glossed: dict[str, Counter[tuple[str, ...]]] = defaultdict(Counter)
        for pair in pairs:
            self._glossed[_plain(pair.text)][tuple(pair.gloss)] += 1

    @classmethod
    def of(
        cls, pairs: Sequence[TextGlossPair], embed: Embedder | None = None, progress: bool = True
    ) -> "NearestPairs":
        """Embed the sentences of pairs.

        Args:
            pairs: The training pairs.
            embed: What embeds them; the default of :func:`embedder`.
            progress: Show a bar, where somebody watches.
        """
        embed = embed or embedder()
        vectors = _embed_all(embed, pairs, progress)
        return NearestPairs(pairs, VectorIndex.build(vectors, "cosine"), embed)

    def nearest(
        self, texts: Sequence[str], k: int, exclude_same_text: bool = False
    ) -> list[list[Neighbour]]:
        """Find the training pairs whose sentences are most like others.

        Args:
            texts: Sentences.
            k: How many pairs to find for each.
            exclude_same_text: Leave out pairs of the very same sentence, whatever its case and
                spaces: what training needs, whose sentences would find themselves.

        Returns:
            For each text up to ``k`` pairs, the most similar first.
        """
        plain = [_plain(text) for text in texts]
        # A sentence may stand in a corpus hundreds of times; so many more must be looked at.
        copies = 0
        if exclude_same_text:
            copies = max((self.glossed(text).total() for text in plain), default=0)
        similarities, found = self._sentences.search(self._embedder(texts), k + copies)
        results = []
        for text, row, scores in zip(plain, found.tolist(), similarities.tolist(), strict=True):
            kept = [
                Neighbour(self.pairs[position], score)
                for position, score in zip(row, scores, strict=True)
                if position >= 0  # -1 where the cells that were searched hold fewer
                and not (exclude_same_text and _plain(self.pairs[position].text) == text)
            ]
            results.append(kept[:k])
        return results

    def examples(
        self, texts: Sequence[str], k: int, exclude_same_text: bool = False
    ) -> list[list[tuple[str, tuple[str, ...]]]]:
        """The sentences and glosses of :meth:`nearest`, as prompts take them."""
        return [
            [(neighbour.pair.text, neighbour.pair.gloss) for neighbour in neighbours]
            for neighbours in self.nearest(texts, k, exclude_same_text)
        ]

    def glossed(self, text: str) -> Counter[tuple[str, ...]]:
        """How often each glosses were given to the very same sentence, whatever its case."""
        return self._glossed.get(_plain(text), Counter())

    def _embedder(self, texts: Sequence[str]) -> np.ndarray:
        if isinstance(self._embed, str):
            self._embed = embedder(self._embed)
        return self._embed(texts)


class SentenceIndex(NearestPairs):
    """What a network's training set says beside an input.

    Reference: Khandelwal et al., "Nearest Neighbor Machine Translation", ICLR 2021, for the states.

    Attributes:
        pairs: The training pairs.
        fingerprint: Of the network whose states were stored.
    """

    def __init__(
        self,
        pairs: Sequence[TextGlossPair],
        sentences: VectorIndex,
        states: VectorIndex,
        tokens: np.ndarray,
        fingerprint: str,
        embed: Embedder | str,
    ) -> None:
        super().__init__(pairs, sentences, embed)
        self.fingerprint = fingerprint
        self._states, self._tokens = states, tokens

    @classmethod
    def build(
        cls,
        folder: str | os.PathLike[str],
        pairs: Sequence[TextGlossPair],
        states: Iterable[tuple[np.ndarray, np.ndarray]],
        fingerprint: str,
        embed: Embedder | None = None,
        progress: bool = True,
    ) -> Self:
        """Build an index in a new folder, or in the place of an older index.

        Args:
            folder: Where to.
            pairs: The training pairs.
            states: Decoder states ``(K, D)`` and the tokens after them ``(K,)``, block by block:
                ``Text2Gloss.decoder_states`` of these pairs.
            fingerprint: Of the network that the states come from.
            embed: What embeds the sentences; the default of :func:`embedder`.
            progress: Show a bar, where somebody watches.

        Raises:
            UsageError: There are no pairs, or the folder holds something else, which would be lost.
            DiskError: It could not be written.
        """
        if not pairs:
            raise UsageError("There is nothing to index: the data has no pairs.")
        folder = Path(folder)
        found = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
        if found - {INDEX, *_FILES}:
            raise UsageError(
                f"{folder} holds {min(found - {INDEX, *_FILES})}; name a new folder for the index."
            )
        embed = embed or embedder()
        sentences = VectorIndex.build(_embed_all(embed, pairs, progress), "cosine")
        vectors, tokens = _collect(states, progress)
        index = cls(
            pairs,
            sentences,
            VectorIndex.build(vectors, "squared_l2"),
            tokens,
            fingerprint,
            embed,
        )
        with atomic_path(folder, folder=True) as part:
            index._write(part)
        return index

    @classmethod
    def open(
        cls, folder: str | os.PathLike[str], fingerprint: str, embed: Embedder | None = None
    ) -> Self:
        """Open an index, with every file proven by its SHA-256 and mapped into memory.

        Args:
            folder: Where it is.
            fingerprint: Of the network that is to use it.
            embed: What embeds the sentences; by default opened by its name when it is needed.

        Raises:
            WeightsError: It is incomplete or damaged, or was built with another network.
            UsageError: There is no such folder.
        """
        folder = Path(folder)
        settings = _read_settings(folder)
        if settings["fingerprint"] != fingerprint:
            raise WeightsError(
                f"{folder} was built with the network {settings['fingerprint'][:12]}…, not with "
                f"{fingerprint[:12]}…; build one for this network with `signzoo index build`."
            )
        for name in _FILES:
            _prove(folder / name, settings["files"].get(name))
        try:
            rows = map(json.loads, (folder / PAIRS).read_text("utf-8").split("\n")[:-1])
            pairs = [TextGlossPair(row["id"], row["text"], tuple(row["gloss"])) for row in rows]
            tokens = load_file(folder / TOKENS)["tokens"]
        except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
            raise WeightsError(f"{folder} cannot be read: {error}; {_REBUILD}.") from error
        sentences = VectorIndex.read(folder / SENTENCES, "cosine")
        states = VectorIndex.read(folder / STATES, "squared_l2")
        if len(pairs) != len(sentences) or len(tokens) != len(states):
            raise WeightsError(f"The files of {folder} do not belong together; {_REBUILD}.")
        return cls(pairs, sentences, states, tokens, fingerprint, embed or settings["embedder"])

    def neighbours(self, states: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Find the training set's decoder states nearest to others.

        Args:
            states: Shape ``(Q, D)``.
            k: How many to find for each.

        Returns:
            Squared distances ``(Q, k)``, float32, and the tokens that followed, ``(Q, k)`` int64;
            fewer than ``k`` where there are fewer. Distances are infinite where none was found.
        """
        distances, found = self._states.search(states, k)
        tokens = self._tokens[found.clip(min=0)].astype(np.int64)
        return np.where(found < 0, np.float32(np.inf), distances), tokens

    @property
    def num_states(self) -> int:
        """How many decoder states are stored."""
        return len(self._states)

    def _write(self, folder: Path) -> None:
        import pooch  # type: ignore[import-untyped]

        rows = (json.dumps(asdict(pair), ensure_ascii=False) for pair in self.pairs)
        (folder / PAIRS).write_text("".join(row + "\n" for row in rows), encoding="utf-8")
        self._sentences.write(folder / SENTENCES)
        self._states.write(folder / STATES)
        _write_tokens(self._tokens, folder / TOKENS)
        # It makes a file for its owner only; others may read an index as any other file.
        (folder / TOKENS).chmod((folder / PAIRS).stat().st_mode)
        settings = {
            "format": FORMAT,
            "fingerprint": self.fingerprint,
            "embedder": self._embed if isinstance(self._embed, str) else self._embed.name,
            "pairs": len(self.pairs),
            "states": len(self._states),
            "files": {
                name: {
                    "size": (folder / name).stat().st_size,
                    "sha256": pooch.file_hash(str(folder / name), alg="sha256"),
                }
                for name in _FILES
            },
        }
        (folder / INDEX).write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")


def _write_tokens(tokens: np.ndarray, path: Path) -> None:
    try:
        save_file({"tokens": tokens}, path)
    except SafetensorError as error:  # which is how it reports a full disk
        raise DiskError(f"Cannot write {path.name}: {error}. Nothing was left behind.") from error


def _plain(text: str) -> str:
    return " ".join(text.lower().split())


def _embed_all(embed: Embedder, pairs: Sequence[TextGlossPair], progress: bool) -> np.ndarray:
    from tqdm import tqdm

    blocks = []
    with tqdm(total=len(pairs), desc="sentences", disable=None if progress else True) as bar:
        for start in range(0, len(pairs), _BATCH):
            block = [pair.text for pair in pairs[start : start + _BATCH]]
            blocks.append(embed(block))
            bar.update(len(block))
    return np.concatenate(blocks)  # (N, D)


def _collect(
    states: Iterable[tuple[np.ndarray, np.ndarray]], progress: bool
) -> tuple[np.ndarray, np.ndarray]:
    from tqdm import tqdm

    vectors, tokens = [], []
    with tqdm(desc="decoder states", unit=" states", disable=None if progress else True) as bar:
        for block, following in states:
            vectors.append(np.asarray(block, np.float32))
            tokens.append(np.asarray(following, np.int32))
            bar.update(len(block))
    if not vectors:
        raise UsageError("There is nothing to index: the network gave no states.")
    return np.concatenate(vectors), np.concatenate(tokens)


def _read_settings(folder: Path) -> dict[str, Any]:
    if not folder.is_dir():
        raise UsageError(f"There is no folder {folder}; `signzoo index build` makes an index.")
    path = folder / INDEX
    try:
        content = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise WeightsError(f"{folder} has no {INDEX}; it is no sentence index.") from error
    except (OSError, ValueError) as error:
        raise WeightsError(f"{path} cannot be read: {error}; {_REBUILD}.") from error
    version = content.get("format") if isinstance(content, dict) else None
    if version != FORMAT:
        raise WeightsError(
            f"{path} has format {version!r}, this signzoo reads {FORMAT}: update it, or {_REBUILD}."
        )
    kinds = {"fingerprint": str, "embedder": str, "files": dict}
    for key, kind in kinds.items():
        if not isinstance(content.get(key), kind):
            raise WeightsError(f"{path} has no {key}; {_REBUILD}.")
    return content


def _prove(path: Path, record: Any) -> None:
    """Check a file's size, which is quick, then its SHA-256."""
    import pooch

    if not isinstance(record, dict) or not path.is_file():
        raise WeightsError(f"{path} is missing; {_REBUILD}.")
    if path.stat().st_size == record.get("size"):
        found = pooch.file_hash(str(path), alg="sha256")
        if found == record.get("sha256"):
            return
    raise WeightsError(f"{path} is not the file that {INDEX} promises; {_REBUILD}.")
