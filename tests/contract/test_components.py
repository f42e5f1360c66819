"""What every registered component keeps to, with its tiny YAML in tests/conf.

``NAME.yaml`` is a component's own; ``NAME.WAY.yaml`` is another way to build it.
"""

import dataclasses
import json
from pathlib import Path

import jsonargparse
import lightning
import pytest
import torch
import yaml
from torch.utils._pytree import tree_map

from signzoo.cli.main import main
from signzoo.data.datamodule import Draw
from signzoo.hub import component, components, load
from signzoo.hub.checkpoint import make_config

CONF = Path(__file__).parents[1] / "conf"
NAMES = [each.name for each in components()]


@dataclasses.dataclass
class Setup:
    """A component with its tiny configuration, on generated data."""

    name: str
    task: lightning.LightningModule
    data: lightning.LightningDataModule

    def batch(self, *wanted: int):
        samples = self.data.samples["train"]
        return self.data.collate([samples[Draw(index, None)] for index in wanted or (0, 1, 2)])

    def predict(self, batch) -> list[dict]:
        self.task.eval()
        with torch.no_grad():
            return self.task.predict_step(batch)


@pytest.fixture(params=sorted(path.stem for path in CONF.glob("*.yaml")))
def variant(request) -> str:
    return request.param


@pytest.fixture
def name(variant) -> str:
    return variant.partition(".")[0]


@pytest.fixture
def conf(variant, fake_corpora, tmp_path) -> Path:
    """The component's tiny YAML, with FAKES made the folder of generated data."""
    path = tmp_path / f"{variant}.yaml"
    text = (CONF / path.name).read_text("utf-8")
    path.write_text(text.replace("FAKES", str(fake_corpora)), "utf-8")
    return path


@pytest.fixture
def tiny(name, conf, fake_corpora) -> Setup:
    conf = yaml.safe_load(conf.read_text("utf-8"))
    parser = jsonargparse.ArgumentParser()
    for part, section in (("task", "model"), ("data", "data")):
        parser.add_class_arguments(component(name).load(part), section)
    given = {"model": conf["model"], "data": {**conf["data"], "folder": str(fake_corpora)}}
    torch.manual_seed(0)
    made = parser.instantiate_classes(parser.parse_object(given))
    made.data.setup("fit")
    made.model.learn_from(made.data)
    return Setup(name, made.model, made.data)


def assert_same(found: list[dict], expected: list[dict]) -> None:
    assert len(found) == len(expected)
    for ours, theirs in zip(found, expected, strict=True):
        assert ours.keys() == theirs.keys()
        for key, value in theirs.items():
            if isinstance(value, torch.Tensor):
                torch.testing.assert_close(ours[key], value, rtol=1e-4, atol=1e-5)
            else:
                assert ours[key] == value


def append_padding(batch, frames: int = 7):
    """More padding, filled with junk that must not be looked at."""
    longest = int(batch.lengths.max())

    def pad(value):
        if not isinstance(value, torch.Tensor) or value.shape[1:2] != (longest,):
            return value
        shape = (len(value), frames, *value.shape[2:])
        junk = 100 * torch.randn(shape) if value.is_floating_point() else torch.ones(shape)
        return torch.cat([value, junk.to(value.dtype)], dim=1)

    return type(batch)(*(pad(value) for value in batch))


def test_a_step_gives_a_finite_loss_and_predictions_like_the_targets(tiny):
    tiny.task.eval()  # a step of training may leave the predictions out
    loss, outputs = tiny.task.shared_step(tiny.batch())
    assert loss.shape == ()
    assert loss.dtype == torch.float32
    assert torch.isfinite(loss)
    assert len(outputs["predictions"]) == len(outputs["targets"]) > 0


def test_every_sample_gets_a_prediction_under_its_own_name(tiny):
    batch = tiny.batch()
    rows = tiny.predict(batch)
    assert len({row["id"] for row in rows}) == len(batch.lengths)
    tensors = [v for row in rows for v in row.values() if isinstance(v, torch.Tensor)]
    assert all(torch.isfinite(tensor).all() for tensor in tensors)
    json.dumps(tree_map(lambda v: v.tolist() if isinstance(v, torch.Tensor) else v, rows))


def test_every_trainable_parameter_gets_a_gradient_within_three_steps(tiny):
    task = tiny.task.train()
    optimizer = torch.optim.AdamW(task.parameters(), lr=1e-2)
    reached = set()
    for _ in range(3):
        optimizer.zero_grad()
        task.shared_step(tiny.batch())[0].backward()
        reached |= {
            name
            for name, parameter in task.named_parameters()
            if parameter.grad is not None and parameter.grad.abs().sum() > 0
        }
        optimizer.step()
    assert {name for name, p in task.named_parameters() if p.requires_grad} - reached == set()


def test_padding_frames_leave_predictions_unchanged(tiny):
    torch.manual_seed(0)
    batch = tiny.batch()
    assert_same(tiny.predict(append_padding(batch)), tiny.predict(batch))


def test_a_batch_equals_one_at_a_time(tiny):
    together = tiny.predict(tiny.batch(0, 1, 2))
    alone = [row for index in (0, 1, 2) for row in tiny.predict(tiny.batch(index))]
    assert_same(together, alone)


def test_a_saved_network_loads_as_it_was(tiny, tmp_path):
    expected = tiny.predict(tiny.batch())
    tiny.task.network.save_pretrained(tmp_path / "saved")
    tiny.task.network = type(tiny.task.network).from_pretrained(tmp_path / "saved")
    assert_same(tiny.predict(tiny.batch()), expected)


def test_the_config_survives_json(tiny):
    config = tiny.task.network.config
    assert make_config(type(config), json.loads(json.dumps(dataclasses.asdict(config)))) == config


def test_a_lightning_checkpoint_loads_as_plain_data(tiny, tmp_path):
    trainer = lightning.Trainer(
        max_steps=2, accelerator="cpu", default_root_dir=tmp_path, logger=False,
        enable_progress_bar=False, enable_model_summary=False, limit_val_batches=0,
    )  # fmt: skip
    trainer.fit(tiny.task, tiny.data)
    trainer.save_checkpoint(tmp_path / "a.ckpt")
    torch.load(tmp_path / "a.ckpt", weights_only=True)
    expected = tiny.predict(tiny.batch())
    tiny.task = type(tiny.task).load_from_checkpoint(tmp_path / "a.ckpt", weights_only=True)
    assert_same(tiny.predict(tiny.batch()), expected)


def test_fit_test_predict_and_export_run_the_tiny_config(
    name, conf, fake_corpora, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    options = [f"--config={conf}", f"--data.folder={fake_corpora}"]
    assert main(["fit", *options]) == 0
    assert main(["test", *options, "--ckpt_path=last"]) == 0
    assert main(["predict", *options, "--ckpt_path=last"]) == 0
    run = tmp_path / "runs" / name
    checkpoint = run / "version_0" / "checkpoints" / "last.ckpt"
    assert main(["export", str(checkpoint), "exported"]) == 0
    network = load(tmp_path / "exported")
    trained = torch.load(checkpoint, weights_only=True)["state_dict"]
    for key, tensor in network.state_dict().items():
        assert torch.equal(tensor, trained[f"network.{key}"])
    lines = (run / "version_2" / "predictions.jsonl").read_text().splitlines()
    assert all(json.loads(line)["id"] for line in lines)
    assert len(lines) > 0


@pytest.mark.parametrize("name", NAMES)
def test_every_component_of_this_package_has_the_three_files_and_a_tiny_config(name):
    folder = Path(__file__).parents[2] / "signzoo" / "models" / name
    assert {"network.py", "task.py", "data.py"} <= {path.name for path in folder.iterdir()}
    assert (CONF / f"{name}.yaml").is_file()
