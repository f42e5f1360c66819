"""The shared half of every task, seen through the rest detector's."""

from pathlib import Path

import lightning
import pytest
import torch

from signzoo.data.datamodule import LoaderConfig
from signzoo.errors import UsageError
from signzoo.models.rest_detector import RestDetectorConfig, RestDetectorData, RestDetectorTask
from signzoo.models.task import OptimizerConfig, Task, warmup_cosine

OPTIMIZER = OptimizerConfig(lr=0.01, warmup=0.25)


class StopAfter(lightning.Callback):
    """Ends a training early, as a user or a cluster does."""

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs

    def on_train_epoch_end(self, trainer, pl_module):
        trainer.should_stop = trainer.current_epoch + 1 >= self.epochs


class Rates(lightning.Callback):
    """Notes the learning rate of every step."""

    def __init__(self) -> None:
        self.seen: list[float] = []

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
        self.seen.append(trainer.optimizers[0].param_groups[0]["lr"])


def fit(fake_corpora: Path, folder: Path, *callbacks: lightning.Callback, ckpt=None, **options):
    """Train a tiny detector; the same seed each time."""
    lightning.seed_everything(0, verbose=False)
    task = RestDetectorTask(RestDetectorConfig(width=8, num_blocks=1, dropout=0.0), OPTIMIZER)
    data = RestDetectorData(str(fake_corpora), loader=LoaderConfig(frames_per_batch=1000))
    quiet = {"enable_progress_bar": False, "enable_model_summary": False, "logger": False}
    trainer = lightning.Trainer(
        accelerator="cpu", default_root_dir=folder, callbacks=list(callbacks),
        **{"max_epochs": 2, **quiet, **options},
    )  # fmt: skip
    trainer.fit(task, data, ckpt_path=ckpt)
    trainer.save_checkpoint(folder / "last.ckpt")
    return task


def test_a_resumed_training_ends_where_an_uninterrupted_one_does(fake_corpora, tmp_path):
    whole, begun, resumed = Rates(), Rates(), Rates()
    expected = fit(fake_corpora, tmp_path / "whole", whole)
    fit(fake_corpora, tmp_path / "begun", begun, StopAfter(1))
    found = fit(fake_corpora, tmp_path, resumed, ckpt=tmp_path / "begun" / "last.ckpt")
    assert len(begun.seen) == len(resumed.seen) == len(whole.seen) / 2
    assert begun.seen + resumed.seen == whole.seen
    for ours, theirs in zip(found.parameters(), expected.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_the_learning_rate_rises_to_its_highest_and_falls_to_its_end():
    rates = [warmup_cosine(step, total=100, warmup=0.1, final=0.01) for step in range(101)]
    assert rates[0] == pytest.approx(1 / 11)
    assert rates[10] == 1.0
    assert rates[:11] == sorted(rates[:11])
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[100] == pytest.approx(0.01)
    assert warmup_cosine(500, total=100, warmup=0.1, final=0.01) == pytest.approx(0.01)


def test_a_schedule_without_warmup_begins_at_the_highest():
    assert warmup_cosine(0, total=10, warmup=0.0, final=0.0) == 1.0


def test_biases_and_norms_do_not_decay(fake_corpora, tmp_path):
    class Groups(lightning.Callback):
        def on_train_start(self, trainer, pl_module):
            self.groups = trainer.optimizers[0].param_groups

    noted = Groups()
    fit(fake_corpora, tmp_path, noted, max_epochs=1)
    matrices, others = noted.groups
    assert matrices["weight_decay"] == OPTIMIZER.weight_decay
    assert others["weight_decay"] == 0
    assert all(p.ndim > 1 for p in matrices["params"])
    assert all(p.ndim == 1 for p in others["params"])


def test_a_training_without_end_is_refused(fake_corpora, tmp_path):
    with pytest.raises(UsageError, match=r"set --trainer\.max_epochs"):
        fit(fake_corpora, tmp_path, max_epochs=-1)


def test_a_checkpoint_of_another_component_is_refused(fake_corpora, tmp_path):
    fit(fake_corpora, tmp_path, max_epochs=1)
    checkpoint = torch.load(tmp_path / "last.ckpt", weights_only=True)
    checkpoint["signzoo"]["component"] = "signmst_c"
    torch.save(checkpoint, tmp_path / "other.ckpt")
    with pytest.raises(UsageError, match="is of signmst_c, not of rest_detector"):
        RestDetectorTask.load_from_checkpoint(tmp_path / "other.ckpt", weights_only=True)


def test_a_config_of_impossible_values_is_refused():
    with pytest.raises(UsageError, match="needs lr above 0"):
        OptimizerConfig(lr=0)
    with pytest.raises(UsageError, match="an odd kernel_size"):
        RestDetectorConfig(kernel_size=4)


def test_a_task_that_fills_no_slot_says_so_at_once():
    with pytest.raises(NotImplementedError):
        Task(RestDetectorConfig(), OPTIMIZER)
