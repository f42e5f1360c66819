"""Plots how the hands of a pose move, for people who would rather look."""

import os
from pathlib import Path
from typing import Any

import numpy as np

from signzoo._files import atomic_path
from signzoo.errors import UsageError
from signzoo.structures import Pose

# The colours that drawings give the hands.
_HANDS = {"left": "#e2521a", "right": "#1a7ac4"}
_SUFFIXES = (".png", ".svg", ".pdf")


def plot_trajectories(pose: Pose, path: str | os.PathLike[str]) -> None:
    """Plot where both hands are over the seconds, in x and in y.

    The full line is the middle of the hand's landmarks, the dotted one the wrist of the body,
    which is often still known when the hand is not. A band along the bottom says how sure the
    estimator is of each hand: full colour is 1, white is missing.

    Args:
        pose: Of any skeleton.
        path: ``.png``, ``.svg`` or ``.pdf``.

    Raises:
        UsageError: The suffix is another one.
        DiskError: There is no room or no permission.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    path = Path(path)
    if path.suffix.lower() not in _SUFFIXES:
        raise UsageError(f"{path} does not end like a plot: {', '.join(_SUFFIXES)}.")
    # Without pyplot, which would keep the figure and look for a screen.
    figure = Figure(figsize=(10, 5.6), layout="constrained")
    FigureCanvasAgg(figure)
    across, down, sure = figure.subplots(
        3, 1, sharex=True, gridspec_kw={"height_ratios": [5, 5, 1]}
    )
    seconds = np.arange(len(pose)) / pose.fps
    for side, color in _HANDS.items():
        for place, style in ((f"{side}_hand", "-"), (f"{side}_wrist", ":")):
            if place not in pose.skeleton.anchors:
                continue
            points, confidence = pose.anchor(place)
            shown = np.where(confidence[:, None] > 0, points, np.nan)
            across.plot(seconds, shown[:, 0], style, color=color, label=place.replace("_", " "))
            down.plot(seconds, shown[:, 1], style, color=color)
    _shade(sure, pose)
    unit = "pixels" if pose.unit == "pixel" else "shoulder widths"
    across.set_ylabel(f"to the right\n({unit})")
    down.set_ylabel(f"down\n({unit})")
    down.invert_yaxis()  # as in the picture
    sure.set_xlabel("seconds")
    sure.set_xlim(0, max(pose.seconds, 1 / pose.fps))
    across.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=4, frameon=False)
    for axes in (across, down, sure):
        axes.spines[["top", "right"]].set_visible(False)
    with atomic_path(path) as part:
        figure.savefig(part, dpi=120)


def _shade(axes: Any, pose: Pose) -> None:
    """Draw a band for each hand whose colour is as strong as the confidence."""
    from matplotlib.colors import to_rgba

    bands = np.zeros((2, max(len(pose), 1), 4))
    for row, (side, color) in enumerate(_HANDS.items()):
        bands[row] = to_rgba(color)
        place = f"{side}_hand"
        bands[row, :, 3] = 0
        if place in pose.skeleton.anchors:
            bands[row, : len(pose), 3] = pose.anchor(place)[1]
    extent = (0, max(pose.seconds, 1 / pose.fps), 2, 0)
    axes.imshow(bands, aspect="auto", extent=extent, interpolation="nearest")
    axes.set_yticks([0.5, 1.5], ["left seen", "right seen"])
