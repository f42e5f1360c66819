"""Gloss a file of sentences and score the glosses.

FILE holds rows {"id", "text", "gloss": [...]}, as JSONL or as a CSV or TSV with such columns.
Decoding is free-running. The scores are those of `signzoo evaluate text`, beside the floors:
copying the source, and with --train the nearest training sentence. With --train the scores are also
given without the sentences whose text stands verbatim in the training file, since they flatter.
"""

import argparse
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from signzoo.cli.glossing import (
    add_model_arguments,
    add_search_arguments,
    decoding_config,
    open_network,
    option_names,
    options_of,
    partner_names,
)
from signzoo.errors import UsageError

if TYPE_CHECKING:
    from signzoo.evaluation.report import Report
    from signzoo.evaluation.text import Comparison
    from signzoo.evaluation.text2gloss import Glossing, Sentences
    from signzoo.models.text2gloss.translation import GlossSequence

SUMMARY = "gloss sentences with a model and score the glosses"
EPILOG = """\
examples:
  signzoo evaluate text2gloss --model my_model --data dev.jsonl --train train.jsonl \\
      --out scores
  signzoo evaluate text2gloss --model my_model --data dev.jsonl --out scores \\
      --index my_index --neighbour-weight 0.3
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add which model glosses which sentences, and how."""
    add_model_arguments(parser)
    parser.add_argument(
        "--data", required=True, metavar="FILE", help="the sentences and their reference glosses"
    )
    parser.add_argument(
        "--train",
        metavar="FILE",
        help="training rows, for the nearest training sentence and the leak check",
    )
    add_search_arguments(parser)


def run(arguments: argparse.Namespace) -> None:
    """Gloss, score, print, and keep what was asked for."""
    from signzoo.cli.text_report import show_report
    from signzoo.evaluation.bootstrap import Resampling
    from signzoo.evaluation.report import write_rows
    from signzoo.evaluation.text2gloss import (
        Glossing,
        Sentences,
        prediction_rows,
        score_sequences,
    )
    from signzoo.metrics.text import TextScorer

    if arguments.out and Path(arguments.out).is_file():  # told before hours of decoding, not after
        raise UsageError(f"{arguments.out} is a file; --out names a folder.")
    resampling = Resampling(arguments.samples, arguments.seed)
    decoding = decoding_config(arguments)
    sentences = Sentences.read(arguments.data, arguments.train)
    network, partners, index = open_network(arguments)
    glossing = Glossing(network, decoding, index, partners)
    sequences = _gloss(glossing, sentences, quiet=arguments.json)
    language = network.config.language
    comparison = score_sequences(sentences, sequences, language, resampling)
    leaks = sentences.leaks
    show_report(
        arguments,
        _report(arguments, glossing, sentences, comparison),
        comparison,
        TextScorer("gloss", language),
        lambda path: write_rows(path, prediction_rows(sentences, sequences)),
        [leaks.summary()] if leaks is not None else [],
    )


def _gloss(glossing: "Glossing", sentences: "Sentences", quiet: bool) -> "list[GlossSequence]":
    from signzoo.cli.progress import bar

    texts = [pair.text for pair in sentences.pairs]
    with bar("gloss", len(texts), quiet, "sentence") as step:
        return glossing(texts, step)


def _report(
    arguments: argparse.Namespace,
    glossing: "Glossing",
    sentences: "Sentences",
    comparison: "Comparison",
) -> "Report":
    from signzoo.evaluation.bootstrap import Resampling
    from signzoo.evaluation.report import Report
    from signzoo.evaluation.text2gloss import glossing_facts
    from signzoo.metrics.text import TextScorer

    given = {
        "model": arguments.model,
        "with": partner_names(arguments, glossing.network),
        "index": str(Path(arguments.index)) if arguments.index else None,
        "device": arguments.device,
        "seed": arguments.seed,
    }
    return Report(
        task="text2gloss",
        command=_command(arguments),
        facts={**given, **glossing_facts(glossing, sentences)},
        resampling=Resampling(arguments.samples, arguments.seed),
        scores=comparison.scores,
        signatures=TextScorer("gloss", glossing.network.config.language).signatures,
    )


def _command(arguments: argparse.Namespace) -> str:
    names = [*option_names(), "data", "train", "out", "samples", "seed"]
    return shlex.join(["signzoo", "evaluate", "text2gloss", *options_of(arguments, names)])
