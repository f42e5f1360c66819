"""Draw the skeleton of a pose file.

The signer's left hand is warm, the right hand cold, each finger in its own shade; what the
estimator was unsure of is fainter. Instead of a video it can make pictures to look at: a sheet of
frames, or a plot of where the hands go.
"""

import argparse
from pathlib import Path

SUMMARY = "a picture of a pose: skeleton video, sheet of frames, plot"
EPILOG = """\
examples:
  signzoo draw holiday.pose -o skeleton.mp4
  signzoo draw holiday.pose -o overlay.mp4 --video holiday.mp4    over the video it comes from
  signzoo draw holiday.pose -o sheet.png --plot hands.png
"""
_LARGEST = 4096


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what ``signzoo draw`` takes."""
    parser.add_argument("pose", metavar="FILE", help="a .pose, .npz, .json or .h5 file")
    parser.add_argument(
        "-o", "--output", metavar="FILE", help=".mp4, .webm or .gif; or .png for a sheet of frames"
    )
    parser.add_argument("--video", metavar="FILE", help="draw over this video")
    parser.add_argument(
        "--size", type=_size, metavar="WxH", help="pixels of the picture, as 640x360"
    )
    parser.add_argument("--sheet", metavar="FILE", help="also write a sheet of frames, .png")
    parser.add_argument(
        "--plot", metavar="FILE", help="also plot where the hands go, .png, .svg or .pdf"
    )


def run(arguments: argparse.Namespace) -> None:
    """Draw what was asked for."""
    from signzoo.errors import UsageError
    from signzoo.media.drawing import contact_sheet, draw_pose, plot_trajectories, write_image
    from signzoo.media.video import open_video, write_video
    from signzoo.structures import Pose

    if not (arguments.output or arguments.sheet or arguments.plot):
        raise UsageError("Nothing to write: give -o, --sheet or --plot.")
    if (
        arguments.video
        and Path(arguments.output or "").resolve() == Path(arguments.video).resolve()
    ):
        raise UsageError(f"This would replace the video {arguments.video}; give another name.")
    pose = Pose.read(arguments.pose)
    if arguments.video:
        drawn = draw_pose(pose, arguments.size, open_video(arguments.video))
    else:
        drawn = draw_pose(pose, arguments.size)
    sheets = [arguments.sheet] if arguments.sheet else []
    if arguments.output and Path(arguments.output).suffix.lower() in (".png", ".jpg", ".jpeg"):
        sheets.append(arguments.output)
    elif arguments.output:
        write_video(drawn, arguments.output, progress=True)
    if sheets:
        image = contact_sheet(drawn, captions=lambda index: f"{index / pose.fps:.2f} s")
        for sheet in sheets:
            write_image(image, sheet)
    if arguments.plot:
        plot_trajectories(pose, arguments.plot)


def _size(text: str) -> tuple[int, int]:
    """Read a size as ``640x360``."""
    width, cross, height = text.lower().partition("x")
    sides = [int(side) for side in (width, height) if side.isdecimal()]
    if not cross or len(sides) != 2 or not 16 <= min(sides) <= max(sides) <= _LARGEST:
        raise argparse.ArgumentTypeError(
            f"a size is written as 640x360, each side from 16 to {_LARGEST}; got {text!r}"
        )
    return sides[0], sides[1]
