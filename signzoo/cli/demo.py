"""See what signzoo does, offline, with what it ships.

Writes the glosses of a German sentence, says which word each stands for, and signs them into a
video, a contact sheet and a pose file, as a skeleton and as a 3D signer; then looks the other way,
and finds in the pose when somebody is signing. With --video, it also reads the landmarks of your
own video and draws them over the signer.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from signzoo.structures import Production

SUMMARY = "see it work, offline"
EPILOG = """\
examples:
  signzoo demo
  signzoo demo --video me.mp4 -o my_demo
"""
_TEXT = "Morgen regnet es im Norden"
_PIPELINE = "text-to-sign-dgs"
_AVATAR_SIZE = (384, 384)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what ``signzoo demo`` takes."""
    parser.add_argument("-o", "--output", default="demo", metavar="DIR", help="default: demo")
    parser.add_argument("--video", metavar="FILE", help="a video of a person to read landmarks of")


def run(arguments: argparse.Namespace) -> int:
    """Run both directions and say where the results are."""
    from signzoo.cli.gloss import describe as describe_glosses
    from signzoo.cli.sign import describe, write_production
    from signzoo.media.drawing import plot_trajectories
    from signzoo.pipelines import TextToSign

    out = Path(arguments.output)
    print(f"Text to glosses of German Sign Language ({_PIPELINE}, trained on weather forecasts):")
    pipeline = TextToSign.from_pretrained(_PIPELINE)
    print(describe_glosses(pipeline.glosser.report(_TEXT)))

    print("\nGlosses to sign (fingerspelled, no lexicon given):")
    production = pipeline(_TEXT)
    write_production(production, out / "morgen.mp4", str(out / "morgen.png"))
    production.pose.write(out / "morgen.pose")
    print(describe(production))
    _write_avatar(production, out)

    print("\nSign to landmarks: when is somebody signing?")
    _report_signing(out / "morgen.pose")
    plot_trajectories(production.pose, out / "morgen-hands.png")
    if arguments.video:
        _read_video(Path(arguments.video), out)
    print(
        "\nSigning to text is not part of this version: no shipped model reads signs yet."
        f"\nWritten to {out}/:"
    )
    for path in sorted(out.iterdir()):
        print(f"  {path.name}")
    return 0


def _write_avatar(production: "Production", out: Path) -> None:
    """Let the 3D signer perform the same pose, where this machine can render it."""
    from signzoo.avatar import AvatarRenderer
    from signzoo.errors import MissingPackageError
    from signzoo.media.drawing import contact_sheet, write_image
    from signzoo.media.video import write_video
    from signzoo.structures import VideoClip

    try:
        clip = AvatarRenderer(size=_AVATAR_SIZE)(production.pose)
    except MissingPackageError as error:
        print(f"No 3D signer: {error}")
        return
    clip = VideoClip.from_frames(clip.frames, clip.fps)  # rendered once for both
    write_video(clip, out / "morgen-avatar.mp4", progress=True)
    write_image(contact_sheet(clip), out / "morgen-avatar.png")


def _report_signing(path: Path) -> None:
    from signzoo.models.rest_detector import RestDetector
    from signzoo.structures import Pose

    pose = Pose.read(path)
    detector = RestDetector.from_pretrained("rest-detector-boston104-dgs")
    segments = detector.segments(pose)
    print(f"{path.name}: {pose.seconds:.1f} s of pose")
    for start, end in segments:
        print(f"  {start:6.2f} - {end:6.2f} s  signing")
    if not segments:
        print("  nobody signs")


def _read_video(video: Path, out: Path) -> None:
    from signzoo.media.drawing import contact_sheet, draw_pose, write_image
    from signzoo.media.landmarks import estimator
    from signzoo.media.video import open_video, write_video

    clip = open_video(video)
    pose = estimator("holistic")(clip, progress=True)
    pose.write(out / f"{video.stem}.pose")
    drawn = draw_pose(pose, background=clip)
    write_video(drawn, out / f"{video.stem}-landmarks.mp4", progress=True)
    write_image(contact_sheet(drawn), out / f"{video.stem}-landmarks.png")
    _report_signing(out / f"{video.stem}.pose")
