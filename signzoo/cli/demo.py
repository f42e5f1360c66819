"""See what signzoo does, offline, with what it ships: text to signing, and signing to text.

Writes the glosses of a German sentence, says which word each stands for, and signs them into a
video, a contact sheet and a pose file, as a skeleton and as a 3D signer. Then it goes the other
way: an avatar whom the network has never seen performs the glosses of a weather forecast with
invented signs, and the network writes German. That direction is simulated: no network that ships
reads a whole sign language yet. With --video, it also reads the landmarks of your own video, draws
them over the signer, and says when somebody is signing.
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
_BACK = "sign-to-text-demo"
# A sentence of PHOENIX-2014T's way of glossing that stands in none of its training rows.
_FORECAST = ("MORGEN", "NORD", "REGEN", "SUED", "SONNE")
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

    print(f"\nSign to text ({_BACK}, invented signs, no real language):")
    _translate_invented(out)
    plot_trajectories(production.pose, out / "morgen-hands.png")
    if arguments.video:
        _read_video(Path(arguments.video), out)
    print(f"\nWritten to {out}/:")
    for path in sorted(out.iterdir()):
        print(f"  {path.name}")
    return 0


def _translate_invented(out: Path) -> None:
    """Let an unseen avatar perform a forecast with invented signs, and read it."""
    import json
    import tempfile

    from signzoo._files import write_text
    from signzoo.cli.translate import describe
    from signzoo.data.sentences import read_sentences
    from signzoo.data.synthesis.corpus import Recipe, synthesize
    from signzoo.media.drawing import draw_pose
    from signzoo.media.video import write_video
    from signzoo.pipelines import SignToText

    with tempfile.TemporaryDirectory() as folder:
        manifest = Path(folder) / "forecast.jsonl"
        row = {"id": "forecast", "text": " ".join(_FORECAST), "gloss": list(_FORECAST)}
        write_text(manifest, json.dumps(row) + "\n")
        recipe = Recipe(str(manifest), split="test", signers="unseen:1", video=False)
        synthesize(recipe, Path(folder) / "corpus")
        sentence = read_sentences(Path(folder) / "corpus")[0]
        assert sentence.pose is not None
        pose = sentence.pose()
    pose.write(out / "forecast.npz")
    write_video(draw_pose(pose, label=lambda _: "invented signs"), out / "forecast.mp4")
    print(f"signed: {' '.join(_FORECAST)}")
    print(describe(SignToText.from_pretrained(_BACK)(pose)))


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
