import json
import shlex
import subprocess
import sys

import numpy as np
import pytest

from signzoo.cli.main import main

ROWS = [
    {"id": "a", "text": "morgen regnet es im norden", "gloss": ["MORGEN", "REGEN", "NORD", "IX"]},
    {"id": "b", "text": "heute scheint die sonne", "gloss": ["HEUTE", "SONNE", "SCHEINEN"]},
    {"id": "c", "text": "guten abend", "gloss": ["GUT", "ABEND"]},
]
PREDICTED = ["MORGEN REGEN NORD IX", "HEUTE REGEN", ""]


def write_rows(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return str(path)


@pytest.fixture
def files(tmp_path):
    """Paths of references, predictions and a worse baseline."""
    worse = [{"id": row["id"], "gloss": ["HEUTE"]} for row in ROWS]
    rows = [{"id": row["id"], "prediction": p} for row, p in zip(ROWS, PREDICTED, strict=True)]
    return (
        write_rows(tmp_path / "references.jsonl", ROWS),
        write_rows(tmp_path / "predicted.jsonl", rows),
        write_rows(tmp_path / "worse.jsonl", worse),
    )


@pytest.fixture
def evaluate_gloss(files):
    references, predictions, _ = files

    def run(*options):
        words = ["--references", references, "--kind", "gloss", "--language", "de"]
        return main(["evaluate", "text", predictions, *words, *options])

    return run


def test_text_is_printed_with_intervals_floors_signatures_and_errors(evaluate_gloss, files, capsys):
    assert evaluate_gloss("--baseline", files[2], "--train", files[0], "--worst", "1") == 0

    printed = capsys.readouterr().out
    header = printed.splitlines()[0]
    for column in ("predictions", "baseline", "copy the source", "nearest training sentence"):
        assert column in header
    # Of nine glosses one is replaced and three are lost.
    (row,) = (line for line in printed.splitlines() if line.startswith("wer_gloss  "))
    assert row.split()[1] == "44.44"
    assert "BLEU-4|nrefs:1|case:lc|eff:no|tok:none" in printed
    assert "c (0.0)" in printed
    assert "reference  GUT ABEND" in printed
    assert "b (" not in printed


def test_the_json_report_gives_the_same_numbers_by_its_own_command(evaluate_gloss, capsys):
    assert evaluate_gloss("--json", "--samples", "50", "--seed", "3") == 0
    report = json.loads(capsys.readouterr().out)

    assert report["scores"]["predictions"]["wer_gloss"]["value"] == pytest.approx(400 / 9)
    assert list(report["scores"]) == ["predictions", "copy the source"]
    assert main([*shlex.split(report["command"])[1:], "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == report


def test_out_keeps_the_scores_beside_what_was_scored(evaluate_gloss, files, tmp_path, capsys):
    out = tmp_path / "out"

    assert evaluate_gloss("--out", str(out)) == 0

    assert sorted(path.name for path in out.iterdir()) == [
        "predictions.jsonl",
        "scores.json",
        "worst.jsonl",
    ]
    with open(files[1], encoding="utf-8") as predictions:
        assert (out / "predictions.jsonl").read_text("utf-8") == predictions.read()
    scores = json.loads((out / "scores.json").read_text("utf-8"))
    assert scores["facts"]["num_sentences"] == 3
    assert scores["facts"]["files"]["predictions"]["path"] == files[1]
    worst = [json.loads(line) for line in (out / "worst.jsonl").read_text("utf-8").splitlines()]
    assert [row["id"] for row in worst] == ["c", "b", "a"]
    assert "worst.jsonl" in capsys.readouterr().out


def test_predictions_may_lie_where_the_scores_go(files, tmp_path):
    kept = tmp_path / "out" / "predictions.jsonl"
    kept.parent.mkdir()
    content = (tmp_path / "predicted.jsonl").read_text("utf-8")
    kept.write_text(content, "utf-8")
    words = ["--references", files[0], "--kind", "gloss", "--language", "de"]

    assert main(["evaluate", "text", str(kept), *words, "--out", str(kept.parent)]) == 0
    assert kept.read_text("utf-8") == content


def test_sentences_are_scored_without_floors(files, tmp_path, capsys):
    rows = [{"id": row["id"], "prediction": row["text"]} for row in ROWS]
    predictions = write_rows(tmp_path / "sentences.jsonl", rows)
    words = ["--references", files[0], "--kind", "sentence", "--language", "de", "--json"]

    assert main(["evaluate", "text", predictions, *words]) == 0

    report = json.loads(capsys.readouterr().out)
    assert list(report["scores"]) == ["predictions"]
    assert report["scores"]["predictions"]["bleu2_13a"]["value"] == pytest.approx(100)


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--baseline", "nowhere.jsonl"], 1, "nowhere.jsonl"),
        (["--language", "german"], 2, "BCP 47"),
        (["--samples", "0"], 2, "at least one sample"),
        (["--kind", "sentence", "--train", "x.jsonl"], 2, "--train is for glosses"),
    ],
)
def test_wrong_use_is_one_line_and_leaves_nothing(
    evaluate_gloss, tmp_path, capsys, options, code, words
):
    assert evaluate_gloss("--out", str(tmp_path / "out"), *options) == code

    captured = capsys.readouterr()
    assert words in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""
    assert not (tmp_path / "out").exists()


def test_ids_that_do_not_match_name_file_and_row(files, tmp_path, capsys):
    rows = [{"id": "a", "prediction": "X"}, {"id": "z", "prediction": "X"}]
    predictions = write_rows(tmp_path / "other.jsonl", rows)
    words = ["--references", files[0], "--kind", "gloss", "--language", "de"]

    assert main(["evaluate", "text", predictions, *words]) == 1

    assert "other.jsonl, row 2 predicts 'z'" in capsys.readouterr().err


@pytest.fixture
def pose_folders(tmp_path, waving, signer):
    signer(np.full((30, 2), 250.0)).write(tmp_path / "ours" / "wave.npz")
    waving.write(tmp_path / "theirs" / "wave.npz")
    for side in ("ours", "theirs"):
        waving.write(tmp_path / side / "same.npz")
    return str(tmp_path / "ours"), str(tmp_path / "theirs")


def test_poses_are_printed_by_part(pose_folders, capsys):
    assert main(["evaluate", "pose", *pose_folders]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["all", "body", "face", "hands"]
    assert any(line.startswith("pck10") for line in lines)
    worst = next(i for i, line in enumerate(lines) if "worst by dtw_error_hands" in line)
    assert lines[worst + 1].startswith("  wave")


def test_poses_are_kept_and_reported_as_json(pose_folders, tmp_path, capsys):
    assert main(["evaluate", "pose", *pose_folders, "--out", str(tmp_path / "out"), "--json"]) == 0

    captured = capsys.readouterr()
    report = json.loads(captured.out)
    assert captured.err == ""
    assert report == json.loads((tmp_path / "out" / "scores.json").read_text("utf-8"))
    assert report["facts"]["num_poses"] == 2
    assert report["scores"]["hypotheses"]["mean_joint_error_hands"]["value"] > 0
    assert main([*shlex.split(report["command"])[1:], "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == report


def test_a_pose_without_a_partner_is_wrong_use(pose_folders, tmp_path, capsys):
    (tmp_path / "theirs" / "wave.npz").unlink()

    assert main(["evaluate", "pose", *pose_folders]) == 2
    assert "has no partner" in capsys.readouterr().err


@pytest.mark.parametrize("task", ["text", "pose"])
def test_help_teaches_with_examples(task, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["evaluate", task, "--help"])

    assert stopped.value.code == 0
    assert f"signzoo evaluate {task}" in capsys.readouterr().out.split("examples:")[1]


def test_help_loads_nothing_heavy():
    code = (
        "import sys\n"
        "from signzoo.cli.main import main\n"
        "try:\n    main(['evaluate', 'text', '--help'])\n"
        "except SystemExit:\n    pass\n"
        "assert not {'numpy', 'torch', 'sacrebleu', 'scipy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)
