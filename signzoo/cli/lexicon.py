"""Make a lexicon from clips of signs, or see what a lexicon holds.

A lexicon is a folder with index.csv and a pose file a sign, in the layout of spoken-to-signed.
`signzoo sign --lexicon DIR` signs with it.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from signzoo.lexicon.build import ClipReport

SUMMARY = "make a lexicon from clips, or look into one"
EPILOG = """\
examples:
  signzoo lexicon info                        what can be fingerspelled without any lexicon
  signzoo lexicon info my_lexicon
  signzoo lexicon build clips my_lexicon --language de --signed-language gsg --workers 2
"""
_BUILD = """\
Make a lexicon from a folder of clips, one sign a clip.

The file name is the word and the gloss (thank-you.mp4 is "thank you"; eat_2.mp4 is another take of
"eat"), or a CSV says so with the columns file, gloss and perhaps word. The landmarks of each clip
are extracted with MediaPipe. What is already there is not done again: an interrupted run is
continued by the same command. OUT/report.csv names the clips that failed or show no hands.
"""
_BUILD_EPILOG = """\
example:
  signzoo lexicon build clips my_lexicon --language de --signed-language gsg --workers 2
  signzoo sign "..." --language de --signed-language gsg --lexicon my_lexicon -o out.mp4
"""
_INFO = "Count the signs and letters of lexicons by language; without DIR, of the embedded one."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what ``signzoo lexicon`` takes."""
    verbs = parser.add_subparsers(dest="action", metavar="build|info", required=True)
    raw = argparse.RawDescriptionHelpFormatter
    build = verbs.add_parser(
        "build",
        help="from a folder of clips",
        description=_BUILD,
        epilog=_BUILD_EPILOG,
        formatter_class=raw,
    )
    build.add_argument("clips", metavar="CLIPS_DIR", help="a folder of videos, one sign each")
    build.add_argument("out", metavar="OUT", help="the lexicon's folder")
    build.add_argument(
        "--language", required=True, metavar="CODE", help="written language of the words, BCP 47"
    )
    build.add_argument(
        "--signed-language", required=True, metavar="CODE", help="signed language, ISO 639-3"
    )
    build.add_argument("--table", metavar="CSV", help="file, gloss and perhaps word of each clip")
    build.add_argument("--letters", action="store_true", help="the clips are an alphabet's letters")
    build.add_argument("--workers", type=int, default=1, metavar="N", help="processes (default 1)")
    build.add_argument(
        "--also",
        action="append",
        default=[],
        choices=["json", "h5"],
        help="also write each pose so, as the paper does; may be given again",
    )
    build.add_argument("--json", action="store_true", help="print the report as JSON")
    info = verbs.add_parser("info", help="what a lexicon holds", description=_INFO)
    info.add_argument("folders", nargs="*", metavar="DIR", help="lexicon folders")
    info.add_argument("--json", action="store_true", help="print the counts as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Build a lexicon or count one."""
    return _build(arguments) if arguments.action == "build" else _info(arguments)


def _build(arguments: argparse.Namespace) -> int:
    from signzoo.lexicon.build import build_lexicon, find_clips
    from signzoo.media.landmarks import extract_clips

    reports = build_lexicon(
        arguments.clips,
        find_clips(arguments.clips, arguments.table),
        arguments.out,
        arguments.language,
        arguments.signed_language,
        lambda pairs: extract_clips(pairs, arguments.workers, progress=not arguments.json),
        "letter" if arguments.letters else "sign",
        [f".{suffix}" for suffix in arguments.also],
    )
    made = sum(report.pose is not None for report in reports)
    if arguments.json:
        import json

        print(json.dumps([_as_json(report) for report in reports], ensure_ascii=False, indent=2))
    else:
        for report in reports:
            if report.problem:
                print(f"{report.clip}: {report.problem}")
        print(f"{made} of {len(reports)} clips are signs in {arguments.out}; see report.csv there.")
    return 0 if made == len(reports) else 1


def _as_json(report: "ClipReport") -> dict[str, object]:
    return {
        "clip": str(report.clip),
        "gloss": report.gloss,
        "word": report.word,
        "pose": str(report.pose) if report.pose else None,
        "frames": report.frames,
        "frames_with_hands": report.hands,
        "problem": report.problem,
    }


def _info(arguments: argparse.Namespace) -> int:
    from signzoo.lexicon import Lexicon

    lexicons = [(folder, Lexicon.open(folder)) for folder in arguments.folders]
    if not lexicons:
        lexicons = [("embedded fingerspelling", Lexicon.fingerspelling())]
    rows = [
        {
            "lexicon": str(Path(folder)),
            "language": written,
            "signed_language": signed,
            "signs": len(set(lexicon.signs(written, signed).values())),
            "letters": len(set(lexicon.letters(written, signed).values())),
        }
        for folder, lexicon in lexicons
        for written, signed in lexicon.languages
    ]
    if arguments.json:
        import json

        print(json.dumps(rows, ensure_ascii=False, indent=2))
        return 0
    print(f"{'language':<10}{'signed':<8}{'signs':>7}{'letters':>9}  lexicon")
    for row in rows:
        print(
            f"{row['language']:<10}{row['signed_language']:<8}{row['signs']:>7}"
            f"{row['letters']:>9}  {row['lexicon']}"
        )
    return 0
