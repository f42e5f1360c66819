import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from signzoo.errors import UsageError, WeightsError
from signzoo.hub import catalog
from signzoo.hub.catalog import (
    describe_files,
    find_weights,
    index_markdown,
    index_page,
    list_weights,
    read_record,
    readable_size,
)
from signzoo.hub.folders import package_folder
from signzoo.hub.registry import components

PUBLISHED = sorted(path.parent for path in package_folder("checkpoints").glob("*/weights.toml"))


def test_a_record_is_read_whole(publish, home):
    weights = publish("rest-tiny", {"config.json": b"{}"}, url="https://example.org/weights")
    assert weights.component == "rest_detector"
    assert weights.signed_languages == ("gsg",)
    assert weights.written_languages == ("de", "zh-Hant")
    assert (weights.licence.code, weights.licence.weights) == ("Apache-2.0", "CC0-1.0")
    assert weights.metrics[0].interval == (0.9, 0.93)
    assert weights.files[0].sha256 == hashlib.sha256(b"{}").hexdigest()
    assert weights.files[0].url == "https://example.org/weights/config.json"
    assert weights.folder == home / "checkpoints" / "rest-tiny"
    assert weights.size == 2


def test_the_card_is_the_readme_beside_the_record(publish, write_files):
    weights = publish()
    assert weights.card == ""
    write_files(weights.folder, {"README.md": "# Größe\n".encode()})
    assert weights.card == "# Größe\n"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('name = "rest-tiny"', 'name = "rest-other"', "its folder is 'rest-tiny'"),
        ('summary = "A weight for a test."', "", "missing summary"),
        ('summary = "A weight', 'sumary = "A weight', "unknown sumary and missing summary"),
        ('summary = "A weight for a test."', "summary = 3", "summary must be str, not 3"),
        ('["gsg"]', '["DGS"]', "'DGS' is no ISO 639-3 code"),
        ('["gsg"]', '"gsg"', "signed_languages must be a list"),
        ('"zh-Hant"', '"German"', "'German' is no BCP 47 code"),
        ('path = "config.json"', 'path = "../config.json"', "cannot be named '../config.json'"),
        ('path = "config.json"', 'path = "/etc/passwd"', "cannot be named '/etc/passwd'"),
        ('path = "config.json"', "path = 'C:\\x'", "cannot be named"),
        ('path = "config.json"', 'path = "weights.toml"', "cannot be named 'weights.toml'"),
        ('path = "config.json"', 'path = "model.safetensors"', "none twice"),
        ('sha256 = "', 'sha256 = "z', "needs 64 digits 0-9a-f"),
        ("size = 13", "size = -1", "must be above zero"),
        ("size = 13", "size = true", "size must be int, not True"),
        ("size = 13", 'size = 13\nurl = "ftp://x/y"', "must begin with http"),
        ("interval = [0.9, 0.93]", "interval = [0.9]", "interval needs 2 values, not 1"),
        ('split = "dev"', "", "metric has missing split"),
        ("[licence]", "[terms]", "unknown terms and missing licence"),
        ("value = 0.912", "value = ", "Invalid value"),
    ],
)
def test_a_malformed_record_is_refused_with_the_reason(publish, old, new, problem):
    record = publish().folder / "weights.toml"
    text = record.read_text("utf-8")
    assert old in text
    record.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(WeightsError, match=r"weights\.toml is not a record of weights: ") as caught:
        list_weights()
    assert problem in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_without_a_record_is_refused(tmp_path):
    with pytest.raises(WeightsError, match="is not a record of weights"):
        read_record(tmp_path)


def test_weights_are_listed_by_name_and_component(publish):
    publish("rest-b"), publish("rest-a")
    names = [each.name for each in list_weights("rest_detector")]
    assert names == sorted(names)
    assert {"rest-a", "rest-b"} <= set(names)
    with pytest.raises(
        UsageError, match="There is no component 'rest'; there are: .*rest_detector"
    ):
        list_weights("rest")


def test_an_unknown_name_lists_similar_ones(publish):
    publish("rest-tiny-boston104")
    with pytest.raises(UsageError, match="Did you mean rest-tiny-boston104"):
        find_weights("rest-tiny-boston")
    with pytest.raises(UsageError, match=r"no weights '\.\./\.\.'\. `signzoo models` lists all"):
        find_weights("../..")


def test_the_packages_own_weights_hide_the_users_of_that_name(
    publish, write_files, tmp_path, monkeypatch, caplog
):
    record = (publish("rest-tiny").folder / "weights.toml").read_bytes()
    write_files(tmp_path / "own" / "rest-tiny", {"weights.toml": record})
    monkeypatch.setattr(catalog, "package_folder", lambda name: tmp_path / "own")
    assert find_weights("rest-tiny").folder == tmp_path / "own" / "rest-tiny"
    assert "is hidden by signzoo's own" in caplog.text


def test_the_index_is_a_table_with_a_row_a_weight(publish, home):
    publish("rest-a"), publish("rest-b")
    rows = index_markdown(home / "checkpoints", links="../").splitlines()
    assert rows[2] == (
        "| [rest-a](../rest-a/README.md) | rest_detector | gsg / de, zh-Hant | 512 kB "
        "| F1 0.912 [0.9, 0.93] | numbers, dev | CC0-1.0 |"
    )
    assert len(rows) == 4


def test_the_index_in_the_repository_is_what_the_records_say():
    written = (package_folder("checkpoints") / "README.md").read_text("utf-8")
    assert written == index_page(), "run `python -m signzoo.hub.catalog`"


def test_the_description_of_a_folder_makes_a_record(publish, write_files, tmp_path):
    files = {"config.json": b"{}", "words/de.txt": b"haus"}
    folder = write_files(tmp_path / "rest-tiny", files)
    head, _, _ = (publish().folder / "weights.toml").read_text("utf-8").partition("[[files]]")
    (folder / "weights.toml").write_text(head + describe_files(folder), "utf-8")
    assert {file.path: file.size for file in read_record(folder).files} == {
        "config.json": 2,
        "words/de.txt": 4,
    }


def test_the_module_describes_a_folder_on_the_command_line(write_files, tmp_path):
    folder = write_files(tmp_path / "made")
    command = [sys.executable, "-m", "signzoo.hub.catalog"]
    done = subprocess.run([*command, folder], capture_output=True, text=True)
    assert done.stdout == describe_files(folder)
    failed = subprocess.run([*command, tmp_path / "none"], capture_output=True, text=True)
    assert failed.returncode == 1
    assert failed.stderr.startswith(f"{tmp_path / 'none'} holds no files")


def test_the_record_in_the_guide_is_a_record(write_files, tmp_path):
    guide = Path(__file__).parents[2] / "docs" / "guides" / "publish_weights.md"
    _, _, rest = guide.read_text("utf-8").partition("```toml\n")
    text, _, _ = rest.partition("```")
    folder = write_files(tmp_path / "rest-detector-boston104", {"weights.toml": text.encode()})
    assert read_record(folder).metrics[0].name == "frame F1"


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (999, "999 B"), (1234, "1.23 kB"), (26_400_000, "26.4 MB")]
)
def test_sizes_are_written_for_people(size, text):
    assert readable_size(size) == text


def test_listing_imports_neither_torch_nor_pooch(publish):
    publish()
    code = (
        "import sys; from signzoo.hub import list_weights; assert list_weights();"
        "print([name for name in ('torch', 'pooch', 'requests', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr


@pytest.mark.parametrize("folder", PUBLISHED, ids=lambda folder: folder.name)
def test_published_records_are_true(folder):
    weights = read_record(folder)
    assert weights.component in {each.name for each in components()}
    assert weights.card
    assert weights.metrics
    for file in weights.files:
        path = folder / file.path
        if path.is_file():
            assert path.stat().st_size == file.size
            assert hashlib.sha256(path.read_bytes()).hexdigest() == file.sha256
