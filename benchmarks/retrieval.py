"""How fast and how well decoder states are found, beside flat search, interleaved in one run.

    python benchmarks/retrieval.py --model NAME --data TRAIN.jsonl --queries DEV.jsonl

The states are those that `signzoo index build` stores for kNN-MT; the queries are those of held-out
sentences. Without a model, both are generated: 70,000 vectors of 256 dimensions around 500 centres,
98 % of whose variance lies in 64 components, as measured on PHOENIX-2014T. Two sizes of batch: 160
states are what decoding asks for at a time; all at once is what suits flat search best.

Target: recall@1 of at least 0.95 at 20 times the speed of flat search.
"""

import argparse
import statistics
import time
from collections.abc import Sequence

import numpy as np

from signzoo.data.pairs import TextGlossPair, read_pairs
from signzoo.models.text2gloss.search import Kind, VectorIndex

DECODING_BATCH = 160


def main(model: str | None, data: str, queries: str, kind: Kind | None, k: int, runs: int) -> None:
    if model is None:
        vectors, asked = generate(70_000), generate(4_000, seed=1)
    else:
        vectors, asked = (states_of(model, read_pairs(path)) for path in (data, queries))
    start = time.perf_counter()
    index = VectorIndex.build(vectors, "squared_l2", kind)
    seconds = time.perf_counter() - start
    flat = VectorIndex.build(vectors, "squared_l2", "flat")
    print(
        f"{len(vectors):,} vectors of {vectors.shape[1]} dimensions, {len(asked):,} queries, k={k}"
    )
    print(f"{index.kind} index built in {seconds:.1f} s")
    recall = np.mean(index.search(asked, k)[1][:, 0] == flat.search(asked, k)[1][:, 0])
    print(f"{'batch':>7}{'flat ms':>10}{index.kind + ' ms':>10}{'ratio':>8}{'recall@1':>10}")
    for batch in (DECODING_BATCH, len(asked)):
        taken: dict[str, list[float]] = {"flat": [], "index": []}
        for _ in range(runs):
            taken["flat"].append(time_search(flat, asked, k, batch))
            taken["index"].append(time_search(index, asked, k, batch))
        slow, fast = (statistics.median(times) for times in taken.values())
        print(f"{batch:>7}{slow:>10.4f}{fast:>10.4f}{slow / fast:>8.1f}{recall:>10.4f}")


def time_search(index: VectorIndex, queries: np.ndarray, k: int, batch: int) -> float:
    """Milliseconds a query."""
    start = time.perf_counter()
    for first in range(0, len(queries), batch):
        index.search(queries[first : first + batch], k)
    return (time.perf_counter() - start) * 1000 / len(queries)


def states_of(model: str, pairs: Sequence[TextGlossPair], batch: int = 64) -> np.ndarray:
    """The decoder's states before each token of the pairs' glosses, ``(N, D)``."""
    from signzoo.models.text2gloss.network import Text2Gloss

    network = Text2Gloss.from_pretrained(model)
    ordered = sorted(pairs, key=lambda pair: len(pair.text))
    blocks = [ordered[start : start + batch] for start in range(0, len(ordered), batch)]
    return np.concatenate(
        [
            network.decoder_states([p.text for p in block], [p.gloss for p in block])[0]
            for block in blocks
        ]
    )


def generate(count: int, seed: int = 0, dimensions: int = 256) -> np.ndarray:
    """Vectors around centres, whose variance falls off as that of decoder states does."""
    random, fixed = np.random.default_rng(seed), np.random.default_rng(7)
    scale = np.arange(1, dimensions + 1) ** -1.0  # standard deviation of each component
    centres = fixed.normal(size=(500, dimensions)) * scale
    points = centres[random.integers(0, 500, count)]
    points += 0.5 * random.normal(size=(count, dimensions)) * scale
    rotation = np.linalg.qr(fixed.normal(size=(dimensions, dimensions)))[0]
    return (points @ rotation).astype(np.float32)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", help="name or folder of a text2gloss checkpoint")
    parser.add_argument("--data", help="training pairs, whose states are searched")
    parser.add_argument("--queries", help="held-out pairs, whose states are searched for")
    parser.add_argument("--kind", choices=("flat", "hnsw", "ivf"), help="instead of that by size")
    parser.add_argument("--k", type=int, default=16)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    if options.model and not (options.data and options.queries):
        parser.error("--model needs --data and --queries")
    main(**vars(options))
