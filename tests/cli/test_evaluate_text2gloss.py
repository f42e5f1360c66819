import json
import shlex

import pytest

from signzoo.cli.main import main
from signzoo.models.text2gloss import Text2Gloss

pytest.importorskip("faiss")


@pytest.fixture
def corpus(fake_corpora):
    return fake_corpora / "phoenix14t"


@pytest.fixture
def evaluate(tiny_text2gloss, corpus):
    def run(*options, data=corpus / "dev.jsonl"):
        words = ["--model", str(tiny_text2gloss), "--data", str(data)]
        return main(["evaluate", "text2gloss", *words, "--samples", "50", "--beams", "2", *options])

    return run


def rows(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_predictions_scores_and_errors_are_kept(evaluate, corpus, tmp_path, capsys):
    out = tmp_path / "out"

    assert evaluate("--out", str(out), "--train", str(corpus / "train.jsonl")) == 0

    printed = capsys.readouterr().out
    assert "copy the source" in printed
    assert "None of the 12 held-out pairs" in printed
    assert "The 5 worst predictions" in printed
    sources, predictions = rows(corpus / "dev.jsonl"), rows(out / "predictions.jsonl")
    assert [row["id"] for row in predictions] == [row["id"] for row in sources]
    assert list(predictions[0]) == ["id", "text", "gloss", "score"]
    assert all(0 <= row["score"] <= 1 for row in predictions)
    assert len(rows(out / "worst.jsonl")) == 12
    report = json.loads((out / "scores.json").read_text("utf-8"))
    assert report["facts"]["decoding"]["beams"] == 2
    assert report["facts"]["leaks"]["num_unseen"] == 12
    assert list(report["scores"]) == [
        "predictions",
        "predictions, unseen texts",
        "copy the source",
        "nearest training sentence",
    ]


def test_the_kept_predictions_score_the_same_as_text(evaluate, corpus, tmp_path, capsys):
    assert evaluate("--out", str(tmp_path), "--json") == 0
    ours = json.loads(capsys.readouterr().out)

    words = ["--references", str(corpus / "dev.jsonl"), "--kind", "gloss", "--language", "de"]
    words += ["--samples", "50", "--json"]
    assert main(["evaluate", "text", str(tmp_path / "predictions.jsonl"), *words]) == 0
    theirs = json.loads(capsys.readouterr().out)
    assert ours["scores"] == theirs["scores"]
    assert ours["signatures"] == theirs["signatures"]


def test_the_command_in_the_report_makes_it_again(evaluate, capsys):
    assert evaluate("--json", "--no-minimum-bayes-risk", "--length-penalty", "0.5") == 0
    report = json.loads(capsys.readouterr().out)

    assert main([*shlex.split(report["command"])[1:], "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == report


def test_an_index_and_a_partner_are_named_in_the_report(
    evaluate, tiny_text2gloss, corpus, tmp_path, capsys
):
    model, index = str(tiny_text2gloss), str(tmp_path / "index")
    words = ["--model", model, "--data", str(corpus / "train.jsonl"), "--out", index, "--json"]
    assert main(["index", "build", *words]) == 0
    capsys.readouterr()

    assert evaluate("--json", "--index", index, "--neighbour-weight", "0.5", "--with", model) == 0

    report = json.loads(capsys.readouterr().out)
    assert report["facts"]["index"] == index
    assert report["facts"]["with"] == [model]
    assert report["facts"]["decoding"]["neighbour_weight"] == 0.5
    assert "--neighbour-weight 0.5" in report["command"]


def test_the_partners_that_a_model_names_answer_unless_told_otherwise(
    evaluate, tiny_text2gloss, tmp_path, capsys
):
    named = tmp_path / "named"
    changes = {"partners": (str(tiny_text2gloss),)}
    Text2Gloss.from_pretrained(tiny_text2gloss, changes=changes).save_pretrained(named)
    for words, partners in (((), [str(tiny_text2gloss)]), (("--with", "none"), [])):
        assert evaluate("--json", "--model", str(named), *words) == 0
        facts = json.loads(capsys.readouterr().out)["facts"]
        assert facts["with"] == partners
        assert len(facts["partners"]) == len(partners)
    assert evaluate("--with", "none", "--with", str(tiny_text2gloss)) == 2
    assert "--with none means the model alone" in capsys.readouterr().err


def test_sentences_that_training_has_seen_are_left_out_once(evaluate, corpus, tmp_path, capsys):
    seen = rows(corpus / "train.jsonl")[:4]
    data = tmp_path / "mixed.jsonl"
    mixed = [{**row, "id": f"seen-{i}"} for i, row in enumerate(seen)] + rows(corpus / "dev.jsonl")
    data.write_text("".join(json.dumps(row) + "\n" for row in mixed), "utf-8")

    assert evaluate("--json", "--train", str(corpus / "train.jsonl"), data=data) == 0

    report = json.loads(capsys.readouterr().out)
    assert report["facts"]["leaks"]["texts"] == 4
    both = [report["scores"][name] for name in ("predictions", "predictions, unseen texts")]
    assert both[0] != both[1]
    # Nothing is left where all were seen.
    train = str(corpus / "train.jsonl")
    assert evaluate("--json", "--train", train, data=corpus / "train.jsonl") == 0
    scores = json.loads(capsys.readouterr().out)["scores"]
    assert "predictions, unseen texts" not in scores
    assert scores["nearest training sentence"]["wer_gloss"]["value"] == 0


def test_a_sentence_that_cannot_be_glossed_is_named(evaluate, tmp_path, capsys):
    data = tmp_path / "bad.jsonl"
    data.write_text('{"id": "a", "text": "?!", "gloss": ["X"]}\n', "utf-8")

    assert evaluate("--out", str(tmp_path / "out"), data=data) == 1

    assert "'a' has no words" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--index", "nowhere"], 2, "nowhere"),
        (["--neighbours", "4"], 2, "--index"),
        (["--train", "nowhere.jsonl"], 1, "nowhere.jsonl"),
        (["--samples", "0"], 2, "at least one sample"),
    ],
)
def test_wrong_use_is_one_line(evaluate, capsys, options, code, message):
    assert evaluate(*options) == code

    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.err.count("\n") == 1
