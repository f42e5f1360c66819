"""How long `signzoo data synthesize` takes, against the time that its signing lasts.

Makes a corpus of the first sentences of a manifest without and with video, and says how many times
faster than the signing itself that was, and how long 7,096 sentences without video (PHOENIX-2014T's
training set) and 1,500 with video would take.

    python benchmarks/synthesis.py DATA/phoenix14t/train.jsonl --workers 2
"""

import argparse
import tempfile
import time
from itertools import islice
from pathlib import Path

from signzoo.data.synthesis.corpus import Recipe, synthesize


def measure(manifest: Path, count: int, video: bool, arguments: argparse.Namespace) -> float:
    """Seconds that a sentence takes; the start of the processes counts."""
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "pairs.jsonl"
        with manifest.open(encoding="utf-8") as file:
            table.write_text("".join(islice(file, count)), encoding="utf-8")
        recipe = Recipe(str(table), signers=str(arguments.signers), video=video)
        start = time.perf_counter()
        made = synthesize(recipe, Path(folder) / "corpus", arguments.workers)
        seconds = time.perf_counter() - start
    signing = made.frames / recipe.fps
    kind = f"video at {recipe.size} pixels" if video else "landmarks only"
    print(f"{kind}: {made.rows} sentences in {seconds:.0f} s, {signing / seconds:.1f} x real time")
    return seconds / made.rows


def main() -> None:
    """Measure both."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("manifest", type=Path, help="sentences with glosses, JSONL")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--signers", type=int, default=4)
    parser.add_argument("--poses", type=int, default=1000, help="sentences without video")
    parser.add_argument("--videos", type=int, default=60, help="sentences with video")
    arguments = parser.parse_args()
    each = measure(arguments.manifest, arguments.poses, False, arguments)
    print(f"  7,096 sentences would take {7096 * each / 60:.1f} minutes")
    each = measure(arguments.manifest, arguments.videos, True, arguments)
    print(f"  1,500 sentences would take {1500 * each / 60:.0f} minutes")


if __name__ == "__main__":
    main()
