"""Make a sentence index: what a text-to-gloss model's training set says beside an input.

The index holds the pairs of a corpus, found by their sentences, and the model's state before each
of their glosses (kNN-MT). It belongs to one model and contains the corpus, so it is not shipped:
build it from your own copy, then give it to `signzoo gloss` or `signzoo evaluate text2gloss` as
--index.
"""

import argparse
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from signzoo.data.pairs import TextGlossPair
    from signzoo.models.text2gloss.network import Text2Gloss

SUMMARY = "make a sentence index for a text-to-gloss model"
EPILOG = """\
examples:
  signzoo index build --model my_model --data train.jsonl --out my_index
  signzoo gloss "morgen regnet es" --model my_model --index my_index
"""
_BUILD = """\
Make an index of the sentence pairs in FILE: JSONL rows {"id", "text", "gloss": [...]}, or a CSV or
TSV with such columns, the official PHOENIX-2014T files among them.

Take training data only: with the sentences that are scored in it, a model looks the answers up.
An older index in OUT is replaced; anything else there is refused.
"""
_BUILD_EPILOG = """\
example:
  signzoo index build --model my_model --data train.jsonl --out my_index
"""
# Pairs that the network reads at once, of similar length so that little is padding.
_BATCH = 64


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what ``signzoo index`` takes."""
    verbs = parser.add_subparsers(dest="action", metavar="build", required=True)
    build = verbs.add_parser(
        "build",
        help="from a file of sentence pairs",
        description=_BUILD,
        epilog=_BUILD_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    build.add_argument(
        "--model", required=True, metavar="NAME", help="a name of `signzoo models`, or a folder"
    )
    build.add_argument(
        "--data", required=True, metavar="FILE", help="the pairs (.jsonl, .csv, .tsv, .txt)"
    )
    build.add_argument("--out", required=True, metavar="DIR", help="the index's folder")
    build.add_argument("--device", default="cpu", help="where the model runs (default: cpu)")
    build.add_argument("--json", action="store_true", help="print what the index holds as JSON")


def run(arguments: argparse.Namespace) -> None:
    """Build the index and say what it holds."""
    from signzoo.data.pairs import read_pairs
    from signzoo.models.text2gloss.network import Text2Gloss
    from signzoo.models.text2gloss.sentence_index import SentenceIndex

    pairs = read_pairs(arguments.data)
    network = Text2Gloss.from_pretrained(arguments.model, arguments.device)
    index = SentenceIndex.build(
        arguments.out,
        pairs,
        _states(network, pairs),
        network.fingerprint,
        progress=not arguments.json,
    )
    if arguments.json:
        import json

        content = {
            "index": arguments.out,
            "model": arguments.model,
            "fingerprint": index.fingerprint,
            "pairs": len(index.pairs),
            "states": index.num_states,
        }
        print(json.dumps(content, ensure_ascii=False, indent=2))
        return
    print(
        f"{arguments.out} holds {len(index.pairs)} sentence pairs and {index.num_states} decoder "
        f"states of {arguments.model}."
    )
    print(f"Use it with that model: --model {arguments.model} --index {arguments.out}")


def _states(
    network: "Text2Gloss", pairs: Sequence["TextGlossPair"]
) -> "Iterator[tuple[np.ndarray, np.ndarray]]":
    by_length = sorted(pairs, key=lambda pair: len(pair.text))
    for start in range(0, len(by_length), _BATCH):
        batch = by_length[start : start + _BATCH]
        yield network.decoder_states([pair.text for pair in batch], [pair.gloss for pair in batch])
