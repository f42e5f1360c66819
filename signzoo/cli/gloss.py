"""Gloss a text: turn written sentences into the glosses of a sign language.

The model writes the glosses. Each word is listed with those that stand for it: named like it, or
less likely without it. A word that the model has never read is looked up in its sign vocabulary: as
it is, as its lemma, by synonyms that the model proposes, by the last part of a compound, and by its
meaning (cosine similarity of embeddings); what is left is fingerspelled or missing. Texts of more
than one sentence are glossed sentence by sentence.
"""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from signzoo.cli.glossing import (
    add_model_arguments,
    add_search_arguments,
    decoding_config,
    open_network,
)
from signzoo.errors import UsageError

if TYPE_CHECKING:
    from signzoo.models.text2gloss.cascade import WordChoice
    from signzoo.models.text2gloss.glosser import GlossReport, SignGlosser

SUMMARY = "text to glosses"
EPILOG = """\
examples:
  signzoo gloss "morgen regnet es im norden" --model my_model
  signzoo gloss "heute schneit es" --model my_model --n-best 3 --json
  signzoo gloss - --model my_model --index my_index < sentences.txt
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what ``signzoo gloss`` takes."""
    parser.add_argument(
        "texts",
        nargs="+",
        metavar="TEXT",
        help="what to gloss; - reads standard input, a text a line",
    )
    add_model_arguments(parser)
    parser.add_argument(
        "--language", metavar="CODE", help="refuse a model that reads another language (BCP 47)"
    )
    parser.add_argument(
        "--n-best", type=int, metavar="N", help="also print so many of the best sequences"
    )
    parser.add_argument(
        "--on-missing",
        choices=("error", "fingerspell", "skip"),
        default="fingerspell",
        help="what happens to a word without a sign (default: fingerspell)",
    )
    add_search_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print everything as JSON")


def run(arguments: argparse.Namespace) -> None:
    """Gloss the texts and say what became of each word."""
    from signzoo.models.text2gloss.glosser import split_sentences

    texts = [line for text in arguments.texts for line in _lines(text)]
    sentences = [split_sentences(text) for text in texts]
    if not sentences or not all(sentences):
        raise UsageError("There is nothing to gloss: a text has no words.")
    glosser = _open(arguments)
    reports = iter(glosser.sentence_reports([each for group in sentences for each in group]))
    grouped = [[next(reports) for _ in group] for group in sentences]
    if arguments.json:
        import json

        content = [
            {"text": text, "sentences": [_as_json(report) for report in group]}
            for text, group in zip(texts, grouped, strict=True)
        ]
        print(json.dumps(content, ensure_ascii=False, indent=2))
        return
    options = (arguments.n_best or 0, arguments.on_missing)
    shown = (describe(report, *options) for group in grouped for report in group)
    print("\n\n".join(shown))


def _lines(text: str) -> list[str]:
    """The text itself, or for ``-`` the lines of standard input that are not blank."""
    import sys

    if text != "-":
        return [text]
    try:
        return [line for line in sys.stdin.read().split("\n") if line.strip()]
    except UnicodeDecodeError as error:
        raise UsageError(f"Standard input is no UTF-8 text: {error}.") from error


def _open(arguments: argparse.Namespace) -> "SignGlosser":
    from signzoo.models.text2gloss.glosser import SignGlosser, check_language, make_cascade

    decoding = decoding_config(arguments)
    network, partners, index = open_network(arguments)
    if arguments.language:
        check_language(network, arguments.language)
    cascade = make_cascade(network)
    return SignGlosser(network, cascade, decoding, index, partners, arguments.on_missing)


def describe(report: "GlossReport", n_best: int = 0, on_missing: str = "fingerspell") -> str:
    """A sentence with its glosses, their score, and what became of each word."""
    from signzoo.models.text2gloss.glosser import word_levels

    lines = [report.text, f"  {' '.join(gloss.label for gloss in report.glosses)}"]
    meaning = (
        "share of those who glossed this very sentence"
        if report.sequence.by_people
        else "mean probability of a token"
    )
    lines.append(f"  score {report.sequence.score:.3f} ({meaning})")
    lines += [
        f"  {rank}. {score:.3f}  {' '.join(labels)}"
        for rank, (labels, score) in enumerate(report.sequence.n_best[:n_best], start=1)
    ]
    lines += [
        f"    {word:<24} {_became(choice, labels, on_missing)}"
        for word, choice, labels in word_levels(report)
    ]
    return "\n".join(lines)


def _became(choice: "WordChoice | None", labels: Sequence[str], on_missing: str) -> str:
    if choice is None:
        return " ".join(labels) or "- (read, no gloss of its own)"
    similarity = "" if choice.similarity is None else f" {choice.similarity:.2f}"
    if choice.label is not None:
        return f"{choice.label} ({choice.level}{similarity})"
    near = f"; nearest {choice.candidates[0][0]}{similarity}" if choice.candidates else ""
    return f"{'skipped, no sign' if on_missing == 'skip' else choice.level}{near}"


def _as_json(report: "GlossReport") -> dict[str, Any]:
    from signzoo.models.text2gloss.glosser import word_levels

    return {
        "text": report.text,
        "glosses": [
            {"label": gloss.label, "word": gloss.word, "score": gloss.score}
            for gloss in report.glosses
        ],
        "sequence": list(report.sequence.glosses),
        "score": report.sequence.score,
        "by_people": report.sequence.by_people,
        "n_best": [
            {"glosses": list(labels), "score": score} for labels, score in report.sequence.n_best
        ],
        "words": [
            {
                "word": word,
                "level": "read" if choice is None else choice.level,
                "glosses": list(labels),
                "label": choice.label if choice else None,
                "similarity": choice.similarity if choice else None,
                "candidates": [list(near) for near in choice.candidates] if choice else [],
            }
            for word, choice, labels in word_levels(report)
        ],
    }
