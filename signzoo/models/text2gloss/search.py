"""Finds the vectors nearest to others: all compared, or only some where there are many.

Distances are squared Euclidean ones inside, cosine similarities are computed from them: vectors of
length 1 have the same neighbours either way.

==========  =====================  ================================================================
kind        chosen for             how
==========  =====================  ================================================================
``flat``    < 10,000 vectors       every vector is compared; on the GPUs where faiss has them, and
                                   then for up to 4,000,000 vectors
``ivf``     < 1,000,000 vectors    the vectors' first principal components are compared in 8 bits in
                                   the nearest cells; the best candidates again in full, in 16 bits
``hnsw``    more                   the same, but over a graph: slow to build, and its search grows
                                   with the logarithm of the number of vectors only
==========  =====================  ================================================================
"""

import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
from typing_extensions import Self

from signzoo._files import atomic_path
from signzoo.errors import MissingPackageError, UsageError, WeightsError

Metric = Literal["cosine", "squared_l2"]
Kind = Literal["flat", "hnsw", "ivf"]

FLAT_BELOW, FLAT_BELOW_ON_GPU, CELLS_BELOW = 10_000, 4_000_000, 1_000_000  # vectors
# Measured by benchmarks/retrieval.py on 66,622 decoder states of 256 dimensions, of which a quarter
# holds 98 % of the variance.
_COMPONENTS = 0.25  # share of the dimensions that is compared first
_NEIGHBOURS, _BUILD_EFFORT = 24, 200  # of a node in the graph; candidates when it is built
_WIDTH, _CANDIDATES = 12, 16  # of the walk over the graph, and that are compared in full, at least
_CELL_SIZE = 39  # vectors for each cell, at least, which faiss asks for to find its centre
_CELLS_SEARCHED, _FEWEST_CELLS = 1 / 100, 8


class VectorIndex:
    """Vectors that are searched for those nearest to others.

    Attributes:
        metric: ``cosine``, the inner product of vectors of length 1, where more is nearer, or
            ``squared_l2``, the squared Euclidean distance, where less is.
        kind: How it searches.
    """

    def __init__(self, index: Any, metric: Metric, kind: Kind) -> None:
        self.metric, self.kind = metric, kind
        self._index = index
        self._searched = _on_gpus(index) if kind == "flat" else index

    @classmethod
    def build(cls, vectors: np.ndarray, metric: Metric, kind: Kind | None = None) -> Self:
        """Index vectors.

        Args:
            vectors: Shape ``(N, D)``, of length 1 where the metric is ``cosine``.
            metric: What is near.
            kind: How to search; ``None`` chooses by N.

        Raises:
            UsageError: There is no vector.
        """
        vectors = np.ascontiguousarray(vectors, np.float32)
        if not len(vectors):
            raise UsageError("There is nothing to index: no vectors were given.")
        kind = kind or _choose(len(vectors))
        index = _MAKERS[kind](*vectors.shape)
        index.train(vectors)
        index.add(vectors)
        return cls(index, metric, kind)

    @classmethod
    def read(cls, path: str | os.PathLike[str], metric: Metric) -> Self:
        """Open an index that :meth:`write` wrote; its file is mapped into memory, not copied.

        Raises:
            WeightsError: The file is missing or damaged.
        """
        faiss = _faiss()
        path = Path(path)
        if not path.is_file():
            raise WeightsError(f"{path} is missing; build the index again.")
        try:
            index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        except (RuntimeError, MemoryError) as error:
            raise WeightsError(
                f"{path} is damaged and cannot be read; rebuild the index."
            ) from error
        return cls(index, metric, _kind_of(index))

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the index in one atomic step.

        Raises:
            DiskError: It could not be written.
        """
        with atomic_path(path) as part:
            try:
                _faiss().write_index(self._index, str(part))
            except RuntimeError as error:  # which is how faiss reports a full disk
                raise OSError(str(error)) from error

    def search(self, queries: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Find the nearest vectors of each query.

        Args:
            queries: Shape ``(Q, D)``.
            k: How many to find; fewer are found where there are fewer.

        Returns:
            Cosine similarities or squared distances ``(Q, k)``, float32, nearest first, and the
            positions of the vectors in the order in which they were given, ``(Q, k)``.
        """
        if queries.ndim != 2 or queries.shape[1] != self.dimensions:
            raise ValueError(
                f"Queries of shape {queries.shape} do not fit an index of vectors of "
                f"{self.dimensions} dimensions."
            )
        k = min(k, len(self))
        if not len(queries):
            return np.zeros((0, k), np.float32), np.zeros((0, k), np.int64)
        effort = {"params": self._effort(k)} if self.kind != "flat" else {}
        squared, found = self._searched.search(
            np.ascontiguousarray(queries, np.float32), k, **effort
        )  # (Q, k)
        squared = squared.clip(min=0)  # rounding may go below
        return (1 - squared / 2 if self.metric == "cosine" else squared), found

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimensions(self) -> int:
        """Length D of a vector."""
        return int(self._index.d)

    def _effort(self, k: int) -> Any:
        """Compare half as many candidates again as are asked for, and never few."""
        faiss = _faiss()
        factor = max(1.5, _CANDIDATES / k)
        if self.kind == "ivf":
            return faiss.IndexRefineSearchParameters(k_factor=factor)
        walk = faiss.SearchParametersHNSW(efSearch=max(_WIDTH, k))
        turned = faiss.SearchParametersPreTransform(index_params=walk)
        return faiss.IndexRefineSearchParameters(k_factor=factor, base_index_params=turned)


def _choose(count: int) -> Kind:
    if count < (FLAT_BELOW_ON_GPU if _has_gpus() else FLAT_BELOW):
        return "flat"
    return "ivf" if count < CELLS_BELOW else "hnsw"


def _make_flat(count: int, dimensions: int) -> Any:
    return _faiss().IndexFlatL2(dimensions)


def _make_hnsw(count: int, dimensions: int) -> Any:
    faiss = _faiss()
    components = math.ceil(dimensions * _COMPONENTS)
    graph = faiss.IndexHNSWSQ(components, faiss.ScalarQuantizer.QT_8bit, _NEIGHBOURS)
    graph.hnsw.efConstruction, graph.hnsw.efSearch = _BUILD_EFFORT, _WIDTH
    return _refined(graph, dimensions)


def _make_ivf(count: int, dimensions: int) -> Any:
    cells = max(1, min(round(4 * math.sqrt(count)), count // _CELL_SIZE))
    lists = _faiss().index_factory(math.ceil(dimensions * _COMPONENTS), f"IVF{cells},SQ8")
    lists.nprobe = max(_FEWEST_CELLS, round(cells * _CELLS_SEARCHED))
    return _refined(lists, dimensions)


_MAKERS: dict[Kind, Callable[[int, int], Any]] = {
    "flat": _make_flat,
    "hnsw": _make_hnsw,
    "ivf": _make_ivf,
}


def _refined(inner: Any, dimensions: int) -> Any:
    """Search principal components first, then compare the candidates in all dimensions."""
    faiss = _faiss()
    turned = faiss.IndexPreTransform(faiss.PCAMatrix(dimensions, inner.d), inner)
    full = faiss.IndexScalarQuantizer(dimensions, faiss.ScalarQuantizer.QT_fp16)
    return faiss.IndexRefine(turned, full)


def _kind_of(index: Any) -> Kind:
    faiss = _faiss()
    if isinstance(index, faiss.IndexFlat):
        return "flat"
    inner = faiss.downcast_index(faiss.downcast_index(index.base_index).index)
    return "hnsw" if isinstance(inner, faiss.IndexHNSW) else "ivf"


def _has_gpus() -> bool:
    return bool(_faiss().get_num_gpus())


def _on_gpus(index: Any) -> Any:
    return _faiss().index_cpu_to_all_gpus(index) if _has_gpus() else index


def _faiss() -> Any:
    try:
        import faiss
    except ImportError as error:
        raise MissingPackageError(
            "Retrieval needs the package faiss-cpu: `pip install faiss-cpu`."
        ) from error
    return faiss
