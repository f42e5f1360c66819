"""Show what a motion autoencoder makes of a video whose fast motion was perturbed.

Writes four pictures side by side: the original, cut to the signing space; the perturbed video that
the network sees; in red over the original, where landmarks move fast; and what the network
restores. Prints the share of pixels that are masked, and the mean squared errors of the perturbed
and of the restored video, inside the mask and outside.
"""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from signzoo.errors import UsageError

if TYPE_CHECKING:
    import numpy as np

    from signzoo.models.motion_autoencoder.reconstruction import Reconstruction
    from signzoo.structures import VideoClip

SUMMARY = "what a motion autoencoder restores of a perturbed video"
EPILOG = """\
examples:
  signzoo reconstruct hello.mp4 -o out.mp4
  signzoo reconstruct hello.mp4 --model my-autoencoder --perturbation pixel_shuffle --sheet out.png
  signzoo reconstruct hello.mp4 --pose poses/hello.pose    with landmarks that are there already

Without --pose MediaPipe finds the landmarks, as `signzoo extract` does.
"""
_VIDEO = (".mp4", ".gif", ".webm")
_IMAGE = (".png", ".jpg", ".jpeg", ".webp")
_TITLES = ("original", "perturbed", "fast motion", "restored")
_RED = (230, 20, 40)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what ``signzoo reconstruct`` takes."""
    parser.add_argument("video", metavar="VIDEO", help="mp4, mov, webm, gif, ...")
    parser.add_argument(
        "--model",
        metavar="NAME",
        help="a motion autoencoder, by name or folder; may be left out where there is only one",
    )
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="default: <name of the video>.reconstruction.mp4"
    )
    parser.add_argument("--sheet", metavar="FILE", help="also write a sheet of frames, .png")
    parser.add_argument("--pose", metavar="FILE", help="the video's landmarks")
    parser.add_argument(
        "--perturbation",
        action="append",
        metavar="KIND",
        help="what is done to the video; may be given again, then each window gets one of them "
        "(default: all): pixel_shuffle, pixel_replacement, block_occlusion, gaussian_noise, "
        "temporal_shuffle",
    )
    parser.add_argument(
        "--large",
        type=float,
        metavar="SHARE",
        help="share of a pixel that is perturbed where motion is fast; 1 - SHARE elsewhere "
        "(default 0.9)",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="another perturbation")
    parser.add_argument(
        "--scale", type=int, default=256, metavar="PIXELS", help="height of a picture (default 256)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Perturb, restore, and write what is to be looked at."""
    video = Path(arguments.video)
    output = Path(arguments.output or f"{video.stem}.reconstruction.mp4")
    _check(arguments, video, output)

    import sys
    from dataclasses import replace

    from signzoo.data.videos import VideoSource, read_signing
    from signzoo.media.drawing import contact_sheet, write_image
    from signzoo.media.video import write_video
    from signzoo.models.motion_autoencoder.network import FPS, MotionAutoencoder
    from signzoo.models.motion_autoencoder.perturb import KINDS, PerturbationConfig
    from signzoo.models.motion_autoencoder.reconstruction import reconstruct

    config = PerturbationConfig(kinds=tuple(arguments.perturbation or KINDS))
    if arguments.large is not None:
        config = replace(config, large=arguments.large)
    network = MotionAutoencoder.from_pretrained(_model(arguments.model))
    pose = Path(arguments.pose) if arguments.pose else None
    source = VideoSource(str(video), "", video, pose)
    signing = read_signing(source, network.config.size, FPS, progress=True)
    if not signing.scale:
        print(
            f"signzoo: {video} never shows both shoulders, by which motion is measured: no motion "
            "counts as fast.",
            file=sys.stderr,
        )
    result = reconstruct(network, signing, config, arguments.seed, progress=True)
    drawn = _side_by_side(result, arguments.scale, FPS)
    write_video(drawn, output, progress=True)
    if arguments.sheet:
        sheet = contact_sheet(drawn, 2, 12, captions=lambda index: f"{index / FPS:.2f} s")
        write_image(sheet, arguments.sheet)
    print(f"{output}: {_numbers(result)}")
    return 0


def _check(arguments: argparse.Namespace, video: Path, output: Path) -> None:
    """Refuse before the work what would fail after it."""
    if output.suffix.lower() not in _VIDEO:
        raise UsageError(f"{output} does not end like a video: {', '.join(_VIDEO)}.")
    if arguments.sheet and Path(arguments.sheet).suffix.lower() not in _IMAGE:
        raise UsageError(f"{arguments.sheet} does not end like a picture: {', '.join(_IMAGE)}.")
    if output.resolve() == video.resolve():
        raise UsageError(f"This would replace the video {video}; give another name.")
    if not 32 <= arguments.scale <= 1024:
        raise UsageError(f"--scale takes 32 to 1024 pixels; got {arguments.scale}.")


def _model(name: str | None) -> str:
    """The network that is asked for, or the only one that there is."""
    from signzoo.hub.catalog import list_weights

    if name:
        return name
    known = [weights.name for weights in list_weights("motion_autoencoder")]
    if len(known) == 1:
        return known[0]
    there = f"there are {', '.join(known)}" if known else "none is published, so train one"
    raise UsageError(f"Give --model the name or the folder of a motion autoencoder; {there}.")


def _side_by_side(result: "Reconstruction", height: int, fps: float) -> "VideoClip":
    from signzoo.media.cropping import crop_video
    from signzoo.media.drawing import side_by_side
    from signzoo.structures import VideoClip

    size = result.mask.shape[2]

    def panel(frames: "Callable[[], Iterator[np.ndarray]]") -> VideoClip:
        clip = VideoClip(frames, fps, (size, size), len(result.mask))
        return crop_video(clip, (0, 0, size, size), (height, height))

    panels = (
        panel(lambda: iter(result.original)),
        panel(lambda: iter(result.perturbed)),
        panel(lambda: _tinted(result)),
        panel(lambda: iter(result.restored)),
    )
    return side_by_side(panels, _TITLES)


def _tinted(result: "Reconstruction") -> "Iterator[np.ndarray]":
    """The original, red where motion is fast."""
    import numpy as np

    for frame, mask in zip(result.original, result.mask, strict=True):
        red = (frame * 0.5 + np.array(_RED) * 0.5).astype(np.uint8)
        yield np.where(mask[..., None], red, frame)


def _numbers(result: "Reconstruction") -> str:
    """What was masked, and how far perturbed and restored pixels are from the original."""

    def errors(fast: bool) -> str:
        perturbed, restored = result.errors(fast)
        return f"{perturbed:.4f} perturbed, {restored:.4f} restored"

    numbers = f"{len(result.mask)} frames, {result.mask.mean():.1%} of the pixels in fast motion"
    if not result.mask.any():
        return f"{numbers}; mean squared error elsewhere {errors(fast=False)}"
    there, elsewhere = errors(fast=True), errors(fast=False)
    return f"{numbers}; mean squared error there {there}, elsewhere {elsewhere}"
