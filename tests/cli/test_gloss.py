import io
import json

import pytest

from signzoo.cli.main import main

SENTENCE = "morgen regnet es im norden"


@pytest.fixture
def gloss(tiny_text2gloss):
    def run(*words):
        return main(["gloss", *words, "--model", str(tiny_text2gloss)])

    return run


def test_a_sentence_is_printed_with_its_glosses_score_and_words(gloss, capsys):
    assert gloss(SENTENCE, "--n-best", "2") == 0

    printed = capsys.readouterr().out
    assert printed.splitlines()[0] == SENTENCE
    assert "mean probability of a token" in printed
    assert "  2. 0." in printed
    words = [line.split()[0] for line in printed.splitlines()[-5:]]
    assert words == SENTENCE.split()


def test_json_says_what_each_word_became(gloss, capsys):
    assert gloss("Morgen regnet Qxzqwv.", "Heute schneit es!", "--n-best", "3", "--json") == 0

    first, second = json.loads(capsys.readouterr().out)
    assert second["text"] == "Heute schneit es!"
    [sentence] = first["sentences"]
    assert [word["word"] for word in sentence["words"]] == ["Morgen", "regnet", "Qxzqwv"]
    assert [word["level"] for word in sentence["words"]][:2] == ["read", "read"]
    assert len(sentence["n_best"]) == 3
    assert "Qxzqwv" in [entry["word"] for entry in sentence["glosses"]]


def test_standard_input_is_read_line_by_line(gloss, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("heute schneit es\n\nmorgen regnet es\n"))

    assert gloss("-", "--json", "--beams", "1") == 0

    texts = [entry["text"] for entry in json.loads(capsys.readouterr().out)]
    assert texts == ["heute schneit es", "morgen regnet es"]


def test_a_word_without_a_sign_is_an_error_where_that_is_asked_for(gloss, capsys):
    assert gloss("morgen regnet 17", "--on-missing", "error") == 2
    assert "17" in capsys.readouterr().err
    assert gloss("morgen regnet 17", "--on-missing", "skip") == 0
    assert "skipped, no sign" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["", "--beams", "1"], 2, "no words"),
        (["?!"], 2, "no words"),
        (["wort " * 2000], 2, "characters"),
        ([SENTENCE, "--language", "fr"], 2, "reads 'de', not 'fr'"),
        ([SENTENCE, "--beams", "0"], 2, "at least 1"),
        ([SENTENCE, "--n-best", "31"], 2, "no more n_best than beams"),
        ([SENTENCE, "--neighbours", "4"], 2, "--index"),
        ([SENTENCE, "--risk-temperature", "2", "--no-minimum-bayes-risk"], 2, "no effect"),
        ([SENTENCE, "--index", "nowhere"], 2, "nowhere"),
        ([SENTENCE, "--with", "no-such-model"], 2, "no-such-model"),
    ],
)
def test_wrong_use_is_one_line(gloss, capsys, words, code, message):
    assert gloss(*words) == code

    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""


def test_mixed_scripts_are_glossed(gloss, capsys):
    assert gloss("morgen 明天 завтра ☀ regnet", "--json") == 0

    [content] = json.loads(capsys.readouterr().out)
    words = {word["word"]: word["level"] for word in content["sentences"][0]["words"]}
    assert words["morgen"] == "read"
    assert words["☀"] != "read"


def test_help_states_the_defaults_of_decoding(capsys):
    from dataclasses import asdict

    from signzoo.models.text2gloss.decoding import DecodingConfig

    with pytest.raises(SystemExit):
        main(["gloss", "--help"])

    printed = " ".join(capsys.readouterr().out.split())
    assert "signzoo gloss - --model" in printed
    options = printed.split("options:")[1]
    for field, value in asdict(DecodingConfig()).items():
        option = f"--{field.replace('_', '-')} "
        if option in options and field not in ("n_best", "minimum_bayes_risk"):
            assert f"(default: {value:g})" in options.split(option)[1].split(" --")[0]
