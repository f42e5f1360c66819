"""Translate a corpus of signing and score the texts.

DATA is a corpus in any layout that signzoo reads: a folder with a manifest.jsonl, PHOENIX-2014T's,
a table of videos. Decoding is free-running. The scores are those of `signzoo evaluate text`, beside
the nearest training clip by dynamic time warping of landmarks (--train), and, for a network with
both branches, beside what it writes of landmarks and of video alone (--branches), with paired
intervals. With --corrector the texts are the corrected ones, and the drafts stand beside them.
With --times, of a corpus that says when each sign is signed, it also says how far off the times of
words are.
"""

import argparse
import shlex
from pathlib import Path

from signzoo.errors import UsageError

DRAFTS = "drafts, before correction"
SUMMARY = "translate signing with a model and score the texts"
EPILOG = """\
examples:
  signzoo evaluate sign2text --model my_model --data corpus/dev --train corpus/train --out scores
  signzoo evaluate sign2text --model my_model --data PHOENIX-2014-T --split dev --branches
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add which model translates what, and how."""
    parser.add_argument(
        "--model", required=True, metavar="NAME", help="a name of `signzoo models`, or a folder"
    )
    parser.add_argument(
        "--data", required=True, metavar="FOLDER", help="the corpus, or its manifest.jsonl"
    )
    parser.add_argument("--split", default="", help="train, dev or test (default: all there is)")
    parser.add_argument(
        "--train", metavar="FOLDER", help="training clips, for the nearest training clip"
    )
    parser.add_argument(
        "--branches", action="store_true", help="also translate from each branch alone"
    )
    parser.add_argument(
        "--fps",
        type=float,
        metavar="N",
        help="look at landmarks of so many frames a second, as a stream does, and compare",
    )
    parser.add_argument(
        "--corrector", metavar="NAME", help="correct the drafts with it, a name or a folder"
    )
    parser.add_argument(
        "--times",
        action="store_true",
        help="say how far off the times of words are that are named like a gloss",
    )
    parser.add_argument(
        "--beams",
        type=int,
        metavar="N",
        help="texts followed at once (default: 20; of glosses 5)",
    )
    parser.add_argument(
        "--minimum-bayes-risk",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="choose the beam with the greatest expected BLEU, which is the default, or the most "
        "likely one",
    )
    parser.add_argument(
        "--length-penalty",
        type=float,
        metavar="X",
        help="more means longer texts (default: 1; of a network with a token head 2)",
    )
    parser.add_argument("--device", default="cpu", help="where the model runs (default: cpu)")


def run(arguments: argparse.Namespace) -> None:
    """Translate, score, print, and keep what was asked for."""
    import numpy as np

    from signzoo.cli.progress import bar
    from signzoo.cli.text_report import show_report
    from signzoo.evaluation.bootstrap import Resampling
    from signzoo.evaluation.nearest_signing import NEAREST
    from signzoo.evaluation.report import Report, write_rows
    from signzoo.evaluation.sign2text import (
        ALONE,
        Corpus,
        nearest_texts,
        score_texts,
        text_scorer,
        translate_corpus,
    )
    from signzoo.evaluation.text import PREDICTIONS
    from signzoo.evaluation.word_times import boundary_errors
    from signzoo.models.signmst_c import SignMSTC, TextDecodingConfig
    from signzoo.models.signmst_c.decoding import count_beams
    from signzoo.models.text_corrector import TextCorrector
    from signzoo.pipelines import SignToText

    if arguments.out and Path(arguments.out).is_file():  # told before the work, not after
        raise UsageError(f"{arguments.out} is a file; --out names a folder.")
    if arguments.fps is not None and not 0 < arguments.fps < float("inf"):
        raise UsageError(f"--fps is above 0; got {arguments.fps:g}.")
    network = SignMSTC.from_pretrained(arguments.model, arguments.device)
    decoding = TextDecodingConfig(
        arguments.beams,
        arguments.length_penalty,
        minimum_bayes_risk=arguments.minimum_bayes_risk,
    )
    if arguments.branches and len(network.config.branches) < 2:
        raise UsageError(f"{arguments.model} has one branch; leave --branches out.")
    corpus = Corpus.read(network, arguments.data, arguments.split)
    if arguments.times and not any(each.spans for each in corpus.samples.sentences):
        raise UsageError(f"{corpus.path} does not say when signs are signed; leave --times out.")
    count, quiet = len(corpus.samples.texts), arguments.json
    with bar("translate", count, quiet) as step:
        found = translate_corpus(network, corpus, decoding, progress=step)
    drafts = [each.text for each in found]
    times: dict[str, float] | None = None
    if arguments.times:
        with bar("times", count, quiet) as step:
            pipeline = SignToText.from_pretrained(arguments.model, arguments.device)
            errors = 1000 * boundary_errors(pipeline, corpus.samples.sentences, step)
        times = {"words": len(errors)}
        if len(errors):
            times |= {"mean_ms": float(errors.mean()), "median_ms": float(np.median(errors))}
    systems = {PREDICTIONS: drafts}
    if arguments.corrector:
        corrector = TextCorrector.from_pretrained(arguments.corrector, arguments.device)
        with bar("correct", count, quiet, "draft") as step:
            texts = [each.text for each in corrector.correct(drafts, progress=step)]
        systems = {PREDICTIONS: texts, DRAFTS: drafts}
    if arguments.fps:
        slowed = Corpus.read(network, arguments.data, arguments.split, arguments.fps)
        with bar("slowed", count, quiet) as step:
            slow = translate_corpus(network, slowed, decoding, progress=step)
        systems[f"{arguments.fps:g} frames a second"] = [each.text for each in slow]
    for seen, name in ALONE.items() if arguments.branches else ():
        with bar(name, count, quiet) as step:
            alone = translate_corpus(network, corpus, decoding, seen, step)
        systems[name] = [each.text for each in alone]
    if arguments.train:
        training = Corpus.read(network, arguments.train, "train")
        with bar("nearest clips", count, quiet) as step:
            systems[NEAREST] = nearest_texts(corpus, training, step)
    resampling = Resampling(arguments.samples, arguments.seed)
    comparison = score_texts(network, corpus.references, systems, resampling)
    scorer = text_scorer(network)
    report = Report(
        task="sign2text",
        command=_command(arguments),
        facts={
            "kind": scorer.kind,
            "language": network.config.language,
            "signed_language": network.config.signed_language,
            "num_sentences": count,
            "model": arguments.model,
            "data": str(corpus.path),
            "corrector": arguments.corrector,
            "beams": count_beams(network, decoding),
            "length_penalty": arguments.length_penalty,
            "minimum_bayes_risk": arguments.minimum_bayes_risk,
            "word_times": times,
        },
        resampling=resampling,
        scores=comparison.scores,
        differences=comparison.differences,
        signatures=scorer.signatures,
    )
    rows = [
        {
            "id": sentence.id,
            "prediction": text,
            "draft": each.text,
            "score": round(each.score, 4),
        }
        for sentence, text, each in zip(
            corpus.samples.sentences, systems[PREDICTIONS], found, strict=True
        )
    ]
    show_report(arguments, report, comparison, scorer, lambda path: write_rows(path, rows))
    if times and not quiet:
        error = "{mean_ms:.0f} ms, median {median_ms:.0f}" if len(times) > 1 else "unknown"
        print(
            f"{times['words']} words are named like a gloss of their clip; mean error of their "
            f"beginnings and ends: {error.format(**times)}"
        )


def _command(arguments: argparse.Namespace) -> str:
    words = ["signzoo", "evaluate", "sign2text", "--model", arguments.model]
    words += ["--data", arguments.data]
    for name in ("split", "train", "corrector", "out"):
        if getattr(arguments, name):
            words += [f"--{name}", getattr(arguments, name)]
    words += [f"--fps={arguments.fps:g}"] if arguments.fps else []
    words += ["--branches"] if arguments.branches else []
    words += ["--times"] if arguments.times else []
    words += [f"--beams={arguments.beams}"] if arguments.beams is not None else []
    words += [] if arguments.minimum_bayes_risk else ["--no-minimum-bayes-risk"]
    if arguments.length_penalty is not None:
        words += [f"--length-penalty={arguments.length_penalty}"]
    words += [f"--samples={arguments.samples}", f"--seed={arguments.seed}"]
    return shlex.join(words)
