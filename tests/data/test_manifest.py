import json

import pytest

from signzoo.data.manifest import read_manifest
from signzoo.errors import ManifestError


@pytest.fixture
def manifest(tmp_path):
    """Writes a manifest of the given lines, and returns its path."""

    def write(*lines):
        path = tmp_path / "manifest.jsonl"
        texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        path.write_text("\n".join(texts), encoding="utf-8")
        return path

    return write


def test_rows_keep_their_order_and_line_numbers(manifest):
    rows = read_manifest(manifest({"id": "a"}, "", {"id": "b"}))
    assert [(row.values["id"], row.number) for row in rows] == [("a", 1), ("b", 3)]


def test_a_byte_order_mark_is_no_part_of_the_first_row(tmp_path):
    path = tmp_path / "manifest.jsonl"
    path.write_text('{"id": "ä"}', encoding="utf-8-sig")
    assert read_manifest(path)[0].get("id", str) == "ä"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (['{"id": "a"', '{"id": "b"}'], r"row 1 is not JSON .*column 11"),
        (["[1]"], "row 1 must be a JSON object"),
        (["", "  "], "has no rows"),
        ([{"id": "a"}, {"id": "b"}, {"id": "a"}], "row 3 repeats the id 'a' of row 1"),
        ([{"name": "a"}], "row 1 has no field 'id'; its fields are: name"),
        ([{"id": 7}], "row 1 needs a text as 'id', not 7"),
    ],
)
def test_a_bad_row_is_named_with_what_is_wrong(manifest, lines, message):
    with pytest.raises(ManifestError, match=message):
        read_manifest(manifest(*lines))


def test_a_missing_manifest_is_named(tmp_path):
    with pytest.raises(ManifestError, match=r"There is no manifest .*none\.jsonl"):
        read_manifest(tmp_path / "none.jsonl")


def test_a_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "manifest.jsonl"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ManifestError, match="cannot be read as UTF-8"):
        read_manifest(path)


@pytest.mark.parametrize(
    ("value", "kind"), [(True, int), (1.5, int), ("1", int), (None, str), ({}, list)]
)
def test_a_field_of_another_kind_is_refused(manifest, value, kind):
    (row,) = read_manifest(manifest({"id": "a", "field": value}))
    with pytest.raises(ManifestError, match="needs .* as 'field'"):
        row.get("field", kind)


def test_a_whole_number_is_a_number_too(manifest):
    (row,) = read_manifest(manifest({"id": "a", "seconds": 2}))
    assert row.get("seconds", float) == 2.0


def test_a_file_is_found_beside_the_manifest(manifest, tmp_path):
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "a.pose").touch()
    (row,) = read_manifest(manifest({"id": "a", "pose": "clips/a.pose"}))
    assert row.file("pose") == (tmp_path / "clips" / "a.pose").resolve()


def test_a_file_that_is_not_there_is_named(manifest):
    (row,) = read_manifest(manifest({"id": "a", "pose": "a.pose"}))
    with pytest.raises(ManifestError, match=r"row 1 points nowhere: .*'a\.pose'"):
        row.file("pose")


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname", "clips/../../secret", "."])
def test_no_path_leaves_the_folder(manifest, tmp_path, name):
    (tmp_path.parent / "secret").touch()
    (row,) = read_manifest(manifest({"id": "a", "pose": name}))
    with pytest.raises(ManifestError, match="leaves the folder"):
        row.file("pose")
