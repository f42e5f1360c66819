import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
import yaml

from signzoo.cli.main import main
from signzoo.cli.train import find_component
from signzoo.models.rest_detector import RestDetectorData, RestDetectorTask

ROOT = Path(__file__).parents[2]
TINY = str(ROOT / "tests" / "conf" / "rest_detector.yaml")


@pytest.fixture
def fit(fake_corpora, tmp_path, monkeypatch):
    """Runs `signzoo fit` on the tiny config in an empty folder; gives the exit code."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SIGNZOO_DATA", raising=False)

    def run(*options, config=TINY, folder=fake_corpora, verb="fit"):
        try:
            return main([verb, f"--config={config}", f"--data.folder={folder}", *options])
        except SystemExit as stop:
            return stop.code

    return run


@pytest.mark.parametrize("verb", ["fit", "validate", "test", "predict"])
def test_help_without_a_component_lists_the_components(verb, capsys):
    assert main([verb, "--help"]) == 0
    assert "rest_detector" in capsys.readouterr().out


def test_no_component_is_wrong_use(capsys):
    assert main(["fit", "--trainer.max_epochs=1"]) == 2
    assert "Say which component to train" in capsys.readouterr().err


def test_help_of_a_component_explains_its_options(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["fit", "--component", "rest_detector", "--help"])
    assert stop.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "--model.network.width WIDTH Channels of every layer." in text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("component: [", "is not readable YAML"),
        ("- component", "must hold `name: value` pairs"),
        ("component: rest_detectr", "no component 'rest_detectr'"),
    ],
)
def test_a_bad_config_is_wrong_use(tmp_path, capsys, content, message):
    path = tmp_path / "a.yaml"
    path.write_text(content, encoding="utf-8")
    assert main(["fit", "--config", str(path)]) == 2
    assert message in capsys.readouterr().err


def test_a_missing_config_is_wrong_use(capsys):
    assert main(["fit", "-c", "none.yaml"]) == 2
    assert "There is no config file none.yaml" in capsys.readouterr().err


def test_later_configs_and_options_count_more(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(f"component: {name}", encoding="utf-8")
    (tmp_path / "trainer.yaml").write_text("trainer: {max_epochs: 1}", encoding="utf-8")
    configs = [f"--config={tmp_path / name}.yaml" for name in ("a", "b", "trainer")]
    assert find_component(configs) == "b"
    assert find_component([*configs, "--component", "c"]) == "c"
    assert find_component(["--trainer.max_epochs=1"]) is None


@pytest.mark.parametrize(
    ("option", "code", "message"),
    [
        ("--data.folder=nowhere", 1, "There is no folder nowhere/boston104"),
        ("--data.folder=", 2, "Say where the data is: --data.folder FOLDER"),
        ("--data.val_groups=[x]", 2, "no group 'x'; there are: boston104/man-1"),
        ("--data.corpora=[x]", 2, "no corpus 'x'; there are: boston104"),
        ("--data.loader.frames_per_batch=9", 2, "raise --data.loader.frames_per_batch"),
        ("--model.network.kernel_size=4", 2, "an odd kernel_size"),
        ("--model.network.widht=4", 2, "widht"),
        ("--trainer.max_epochs=many", 2, "max_epochs"),
        ("--trainer.max_epochs=-1", 2, "set --trainer.max_epochs"),
        ("--ckpt_path=last", 2, "No run under runs has a checkpoint"),
    ],
)
def test_wrong_options_give_one_clear_line(fit, capsys, option, code, message):
    assert fit(option) == code
    assert message in capsys.readouterr().err.split("usage:")[-1][-400:]


def test_bad_data_leaves_no_run_behind(fit):
    assert fit("--data.folder=nowhere") == 1
    assert not Path("runs").exists()


def test_validating_on_nothing_is_wrong_use(fit, capsys):
    assert fit("--data.val_groups=[]", verb="validate") == 2
    assert "The val set is empty" in capsys.readouterr().err


def test_a_run_keeps_its_config_log_and_checkpoint(fit):
    assert fit("--model.optimizer.lr=0.003") == 0
    run = Path("runs/rest_detector/version_0")
    kept = yaml.safe_load((run / "config.yaml").read_text("utf-8"))
    assert kept["component"] == "rest_detector"
    assert kept["model"]["optimizer"]["lr"] == 0.003
    assert "val/macro_f1" in (run / "metrics.csv").read_text("utf-8")
    assert (run / "checkpoints" / "last.ckpt").is_file()


def test_a_kept_config_trains_again_to_the_same_weights(fit):
    assert fit() == 0
    assert fit(config="runs/rest_detector/version_0/config.yaml") == 0
    first, second = (
        torch.load(f"runs/rest_detector/version_{n}/checkpoints/last.ckpt", weights_only=True)
        for n in (0, 1)
    )
    for key, tensor in first["state_dict"].items():
        assert torch.equal(tensor, second["state_dict"][key])


def test_a_later_config_lies_over_an_earlier_one(fit, tmp_path):
    (tmp_path / "more.yaml").write_text("trainer: {max_epochs: 2}", encoding="utf-8")
    assert fit(f"--config={tmp_path / 'more.yaml'}") == 0
    last = torch.load("runs/rest_detector/version_0/checkpoints/last.ckpt", weights_only=True)
    assert last["epoch"] == 1


def test_last_continues_the_run_that_was_written_latest(fit, capsys):
    assert fit() == 0
    assert fit("--trainer.max_epochs=2", "--ckpt_path=last") == 0
    assert "version_0/checkpoints/last.ckpt" in capsys.readouterr().err
    first, second = (
        torch.load(f"runs/rest_detector/version_{n}/checkpoints/last.ckpt", weights_only=True)
        for n in (0, 1)
    )
    assert (first["epoch"], second["epoch"]) == (0, 1)
    assert second["global_step"] == 2 * first["global_step"]


def test_the_last_epoch_is_kept_although_another_was_better(fit):
    options = ("--checkpoint.monitor=val/loss", "--checkpoint.mode=max")  # the worst is "best"
    assert fit("--trainer.max_epochs=3", "--model.optimizer.lr=0.01", *options) == 0
    folder = Path("runs/rest_detector/version_0/checkpoints")
    epochs = {p.name: torch.load(p, weights_only=True)["epoch"] for p in folder.glob("*.ckpt")}
    assert epochs.pop("last.ckpt") == 2
    assert list(epochs.values()) == [0]


CONFIGS = sorted((ROOT / "configs").rglob("*.yaml"))


@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_config_is_understood(config, capsys):
    words = ["fit", "--config", str(config), "--print_config=skip_null"]
    if config.parent.name == "trainer":  # these lie over a component's
        words[1:1] = ["--config", TINY]
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 0
    understood = yaml.safe_load(capsys.readouterr().out)
    for section, values in yaml.safe_load(config.read_text("utf-8")).items():
        assert_within(values, understood[section])


def assert_within(part, whole):
    """Everything that the config says is in what was understood."""
    if isinstance(part, dict):
        for key, value in part.items():
            assert_within(value, whole[key])
    elif not isinstance(part, list):
        assert part == whole


@pytest.mark.slow
def test_two_processes_score_as_one_does(fake_corpora, tmp_path):
    words = [sys.executable, "-m", "signzoo", "fit", f"--config={TINY}"]
    words += [f"--data.folder={fake_corpora}", "--trainer.devices=2", "--trainer.strategy=ddp"]
    words += ["--data.loader.frames_per_batch=600"]
    subprocess.run(words, cwd=tmp_path, check=True, capture_output=True)
    run = tmp_path / "runs" / "rest_detector" / "version_0"
    log = [row.split(",") for row in (run / "metrics.csv").read_text("utf-8").split()]
    together = dict(zip(log[0], log[-1], strict=True))
    content = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)
    task = RestDetectorTask.load_from_checkpoint(
        run / "checkpoints" / "last.ckpt", weights_only=True
    )
    data = RestDetectorData(str(fake_corpora), ("boston104",), ("boston104/woman-2",))
    data.setup("validate")
    for batch in data.val_dataloader():
        _, outputs = task.eval().shared_step(batch)
        task.val_metrics.update(outputs["predictions"], outputs["targets"])
    alone = task.val_metrics.compute()["val/macro_f1"]
    assert float(together["val/macro_f1"]) == pytest.approx(float(alone), abs=1e-6)
    assert content["global_step"] > 1


def test_ctrl_c_stops_in_order_and_says_how_to_go_on(fake_corpora, tmp_path):
    words = [sys.executable, "-m", "signzoo", "fit", f"--config={TINY}"]
    words += [f"--data.folder={fake_corpora}", "--trainer.max_epochs=100000"]
    process = subprocess.Popen(
        words, cwd=tmp_path, stderr=subprocess.PIPE, text=True,
        # Tests that run in the background of a shell ignore Ctrl-C, and so would their children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    last = tmp_path / "runs" / "rest_detector" / "version_0" / "checkpoints" / "last.ckpt"
    for _ in range(600):
        if last.is_file() or process.poll() is not None:
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    try:
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "--ckpt_path last" in errors
    assert "Traceback" not in errors
    assert torch.load(last, weights_only=True)["epoch"] >= 0
