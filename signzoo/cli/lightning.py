"""The LightningCLI behind `signzoo fit|validate|test|predict`; importing it takes seconds."""

import json
import sys
import warnings
from pathlib import Path
from typing import Any

from jsonargparse import set_docstring_parse_options
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import BasePredictionWriter, ModelCheckpoint
from lightning.pytorch.cli import ArgsType, LightningArgumentParser, LightningCLI
from lightning.pytorch.loggers import CSVLogger
from torch import Tensor

from signzoo._files import atomic_path
from signzoo.errors import UsageError
from signzoo.hub.registry import Component

RUNS = "runs"

# The docstrings below the fields of a config are its --help.
set_docstring_parse_options(attribute_docstrings=True)


class TrainingCLI(LightningCLI):
    """LightningCLI for one component, with the outputs of every run under ``runs/COMPONENT``.

    Args:
        component: Whose task and datamodule are configured.
        args: The words after ``signzoo``; those of the process by default.
    """

    def __init__(self, component: Component, args: ArgsType = None) -> None:
        self.component = component
        super().__init__(
            component.load("task"),
            component.load("data"),
            seed_everything_default=0,
            save_config_kwargs={"overwrite": True},
            trainer_defaults={
                "default_root_dir": RUNS,
                "log_every_n_steps": 10,
                "callbacks": [LastCheckpoint(), PredictionWriter()],
            },
            parser_kwargs={"prog": "signzoo"},
            auto_configure_optimizers=False,  # the task has its own, under model.optimizer
            args=args,
        )

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Add the component's name, and which checkpoint is kept beside the last."""
        parser.add_argument(
            "--component", default=self.component.name, help="Which component is meant."
        )
        parser.add_lightning_class_args(ModelCheckpoint, "checkpoint")

    def parse_arguments(self, parser: LightningArgumentParser, args: ArgsType) -> None:
        """Parse, and resolve ``--ckpt_path last``.

        Lightning looks for ``last`` in the folder of the run that begins, which is a new one.
        """
        super().parse_arguments(parser, args)
        settings = self.config[self.config.subcommand]
        if "weights_only" in settings and settings.weights_only is None:
            settings.weights_only = True  # Lightning would let a checkpoint run code
        if settings.get("ckpt_path") == "last":
            settings.ckpt_path = str(last_checkpoint(settings.trainer.default_root_dir))
            print(f"signzoo: continues from {settings.ckpt_path}", file=sys.stderr)

    def after_instantiate_classes(self) -> None:
        """Read the data before anything is written, so that bad data leaves no run behind."""
        self.datamodule.setup(self.subcommand)

    def instantiate_trainer(self, **kwargs: Any) -> Trainer:
        """Log to CSV files unless another logger is configured."""
        settings = self.config_init[self.config_init.subcommand].trainer
        if settings.logger is None or settings.logger is True:
            kwargs["logger"] = CSVLogger(settings.default_root_dir, name=self.component.name)
        return super().instantiate_trainer(**kwargs)


class LastCheckpoint(ModelCheckpoint):
    """Keeps ``last.ckpt`` of the latest whole epoch, from which a training continues.

    ModelCheckpoint's own ``save_last`` skips epochs that are not among the best.
    """

    def __init__(self) -> None:
        # Else it waits for a validation, and what was trained since the latest one is lost.
        super().__init__(
            filename="last", enable_version_counter=False, save_on_train_epoch_end=True
        )


class PredictionWriter(BasePredictionWriter):
    """Writes ``predictions.jsonl`` into the folder of the run, a line a sample."""

    def __init__(self) -> None:
        super().__init__(write_interval="epoch")

    def write_on_epoch_end(
        self,
        trainer: Trainer,
        pl_module: LightningModule,
        predictions: Any,
        batch_indices: Any,
    ) -> None:
        """Write the predictions of this process."""
        rank = f".{trainer.global_rank}" if trainer.world_size > 1 else ""
        target = Path(trainer.log_dir or trainer.default_root_dir) / f"predictions{rank}.jsonl"
        with atomic_path(target) as part, part.open("w", encoding="utf-8") as file:
            for row in (row for batch in predictions for row in batch):
                file.write(json.dumps({key: _plain(value) for key, value in row.items()}) + "\n")
        print(f"signzoo: predictions are in {target}", file=sys.stderr)


def _plain(value: Any) -> Any:
    """Plain values of a tensor, rounded to what a probability is worth."""
    if not isinstance(value, Tensor):
        return value
    values = value.detach().cpu()
    return (values.double().round(decimals=4) if values.is_floating_point() else values).tolist()


def last_checkpoint(root: str) -> Path:
    """The ``last.ckpt`` that was written latest under a folder.

    Raises:
        UsageError: There is none.
    """
    found = sorted(Path(root).rglob("last.ckpt"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise UsageError(f"No run under {root} has a checkpoint to continue from.")
    return found[-1]


def run(component: Component, words: list[str]) -> None:
    """Run one training verb; see :func:`signzoo.cli.train.main`."""
    with warnings.catch_warnings():
        # Lightning up to 2.6 uses a check of torch's that is on its way out; users cannot help it.
        warnings.filterwarnings("ignore", message=r".*isinstance\(treespec, LeafSpec\)")
        # LightningCLI warns where words are given that the process has anyway.
        TrainingCLI(component, None if words == sys.argv[1:] else words)
