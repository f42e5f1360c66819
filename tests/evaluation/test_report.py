import json
from math import nan

import pytest

from signzoo.errors import DiskError
from signzoo.evaluation.bootstrap import Difference, Interval, Resampling
from signzoo.evaluation.report import (
    Report,
    file_facts,
    format_difference,
    format_interval,
    format_table,
    write_rows,
)


@pytest.fixture
def report():
    scores = {"predictions": {"wer": Interval(12.5, 10, 15), "never": Interval(nan, nan, nan)}}
    return Report("text", "signzoo evaluate text x", {"language": "de"}, Resampling(), scores)


def test_a_report_is_kept_with_its_command_as_plain_json(report, tmp_path):
    path = report.write(tmp_path / "new" / "scores")

    content = json.loads(path.read_text("utf-8"))
    assert path.name == "scores.json"
    assert content["command"] == "signzoo evaluate text x"
    assert content["resampling"] == {"samples": 1000, "seed": 0, "confidence": 0.95}
    assert content["scores"]["predictions"]["wer"] == {"value": 12.5, "low": 10, "high": 15}
    assert content["scores"]["predictions"]["never"]["value"] is None


def test_a_report_does_not_replace_a_file_by_a_folder(report, tmp_path):
    (tmp_path / "scores").write_text("mine")

    with pytest.raises(DiskError, match="not a folder"):
        report.write(tmp_path / "scores")
    assert (tmp_path / "scores").read_text() == "mine"


def test_rows_are_written_one_a_line(tmp_path):
    write_rows(tmp_path / "rows.jsonl", [{"id": "ä", "scores": {"wer": nan}}, {"id": "b"}])

    lines = (tmp_path / "rows.jsonl").read_text("utf-8").split("\n")
    assert lines == ['{"id": "ä", "scores": {"wer": null}}', '{"id": "b"}', ""]


def test_a_file_is_named_with_its_hash(tmp_path):
    (tmp_path / "x").write_bytes(b"abc")

    facts = file_facts(tmp_path / "x")
    assert facts["path"] == str(tmp_path / "x")
    assert facts["sha256"].startswith("ba7816bf8f01cfea")  # FIPS 180-2, B.1


def test_tables_align_names_to_the_left_and_numbers_to_the_right():
    table = format_table([["", "system"], ["wer", "1.5"], ["bleu4", "12.25"]])

    assert table.split("\n") == ["       system", "wer       1.5", "bleu4   12.25"]


def test_intervals_are_written_beside_their_score():
    assert format_interval(Interval(25.956, 24.1, 27.8)) == "25.96 [24.10, 27.80]"
    assert format_interval(Interval(0.12345, 0.1, 0.2), 3) == "0.123 [0.100, 0.200]"
    assert format_interval(Interval(nan, nan, nan)) == "-"
    written = format_difference(Difference(-1.5, -2, 0.25, 0.0312))
    assert written == "-1.50 [-2.00, +0.25] p=0.031"
