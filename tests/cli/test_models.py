import hashlib
import json
import re

import pytest

from signzoo.cli.main import main

RECORD = """
name = "{name}"
component = "rest_detector"
summary = "Says when somebody signs."
signed_languages = ["ase"]
written_languages = []
training_data = ["RWTH-BOSTON-104", "made-up signing"]
licence = {{ code = "Apache-2.0", weights = "CC BY-NC 4.0", data = "research only" }}

[[metrics]]
name = "F1"
value = 0.912
interval = [0.9, 0.93]
dataset = "BOSTON-104"
split = "five folds"
signature = "frames, threshold 0.5"
command = "signzoo evaluate rest_detector"

[[files]]
path = "model.safetensors"
sha256 = "{sha256}"
size = 4
"""


@pytest.fixture
def publish(tmp_path, monkeypatch):
    """Put a weight of four bytes into an otherwise empty home; the function returns its folder."""
    monkeypatch.setenv("SIGNZOO_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SIGNZOO_MIRROR", raising=False)

    def put(name, with_file=True):
        folder = tmp_path / "home" / "checkpoints" / name
        folder.mkdir(parents=True)
        record = RECORD.format(name=name, sha256=hashlib.sha256(b"1234").hexdigest())
        (folder / "weights.toml").write_text(record, "utf-8")
        (folder / "README.md").write_text("# A card\n\nIt fails in the dark.\n", "utf-8")
        if with_file:
            (folder / "model.safetensors").write_bytes(b"1234")
        return folder

    return put


def test_models_are_a_table_with_aligned_columns(publish, capsys):
    publish("zz-short")
    publish("zz-a-longer-name", with_file=False)
    assert main(["models", "--component", "rest_detector"]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    longer, short = (row for row in rows if row.startswith("zz-"))
    cells = ["rest_detector", "ase", "4 B", "F1 0.912 [0.9, 0.93] (BOSTON-104)"]
    assert re.split("  +", longer) == ["zz-a-longer-name", *cells, "remote"]
    assert re.split("  +", short) == ["zz-short", *cells, "embedded"]
    for row, place in ((longer, "remote"), (short, "embedded")):
        assert row.index("rest_detector") == head.index("COMPONENT")
        assert row.index(place) == head.index("FILES")


def test_models_as_json_are_whole_records(publish, capsys):
    folder = publish("zz-mine")
    assert main(["models", "--json"]) == 0
    (mine,) = [each for each in json.loads(capsys.readouterr().out) if each["name"] == "zz-mine"]
    assert mine["metrics"][0]["interval"] == [0.9, 0.93]
    assert mine["licence"]["data"] == "research only"
    assert mine["files"][0]["size"] == mine["size"] == 4
    assert (mine["folder"], mine["place"]) == (str(folder), "embedded")


def test_models_of_an_unknown_component_are_wrong_use(capsys):
    assert main(["models", "--component", "nonsense"]) == 2
    assert "There is no component 'nonsense'; there are: " in capsys.readouterr().err


def test_a_component_without_weights_says_how_to_make_some(publish, capsys, monkeypatch, tmp_path):
    monkeypatch.setattr("signzoo.hub.catalog.package_folder", lambda name: tmp_path)
    assert main(["models"]) == 0
    assert capsys.readouterr().out.startswith("There are no such weights yet.")


def test_show_prints_the_record_and_the_card(publish, capsys):
    publish("zz-mine")
    assert main(["show", "zz-mine"]) == 0
    shown = capsys.readouterr().out
    for text in (
        "signed languages   ase\n",
        "written languages  none\n",
        "trained on         made-up signing\n",
        "F1 0.912 [0.9, 0.93] on BOSTON-104, five folds (frames, threshold 0.5)",
        "signzoo evaluate rest_detector\n",
        "code Apache-2.0; weights CC BY-NC 4.0; data research only\n",
        hashlib.sha256(b"1234").hexdigest(),
        "It fails in the dark.\n",
    ):
        assert text in shown


def test_show_as_json_has_record_and_card(publish, capsys):
    publish("zz-mine", with_file=False)
    assert main(["show", "zz-mine", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["name"], shown["place"]) == ("zz-mine", "remote")
    assert shown["card"] == "# A card\n\nIt fails in the dark.\n"


@pytest.mark.parametrize("verb", ["show", "download"])
def test_an_unknown_name_is_wrong_use_and_lists_similar_ones(publish, capsys, verb):
    publish("zz-mine")
    assert main([verb, "zz-mime"]) == 2
    assert capsys.readouterr().err == (
        "signzoo: There are no weights 'zz-mime'. Did you mean zz-mine? "
        "`signzoo models` lists all.\n"
    )


def test_download_prints_the_folder_of_each(publish, capsys):
    folders = [publish("zz-a"), publish("zz-b")]
    assert main(["download", "zz-a", "zz-b"]) == 0
    assert capsys.readouterr().out.split() == [str(folder) for folder in folders]


def test_download_to_a_folder_makes_a_mirror(publish, capsys, tmp_path, monkeypatch):
    folder = publish("zz-mine")
    assert main(["download", "zz-mine", "--to", str(tmp_path / "stick")]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "stick" / "zz-mine")
    (folder / "model.safetensors").unlink()
    monkeypatch.setenv("SIGNZOO_MIRROR", str(tmp_path / "stick"))
    assert main(["download", "zz-mine"]) == 0
    assert (tmp_path / "home" / "downloads" / "zz-mine" / "model.safetensors").is_file()


def test_a_download_that_cannot_be_is_one_line_and_a_failure(publish, capsys):
    publish("zz-mine", with_file=False)
    assert main(["download", "zz-mine"]) == 1
    error = capsys.readouterr().err
    assert error.startswith("signzoo: Weights 'zz-mine' are not on this machine")
    assert error.count("\n") == 1
