"""Scores the rest detector on signers and recordings that it has not seen, beside its baselines.

Trains one detector for each fold and seed, which takes a few minutes, and writes ``scores.json``,
``predictions.jsonl``, ``report.md`` and ``worst.png``::

    python -m signzoo.evaluation.rest_detector --data DATA --out DIR

Each of the three folds holds out one signer of BOSTON-104 and a third of the DGS recordings. A
threshold is tuned on the tracks that the fold's detector is trained on.
"""

import argparse
import logging
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from signzoo._files import write_text
from signzoo.data.corpora import Utterance, read_corpus
from signzoo.data.datamodule import LoaderConfig
from signzoo.errors import SignzooError, UsageError
from signzoo.evaluation.report import file_facts, write_rows
from signzoo.evaluation.rest_baselines import raised_hand, tune, wrist_speed
from signzoo.evaluation.rest_report import make_report, markdown, plot_worst
from signzoo.evaluation.rest_scores import Predictions, System, count, scores
from signzoo.hub.checkpoint import make_config
from signzoo.hub.folders import package_folder
from signzoo.models.rest_detector.augmentation import AugmentationConfig, LabelledTrack
from signzoo.models.rest_detector.data import RestDetectorData, label_track
from signzoo.models.rest_detector.network import RestDetector, RestDetectorConfig
from signzoo.models.rest_detector.task import RestDetectorTask
from signzoo.models.rest_detector.track import FPS
from signzoo.models.task import OptimizerConfig
from signzoo.structures import Pose, Skeleton

CORPORA = ("boston104", "dgs_sentences")
DETECTOR, SPEED, RAISED, ALWAYS = "rest_detector", "wrist_speed", "raised_hand", "always_signing"


@dataclass(frozen=True)
class Settings:
    """How the detectors of the folds are trained; those of the shipped weights by default."""

    max_epochs: int
    network: RestDetectorConfig = field(default_factory=RestDetectorConfig)
    optimizer: OptimizerConfig = field(default_factory=OptimizerConfig)
    loader: LoaderConfig = field(default_factory=LoaderConfig)
    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)

    @staticmethod
    def read(path: Path) -> "Settings":
        """Read the settings out of a config of `signzoo fit`.

        Raises:
            UsageError: The config is not one of the rest detector's.
        """
        import yaml

        try:
            content = yaml.safe_load(path.read_text("utf-8"))
            model, data = content.get("model", {}), content.get("data", {})
            return Settings(
                content["trainer"]["max_epochs"],
                make_config(RestDetectorConfig, model.get("network", {})),
                make_config(OptimizerConfig, model.get("optimizer", {})),
                make_config(LoaderConfig, data.get("loader", {})),
                make_config(AugmentationConfig, data.get("augmentation", {})),
            )
        except (OSError, ValueError, TypeError, KeyError, AttributeError, yaml.YAMLError) as error:
            raise UsageError(f"{path} is no config of the rest detector: {error}.") from error


@dataclass(frozen=True)
class Fold:
    """What is held out together, and what is trained on."""

    held_out: tuple[str, ...]
    test: tuple[Utterance, ...]
    training: tuple[Utterance, ...]


def make_folds(utterances: Sequence[Utterance]) -> list[Fold]:
    """Hold out every signer of BOSTON-104 once, each with a third of the other groups."""
    groups = sorted({utterance.group for utterance in utterances})
    signers = [group for group in groups if group.startswith("boston104/")]
    others = [group for group in groups if group not in signers]
    folds = []
    for index, signer in enumerate(signers):
        held_out = (signer, *others[index :: len(signers)])
        folds.append(
            Fold(
                held_out,
                tuple(u for u in utterances if u.group in held_out),
                tuple(u for u in utterances if u.group not in held_out),
            )
        )
    return folds


def train(folder: str, held_out: tuple[str, ...], settings: Settings, seed: int) -> RestDetector:
    """Train a detector on all groups but some."""
    import lightning

    lightning.seed_everything(seed, verbose=False)
    data = RestDetectorData(
        folder,
        CORPORA,
        test_groups=held_out,
        loader=replace(settings.loader, seed=seed),
        augmentation=settings.augmentation,
    )
    task = RestDetectorTask(settings.network, settings.optimizer)
    quiet: dict[str, Any] = dict.fromkeys(
        ("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary"), False
    )
    trainer = lightning.Trainer(
        max_epochs=settings.max_epochs, accelerator="cpu", limit_val_batches=0, **quiet
    )
    trainer.fit(task, data)
    return task.network.eval()


def detect(detector: RestDetector) -> System:
    """Use a detector as its users do."""

    def probabilities(track: LabelledTrack) -> np.ndarray:
        return detector.signing(_as_pose(track))

    return probabilities


def always(track: LabelledTrack) -> np.ndarray:
    """Say that every frame is signing."""
    return np.ones(len(track))


def _as_pose(track: LabelledTrack) -> Pose:
    points = np.concatenate([track.points, np.zeros_like(track.points[..., :1])], axis=2)
    return Pose(points, track.confidence, FPS, Skeleton.named("hands-and-nose"), "shoulder")


def predict(
    name: str, systems: Sequence[Sequence[System]], folds: Sequence[Fold], scale: float = 1.0
) -> Predictions:
    """Run a system over what its folds hold out.

    Args:
        name: Name of the system.
        systems: For each seed a system a fold.
        folds: What to run it on.
        scale: Factor by which all tracks are larger than they should be.
    """
    tables, rows = [], []
    for seed, of_seed in enumerate(systems):
        table = []
        for fold, system in zip(folds, of_seed, strict=True):
            for utterance in fold.test:
                track = label_track(utterance)
                scaled = replace(track, points=track.points * np.float32(scale))
                signing = system(scaled).astype(float)
                table.append(count(signing, utterance, track))
                values = signing.round(3).tolist()
                rows.append({"id": utterance.id, "system": name, "seed": seed, "signing": values})
        tables.append(np.array(table))
    by_seed = [scores(table.sum(axis=0))["macro_f1"] for table in tables]
    return Predictions(np.sum(tables, axis=0), by_seed, rows)


def evaluate(
    folder: str,
    folds: Sequence[Fold],
    settings: Settings,
    seeds: Sequence[int],
    ablations: bool,
    notify: Callable[[str], None],
) -> dict[str, Predictions]:
    """Train and score everything; the detector comes first."""

    def detectors(name: str, changed: Settings) -> list[list[System]]:
        trained = []
        for seed in seeds:
            notify(f"training {name}, seed {seed}: {len(folds)} folds")
            trained.append([detect(train(folder, f.held_out, changed, seed)) for f in folds])
        return trained

    own = detectors(DETECTOR, settings)
    found = {DETECTOR: predict(DETECTOR, own, folds)}
    for name, signal in ((SPEED, wrist_speed), (RAISED, raised_hand)):
        notify(f"tuning {name}")
        tuned = [tune(signal, [label_track(u) for u in f.training if u.shows_rest]) for f in folds]
        found[name] = predict(name, [tuned], folds)
    found[ALWAYS] = predict(ALWAYS, [[always] * len(folds)], folds)
    if ablations:
        for scale in (0.8, 1.25):
            name = f"{DETECTOR}, shoulder width wrong by x{1 / scale:.2f}"
            found[name] = predict(name, own, folds, scale)
        plain = replace(settings, augmentation=AugmentationConfig(*[0.0] * 10))
        name = f"{DETECTOR}, no augmentation"
        found[name] = predict(name, detectors(name, plain), folds)
    return found


def main() -> None:
    """Evaluate, print the tables, and keep what was found."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", required=True, help="folder with boston104/ and dgs_sentences/")
    parser.add_argument("--out", required=True, type=Path, help="where the report is written")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--config", type=Path, help="a config of `signzoo fit`; the shipped one")
    parser.add_argument("--ablations", action="store_true", help="train without augmentation too")
    arguments = parser.parse_args()
    config = arguments.config or package_folder("configs") / "rest_detector" / "boston104_dgs.yaml"
    logging.getLogger("lightning.pytorch").setLevel(logging.WARNING)
    utterances = [u for name in CORPORA for u in read_corpus(name, arguments.data)]
    found = evaluate(
        arguments.data,
        make_folds(utterances),
        Settings.read(config),
        arguments.seeds,
        arguments.ablations,
        lambda text: print(text, file=sys.stderr, flush=True),
    )
    facts = {
        "config": config.read_text("utf-8"),
        "seeds": arguments.seeds,
        "data": [file_facts(Path(arguments.data) / name / "manifest.jsonl") for name in CORPORA],
        "macro_f1_by_seed": {name: each.by_seed for name, each in found.items()},
    }
    words = ["python", "-m", "signzoo.evaluation.rest_detector", *sys.argv[1:]]
    report = make_report(DETECTOR, found, facts, shlex.join(words))
    report.write(arguments.out)
    write_rows(arguments.out / "predictions.jsonl", [row for p in found.values() for row in p.rows])
    write_text(arguments.out / "report.md", markdown(report))
    plot_worst(found[DETECTOR], utterances, arguments.out / "worst.png")
    print(markdown(report))


if __name__ == "__main__":
    try:
        main()
    except SignzooError as error:
        sys.exit(f"signzoo: {error}")
