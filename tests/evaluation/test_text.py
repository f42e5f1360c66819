import json

import pytest

from signzoo.errors import ManifestError
from signzoo.evaluation.bootstrap import Resampling
from signzoo.evaluation.text import (
    compare_systems,
    gloss_floors,
    read_predictions,
    read_references,
)
from signzoo.metrics import TextScorer

REFERENCES = [
    {"id": "a", "text": "morgen regnet es", "gloss": ["MORGEN", "REGEN"]},
    {"id": "b", "text": "heute schneit es", "gloss": ["HEUTE", "SCHNEE"]},
]


@pytest.fixture
def write(tmp_path):
    """Write rows, or raw lines, as JSONL."""

    def to_file(rows, name="rows.jsonl"):
        lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
        path = tmp_path / name
        path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
        return path

    return to_file


@pytest.fixture
def references(write):
    return read_references(write(REFERENCES, "references.jsonl"), "gloss")


def test_references_are_glosses_or_sentences(write):
    path = write(REFERENCES)

    glosses, sentences = read_references(path, "gloss"), read_references(path, "sentence")

    assert glosses.targets == ("MORGEN REGEN", "HEUTE SCHNEE")
    assert glosses.sources == sentences.targets == ("morgen regnet es", "heute schneit es")


def test_predictions_come_in_the_order_of_the_references(write, references):
    rows = [{"id": "b", "prediction": "HEUTE SCHNEE"}, {"id": "a", "gloss": ["MORGEN"]}]

    assert read_predictions(write(rows), references, "gloss") == ["MORGEN", "HEUTE SCHNEE"]


def test_a_prediction_counts_before_a_gloss_that_a_row_carries_along(write, references):
    rows = [
        {"id": "a", "prediction": ["X"], "gloss": ["MORGEN", "REGEN"]},
        {"id": "b", "prediction": "", "gloss": ["HEUTE", "SCHNEE"]},
    ]

    assert read_predictions(write(rows), references, "gloss") == ["X", ""]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([{"id": "a", "prediction": "X"}], r"predicts 1 of the 2 .* 'b', row 2 of .*references"),
        ([{"id": "c", "prediction": "X"}], "row 1 predicts 'c', which .* does not have"),
        ([{"id": "a", "prediction": "X"}] * 2, "row 2 repeats the id 'a' of row 1"),
        ([{"id": "a", "prediction": 3}], "row 1 needs a text as 'prediction'"),
        ([{"id": "a", "text": "X"}], "row 1 has no field 'gloss'"),
        ([{"id": "a", "gloss": ["X Y"]}], "row 1 has the gloss entry 'X Y'"),
        ([{"id": "a", "gloss": [None]}], "row 1 has the gloss entry None"),
        ([{"prediction": "X"}], "row 1 has no field 'id'"),
        (['{"id": "a", "prediction": "X"}', '{"id": "b"'], "row 2 is not JSON"),
        ([], "has no rows"),
    ],
)
def test_predictions_that_do_not_fit_are_refused_by_row(write, references, rows, words):
    path = write(rows)

    with pytest.raises(ManifestError, match=words) as error:
        read_predictions(path, references, "gloss")
    assert str(path) in str(error.value)


@pytest.mark.parametrize(
    ("row", "kind", "words"),
    [
        ({"id": "a", "text": "x", "gloss": []}, "gloss", "row 1 is empty"),
        ({"id": "a", "text": " "}, "sentence", "row 1 is empty"),
        ({"id": "a", "text": "x"}, "gloss", "no field 'gloss'"),
        ({"id": "a", "gloss": ["X"]}, "sentence", "no field 'text'"),
    ],
)
def test_references_without_anything_to_compare_with_are_refused(write, row, kind, words):
    with pytest.raises(ManifestError, match=words):
        read_references(write([row]), kind)


def test_a_list_of_glosses_is_no_predicted_sentence(write):
    references = read_references(write(REFERENCES, "references.jsonl"), "sentence")

    with pytest.raises(ManifestError, match="needs a text as 'prediction'"):
        read_predictions(write([{"id": "a", "prediction": ["x"]}]), references, "sentence")


def test_floors_are_the_source_and_the_nearest_training_sentence(write, references):
    training = write(
        [
            {"id": "1", "text": "heute schneit es viel", "gloss": ["HEUTE", "VIEL", "SCHNEE"]},
            {"id": "2", "text": "morgen regen", "gloss": ["REGEN"]},
        ]
    )

    floors = gloss_floors(references, "de", training)

    assert floors["copy the source"] == ["morgen regnet es", "heute schneit es"]
    assert floors["nearest training sentence"] == ["REGEN", "HEUTE VIEL SCHNEE"]
    assert list(gloss_floors(references, "de", None)) == ["copy the source"]


def test_references_without_sentences_have_no_floors(write):
    references = read_references(write([{"id": "a", "gloss": ["X"]}]), "gloss")

    assert gloss_floors(references, "de", None) == {}
    with pytest.raises(ManifestError, match="leave --train out"):
        gloss_floors(references, "de", references.path)


def test_the_first_system_is_compared_with_the_baseline_and_its_errors_listed(references):
    systems = {
        "predictions": ["MORGEN REGEN", "X"],
        "baseline": ["MORGEN", "HEUTE SCHNEE"],
    }
    scorer = TextScorer("gloss", "de")

    found = compare_systems(systems, references, scorer, Resampling(samples=50))

    assert found.scores["predictions"]["wer_gloss"].value == 50
    assert found.scores["baseline"]["wer_gloss"].value == 25
    assert found.differences["baseline"]["wer_gloss"].value == 25
    assert [row["id"] for row in found.worst] == ["b", "a"]
    assert found.worst[0]["prediction"] == "X"
    assert found.worst[1]["scores"]["rouge_l_f1_gloss"] == 100
