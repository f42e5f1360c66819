"""Gloss a file of sentences with LoRA on and off, with and without retrieval, and compare.

As Tables 4 and 5 of the paper (AuralLLM): the model writes what it likes (no retrieval); words of
it that are no sign are looked up in the sign vocabulary (retrieval), then also matched by meaning
(retrieval with embedding). Two more rows are signzoo's own: a search that can write nothing but
signs, and with --index what the nearest training states say too.
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
)
from signzoo.errors import UsageError

if TYPE_CHECKING:
    from signzoo.evaluation.report import Report
    from signzoo.evaluation.text2gloss import Glossing, Sentences

SUMMARY = "what LoRA and retrieval each bring to a text-to-gloss model"
EPILOG = """\
example:
  signzoo evaluate text2gloss-ablation --model my_adapter --data dev.jsonl --out ablation
keeps ablation.csv, ablation.png, scores.json and predictions.jsonl in ablation/
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add which adapter glosses which sentences, and how."""
    add_model_arguments(parser, partners=False)
    parser.add_argument(
        "--data", required=True, metavar="FILE", help="the sentences and their reference glosses"
    )
    add_search_arguments(parser)


def run(arguments: argparse.Namespace) -> None:
    """Gloss in every way, score, print, and keep what was asked for."""
    import json

    from signzoo.cli.progress import bar
    from signzoo.evaluation.report import write_rows
    from signzoo.evaluation.text2gloss import Glossing, Sentences
    from signzoo.evaluation.text2gloss_ablation import (
        ablate,
        check_adapter,
        count_searches,
        plot_ablation,
        report_ablation,
        write_table,
    )
    from signzoo.models.text2gloss.glosser import make_cascade

    if arguments.out and Path(arguments.out).is_file():  # told before the decoding, not after
        raise UsageError(f"{arguments.out} is a file; --out names a folder.")
    decoding = decoding_config(arguments)
    sentences = Sentences.read(arguments.data)
    network, _, index = open_network(arguments)
    check_adapter(network)
    glossing = Glossing(network, decoding, index)
    cascade = make_cascade(network)
    texts = [pair.text for pair in sentences.pairs]
    total = len(texts) * count_searches(glossing)
    with bar("gloss", total, arguments.json, "sentence") as step:
        systems = ablate(glossing, texts, cascade, step)
    language = network.config.language
    report = report_ablation(systems, sentences, language, _report(arguments, glossing, sentences))
    if arguments.out:
        out = Path(arguments.out)
        report.write(out)
        write_table(report, out / "ablation.csv")
        plot_ablation(report, out / "ablation.png")
        rows = [
            {
                "id": pair.id,
                "text": pair.text,
                "reference": list(pair.gloss),
                **{name: list(answers[row]) for name, answers in systems.items()},
            }
            for row, pair in enumerate(sentences.pairs)
        ]
        write_rows(out / "predictions.jsonl", rows)
    if arguments.json:
        print(json.dumps(report.to_dict(), ensure_ascii=False, indent=2))
    else:
        _show(arguments, report, len(texts))


def _report(
    arguments: argparse.Namespace, glossing: "Glossing", sentences: "Sentences"
) -> "Report":
    from signzoo.evaluation.bootstrap import Resampling
    from signzoo.evaluation.report import Report
    from signzoo.evaluation.text2gloss import glossing_facts

    names = [*option_names(), "data", "out", "samples", "seed"]
    words = ["signzoo", "evaluate", "text2gloss-ablation", *options_of(arguments, names)]
    return Report(
        task="text2gloss-ablation",
        command=shlex.join(words),
        facts={"model": arguments.model, **glossing_facts(glossing, sentences)},
        resampling=Resampling(arguments.samples, arguments.seed),
        scores={},
    )


def _show(arguments: argparse.Namespace, report: "Report", count: int) -> None:
    from signzoo.evaluation.report import format_difference, format_interval, format_table
    from signzoo.evaluation.text2gloss_ablation import WHOLE, ablation_rows

    rows = ablation_rows(report)
    table = [["LoRA", "retrieval", *rows[0][2]]]
    table += [[lora, name, *map(format_interval, scores.values())] for lora, name, scores in rows]
    print(format_table(table))
    print(f"\n{report.intervals_note()} over {count} sentences; CER is an error: less is better.")
    print(f"\n{WHOLE}, less another, by BLEU-4:")
    gains = [
        [f"  {name}", format_difference(both["bleu4_gloss"])]
        for name, both in report.differences.items()
    ]
    print(format_table(gains))
    if arguments.out:
        print(
            f"\nKept ablation.csv, ablation.png, scores.json and predictions.jsonl in "
            f"{arguments.out}."
        )
