"""Sign a text: turn written words into a video of a signer.

Every word is looked up in your lexicons, first as it is, then as its lemma; a word without a sign
is fingerspelled with the alphabet of the signed language; what can be neither signed nor spelled
is listed as missing. The words keep the order of the written language: this is signed text, not a
translation into the grammar of a sign language. With --gloss-model a text-to-gloss network writes
the glosses instead, in the order of the sign language that it was trained on.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from signzoo.errors import UsageError

if TYPE_CHECKING:
    from signzoo.avatar import Signer
    from signzoo.models.text2gloss.glosser import SignGlosser
    from signzoo.pipelines.base import Renderer
    from signzoo.structures import Production

SUMMARY = "text to signing"
EPILOG = """\
examples:
  signzoo sign "Hallo Zürich" --language de --signed-language sgg -o hallo.mp4
  signzoo sign "Kinder essen" --language de --signed-language sgg --lexicon signs -o z.mp4
  signzoo sign "hello" --language en -o hello.pose --json
  signzoo sign "hello" --language en --renderer avatar --signer 7 -o hello.mp4
  signzoo sign "hello" --language en -o hello.glb
  signzoo sign "morgen regnet es" --language de --signed-language gsg --gloss-model NAME -o r.mp4

Without --lexicon every word is fingerspelled. `signzoo lexicon info` lists the languages that can
be; `signzoo lexicon build` makes a lexicon from a folder of clips.
"""
_VIDEO = (".mp4", ".gif", ".webm")
_POSE = (".pose", ".npz", ".json", ".h5")
_SCENE = (".glb", ".gltf")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what ``signzoo sign`` takes."""
    parser.add_argument("text", metavar="TEXT", help="the text to sign; - reads standard input")
    parser.add_argument(
        "--language", required=True, metavar="CODE", help="written language, BCP 47: de, en, fr"
    )
    parser.add_argument(
        "--signed-language",
        metavar="CODE",
        help="signed language, ISO 639-3: gsg, sgg, ase (needed where there are several)",
    )
    parser.add_argument(
        "--lexicon",
        action="append",
        default=[],
        metavar="DIR",
        help="a folder with index.csv and poses; may be given again, the first has precedence",
    )
    parser.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="FILE",
        help=f"where to write: a video ({' '.join(_VIDEO)}), the pose ({' '.join(_POSE)}), "
        f"or an animated 3D signer ({' '.join(_SCENE)})",
    )
    parser.add_argument(
        "--gloss-model",
        metavar="NAME",
        help="text2gloss weights or folder that write the glosses (see `signzoo gloss`)",
    )
    parser.add_argument(
        "--renderer",
        choices=("skeleton", "avatar"),
        help="draw the landmarks, or a 3D signer (default: skeleton; avatar with --signer)",
    )
    parser.add_argument(
        "--signer",
        metavar="FILE|SEED",
        help="who the 3D signer is: a JSON file, or a number that draws one",
    )
    parser.add_argument("--sheet", metavar="PNG", help="also write a sheet of the video's frames")
    parser.add_argument("--size", type=int, default=512, metavar="PIXELS", help="height and width")
    parser.add_argument(
        "--json", action="store_true", help="print what became of each word as JSON"
    )


def run(arguments: argparse.Namespace) -> int:
    """Sign the text and say what became of each word."""
    import sys

    output = Path(arguments.output)
    if output.suffix.lower() not in _VIDEO + _POSE + _SCENE:
        raise UsageError(
            f"{output} does not end like a video ({', '.join(_VIDEO)}), a pose "
            f"({', '.join(_POSE)}) or a 3D signer ({', '.join(_SCENE)})."
        )
    if not 64 <= arguments.size <= 2160:
        raise UsageError(f"--size takes 64 to 2160 pixels; got {arguments.size}.")
    text = sys.stdin.read() if arguments.text == "-" else arguments.text

    from signzoo.lexicon import Lexicon
    from signzoo.pipelines import TextToSign

    renderer = _renderer(arguments)
    pipeline = TextToSign.for_languages(
        arguments.language,
        arguments.signed_language,
        [Lexicon.open(folder) for folder in arguments.lexicon],
        renderer,
        glosser=_glosser(arguments),
    )
    production = pipeline(text)
    if output.suffix.lower() in _SCENE:
        _write_scene(production, output, _signer(arguments.signer), arguments.sheet)
    else:
        write_production(production, output, arguments.sheet, progress=not arguments.json)
    if arguments.json:
        import json

        print(json.dumps(as_json(production, output), ensure_ascii=False, indent=2))
    else:
        print(describe(production))
        print(f"{production.pose.seconds:.1f} s of {pipeline.signed_language} in {output}")
    return 0


def _renderer(arguments: argparse.Namespace) -> "Renderer":
    size = (arguments.size, arguments.size)
    scene = Path(arguments.output).suffix.lower() in _SCENE
    if arguments.renderer == "skeleton" and (arguments.signer or scene):
        raise UsageError(
            "--signer and 3D signers (.glb, .gltf) go with --renderer avatar, not with skeleton."
        )
    # A scene is made of the landmarks as they are, not as some camera sees them.
    if (arguments.renderer == "avatar" or arguments.signer) and not scene:
        from signzoo.avatar import AvatarRenderer

        return AvatarRenderer(_signer(arguments.signer), size)
    from signzoo.pipelines import SkeletonRenderer

    return SkeletonRenderer(size)


def _write_scene(
    production: "Production", output: Path, signer: "Signer", sheet: str | None
) -> None:
    """Write the whole figure of a signer and its motion."""
    from signzoo.avatar import AvatarRenderer, Figure, express, retarget, write_gltf
    from signzoo.media.drawing import contact_sheet, write_image

    figure = Figure.of(signer)
    pose = production.pose
    transforms, actions = retarget(pose, figure.body), express(pose, figure.body)
    write_gltf(figure, transforms, pose.fps, output, actions, title=production.text)
    if sheet:
        write_image(contact_sheet(AvatarRenderer(signer)(pose)), sheet)


def _signer(choice: str | None) -> "Signer":
    from signzoo.avatar import Signer

    if choice is None:
        return Signer()
    return Signer.drawn(int(choice)) if choice.isdecimal() else Signer.read(choice)


def _glosser(arguments: argparse.Namespace) -> "SignGlosser | None":
    if arguments.gloss_model is None:
        return None
    from signzoo.models.text2gloss.glosser import SignGlosser, check_language

    glosser = SignGlosser.from_pretrained(arguments.gloss_model)
    check_language(glosser.network, arguments.language)
    return glosser


def write_production(
    production: "Production", output: Path, sheet: str | None = None, progress: bool = True
) -> None:
    """Write the video or the pose of a production, by the suffix of ``output``."""
    from signzoo.media.drawing import contact_sheet, write_image
    from signzoo.media.video import write_video

    if output.suffix.lower() in _POSE:
        production.pose.write(output)
    else:
        write_video(production.video, output, progress=progress)
    if sheet:
        write_image(contact_sheet(production.video), sheet)


def describe(production: "Production") -> str:
    """A table of what became of each word."""
    lines = []
    rows = zip(production.glosses, production.sources, strict=True)
    for index, (gloss, source) in enumerate(rows):
        signed = production.spans_of(index)
        times = f"{signed[0].start:6.2f} - {signed[-1].end:6.2f} s" if signed else " " * 17
        how = {
            "sign": f"sign {signed[0].label}" if signed else "",
            "variant": f"sign {signed[0].label} (variant or lemma)" if signed else "",
            "fingerspelling": "fingerspelled " + "-".join(item.label for item in signed),
            None: "MISSING: no sign, and not all letters",
        }[source]
        lines.append(f"{times}  {gloss.word or gloss.label:<20} {how}")
    spelled, missing = len(production.fingerspelled), len(production.missing)
    lines.append(
        f"{len(production.glosses)} words: {production.coverage:.0%} with a sign in the lexicon, "
        f"{spelled} fingerspelled, {missing} missing"
    )
    return "\n".join(lines)


def as_json(production: "Production", output: Path) -> dict[str, object]:
    """What :func:`describe` says, for programs."""
    return {
        "text": production.text,
        "output": str(output),
        "seconds": production.pose.seconds,
        "fps": production.pose.fps,
        "coverage": production.coverage,
        "glosses": [
            {"label": gloss.label, "word": gloss.word, "source": source or "missing"}
            for gloss, source in zip(production.glosses, production.sources, strict=True)
        ],
        "spans": [
            {
                "word": span.gloss.word,
                "label": span.label,
                "source": span.source,
                "start": span.start,
                "end": span.end,
            }
            for span in production.spans
        ],
        "fingerspelled": [gloss.word for gloss in production.fingerspelled],
        "missing": [gloss.word for gloss in production.missing],
    }
