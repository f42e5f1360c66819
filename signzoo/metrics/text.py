"""Scores text against references: BLEU-1..4, chrF, ROUGE-L, WER and CER, in one implementation.

Papers score one output up to 6.8 times apart, by the tokenisation alone; so it is part of every
name here (``bleu4_gloss``, ``bleu4_13a``, ``wer_jieba``). References go through no model's
tokeniser, and nothing is appended to either side. Needs neither torch nor torchmetrics.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import numpy as np
from rapidfuzz.distance import LCSseq, Levenshtein
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from signzoo import __version__
from signzoo.errors import UsageError
from signzoo.metrics.tokenisation import Kind, Tokenisation, tokenisations

_ORDERS = 4
# Counted per tokenisation: both lengths, n-gram matches, n-grams, two ROUGE-L, edits.
_TOKEN_COUNTS = 2 + 2 * _ORDERS + 2 + 1
# Name and beta. F1 is ROUGE-L as usually defined (Lin 2004, Eq. 4); 1.2 is the beta of the scorer
# that PHOENIX papers share, which leans to recall.
_ROUGES = {"rouge_l_f1": 1.0, "rouge_l_beta12": 1.2}
# ROUGE-L is a mean over sentences; in whole billionths its sum does not depend on their order.
_ROUGE_UNIT = 10**9
_CHRF_COUNTS = 3 * CHRF.CHAR_ORDER


@dataclass(frozen=True, slots=True)
class TextScores:
    """What a set of sentences scores.

    Attributes:
        kind: ``"gloss"`` or ``"sentence"``.
        language: BCP 47 code of the written language.
        num_sentences: How many were scored.
        values: Score by name, in percent; the name ends with the tokenisation. WER and CER are
            errors, less is better, and may pass 100.
        signatures: How each was computed, by the same names.
    """

    kind: Kind
    language: str
    num_sentences: int
    values: Mapping[str, float]
    signatures: Mapping[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def score_text(
    hypotheses: Sequence[str], references: Sequence[str], kind: Kind, language: str
) -> TextScores:
    """Score texts against one reference each.

    Args:
        hypotheses: What a system wrote; an empty one is legal and scores as such. The glosses of
            a sentence are separated by spaces.
        references: What it should have written, in the same order.
        kind: ``"gloss"``: lower-cased, split at whitespace. ``"sentence"``: lower-cased and split
            at whitespace, and 13a; in Chinese by character, and by jieba's words.
        language: BCP 47 code of the written language.

    Raises:
        UsageError: The two differ in number, there is nothing to score, a reference is empty, or
            the kind or the language is unknown.
    """
    scorer = TextScorer(kind, language)
    return scorer.summary(scorer.count(hypotheses, references).sum(axis=0))


@dataclass(frozen=True, slots=True)
class TextScorer:
    """Scores in two steps: counts of each sentence, then scores of any sum of counts.

    Whatever adds up counts (a bootstrap, processes that each saw a part) gets the scores of the
    sentences behind them exactly, since every count is a whole number.

    Attributes:
        kind: ``"gloss"`` or ``"sentence"``.
        language: BCP 47 code of the written language.

    Raises:
        UsageError: The kind or the language is unknown.
    """

    kind: Kind
    language: str

    def __post_init__(self) -> None:
        tokenisations(self.kind, self.language)

    @property
    def tokenisations(self) -> tuple[Tokenisation, ...]:
        """How the text is cut, the tokenisation to compare by first."""
        return tokenisations(self.kind, self.language)

    @property
    def num_counts(self) -> int:
        """How many counts a sentence has (K)."""
        return 1 + _TOKEN_COUNTS * len(self.tokenisations) + _CHRF_COUNTS + 2

    def count(self, hypotheses: Sequence[str], references: Sequence[str]) -> np.ndarray:
        """Count what the scores are made of.

        Returns:
            Counts of each sentence, ``(N, K)`` int64.

        Raises:
            UsageError: The texts cannot be scored; see :func:`score_text`.
        """
        _check(hypotheses, references)
        rows = []
        for hypothesis, reference in zip(hypotheses, references, strict=True):
            row = [1]
            for tokenisation in self.tokenisations:
                row += _count_tokens(
                    tokenisation.tokens(hypothesis), tokenisation.tokens(reference)
                )
            row += _count_characters(self.tokenisations[0], hypothesis, reference)
            rows.append(row)
        return np.array(rows, np.int64)

    def scores(self, counts: np.ndarray) -> dict[str, float]:
        """Turn added-up counts into scores.

        Args:
            counts: Sum over sentences, ``(K,)``.

        Returns:
            Score by name, in percent.

        Raises:
            UsageError: The counts are those of no sentence.
        """
        num_sentences, *rest = (int(count) for count in counts)
        if not num_sentences:
            raise UsageError("There are no sentences to score.")
        values: dict[str, float] = {}
        for tokenisation in self.tokenisations:
            own, rest = rest[:_TOKEN_COUNTS], rest[_TOKEN_COUNTS:]
            values |= _token_scores(tokenisation, own, num_sentences)
        first = self.tokenisations[0]
        chrf_counts, (edits, length) = rest[:_CHRF_COUNTS], rest[_CHRF_COUNTS:]
        values[f"chrf_{first.name}"] = _chrf(first.lowercase)._compute_f_score(chrf_counts)
        values[f"cer_{first.name}"] = 100 * edits / max(length, 1)
        return values

    def summary(self, counts: np.ndarray) -> TextScores:
        """The scores of added-up counts ``(K,)`` with all that one needs to quote them."""
        values = self.scores(counts)
        return TextScores(self.kind, self.language, int(counts[0]), values, self.signatures)

    @property
    def signatures(self) -> dict[str, str]:
        """How each score is computed; sacrebleu's own signatures where it computes them."""
        own = f"average:{{}}|version:signzoo-{__version__}"
        signatures: dict[str, str] = {}
        for tokenisation in self.tokenisations:
            name, cut = tokenisation.name, tokenisation.signature
            for order in range(1, _ORDERS + 1):
                signatures[f"bleu{order}_{name}"] = f"BLEU-{order}|{_bleu_signature(tokenisation)}"
            for rouge, beta in _ROUGES.items():
                signatures[f"{rouge}_{name}"] = (
                    f"ROUGE-L|nrefs:1|{cut}|beta:{beta:g}|{own.format('sentences')}"
                )
            if tokenisation.words:
                signatures[f"wer_{name}"] = f"WER|nrefs:1|{cut}|{own.format('corpus')}"
        first = self.tokenisations[0]
        case, space = first.signature.split("|")[0], "yes" if first.words else "no"
        signatures[f"chrf_{first.name}"] = f"chrF2|{_chrf(first.lowercase).get_signature()}"
        signatures[f"cer_{first.name}"] = f"CER|nrefs:1|{case}|space:{space}|{own.format('corpus')}"
        return signatures


def _check(hypotheses: Sequence[str], references: Sequence[str]) -> None:
    for role, texts in (("hypotheses", hypotheses), ("references", references)):
        if isinstance(texts, str):
            raise UsageError(f"The {role} are one text; give a list of texts.")
        for index, text in enumerate(texts):
            if not isinstance(text, str):
                raise UsageError(
                    f"The {role} must be texts; number {index} is {text!r}. "
                    "Glosses are given as one text with spaces between them."
                )
    if len(hypotheses) != len(references):
        raise UsageError(
            f"There are {len(hypotheses)} hypotheses for {len(references)} references; "
            "each reference needs one, an empty one where the system wrote nothing."
        )
    if not references:
        raise UsageError("There are no sentences to score.")
    for index, reference in enumerate(references):
        if not reference.strip():
            raise UsageError(
                f"Reference number {index} is empty, so nothing can be compared with it; "
                "leave that sentence out."
            )


def _count_tokens(hypothesis: list[str], reference: list[str]) -> list[int]:
    """Count both lengths, n-gram matches, n-grams of the hypothesis, ROUGE-L and edits."""
    bleu = _bleu("none", False).corpus_score([" ".join(hypothesis)], [[" ".join(reference)]])
    common = LCSseq.similarity(hypothesis, reference)
    rouges = [_rouge_l(common, len(hypothesis), len(reference), b) for b in _ROUGES.values()]
    edits = Levenshtein.distance(hypothesis, reference)
    return [bleu.sys_len, bleu.ref_len, *bleu.counts, *bleu.totals, *rouges, edits]


def _count_characters(tokenisation: Tokenisation, hypothesis: str, reference: str) -> list[int]:
    """Count chrF's n-grams, the edits between the characters, and those of the reference."""
    # sacrebleu has no public way to the counts behind chrF; its own significance tests use this.
    chrf = _chrf(tokenisation.lowercase)._extract_corpus_statistics([hypothesis], [[reference]])[0]
    characters = tokenisation.characters(reference)
    edits = Levenshtein.distance(tokenisation.characters(hypothesis), characters)
    return [*chrf, edits, len(characters)]


def _rouge_l(common: int, hypothesis: int, reference: int, beta: float) -> int:
    """F measure of a longest common subsequence, from its length and theirs, in billionths."""
    if not common:
        return 0
    precision, recall = common / hypothesis, common / reference
    score = (1 + beta**2) * precision * recall / (recall + beta**2 * precision)
    return round(score * _ROUGE_UNIT)


def _token_scores(
    tokenisation: Tokenisation, counts: list[int], num_sentences: int
) -> dict[str, float]:
    name = tokenisation.name
    hypothesis_length, reference_length = counts[:2]
    matches, totals = counts[2 : 2 + _ORDERS], counts[2 + _ORDERS : 2 + 2 * _ORDERS]
    *rouges, edits = counts[2 + 2 * _ORDERS :]
    values = {
        f"bleu{order}_{name}": BLEU.compute_bleu(
            matches[:order],
            totals[:order],
            hypothesis_length,
            reference_length,
            smooth_method="exp",
            max_ngram_order=order,
        ).score
        for order in range(1, _ORDERS + 1)
    }
    for rouge, total in zip(_ROUGES, rouges, strict=True):
        values[f"{rouge}_{name}"] = 100 * total / _ROUGE_UNIT / num_sentences
    if tokenisation.words:
        values[f"wer_{name}"] = 100 * edits / max(reference_length, 1)
    return values


@cache
def _bleu(method: str, lowercase: bool) -> BLEU:
    # force: our tokens are cut on purpose, so a warning about spaced full stops says nothing.
    return BLEU(tokenize=method, lowercase=lowercase, force=True)


@cache
def _chrf(lowercase: bool) -> CHRF:
    chrf = CHRF(lowercase=lowercase)
    chrf.corpus_score(["a"], [["a"]])  # a signature knows its number of references from this
    return chrf


@cache
def _bleu_signature(tokenisation: Tokenisation) -> str:
    bleu = _bleu(tokenisation.method, tokenisation.lowercase)
    bleu.corpus_score(["a"], [["a"]])
    signature = bleu.get_signature()
    signature.update("tok", tokenisation.signature.split("tok:")[1])
    return str(signature.format())
