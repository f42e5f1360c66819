import json

import pytest

from signzoo.cli.main import main

pytest.importorskip("faiss")


@pytest.fixture
def build(tiny_text2gloss, fake_corpora, tmp_path):
    def run(*options, data=fake_corpora / "phoenix14t" / "train.jsonl"):
        words = ["--model", str(tiny_text2gloss), "--data", str(data)]
        return main(["index", "build", *words, "--out", str(tmp_path / "index"), *options])

    return run


def test_an_index_says_what_it_holds_and_how_it_is_used(build, tmp_path, capsys):
    assert build() == 0

    printed = capsys.readouterr().out
    assert "holds 40 sentence pairs" in printed
    assert f"--index {tmp_path / 'index'}" in printed


def test_a_built_index_opens_for_its_model_only(build, tiny_text2gloss, tmp_path, capsys):
    from signzoo.errors import WeightsError
    from signzoo.models.text2gloss import SentenceIndex, Text2Gloss

    assert build("--json") == 0

    captured = capsys.readouterr()
    content = json.loads(captured.out)
    assert captured.err == ""
    network = Text2Gloss.from_pretrained(tiny_text2gloss)
    index = SentenceIndex.open(tmp_path / "index", network.fingerprint)
    assert content["fingerprint"] == network.fingerprint
    assert (content["pairs"], content["states"]) == (len(index.pairs), index.num_states)
    with pytest.raises(WeightsError, match="build one for this network"):
        SentenceIndex.open(tmp_path / "index", "0" * 64)


def test_a_folder_with_other_things_in_it_is_left_alone(build, tmp_path, capsys):
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "notes.txt").write_text("mine", "utf-8")

    assert build() == 2

    assert "notes.txt" in capsys.readouterr().err
    assert (tmp_path / "index" / "notes.txt").read_text("utf-8") == "mine"


def test_missing_data_and_unknown_models_are_one_line(build, tmp_path, capsys):
    assert build(data=tmp_path / "nowhere.jsonl") == 1
    assert build("--model", "no-such-model") == 2

    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 2
    assert "nowhere.jsonl" in errors[0]
    assert "no-such-model" in errors[1]


def test_help_teaches_with_an_example(capsys):
    with pytest.raises(SystemExit):
        main(["index", "build", "--help"])
    assert "signzoo index build --model" in capsys.readouterr().out
