"""Reports on the rest detector: tables with intervals, and a picture of its worst clips."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from signzoo._files import atomic_path
from signzoo.data.corpora import Utterance
from signzoo.evaluation.bootstrap import Resampling, bootstrap, paired_bootstrap
from signzoo.evaluation.report import Report, format_interval, format_table
from signzoo.evaluation.rest_scores import Predictions, scores
from signzoo.models.rest_detector.data import label_track
from signzoo.models.rest_detector.track import FPS

SIGNATURES = {
    "frames": "25 fps; signing from the first to the last gloss, pauses under 1 s included",
    "f1, balanced_accuracy": "percent of frames, BOSTON-104, leave one signer out; pooled over "
    "signers and seeds, probability 0.5",
    "trim_iou": "percent, mean over clips: trimmed clip (no margin) against first to last gloss",
    "first_frame_ms, last_frame_ms": "mean absolute error of the trimmed clip; bias: with sign, "
    "negative is too early",
    "dgs_signing_recall": "percent of the frames inside the glosses; DGS, held out by recording; "
    "its clips show no rest",
}
_COMPARED = ("macro_f1", "trim_iou", "dgs_signing_recall")


def make_report(
    first: str, found: Mapping[str, Predictions], facts: dict[str, Any], command: str
) -> Report:
    """Put intervals around the scores, and compare the first system with each other one."""
    resampling = Resampling()
    return Report(
        task="rest_detector",
        command=command,
        facts=facts,
        resampling=resampling,
        scores={name: bootstrap(each.counts, scores, resampling) for name, each in found.items()},
        differences={
            name: paired_bootstrap(found[first].counts, each.counts, scores, resampling)
            for name, each in found.items()
            if name != first
        },
        signatures=SIGNATURES,
    )


def markdown(report: Report) -> str:
    """The tables of the report."""
    table = [["system", *next(iter(report.scores.values()))]]
    table += [
        [system, *(format_interval(interval, 1) for interval in values.values())]
        for system, values in report.scores.items()
    ]
    gains = [["less", *_COMPARED]]
    for system, differences in report.differences.items():
        cells = (differences[name] for name in _COMPARED)
        gains.append([system, *(f"{d.value:+.1f} [{d.low:+.1f}, {d.high:+.1f}]" for d in cells)])
    columns = list(map(list, zip(*table, strict=True)))  # systems side by side
    signatures = "\n".join(f"- {name}: {text}" for name, text in report.signatures.items())
    return (
        f"# Rest detector on unseen signers\n\n`{report.command}`\n\n{report.intervals_note()}\n\n"
        f"```\n{format_table(columns)}\n```\n\nThe detector's score less that of another system, "
        f"paired by clip:\n\n```\n{format_table(gains)}\n```\n\n{signatures}\n"
    )


def plot_worst(
    predictions: Predictions, utterances: Iterable[Utterance], path: Path, num_clips: int = 12
) -> None:
    """Draw the clips with the most wrong frames: hands, labels and what the detector says."""
    from matplotlib.figure import Figure

    known = {utterance.id: utterance for utterance in utterances}
    rows = [row for row in predictions.rows if row["seed"] == 0]
    worst = sorted(rows, key=lambda row: -_num_wrong(row, known[row["id"]]))[:num_clips]
    figure = Figure(figsize=(16, 2.6 * -(-len(worst) // 3)), layout="constrained")
    axes = figure.subplots(-(-len(worst) // 3), 3, squeeze=False).flat
    for row, axis in zip(worst, axes, strict=False):
        track = label_track(known[row["id"]])
        times = np.arange(len(track)) / FPS
        height = track.points[:, 2:, 1] - track.points[:, :2, 1]
        axis.fill_between(times, -3, 1, where=track.labels > 0, color="0.85", label="glosses")
        axis.plot(times, np.where(track.confidence[:, :2] > 0, height, np.nan), lw=1)
        axis.plot(times, np.array(row["signing"]) * 3.6 - 2.8, "k", lw=2, label="detector, 0 to 1")
        axis.set(title=row["id"], ylim=(-3, 1), xlabel="seconds", ylabel="hands above head")
    axes[0].legend(loc="lower right", fontsize=8)
    with atomic_path(path) as part:
        figure.savefig(part, dpi=70)


def _num_wrong(row: Mapping[str, Any], utterance: Utterance) -> int:
    track = label_track(utterance)
    wrong = (np.array(row["signing"]) >= 0.5) != (track.labels > 0)
    return int((wrong & track.known).sum())
