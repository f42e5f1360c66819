"""Sign sentences, read the signing, and score what comes back.

FILE holds rows {"id", "text", "gloss": [...]}. A text-to-gloss model glosses the texts (or, with
--gloss-model none, their own glosses are taken), 3D signers that no network was trained on perform
the glosses with invented signs, and a sign-to-text model translates what they signed, by its
landmarks unless --video asks for rendered pictures too. What is lost on the way out and what on the
way back shows in the difference between predicted and true glosses.

The floor is the same texts in another order: what the answers have in common with any sentence of
the kind. The shipped model reads signs of `signzoo data synthesize --lexicon procedural` alone.
"""

import argparse
import shlex
from pathlib import Path

from signzoo.errors import UsageError

SUMMARY = "text to signing and back to text: how much of a sentence arrives?"
EPILOG = """\
examples:
  signzoo evaluate round-trip --data dev.jsonl --out trip
  signzoo evaluate round-trip --data dev.jsonl --out trip --gloss-model none --limit 100
"""
_FLOOR = "the texts in another order"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add which sentences go which way."""
    parser.add_argument("--data", required=True, metavar="FILE", help="the sentences")
    parser.add_argument(
        "--gloss-model",
        default="text2gloss-phoenix14t",
        metavar="NAME",
        help="text to gloss, or none for the rows' own glosses (default: text2gloss-phoenix14t)",
    )
    parser.add_argument(
        "--model",
        default="signmst-c-tiny-phoenix-sim",
        metavar="NAME",
        help="signing to text (default: signmst-c-tiny-phoenix-sim)",
    )
    parser.add_argument("--corrector", metavar="NAME", help="correct what comes back")
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N sentences")
    parser.add_argument(
        "--signers",
        default="unseen:3",
        metavar="N|unseen:N",
        help="who signs, as for signzoo data synthesize (default: unseen:3)",
    )
    parser.add_argument("--video", action="store_true", help="render the signing and look at it")
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes that sign")


def run(arguments: argparse.Namespace) -> None:
    """Go there and back, and score."""
    from signzoo.cli.progress import bar
    from signzoo.cli.text_report import show_report
    from signzoo.data.pairs import read_pairs
    from signzoo.evaluation.bootstrap import Resampling
    from signzoo.evaluation.processes import run_signzoo
    from signzoo.evaluation.report import Report, write_rows
    from signzoo.evaluation.sign2text import Corpus, score_texts, text_scorer, translate_corpus
    from signzoo.evaluation.text import PREDICTIONS, References
    from signzoo.models.signmst_c import SignMSTC, TextDecodingConfig
    from signzoo.models.text2gloss import Text2Gloss
    from signzoo.pipelines.sign_to_text import open_corrector

    if not arguments.out:
        raise UsageError("The signing is kept: name a folder with --out.")
    out = Path(arguments.out)
    pairs = read_pairs(arguments.data)[: arguments.limit]
    if len(pairs) < 2:
        raise UsageError(
            f"{arguments.data} has {len(pairs)} sentences; there is nothing to compare."
        )
    texts = [pair.text for pair in pairs]
    glosses = [pair.gloss for pair in pairs]
    if arguments.gloss_model != "none":
        glosser = Text2Gloss.from_pretrained(arguments.gloss_model)
        found = glosser.translate(texts, partners=glosser.open_partners())
        glosses = [sequence.glosses for sequence in found]
    signed = [i for i, labels in enumerate(glosses) if labels]
    out.mkdir(parents=True, exist_ok=True)
    write_rows(
        out / "glosses.jsonl",
        [{"id": pairs[i].id, "text": texts[i], "gloss": list(glosses[i])} for i in signed],
    )
    run_signzoo(
        *("data", "synthesize", "--manifest", str(out / "glosses.jsonl"), "--split", "test"),
        *("--signers", arguments.signers, "--seed", str(arguments.seed)),
        *("--workers", str(arguments.workers), "--out", str(out / "signing")),
        *(() if arguments.video else ("--no-video",)),
    )
    network = SignMSTC.from_pretrained(arguments.model)
    corpus = Corpus.read(network, out / "signing")
    with bar("translate", len(signed), arguments.json) as step:
        answers = translate_corpus(network, corpus, TextDecodingConfig(), progress=step)
    drafts = {
        sentence.id: answer.text
        for sentence, answer in zip(corpus.samples.sentences, answers, strict=True)
    }
    # A sentence for which no gloss was found is one that does not arrive.
    back = [drafts.get(pair.id, "") for pair in pairs]
    corrector = open_corrector(arguments.corrector or "")
    arrived = corrector(back) if corrector else back
    systems = {PREDICTIONS: arrived, _FLOOR: texts[1:] + texts[:1]}
    if corrector:
        systems["before correction"] = back
    resampling = Resampling(arguments.samples, arguments.seed)
    numbers = {pair.id: number for number, pair in enumerate(pairs, start=1)}
    references = References(Path(arguments.data), numbers, tuple(texts), ())
    comparison = score_texts(network, references, systems, resampling)
    scorer = text_scorer(network)
    report = Report(
        task="round-trip",
        command=_command(arguments),
        facts={
            "num_sentences": len(pairs),
            "without_gloss": len(pairs) - len(signed),
            "gloss_model": arguments.gloss_model,
            "model": arguments.model,
            "corrector": arguments.corrector,
            "signers": arguments.signers,
            "video": arguments.video,
        },
        resampling=resampling,
        scores=comparison.scores,
        differences=comparison.differences,
        signatures=scorer.signatures,
    )
    rows = [
        {
            "id": pair.id,
            "text": pair.text,
            "gloss": list(labels),
            "prediction": text,
            "draft": draft,
        }
        for pair, labels, text, draft in zip(pairs, glosses, arrived, back, strict=True)
    ]
    show_report(arguments, report, comparison, scorer, lambda path: write_rows(path, rows))


def _command(arguments: argparse.Namespace) -> str:
    words = ["signzoo", "evaluate", "round-trip"]
    for name in ("data", "gloss_model", "model", "corrector", "limit", "signers", "out"):
        value = getattr(arguments, name)
        if value is not None:
            words += [f"--{name.replace('_', '-')}", str(value)]
    words += ["--video"] if arguments.video else []
    return shlex.join([*words, f"--samples={arguments.samples}", f"--seed={arguments.seed}"])
