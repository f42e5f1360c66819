"""Make data to train on.

`signzoo data synthesize` makes signed video with known text, glosses and landmarks out of any table
of sentences with glosses; `signzoo data perform` lets 3D signers perform what people signed.
"""

import argparse
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from signzoo.data.synthesis.corpus import Summary

SUMMARY = "make signed corpora out of sentences with glosses, or out of recorded landmarks"
EPILOG = """\
examples:
  signzoo data synthesize --manifest pairs.jsonl --out corpus --signers 12 --workers 2
  signzoo data synthesize --manifest dev.jsonl --split dev --signers unseen:3 --out corpus_dev
  signzoo data synthesize --manifest pairs.jsonl --no-video --out poses
  signzoo data perform --corpus wlasl124 --folder pose/wlasl124 --out signs --workers 2
"""
_SYNTHESIZE = """\
Make a corpus of signed video, landmarks, gloss spans and text out of a table of sentences.

The table is JSONL rows {"id", "text", "gloss": [...]}, or a CSV or TSV with such columns. Its
glosses are signed with invented signs (--lexicon procedural, for training and testing networks; it
is not any sign language, and every picture says so), or with the recorded signs of a lexicon
folder. Different signers, drawn from the seed, perform the sentences; those of unseen:N never
appear among N or seen:N. The seed changes signers, timing and noise, never the signs.

OUT gets manifest.jsonl, poses/, videos/, sheet.png to look at, and corpus.json, which says all that
made it. The same command gives the same bytes; a run that was stopped goes on where it was.
"""
_SYNTHESIZE_EPILOG = """\
examples:
  signzoo data synthesize --manifest train.jsonl --signers 12 --workers 2 --out train
  signzoo data synthesize --manifest dev.jsonl --split dev --signers unseen:3 \\
      --lexicon train/lexicon.json --out dev
  signzoo data synthesize --manifest train.jsonl --lexicon my_lexicon --landmarks mediapipe --out a

Give --lexicon TRAIN/lexicon.json to the other splits, so that a gloss that the embedded lexicon
does not have gets the same sign in all of them.
"""
_PERFORM = """\
Let 3D signers perform a recorded corpus: real signing by other bodies, in other rooms.

Any corpus that has a reader is performed clip by clip, as it was recorded and with its own timing.
OUT has the form of what `signzoo data synthesize` makes, with the group that each clip comes from;
its landmarks are the 3D signer's joints with an estimator's noise. Clips that never show both
shoulders, or never a hand, are left out. The same command gives the same bytes; a run that was
stopped goes on where it was.
"""
_PERFORM_EPILOG = """\
examples:
  signzoo data perform --corpus wlasl124 --folder pose/wlasl124 --groups wlasl124/train \\
      --signers 12 --seed 7 --workers 2 --out train
  signzoo data perform --corpus wlasl124 --folder pose/wlasl124 --groups wlasl124/val \\
      --split test --signers unseen:3 --seed 7 --workers 2 --out test
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what ``signzoo data`` takes."""
    verbs = parser.add_subparsers(dest="action", metavar="synthesize|perform", required=True)
    _add_synthesize(verbs)
    _add_perform(verbs)


def _add_synthesize(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    make = verbs.add_parser(
        "synthesize",
        help="signed video and landmarks out of text and glosses",
        description=_SYNTHESIZE,
        epilog=_SYNTHESIZE_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    make.add_argument(
        "--manifest", required=True, metavar="FILE", help="sentences with their glosses"
    )
    _add_common(make)
    make.add_argument(
        "--lexicon",
        default="procedural",
        metavar="procedural|FILE|DIR",
        help="invented signs, those of a corpus's lexicon.json, or a folder of recorded signs",
    )
    make.add_argument("--language", metavar="CODE", help="of the folder's glosses, BCP 47")
    make.add_argument("--signed-language", metavar="CODE", help="of the folder, ISO 639-3")
    make.add_argument(
        "--tight", action="store_true", help="cut the rests before and after a sentence away"
    )
    make.add_argument(
        "--motion-blur",
        type=float,
        default=0.0,
        metavar="SHARE",
        help="how long the shutter is open, as a share of a frame (default 0: sharp)",
    )
    make.add_argument(
        "--crf",
        type=int,
        default=18,
        metavar="N",
        help="compression of the video, from 0 (none) to 51; 35 is a bad connection (default 18)",
    )
    make.add_argument(
        "--landmarks",
        default="true",
        choices=["true", "exact", "mediapipe"],
        help="the signer's joints with an estimator's noise (default), without it, or what "
        "MediaPipe reads from the pictures",
    )
    make.add_argument(
        "--no-video", action="store_true", help="landmarks only: thousands of sentences a minute"
    )


def _add_perform(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    perform = verbs.add_parser(
        "perform",
        help="signed video and landmarks out of recorded landmarks",
        description=_PERFORM,
        epilog=_PERFORM_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    perform.add_argument("--corpus", required=True, metavar="NAME", help="name of its reader")
    perform.add_argument("--folder", required=True, metavar="DIR", help="the corpus's own folder")
    _add_common(perform)
    perform.add_argument(
        "--groups", nargs="+", default=[], metavar="NAME", help="only these groups (default: all)"
    )
    perform.add_argument(
        "--glosses", type=int, metavar="N", help="only the N most frequent glosses (default: all)"
    )


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", required=True, metavar="DIR", help="the new corpus's folder")
    parser.add_argument(
        "--split", default="train", choices=["train", "dev", "test"], help="default: train"
    )
    parser.add_argument(
        "--signers",
        default="12",
        metavar="N|unseen:N",
        help="how many people, of the seen or the unseen pool (default 12)",
    )
    parser.add_argument(
        "--size", type=int, default=112, metavar="PIXELS", help="height and width (default 112)"
    )
    parser.add_argument("--fps", type=float, default=25.0, help="frames a second (default 25)")
    parser.add_argument(
        "--seed", type=int, default=0, help="of signers, timing and noise (default 0)"
    )
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes (default 1)")


def _common(arguments: argparse.Namespace) -> dict[str, Any]:
    """What :func:`_add_common` declares of a recipe."""
    names = ("split", "signers", "size", "fps", "seed")
    return {name: getattr(arguments, name) for name in names}


def run(arguments: argparse.Namespace) -> int:
    """Make the corpus and say what is in it."""
    return _synthesize(arguments) if arguments.action == "synthesize" else _perform(arguments)


def _synthesize(arguments: argparse.Namespace) -> int:
    from signzoo.data.synthesis.corpus import Recipe, synthesize

    recipe = Recipe(
        manifest=arguments.manifest,
        lexicon=arguments.lexicon,
        landmarks=arguments.landmarks,
        video=not arguments.no_video,
        motion_blur=arguments.motion_blur,
        crf=arguments.crf,
        tight=arguments.tight,
        language=arguments.language,
        signed_language=arguments.signed_language,
        **_common(arguments),
    )
    out = Path(arguments.out)
    summary = synthesize(recipe, out, max(1, arguments.workers), progress=True)
    if summary.skipped:
        lacking = sorted({gloss for glosses in summary.skipped.values() for gloss in glosses})
        print(
            f"{len(summary.skipped)} sentences were left out: there is no sign for "
            f"{len(lacking)} glosses ({', '.join(lacking[:8])}{'…' if len(lacking) > 8 else ''})"
        )
    return _report(summary, "sentences", recipe.fps, out)


def _perform(arguments: argparse.Namespace) -> int:
    from signzoo.data.synthesis.corpus import Recipe
    from signzoo.data.synthesis.performing import perform_corpus

    recipe = Recipe(manifest=arguments.folder, lexicon=arguments.corpus, **_common(arguments))
    out = Path(arguments.out)
    workers = max(1, arguments.workers)
    summary = perform_corpus(
        recipe, out, arguments.groups, arguments.glosses, workers, progress=True
    )
    reasons = Counter(reason for reasons in summary.skipped.values() for reason in reasons)
    for reason, count in sorted(reasons.items()):
        some = [name for name, reasons in summary.skipped.items() if reason in reasons][:8]
        print(f"{count} left out, {reason}: {', '.join(some)}{'…' if count > 8 else ''}")
    return _report(summary, "clips", recipe.fps, out)


def _report(summary: "Summary", kind: str, fps: float, out: Path) -> int:
    minutes = summary.frames / fps / 60
    print(f"{summary.rows} {kind}, {minutes:.1f} minutes of signing in {out}")
    print(f"Look at {out / 'sheet.png'}")
    return 0
