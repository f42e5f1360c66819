"""Translate signing: a video, a pose file, or a camera, to written text.

Landmarks are found by MediaPipe; a recording of more than a few seconds is cut into sentences where
the signer rests. Each text is given with the translator's score, how familiar the signing is to it
(from 0 to 1; below 0.05 it was trained on nothing like it), and when each word was signed. What
cannot be translated is said: no signer, no hands, no signing, unfamiliar signing.

A network translates only the signs that it was trained on. `signzoo models` lists them.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from signzoo.errors import MediaError, UsageError

if TYPE_CHECKING:
    import numpy as np

    from signzoo.pipelines import SignToText
    from signzoo.structures import Translation

SUMMARY = "signing to text"
EPILOG = """\
examples:
  signzoo translate me.mp4
  signzoo translate talk.mp4 --model my_model --subtitles talk.srt
  signzoo translate poses/hello.pose --n-best 3 --json
  signzoo translate --stream 0                  a camera, by its number; Ctrl-C ends it
"""
_DEFAULT = "sign-to-text-demo"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what ``signzoo translate`` takes."""
    parser.add_argument(
        "sources", nargs="*", metavar="FILE", help="videos, or .pose, .npz, .json and .h5 files"
    )
    parser.add_argument(
        "--model",
        default=_DEFAULT,
        metavar="NAME",
        help=f"a pipeline or weights of `signzoo models`, or a folder (default: {_DEFAULT})",
    )
    parser.add_argument(
        "--corrector",
        metavar="NAME",
        help="a text corrector, by name or folder, or none (default: the pipeline's own); drafts "
        "that it changed are shown",
    )
    parser.add_argument(
        "--n-best", type=int, default=1, metavar="N", help="also give so many of the best texts"
    )
    parser.add_argument(
        "--subtitles", metavar="FILE.srt", help="write the texts with their times, as players read"
    )
    parser.add_argument(
        "--stream", metavar="N|FILE", help="a camera's number, or a video as if it came from one"
    )
    parser.add_argument(
        "--fps", type=float, default=12.5, help="frames a second that --stream looks at"
    )
    parser.add_argument("--device", default="cpu", help="where the network runs (default: cpu)")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")


def run(arguments: argparse.Namespace) -> None:
    """Translate what was given, one after another."""
    if bool(arguments.sources) == bool(arguments.stream):
        raise UsageError("Give files to translate, or --stream; see signzoo translate --help.")
    if arguments.subtitles and len(arguments.sources) != 1:
        raise UsageError("Subtitles are of one video; give one file.")
    if arguments.subtitles and Path(arguments.subtitles).suffix.lower() != ".srt":
        raise UsageError(f"Subtitles are written as .srt; got {arguments.subtitles!r}.")
    if arguments.n_best < 1 or not 0 < arguments.fps < float("inf"):
        raise UsageError("--n-best is at least 1, and --fps above 0.")
    missing = [each for each in arguments.sources if not Path(each).is_file()]
    if missing:  # told before the network is loaded
        raise MediaError(f"There is no file {missing[0]}.")
    from signzoo.pipelines import SignToText

    pipeline = SignToText.from_pretrained(
        arguments.model, arguments.device, arguments.n_best, arguments.corrector
    )
    if arguments.stream:
        _stream(pipeline, arguments)
        return
    found = {
        source: list(pipeline.sentences(source, progress=not arguments.json))
        for source in arguments.sources
    }
    if arguments.subtitles:
        write_subtitles(arguments.subtitles, found[arguments.sources[0]])
    if arguments.json:
        rows = [
            {"source": source, "sentences": [_as_json(each) for each in sentences]}
            for source, sentences in found.items()
        ]
        print(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for source, sentences in found.items():
        print(source)
        for each in sentences:
            print(describe(each, arguments.n_best))


def describe(translation: "Translation", n_best: int = 1) -> str:
    """A translation as a person reads it."""
    end = "" if translation.end is None else f" - {translation.end:.2f}"
    lines = [f"  {translation.start:.2f}{end} s"]
    if translation.text:
        lines.append(f"    {translation.text}")
    else:
        lines.append(f"    no text: {translation.reason}")
    if translation.draft and translation.draft != translation.text:
        lines.append(f"    draft: {translation.draft}")
    if translation.score is not None:
        lines.append(f"    score {translation.score:.3f} (mean probability of a token)")
    if translation.familiarity is not None:
        note = "" if translation.familiarity >= 0.05 else ": unlike what the network was trained on"
        lines.append(f"    familiarity {translation.familiarity:.2f}{note}")
    if n_best > 1:
        ranked = enumerate(translation.n_best, start=1)
        lines += [f"    {rank}. {score:.3f}  {text}" for rank, (text, score) in ranked]
    words = (f"{span.label} {span.start:.2f}-{span.end:.2f}" for span in translation.spans)
    if translation.spans:
        lines.append(f"    {', '.join(words)}")
    return "\n".join(lines)


def write_subtitles(path: str, translations: "list[Translation]") -> None:
    """Write SubRip subtitles, which players and editors open.

    Raises:
        DiskError: They could not be written.
    """
    from signzoo._files import write_text

    said = [each for each in translations if each.text]
    blocks = [
        f"{number}\n{_clock(each.start)} --> {_clock(each.end or each.start)}\n{each.text}\n"
        for number, each in enumerate(said, start=1)
    ]
    write_text(path, "\n".join(blocks))


def _clock(seconds: float) -> str:
    whole = round(seconds * 1000)
    minutes, milliseconds = divmod(whole, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{milliseconds // 1000:02},{milliseconds % 1000:03}"


def _as_json(translation: "Translation") -> dict[str, Any]:
    spans = [{"word": s.label, "start": s.start, "end": s.end} for s in translation.spans]
    return {**asdict(translation), "spans": spans}


def _stream(pipeline: "SignToText", arguments: argparse.Namespace) -> None:
    """Print partial results on a terminal and final ones everywhere."""
    import sys

    from tqdm import tqdm

    with tqdm(bar_format="{desc}", disable=None, leave=False) as line:
        for each in pipeline.stream(_frames(arguments.stream, arguments.fps), arguments.fps):
            if not each.final:
                line.set_description_str(f"{each.text or each.reason}…")
                continue
            line.clear()
            shown = json.dumps(_as_json(each), ensure_ascii=False) if arguments.json else None
            print(shown or describe(each, arguments.n_best))
            sys.stdout.flush()


def _frames(source: str, fps: float) -> "Iterator[np.ndarray]":
    """Frames of a camera or a video, as many a second as are looked at."""
    from signzoo.media.video import open_video, resample_video

    if not source.isdecimal():
        yield from resample_video(open_video(source), fps)
        return
    yield from camera_frames(int(source), fps)


def camera_frames(number: int, fps: float) -> "Iterator[np.ndarray]":
    """Frames of a camera ``(H, W, 3)`` uint8 RGB, so many a second, until it ends.

    Raises:
        MediaError: There is no such camera.
    """
    import time

    import cv2

    camera = cv2.VideoCapture(number)
    if not camera.isOpened():
        raise MediaError(f"There is no camera {number}, or it may not be used.")
    due = time.monotonic()
    try:
        while True:
            there, frame = camera.read()
            if not there:
                return
            if time.monotonic() >= due:
                due = max(due + 1 / fps, time.monotonic() - 1 / fps)
                yield cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
    finally:
        camera.release()
