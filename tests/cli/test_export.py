import pickle

import pytest
import torch

from signzoo import load
from signzoo.cli.main import main
from signzoo.models.rest_detector import RestDetectorConfig, RestDetectorTask


@pytest.fixture
def checkpoint(tmp_path):
    """A checkpoint as Lightning writes it, and the task that it is of."""
    task = RestDetectorTask(RestDetectorConfig(width=8, num_blocks=1))
    content = {"state_dict": task.state_dict(), "hyper_parameters": dict(task.hparams)}
    task.on_save_checkpoint(content)
    path = tmp_path / "last.ckpt"
    torch.save(content, path)
    return path


def change(path, **changes):
    torch.save({**torch.load(path, weights_only=True), **changes}, path)


def test_an_exported_folder_loads_by_itself(checkpoint, tmp_path, capsys):
    assert main(["export", str(checkpoint), str(tmp_path / "out")]) == 0
    assert "a rest_detector" in capsys.readouterr().out
    network = load(tmp_path / "out")
    assert network.config == RestDetectorConfig(width=8, num_blocks=1)
    assert not network.training


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"signzoo": None}, "was not written by `signzoo fit`"),
        ({"hyper_parameters": {}}, "was not written by `signzoo fit`"),
        ({"hyper_parameters": {"network": {"width": 16}}}, "does not fit RestDetector"),
        ({"hyper_parameters": {"network": {"wings": 2}}}, "has no field wings"),
        ({"state_dict": {}}, "does not fit RestDetector"),
    ],
)
def test_a_checkpoint_that_does_not_fit_leaves_no_folder(
    checkpoint, tmp_path, capsys, changes, message
):
    change(checkpoint, **changes)
    assert main(["export", str(checkpoint), str(tmp_path / "out")]) == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_checkpoint_of_an_unknown_component_is_named(checkpoint, tmp_path, capsys):
    change(checkpoint, signzoo={"component": "crystal_ball"})
    assert main(["export", str(checkpoint), str(tmp_path / "out")]) == 2
    assert "no component 'crystal_ball'" in capsys.readouterr().err


def test_a_missing_checkpoint_is_wrong_use(tmp_path, capsys):
    assert main(["export", str(tmp_path / "none.ckpt"), str(tmp_path / "out")]) == 2
    assert "There is no checkpoint" in capsys.readouterr().err


def test_no_code_in_a_checkpoint_runs(tmp_path, capsys):
    class Trap:
        def __reduce__(self):
            return (exec, (f"open({str(tmp_path / 'sprung')!r}, 'w')",))

    for name, write in (("zip", torch.save), ("plain", _pickle)):
        write({"state_dict": Trap()}, tmp_path / f"{name}.ckpt")
        assert main(["export", str(tmp_path / f"{name}.ckpt"), str(tmp_path / "out")]) == 1
        assert "is not a readable checkpoint" in capsys.readouterr().err
    assert not (tmp_path / "sprung").exists()


def _pickle(content, path):
    path.write_bytes(pickle.dumps(content))


@pytest.mark.parametrize("content", [b"", b"junk", b"PK\x03\x04 truncated"])
def test_a_damaged_checkpoint_is_named(tmp_path, capsys, content):
    (tmp_path / "a.ckpt").write_bytes(content)
    assert main(["export", str(tmp_path / "a.ckpt"), str(tmp_path / "out")]) == 1
    assert "is not a readable checkpoint" in capsys.readouterr().err
