import json

import numpy as np
import pytest

from signzoo.cli.main import main
from signzoo.data.corpora import TimedGloss, Utterance, read_folder
from signzoo.data.synthesis.corpus import Recipe, synthesize
from signzoo.errors import ManifestError, UsageError
from signzoo.evaluation.sign_identity import name_signs
from signzoo.evaluation.synthesis import count_utterance, measure_utterance, scores
from signzoo.structures import Pose, Skeleton

GLOSSES = ["REGEN", "SONNE", "NORD", "MORGEN", "WIND", "WOLKE"]


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    """Isolated signs of two groups of people, and sentences."""
    folder = tmp_path_factory.mktemp("corpora")
    isolated = [{"id": gloss, "text": gloss, "gloss": [gloss]} for gloss in GLOSSES]
    sentences = [{"id": str(i), "text": "x", "gloss": GLOSSES[i:]} for i in range(4)]
    for name, rows, signers in (
        ("templates", isolated, "1"),
        ("queries", isolated, "unseen:2"),
        ("sentences", sentences, "2"),
    ):
        manifest = folder / f"{name}.jsonl"
        manifest.write_text("".join(json.dumps(row) + "\n" for row in rows))
        synthesize(
            Recipe(str(manifest), signers=signers, video=False, landmarks="exact"), folder / name
        )
    return folder


def moving(speed, frames=50):
    """A signer whose right hand moves at a speed in shoulder widths a second, 100 pixels each."""
    skeleton = Skeleton.named("mediapipe-holistic")
    points = np.zeros((frames, len(skeleton.landmarks), 3), np.float32)
    for name, x in (("left_shoulder", 150), ("right_shoulder", 50)):
        points[:, skeleton.anchor(name)] = [x, 100, 0]
    for index in skeleton.anchor("right_wrist"):
        points[:, index, 0] = speed * 100 / 25 * np.arange(frames)
    return Pose(points, np.ones(points.shape[:2], np.float32), 25.0, skeleton)


def test_lengths_and_speeds_are_what_they_are():
    glosses = (TimedGloss("A", 0.2, 0.4), TimedGloss("B", 0.7, 1.2))
    utterance = Utterance("x/1", "x/a", moving(1.5), glosses, shows_rest=True)
    signs, gaps, speeds = measure_utterance(utterance)
    np.testing.assert_allclose(signs, [0.2, 0.5])
    np.testing.assert_allclose(gaps, [0.3])
    np.testing.assert_allclose(speeds, 1.5, rtol=1e-4)
    found = scores(count_utterance(utterance))
    assert found["sign_seconds"] == pytest.approx(0.35)
    assert found["transition_seconds"] == pytest.approx(0.3)
    assert found["wrist_speed_mean"] == pytest.approx(1.5, rel=1e-4)
    assert found["wrist_speed_95"] == pytest.approx(1.5, abs=0.02)


def test_a_synthetic_corpus_is_read_with_its_spans_and_signers(corpora):
    utterances = read_folder("synthetic", corpora / "sentences")
    assert [len(each.glosses) for each in utterances] == [6, 5, 4, 3]
    assert all(each.group.startswith("synthetic/seen-0") for each in utterances)
    last = utterances[0].glosses[-1]
    assert 0 < last.start < last.end < utterances[0].pose.seconds


def test_a_row_with_a_span_too_few_is_refused(corpora, tmp_path):
    row = json.loads((corpora / "sentences/manifest.jsonl").read_text().splitlines()[0])
    (tmp_path / "poses").mkdir()
    (tmp_path / row["pose"]).write_bytes((corpora / "sentences" / row["pose"]).read_bytes())
    row["spans"] = row["spans"][1:]
    (tmp_path / "manifest.jsonl").write_text(json.dumps(row))
    with pytest.raises(ManifestError, match="for each gloss as spans"):
        read_folder("synthetic", tmp_path)


def test_the_command_compares_with_real_sentences_and_plots(
    corpora, fake_corpora, tmp_path, capsys
):
    words = [str(corpora / "sentences"), "--real", str(fake_corpora / "dgs_sentences")]
    assert main(["evaluate", "synthesis", *words, "--out", str(tmp_path / "out")]) == 0
    assert "length of a transition" in capsys.readouterr().out
    found = json.loads((tmp_path / "out/scores.json").read_text())
    assert set(found["facts"]["inside"]) == set(found["scores"]["real"])
    assert (tmp_path / "out/timing.png").stat().st_size > 5000


def test_signs_of_other_people_are_named(corpora):
    templates, queries = (
        read_folder("synthetic", corpora / name) for name in ("templates", "queries")
    )
    named = name_signs(templates, queries)
    assert [each.named for each in named] == GLOSSES
    assert all(each.distance == each.own_distance for each in named)
    shuffled = [
        Utterance(t.id, t.group, t.pose, q.glosses, shows_rest=True)
        for t, q in zip(templates, [*templates[1:], templates[0]], strict=True)
    ]
    assert not any(each.named == each.gloss for each in name_signs(shuffled, queries))


def test_nobody_is_compared_with_themselves(corpora):
    templates = read_folder("synthetic", corpora / "templates")
    with pytest.raises(UsageError, match="must differ"):
        name_signs(templates, templates)


def test_sentences_are_no_isolated_signs(corpora):
    sentences = read_folder("synthetic", corpora / "sentences")
    with pytest.raises(UsageError, match="isolated ones are needed"):
        name_signs(sentences, sentences)


def test_the_command_names_signs_and_keeps_what_it_named(corpora, tmp_path, capsys):
    words = [str(corpora / "templates"), str(corpora / "queries"), "--out", str(tmp_path)]
    assert main(["evaluate", "sign-identity", *words]) == 0
    assert "1.000" in capsys.readouterr().out
    assert len((tmp_path / "named.jsonl").read_text().splitlines()) == len(GLOSSES)
