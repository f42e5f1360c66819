"""Read the landmarks of the signer in videos, with MediaPipe Holistic.

Writes DIR/<name>.pose for each video: 33 body, 468 face and 2 x 21 hand landmarks a frame, in
pixels, with confidence. What is already there and newer than its video is not done again: an
interrupted run is continued by the same command. A video that fails does not stop the others.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from signzoo.media.landmarks import ExtractReport

SUMMARY = "landmarks of the signer in videos"
EPILOG = """\
examples:
  signzoo extract holiday.mp4 -o poses
  signzoo extract clips/*.mp4 -o poses --workers 2 --draw   look at poses/<name>.png afterwards
  signzoo extract clips/*.mp4 -o poses --format npz --json > report.json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what ``signzoo extract`` takes."""
    parser.add_argument("videos", nargs="+", metavar="VIDEO", help="mp4, mov, webm, gif, ...")
    parser.add_argument(
        "-o", "--output", required=True, metavar="DIR", help="folder for the poses, made if need be"
    )
    parser.add_argument(
        "--format", default="pose", choices=["pose", "npz", "json", "h5"], help="default: pose"
    )
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes (default 1)")
    parser.add_argument("--overwrite", action="store_true", help="make again what is there")
    parser.add_argument(
        "--draw",
        action="store_true",
        help="also write DIR/<name>.mp4, the skeleton over the video, and DIR/<name>.png, a sheet",
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Extract, report, and draw if asked to."""
    from signzoo.media.landmarks import extract_files, pose_paths

    suffix, out = f".{arguments.format}", Path(arguments.output)
    if arguments.draw:
        targets = pose_paths([Path(video) for video in arguments.videos], out, suffix)
        _refuse_to_draw_over_videos(list(targets), list(targets.values()))
    reports = extract_files(
        arguments.videos,
        out,
        arguments.workers,
        suffix,
        progress=not arguments.json,
        overwrite=arguments.overwrite,
    )
    if arguments.draw:
        for report in reports:
            drawn = report.target and report.target.with_suffix(".png").exists()
            if report.target and not (drawn and report.skipped):
                _draw(report.source, report.target, progress=not arguments.json)
    if arguments.json:
        import json

        print(json.dumps([_as_json(report) for report in reports], ensure_ascii=False, indent=2))
    else:
        print(_table(reports))
    for line in _complaints(reports):
        print(f"signzoo: {line}", file=sys.stderr)
    return 1 if any(report.error for report in reports) else 0


def _complaints(reports: Sequence["ExtractReport"]) -> Iterator[str]:
    """What failed, and what is there but may not be of use."""
    for report in reports:
        if report.error:
            named = str(report.source) in report.error
            yield report.error if named else f"{report.source}: {report.error}"
        elif not (report.left_hand or report.right_hand):
            yield (
                f"{report.source}: no hand was found; they may be blurred, small or out of the "
                "picture."
            )


def _refuse_to_draw_over_videos(videos: Sequence[Path], targets: Sequence[Path]) -> None:
    from signzoo.errors import UsageError

    originals = {video.resolve() for video in videos}
    for target in targets:
        drawing = target.with_suffix(".mp4")
        if drawing.resolve() in originals:
            raise UsageError(
                f"--draw would write its drawing over the video {drawing}; give -o another folder."
            )


def _draw(video: Path, target: Path, progress: bool) -> None:
    from signzoo.media.drawing import contact_sheet, draw_pose, write_image
    from signzoo.media.video import open_video, write_video
    from signzoo.structures import Pose

    pose = Pose.read(target)
    drawn = draw_pose(pose, background=open_video(video))
    write_video(drawn, target.with_suffix(".mp4"), progress=progress)
    sheet = contact_sheet(drawn, 4, 12, captions=lambda index: f"{index / pose.fps:.2f} s")
    write_image(sheet, target.with_suffix(".png"))


def _table(reports: Sequence["ExtractReport"]) -> str:
    """One line a video: how long, and in how many of its frames the body and hands were found."""
    width = max(len(str(report.source)) for report in reports)
    lines = [
        f"{'video':<{width}} {'seconds':>8} {'frames':>7} {'body':>5} {'left':>5} {'right':>5} "
        f"{'fps':>6}"
    ]
    for report in reports:
        if report.error:
            lines.append(f"{report.source!s:<{width}} failed")
            continue
        rate = "there" if report.skipped else f"{report.frames / report.elapsed:.1f}"
        lines.append(
            f"{report.source!s:<{width}} {report.seconds:8.2f} {report.frames:7} "
            f"{report.body:5.0%} {report.left_hand:5.0%} {report.right_hand:5.0%} {rate:>6}"
        )
    return "\n".join(lines)


def _as_json(report: "ExtractReport") -> dict[str, object]:
    return {
        "source": str(report.source),
        "target": str(report.target) if report.target else None,
        "frames": report.frames,
        "seconds": report.seconds,
        "frames_with_body": report.body,
        "frames_with_left_hand": report.left_hand,
        "frames_with_right_hand": report.right_hand,
        "elapsed_seconds": report.elapsed,
        "skipped": report.skipped,
        "error": report.error,
    }
