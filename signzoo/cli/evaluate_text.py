"""Score predicted glosses or sentences against references.

PREDICTIONS holds a JSON object a line, {"id", "prediction"} or {"id", "gloss": [...]}, from
free-running decoding; the references {"id", "text", "gloss": [...]}. Both have the same ids.
Scores are BLEU-1..4, ROUGE-L, WER, chrF and CER, each named with its tokenisation. For glosses the
table also has the floors: copying the source, and with --train the nearest training sentence.
"""

import argparse
import shlex
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from signzoo.evaluation.report import Report
    from signzoo.evaluation.text import Comparison

SUMMARY = "BLEU, ROUGE-L, WER, chrF and CER of glosses or sentences"
EPILOG = """\
examples:
  signzoo evaluate text predictions.jsonl --references dev.jsonl --kind gloss --language de \\
      --train train.jsonl --out scores
  signzoo evaluate text new.jsonl --references dev.jsonl --kind sentence --language zh \\
      --baseline old.jsonl
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what says which texts are scored."""
    parser.add_argument("predictions", metavar="PREDICTIONS.jsonl")
    parser.add_argument("--references", required=True, metavar="FILE.jsonl")
    parser.add_argument(
        "--kind", required=True, choices=("gloss", "sentence"), help="what was predicted"
    )
    parser.add_argument(
        "--language", required=True, help="written language, as a BCP 47 code: de, en, zh, ..."
    )
    parser.add_argument(
        "--baseline", metavar="FILE.jsonl", help="predictions to compare with, sentence by sentence"
    )
    parser.add_argument(
        "--train", metavar="FILE.jsonl", help="training rows, for the nearest training sentence"
    )


def run(arguments: argparse.Namespace) -> None:
    """Score, print, and keep what was asked for."""
    from signzoo.cli.text_report import show_report
    from signzoo.errors import UsageError
    from signzoo.evaluation import text
    from signzoo.evaluation.bootstrap import Resampling
    from signzoo.metrics.text import TextScorer

    if arguments.train and arguments.kind != "gloss":
        raise UsageError(
            "--train is for glosses: a sentence that was signed has no written source. "
            "Leave it out, or use --kind gloss."
        )
    scorer = TextScorer(arguments.kind, arguments.language)
    resampling = Resampling(arguments.samples, arguments.seed)
    references = text.read_references(arguments.references, arguments.kind)
    systems = {
        text.PREDICTIONS: text.read_predictions(arguments.predictions, references, arguments.kind)
    }
    if arguments.baseline:
        systems[text.BASELINE] = text.read_predictions(
            arguments.baseline, references, arguments.kind
        )
    if arguments.kind == "gloss":
        systems |= text.gloss_floors(references, arguments.language, arguments.train)
    comparison = text.compare_systems(systems, references, scorer, resampling)
    show_report(
        arguments,
        _report(arguments, comparison),
        comparison,
        scorer,
        partial(_keep_predictions, arguments),
    )


def _report(arguments: argparse.Namespace, comparison: "Comparison") -> "Report":
    from pathlib import Path

    from signzoo.evaluation.bootstrap import Resampling
    from signzoo.evaluation.report import Report, file_facts
    from signzoo.metrics.text import TextScorer

    files = ("predictions", "references", "baseline", "train")
    given = {name: getattr(arguments, name) for name in files if getattr(arguments, name)}
    return Report(
        task="text",
        command=_command(arguments),
        facts={
            "kind": arguments.kind,
            "language": arguments.language,
            "num_sentences": len(comparison.worst),
            "files": {name: file_facts(Path(path)) for name, path in given.items()},
        },
        resampling=Resampling(arguments.samples, arguments.seed),
        scores=comparison.scores,
        differences=comparison.differences,
        signatures=TextScorer(arguments.kind, arguments.language).signatures,
    )


def _command(arguments: argparse.Namespace) -> str:
    words = ["signzoo", "evaluate", "text", arguments.predictions]
    for option in ("references", "kind", "language", "baseline", "train", "samples", "seed"):
        value = getattr(arguments, option)
        words += [f"--{option}", str(value)] if value is not None else []
    return shlex.join(words)


def _keep_predictions(arguments: argparse.Namespace, kept: "Path") -> None:
    """Copy the predictions that were scored, unless they lie there already."""
    import shutil
    from pathlib import Path

    from signzoo._files import atomic_path

    if kept.resolve() != Path(arguments.predictions).resolve():
        with atomic_path(kept) as part:
            shutil.copyfile(arguments.predictions, part)
