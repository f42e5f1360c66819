import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.metrics import BLEU, CHRF

from signzoo.errors import UsageError
from signzoo.metrics import TextScorer, score_text

GLOSSES = st.lists(st.sampled_from(["HEUTE", "Regen", "nord", "ß", "X1"]), min_size=1, max_size=9)
WORDS = st.lists(
    st.sampled_from(["Heute", "regnet", "es,", "3.5", "Grad!", "(im)", "Norden."]),
    min_size=1,
    max_size=9,
)
CHINESE = st.text("今天气很好雨，。我们a1 ", min_size=1, max_size=12).filter(str.strip)


def pairs(tokens, join=" ".join):
    texts = st.tuples(st.one_of(st.just(""), tokens.map(join)), tokens.map(join))
    return st.lists(texts, min_size=1, max_size=6)


def naive_edits(a, b):
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i in range(len(a) + 1):
        for j in range(len(b) + 1):
            if not i or not j:
                table[i][j] = i + j
            else:
                replaced = table[i - 1][j - 1] + (a[i - 1] != b[j - 1])
                table[i][j] = min(replaced, table[i - 1][j] + 1, table[i][j - 1] + 1)
    return table[-1][-1]


def naive_common(a, b):
    if not a or not b:
        return 0
    if a[-1] == b[-1]:
        return naive_common(a[:-1], b[:-1]) + 1
    return max(naive_common(a[:-1], b), naive_common(a, b[:-1]))


def assert_bleu_is_sacrebleus(values, name, hypotheses, references, **settings_of_sacrebleu):
    for order in (1, 2, 3, 4):
        metric = BLEU(max_ngram_order=order, force=True, **settings_of_sacrebleu)
        expected = metric.corpus_score(hypotheses, [references]).score
        assert values[f"bleu{order}_{name}"] == pytest.approx(expected, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(pairs(GLOSSES))
def test_gloss_scores_are_those_of_sacrebleu_and_of_naive_counting(texts):
    hypotheses, references = map(list, zip(*texts, strict=True))
    values = score_text(hypotheses, references, "gloss", "de").values

    assert_bleu_is_sacrebleus(
        values, "gloss", hypotheses, references, tokenize="none", lowercase=True
    )
    chrf = CHRF(lowercase=True).corpus_score(hypotheses, [references]).score
    assert values["chrf_gloss"] == pytest.approx(chrf, abs=1e-9)
    lowered = [(h.lower(), r.lower()) for h, r in texts]
    edits = sum(naive_edits(h.split(), r.split()) for h, r in lowered)
    length = sum(len(r.split()) for _, r in lowered)
    assert values["wer_gloss"] == pytest.approx(100 * edits / length)
    edits = sum(naive_edits(h, r) for h, r in lowered)
    assert values["cer_gloss"] == pytest.approx(100 * edits / sum(len(r) for _, r in lowered))


@settings(max_examples=25, deadline=None)
@given(pairs(WORDS))
def test_sentence_scores_are_those_of_sacrebleu_lower_cased_and_with_13a(texts):
    hypotheses, references = map(list, zip(*texts, strict=True))
    values = score_text(hypotheses, references, "sentence", "de").values

    assert_bleu_is_sacrebleus(
        values, "lower", hypotheses, references, tokenize="none", lowercase=True
    )
    assert_bleu_is_sacrebleus(values, "13a", hypotheses, references, tokenize="13a")


@settings(max_examples=25, deadline=None)
@given(pairs(CHINESE, join=str))
def test_chinese_scores_are_those_of_sacrebleu_by_character(texts):
    hypotheses, references = map(list, zip(*texts, strict=True))
    values = score_text(hypotheses, references, "sentence", "zh").values

    assert_bleu_is_sacrebleus(values, "zh", hypotheses, references, tokenize="zh")
    squeezed = [("".join(h.split()), "".join(r.split())) for h, r in texts]
    edits = sum(naive_edits(h, r) for h, r in squeezed)
    assert values["cer_zh"] == pytest.approx(100 * edits / sum(len(r) for _, r in squeezed))


def test_chinese_words_are_those_of_jieba():
    import jieba

    hypothesis, reference = "今天北方天气很好。", "今天南方的天气不好。"
    values = score_text([hypothesis], [reference], "sentence", "zh-Hans").values

    cut = [" ".join(jieba.Tokenizer().lcut(text)) for text in (hypothesis, reference)]
    assert_bleu_is_sacrebleus(values, "jieba", cut[:1], cut[1:], tokenize="none")
    assert values["bleu2_jieba"] != pytest.approx(values["bleu2_zh"], abs=1)


@settings(max_examples=40, deadline=None)
@given(pairs(GLOSSES))
def test_rouge_l_is_the_mean_f_measure_of_longest_common_subsequences(texts):
    values = score_text([h for h, _ in texts], [r for _, r in texts], "gloss", "de").values

    for name, beta in (("rouge_l_f1_gloss", 1.0), ("rouge_l_beta12_gloss", 1.2)):
        total = 0.0
        for hypothesis, reference in texts:
            h, r = hypothesis.lower().split(), reference.lower().split()
            common = naive_common(h, r)
            if common:
                precision, recall = common / len(h), common / len(r)
                total += (1 + beta**2) * precision * recall / (recall + beta**2 * precision)
        assert values[name] == pytest.approx(100 * total / len(texts), abs=1e-6)


def test_rouge_l_of_chinese_is_not_zero():
    values = score_text(["今天天气很好"], ["今天天气很好"], "sentence", "zh").values

    assert values["rouge_l_f1_zh"] == values["rouge_l_f1_jieba"] == 100


@pytest.mark.parametrize("length", [85, 86, 128, 256, 300, 1000])
def test_error_rates_do_not_overflow_on_long_sentences(length):
    reference = " ".join(f"r{i}" for i in range(length))
    hypothesis = " ".join(f"h{i}" for i in range(3 * length))

    assert score_text([hypothesis], [reference], "gloss", "de").values["wer_gloss"] == 300


def test_nothing_is_appended_to_either_side():
    hypotheses = ["viel regen im norden heute", "dann wird es kalt"]
    references = ["oft regen im norden heute", "morgen wird es sehr kalt"]
    plain = score_text(hypotheses, references, "sentence", "de").values
    stopped = score_text(
        [f"{text} ." for text in hypotheses], [f"{text} ." for text in references], "sentence", "de"
    ).values

    expected = BLEU(tokenize="none", lowercase=True).corpus_score(hypotheses, [references]).score
    assert plain["bleu4_lower"] == pytest.approx(expected)
    assert stopped["bleu4_lower"] > plain["bleu4_lower"] + 1
    assert stopped["rouge_l_f1_lower"] > plain["rouge_l_f1_lower"] + 1


def test_the_tokenisation_changes_the_score_and_stands_in_its_name():
    scores = score_text(["我们今天去北京。"], ["我们明天去北京。"], "sentence", "zh")

    assert scores.values["bleu4_zh"] != pytest.approx(scores.values["bleu4_jieba"], abs=5)
    assert {name.rsplit("_", 1)[1] for name in scores.values} == {"zh", "jieba"}
    german = score_text(["Es regnet."], ["es regnet ."], "sentence", "de-CH").values
    assert {name.rsplit("_", 1)[1] for name in german} == {"lower", "13a"}
    assert german["bleu1_lower"] < 100
    assert german["bleu1_13a"] < 100


def test_case_of_glosses_does_not_count():
    values = score_text(
        ["morgen REGEN nord-see kommt"], ["MORGEN regen NORD-SEE Kommt"], "gloss", "de"
    )

    assert values.values["bleu4_gloss"] == pytest.approx(100)
    assert values.values["wer_gloss"] == values.values["cer_gloss"] == 0


def test_references_are_compared_as_they_are():
    odd = "<unk> ▁heute ẞ ﬁn 1\u00a0000 café"

    values = score_text([odd], [odd], "sentence", "de").values
    assert values["bleu4_lower"] == pytest.approx(100)
    assert values["wer_lower"] == 0
    assert score_text(["cafe"], ["café"], "sentence", "fr").values["wer_lower"] == 100


@pytest.mark.parametrize(("kind", "language"), [("gloss", "de"), ("sentence", "zh")])
def test_an_empty_hypothesis_is_legal_and_scores_as_such(kind, language):
    values = score_text(["", "  "], ["今天 好", "雨"], kind, language).values

    errors = {name for name in values if name.startswith(("wer", "cer"))}
    assert all(values[name] == (100 if name in errors else 0) for name in values)


def test_a_script_without_spaces_is_scored_by_character():
    values = score_text(["きょうは晴れ"], ["きょうは雨"], "sentence", "ja").values

    assert values["cer_char"] == pytest.approx(40)
    assert values["bleu4_char"] > 0


@pytest.mark.parametrize(
    ("hypotheses", "references", "words"),
    [
        (["a"], ["a", "b"], "1 hypotheses for 2 references"),
        ([], [], "no sentences"),
        (["a", "b"], ["a", " "], "Reference number 1 is empty"),
        ("a b", ["a b"], "give a list"),
        (["a"], "a", "give a list"),
        ([None], ["a"], "number 0 is None"),
        ([["A", "B"]], ["a"], "spaces between them"),
    ],
)
def test_what_cannot_be_scored_is_refused(hypotheses, references, words):
    with pytest.raises(UsageError, match=words):
        score_text(hypotheses, references, "gloss", "de")


@pytest.mark.parametrize(
    ("kind", "language", "words"),
    [
        ("text", "de", "'gloss' or as 'sentence'"),
        ("gloss", "german", "BCP 47"),
        ("gloss", "", "BCP 47"),
    ],
)
def test_an_unknown_kind_or_language_is_refused(kind, language, words):
    with pytest.raises(UsageError, match=words):
        TextScorer(kind, language)


def test_no_counts_have_no_score():
    scorer = TextScorer("gloss", "de")

    with pytest.raises(UsageError, match="no sentences"):
        scorer.scores(np.zeros(scorer.num_counts, np.int64))


@settings(max_examples=25, deadline=None)
@given(pairs(GLOSSES), st.randoms())
def test_counts_of_parts_in_any_order_add_up_to_the_score_of_the_whole(texts, random):
    hypotheses, references = map(list, zip(*texts, strict=True))
    scorer = TextScorer("gloss", "de")
    counts = scorer.count(hypotheses, references)
    order = list(range(len(texts)))
    random.shuffle(order)
    cut = random.randint(0, len(order))

    parts = counts[order[:cut]].sum(axis=0) + counts[order[cut:]].sum(axis=0)
    assert counts.shape == (len(texts), scorer.num_counts)
    assert scorer.scores(parts) == score_text(hypotheses, references, "gloss", "de").values


def test_a_sentence_scores_alone_as_its_row_of_counts_does():
    hypotheses, references = ["a b c", "a b"], ["a b d", "b a"]
    scorer = TextScorer("sentence", "en")

    for i, row in enumerate(scorer.count(hypotheses, references)):
        alone = score_text([hypotheses[i]], [references[i]], "sentence", "en").values
        assert scorer.scores(row) == alone


@pytest.mark.parametrize(
    ("kind", "language"), [("gloss", "de"), ("sentence", "de"), ("sentence", "zh")]
)
def test_every_score_is_a_plain_number_with_a_signature(kind, language):
    scores = score_text(["今天 好"], ["今天 很好"], kind, language)

    content = json.loads(json.dumps(scores.to_dict()))
    assert content["values"].keys() == content["signatures"].keys()
    assert content["num_sentences"] == 1
    assert all(type(value) is float for value in scores.values.values())
    assert all("version:" in signature for signature in scores.signatures.values())


def test_signatures_are_sacrebleus_own():
    metric = BLEU(tokenize="13a")
    metric.corpus_score(["a"], [["a"]])
    signatures = TextScorer("sentence", "de").signatures

    assert signatures["bleu4_13a"] == f"BLEU-4|{metric.get_signature()}"
    assert "case:lc" in signatures["bleu4_lower"]
    assert "tok:jieba-" in TextScorer("sentence", "zh").signatures["bleu4_jieba"]


def test_words_that_others_add_to_jieba_change_no_score():
    import jieba

    before = score_text(["天气不好说"], ["天气不好"], "sentence", "zh").values
    jieba.add_word("天气不好说", freq=10**9)
    try:
        assert score_text(["天气不好说"], ["天气不好"], "sentence", "zh").values == before
    finally:
        jieba.del_word("天气不好说")


def test_scoring_needs_no_torch():
    code = (
        "import sys; from signzoo.metrics import score_text;"
        "score_text(['a'], ['a'], 'gloss', 'de');"
        "assert not {'torch', 'torchmetrics', 'lightning', 'scipy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
