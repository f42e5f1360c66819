import dataclasses
import json
import logging
import pickle

import pytest
import torch
from torch import nn

import signzoo
from signzoo.errors import UsageError, WeightsError
from signzoo.hub.checkpoint import Pretrained, make_config, read_folder, save_folder
from signzoo.hub.registry import Component, register


@dataclasses.dataclass(frozen=True)
class TinyConfig:
    width: int = 4
    num_classes: int = 3
    strides: tuple[int, ...] = (2, 1)
    name: str | None = None


class Tiny(Pretrained):
    """A network with a head, a tied parameter, a dropout, and a table that is not saved."""

    component = "tiny"
    config_class = TinyConfig

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.embed = nn.Embedding(5, config.width)
        self.output = nn.Linear(config.width, 5, bias=False)
        self.output.weight = self.embed.weight
        self.dropout = nn.Dropout(0.5)
        self.head = nn.Linear(config.width, config.num_classes)
        self.register_buffer("positions", torch.arange(5.0)[:, None], persistent=False)

    def forward(self, tokens):
        return self.head(self.dropout(self.embed(tokens)) + self.positions[tokens])


TOKENS = torch.arange(5)


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    monkeypatch.setattr("signzoo.hub.registry._registered", {})
    register(Component("tiny", f"{__name__}:Tiny", f"{__name__}:Tiny", f"{__name__}:Tiny"))


@pytest.fixture
def saved(tmp_path):
    """A network in evaluation mode, and the folder it was saved to."""
    network = Tiny(TinyConfig(width=6, strides=(4, 2))).eval()
    network.save_pretrained(tmp_path / "saved")
    return network, tmp_path / "saved"


def edit(folder, **changes):
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_saved_then_loaded_is_equal(saved):
    network, folder = saved
    loaded = Tiny.from_pretrained(folder)
    assert loaded.config == network.config
    assert torch.equal(loaded(TOKENS), network(TOKENS))


def test_a_loaded_network_is_in_evaluation_mode_on_its_device(saved):
    loaded = Tiny.from_pretrained(str(saved[1]), device=torch.device("cpu"))
    assert not any(module.training for module in loaded.modules())
    assert loaded.head.weight.device.type == "cpu"
    with pytest.raises(UsageError, match="There is no device 'nonsense' here"):
        Tiny.from_pretrained(saved[1], device="nonsense")


def test_a_tied_parameter_is_saved_once_and_stays_tied(saved):
    _, folder = saved
    assert set(read_folder(folder)[2]) == {"embed.weight", "head.weight", "head.bias"}
    loaded = Tiny.from_pretrained(folder)
    assert loaded.output.weight is loaded.embed.weight


def test_load_finds_the_component_in_the_folder(saved):
    network, folder = saved
    loaded = signzoo.load(folder)
    assert type(loaded) is Tiny
    assert torch.equal(loaded(TOKENS), network(TOKENS))


def test_a_name_is_loaded_over_the_network(saved, serve, server):
    network, folder = saved
    serve("tiny-numbers", {path.name: path.read_bytes() for path in folder.iterdir()})
    for _ in range(2):
        assert torch.equal(signzoo.load("tiny-numbers")(TOKENS), network(TOKENS))
    assert len(server.seen) == 2


def test_a_folder_holds_json_and_safetensors_only(saved):
    _, folder = saved
    assert {path.name for path in folder.iterdir()} == {"config.json", "model.safetensors"}
    assert json.loads((folder / "config.json").read_text()) == {
        "format": 1,
        "component": "tiny",
        "config": {"width": 6, "num_classes": 3, "strides": [4, 2], "name": None},
    }


def test_a_config_survives_json():
    config = TinyConfig(strides=(3, 2, 1), name="x")
    values = json.loads(json.dumps(dataclasses.asdict(config)))
    assert make_config(TinyConfig, values) == config


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"format": 2}, "has format 2, this signzoo reads 1"),
        ({"format": None}, "was not written by signzoo"),
        ({"component": "other"}, "holds a 'other', not a 'tiny'"),
        ({"config": None}, "does not say which component"),
        ({"config": {"width": 6, "hight": 1}}, "does not fit Tiny: TinyConfig has no field hight"),
        (
            {"config": {"width": 5}},
            r"has embed\.weight of shape \(5, 6\), not \(5, 5\); it has head",
        ),
    ],
)
def test_a_config_that_does_not_fit_is_refused_with_the_reason(saved, change, problem):
    edit(saved[1], **change)
    with pytest.raises(WeightsError, match=problem):
        Tiny.from_pretrained(saved[1])


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
@pytest.mark.parametrize("damage", ["missing", "empty", "truncated", "pickle", "folder"])
def test_a_damaged_file_is_one_clear_line(saved, name, damage):
    path = saved[1] / name
    content = path.read_bytes()
    path.unlink()
    if damage == "folder":
        path.mkdir()
    elif damage != "missing":
        damaged = {"empty": b"", "truncated": content[:-20], "pickle": pickle.dumps({"a": 1})}
        path.write_bytes(damaged[damage])
    with pytest.raises(WeightsError, match=name) as caught:
        Tiny.from_pretrained(saved[1])
    assert "\n" not in str(caught.value)


def test_tensors_that_do_not_fit_are_named(saved):
    network, folder = saved
    tensors = {"embed.weight": network.embed.weight, "tail.weight": torch.zeros(1)}
    save_folder(folder, "tiny", dataclasses.asdict(network.config), tensors)
    problem = r"lacks head\.bias, head\.weight; it has unknown tail\.weight"
    with pytest.raises(WeightsError, match=problem):
        Tiny.from_pretrained(folder)


def test_a_head_is_replaced_on_purpose_and_reported(saved, caplog):
    network, folder = saved
    with caplog.at_level(logging.WARNING):
        tuned = Tiny.from_pretrained(folder, replace=("head",), changes={"num_classes": 7})
    assert tuned.head.weight.shape == (7, 6)
    assert torch.equal(tuned.embed.weight, network.embed.weight)
    assert "but new: head.weight, head.bias" in caplog.text


def test_replacing_what_is_not_there_is_wrong_use(saved):
    with pytest.raises(UsageError, match="no part 'hea' to replace; there are embed, head"):
        Tiny.from_pretrained(saved[1], replace=("hea",))


def test_saving_again_replaces_the_checkpoint(saved):
    _, folder = saved
    Tiny(TinyConfig(width=2)).save_pretrained(folder)
    assert Tiny.from_pretrained(folder).config.width == 2


def test_saving_over_other_files_is_refused(saved):
    network, folder = saved
    (folder / "diary.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"holds diary\.txt; save to a new folder"):
        network.save_pretrained(folder)
    assert (folder / "diary.txt").is_file()


def test_a_full_disk_is_one_clear_line_and_leaves_nothing(small_disk, home):
    code = (
        "import sys, torch; from signzoo.hub import save_folder;"
        "save_folder(sys.argv[1], 'tiny', {}, {'a': torch.zeros(100_000)})"
    )
    failed = small_disk(code, str(home / "downloads" / "made"))
    assert "DiskError: Cannot write" in failed.stderr
    assert "No space left" in failed.stderr
    assert failed.stdout == ""
