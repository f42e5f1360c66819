import json

import numpy as np
import pytest

from signzoo.cli.main import main
from signzoo.errors import UsageError
from signzoo.evaluation.text_corrector import (
    CORRECT,
    KINDS,
    Proposal,
    Trial,
    count_trials,
    make_trials,
    operating_point,
    trial_scores,
)
from signzoo.models.text_corrector.data import Sentence
from signzoo.models.text_corrector.errors import WordSampler
from signzoo.models.text_corrector.language import Vocabulary
from signzoo.models.text_corrector.network import TextCorrector, TextCorrectorConfig
from signzoo.transforms.text import written_words

TEXTS = ["morgen regnet es im norden", "heute scheint die sonne im süden", "ja"]
SENTENCES = [Sentence(str(i), text) for i, text in enumerate(TEXTS)]


def test_every_sentence_has_a_trial_of_every_kind_that_it_can_have():
    sampler = WordSampler(written_words(text, "de") for text in TEXTS)
    trials = make_trials(SENTENCES, "de", sampler, seed=0)
    kinds = {text: {t.kind for t in trials if t.text == text} for text in TEXTS}
    assert kinds[TEXTS[0]] == kinds[TEXTS[1]] == set(KINDS)
    assert kinds["ja"] == {"insertion", "substitution", CORRECT}
    assert all((t.draft == t.text) == (t.kind == CORRECT) for t in trials)
    assert trials == make_trials(SENTENCES, "de", sampler, seed=0)
    assert trials != make_trials(SENTENCES, "de", sampler, seed=1)


def test_chinese_errors_are_of_characters():
    sentences = [Sentence("0", "他今天很高兴。")]
    sampler = WordSampler([list(sentences[0].text), list("我们来")])
    for trial in make_trials(sentences, "zh", sampler, seed=0):
        assert " " not in trial.draft
        assert abs(len(trial.draft) - len(trial.text)) <= 1


def correct_trials(count):
    return [Trial(str(i), CORRECT, "a b", "a b") for i in range(count)]


@pytest.mark.parametrize("share", [0.0, 0.1, 0.25])
def test_at_the_operating_point_no_more_correct_sentences_change(share):
    trials = correct_trials(20)
    proposals = [Proposal("b a", float(i)) for i in range(20)]
    threshold = operating_point(trials, proposals, share)
    changed = sum(each.score > threshold for each in proposals)
    assert changed == int(share * 20)


def test_equal_scores_do_not_pass_the_share():
    proposals = [Proposal("b a", 1.0) for _ in range(20)]
    threshold = operating_point(correct_trials(20), proposals, 0.1)
    assert sum(each.score > threshold for each in proposals) == 0


def test_a_share_lies_between_0_and_1():
    with pytest.raises(UsageError):
        operating_point(correct_trials(2), [Proposal("b a", 0.0)] * 2, 1.0)


def test_only_exact_restorations_above_the_threshold_count():
    trials = [Trial(str(i), "order", "b a", "a b") for i in range(4)] + correct_trials(2)
    proposals = [
        Proposal("a b", 2.0), Proposal("a b", 0.5), Proposal("a c", 2.0), Proposal("b a", -np.inf),
        Proposal("b a", 2.0), Proposal("b a", 0.5),
    ]  # fmt: skip
    counts = count_trials(trials, proposals, threshold=1.0)
    assert counts.shape == (4, 2 * len(KINDS))
    scores = trial_scores(counts.sum(axis=0))
    assert scores["restored_order"] == 25
    assert scores["changed_correct"] == 50
    assert np.isnan(scores["restored_deletion"])


@pytest.fixture
def corrector(fake_corpora, tmp_path):
    network = TextCorrector(TextCorrectorConfig(width=16, hidden=16, num_words=60, candidates=4))
    rows = (fake_corpora / "phoenix14t" / "train.jsonl").read_text("utf-8").splitlines()
    network.vocabulary = Vocabulary.of((json.loads(row)["text"].split() for row in rows), 60)
    network.eval().save_pretrained(tmp_path / "corrector")
    return tmp_path / "corrector"


@pytest.fixture
def evaluate(corrector, fake_corpora, tmp_path):
    corpus = fake_corpora / "phoenix14t"

    def run(*options, drafts=False):
        rows = [json.loads(line) for line in (corpus / "dev.jsonl").read_text("utf-8").splitlines()]
        for row in rows if drafts else ():
            row["draft"] = " ".join(row["text"].split()[1:])
        data = tmp_path / "data.jsonl"
        data.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        words = ["--model", str(corrector), "--data", str(data), "--samples", "20"]
        words += ["--train", str(corpus / "train.jsonl")]
        return main(["evaluate", "text-corrector", *words, *options])

    return run


def test_scores_predictions_and_a_plot_are_kept(evaluate, tmp_path, capsys):
    out = tmp_path / "out"
    assert evaluate("--out", str(out)) == 0
    printed = capsys.readouterr().out
    assert "restored_substitution" in printed
    assert "threshold of the slot filler" in printed
    report = json.loads((out / "scores.json").read_text("utf-8"))
    assert list(report["scores"]) == ["network", "slot filler"]
    assert list(report["differences"]) == ["slot filler"]
    for scores in report["scores"].values():
        assert scores["changed_correct"]["value"] <= 2
    assert report["facts"]["thresholds"].keys() == {"network", "slot filler"}
    rows = [
        json.loads(line) for line in (out / "predictions.jsonl").read_text("utf-8").splitlines()
    ]
    assert {row["kind"] for row in rows} == set(KINDS)
    assert (out / "curves.png").stat().st_size > 1000


def test_real_drafts_are_scored_before_and_after(evaluate, capsys):
    assert evaluate("--json", drafts=True) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["scores"]["drafts"]["bleu4_lower"]["value"] > 0
    assert report["facts"]["num_drafts"] == 12
    assert "bleu4_lower" in report["differences"]["drafts"]


def test_a_file_is_no_folder(evaluate, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert evaluate("--out", str(tmp_path / "file")) != 0
    assert "is a file" in capsys.readouterr().err
