"""Translates sentences to glosses with a network: in batches, searched, and chosen among."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from torch import Tensor

from signzoo.data.collate import batches_by_length
from signzoo.errors import UsageError, WeightsError
from signzoo.models.expected_bleu import answer_probabilities, choose
from signzoo.models.language_model import beam_means, until_end
from signzoo.models.text2gloss.decoding import (
    Datastore,
    DecodingConfig,
    Neighbours,
    Restriction,
    states_of,
)
from signzoo.transforms.text import has_words

if TYPE_CHECKING:
    from signzoo.models.text2gloss.network import Text2Gloss

# Longer sentences are refused: the tiny model has never seen one of a quarter of that.
MAX_CHARACTERS = 2000

# A training sentence and its glosses.
Example = tuple[str, Sequence[str]]


class Index(Datastore, Protocol):
    """What translation asks of a sentence index."""

    def examples(self, texts: Sequence[str], k: int) -> Sequence[Sequence[Example]]:
        """The nearest training pairs of each text, as sentence and glosses."""
        ...

    def glossed(self, text: str) -> Mapping[tuple[str, ...], int]:
        """How often the training set has each glosses of the very same text."""
        ...


@dataclass(frozen=True)
class GlossSequence:
    """What a sentence became.

    Attributes:
        glosses: Labels as the vocabulary writes them.
        score: Mean probability of a token, from 0 to 1; of glosses by people, their share among all
            that the sentence was given.
        n_best: This sequence and others with their scores, this one first, then as the search
            ranks them, which takes their lengths into account; of several networks, the likeliest
            first.
        by_people: Whether the very same sentence stands in the sentence index, with these glosses.
    """

    glosses: tuple[str, ...]
    score: float
    n_best: tuple[tuple[tuple[str, ...], float], ...] = ()
    by_people: bool = False


def translate(
    network: "Text2Gloss",
    texts: Sequence[str],
    decoding: DecodingConfig,
    index: Index | None,
    partners: Sequence["Text2Gloss"],
    progress: Callable[[int], Any] | None,
    examples: Sequence[Sequence[Example]] | None,
) -> list[GlossSequence]:
    """Gloss sentences; see :meth:`Text2Gloss.translate`."""
    _check(network, texts, partners)
    if not texts:
        return []
    if examples is None:
        examples = _examples(network, texts, index)
    plain = [" ".join(text.split()) for text in texts]
    prompts = [
        network.put("gloss", text, examples=beside)
        for text, beside in zip(plain, examples, strict=True)
    ]
    asked = [(network, prompts, index)]
    asked += [(each, [each.put("gloss", text) for text in plain], None) for each in partners]
    lengths = [_lengths(each, questions) for each, questions, _ in asked]
    for (each, _, _), its_lengths in zip(asked, lengths, strict=True):
        check_positions(each, max(its_lengths), decoding.max_tokens)
    found: dict[int, GlossSequence] = {}
    for batch in batches_by_length(lengths[0], decoding.tokens_per_batch // decoding.beams):
        known = {i: _glossed(network, texts[i], index) for i in batch}
        found |= {i: _most_usual(glossed, decoding) for i, glossed in known.items() if glossed}
        unknown = [i for i in batch if not known[i]]
        searched = [
            _search(each, [questions[i] for i in unknown], decoding, its_index, bool(partners))
            for each, questions, its_index in asked
        ]
        for i, *answers in zip(unknown, *searched, strict=True):
            found[i] = _choose(answers, decoding)
        if progress:
            progress(len(batch))
    return [found[i] for i in range(len(texts))]


def _lengths(network: "Text2Gloss", prompts: Sequence[str]) -> list[int]:
    """Tokens of each prompt."""
    return [len(each) for each in network.tokenizer(list(prompts))["input_ids"]]


def _check(network: "Text2Gloss", texts: Sequence[str], partners: Sequence["Text2Gloss"]) -> None:
    if not len(network.vocabulary):
        raise WeightsError("This network has no sign vocabulary yet; train it, or load one.")
    for text in texts:
        if not has_words(text):
            raise UsageError("There is nothing to gloss: the text has no words.")
        if len(text) > MAX_CHARACTERS:
            raise UsageError(
                f"The text has {len(text)} characters; a sentence may have {MAX_CHARACTERS}. "
                "Gloss it sentence by sentence."
            )
    for partner in partners:
        if partner.vocabulary.labels != network.vocabulary.labels:
            raise UsageError("Only networks with the same sign vocabulary can answer together.")


def check_positions(network: "Text2Gloss", longest: int, max_tokens: int) -> None:
    """Causal models have places for so many tokens; those of our encoders are computed.

    Raises:
        UsageError: There is no room for a prompt of ``longest`` tokens and its answer.
    """
    config = network.language_model.config
    limit = getattr(config, "max_position_embeddings", None)
    if not config.is_encoder_decoder and limit is not None and longest + max_tokens > limit:
        raise UsageError(
            f"A prompt of {longest} tokens and an answer of up to {max_tokens} are more than "
            f"the {limit} that the language model has room for; shorten the sentence, or lower "
            "max_tokens or num_examples."
        )


def tokenize_questions(
    network: "Text2Gloss", prompts: Sequence[str]
) -> tuple[dict[str, Tensor], int]:
    """Turn questions into what ``generate`` is given.

    Returns:
        ``input_ids`` and ``attention_mask`` ``(B, N)``, and the place in what is generated at which
        the answers begin.
    """
    side = "right" if network.language_model.config.is_encoder_decoder else "left"
    encoded = network.tokenizer(list(prompts), padding=True, padding_side=side, return_tensors="pt")
    inputs = {key: encoded[key].to(network.device) for key in ("input_ids", "attention_mask")}
    return inputs, 1 if side == "right" else inputs["input_ids"].shape[1]


def special_tokens(network: "Text2Gloss") -> dict[str, int]:
    """The tokens that ``generate`` begins, ends and fills up an answer with."""
    return {
        "decoder_start_token_id": network.start_token,
        "pad_token_id": network.tokenizer.pad_token_id,
        "eos_token_id": network.tokenizer.eos_token_id,
    }


def _examples(
    network: "Text2Gloss", texts: Sequence[str], index: Index | None
) -> Sequence[Sequence[Example]]:
    count = network.config.num_examples
    return index.examples(texts, count) if index is not None and count else [()] * len(texts)


# Glosses with the mean log-probability of a token.
_Answer = tuple[tuple[str, ...], float]


def _search(
    network: "Text2Gloss",
    prompts: Sequence[str],
    decoding: DecodingConfig,
    index: Index | None,
    all_beams: bool,
) -> list[list[_Answer]]:
    """Search for the glosses of one batch; gives the beams that are chosen among, or all."""
    from transformers import LogitNormalization

    if not prompts:
        return []
    inputs, prompt_length = tokenize_questions(network, prompts)
    with states_of(network.language_model) as states:
        # One beam is searched by logits, several by log-probabilities: the scores of both shall be
        # probabilities among all tokens.
        processors: list[Any] = [LogitNormalization()] if decoding.beams == 1 else []
        if index is not None and decoding.neighbour_weight:
            processors.append(Neighbours(index, states, decoding))
        if decoding.restricted:
            processors.append(Restriction(network.automaton, prompt_length))
        chosen_among = all_beams or decoding.minimum_bayes_risk
        count = decoding.beams if chosen_among else decoding.n_best
        result = network.language_model.generate(
            **inputs,
            generation_config=_generation_config(network, decoding, count),
            logits_processor=processors,
        )
    sequences = result.sequences[:, prompt_length:]
    within = until_end(sequences, network.tokenizer.eos_token_id)
    if decoding.beams > 1:
        mean = beam_means(result.sequences_scores, within, decoding.length_penalty)
    else:
        mean = _mean_log_probability(sequences, result.scores, within)
    if decoding.restricted:
        answers = [network.automaton.glosses(tokens)[0] for tokens in sequences.tolist()]
    else:
        answers = _words(network, sequences)
    rows = list(zip(answers, mean.tolist(), strict=True))
    return [rows[start : start + count] for start in range(0, len(rows), count)]


def _generation_config(network: "Text2Gloss", decoding: DecodingConfig, count: int) -> Any:
    from transformers import GenerationConfig

    return GenerationConfig(
        num_beams=decoding.beams,
        num_return_sequences=count,
        length_penalty=decoding.length_penalty if decoding.beams > 1 else 1.0,
        # Else all of a batch wait for its longest beam. The likeliest sequence can be lost for it,
        # but on PHOENIX-2014T dev the answers are as good (BLEU-4 21.3; 20.9 without, at 2.7 times
        # the time). One beam has nothing to wait for.
        early_stopping=decoding.beams > 1,
        max_new_tokens=decoding.max_tokens,
        do_sample=False,
        use_cache=True,
        return_dict_in_generate=True,
        output_scores=True,  # without them generate does not give the sequences' scores either
        **special_tokens(network),
    )


def _choose(searched: Sequence[Sequence[_Answer]], config: DecodingConfig) -> GlossSequence:
    """Choose among what one or several networks answered to one sentence."""
    rows, probabilities = (
        _together(searched, config)
        if len(searched) > 1
        else (searched[0], _shares(searched[0], config))
    )
    scored = [(labels, float(np.exp(min(score, 0.0)))) for labels, score in rows]
    best = choose([labels for labels, _ in rows], probabilities) if config.minimum_bayes_risk else 0
    # The chosen one first, then the others; beams that no sequence was left for are no answers.
    others = [pair for place, pair in enumerate(scored) if place != best and pair[0]]
    return GlossSequence(*scored[best], tuple([scored[best], *others][: config.n_best]))


def _shares(rows: Sequence[_Answer], config: DecodingConfig) -> np.ndarray:
    """How likely each answer of one network is, ``(K,)``."""
    answers, scores = zip(*rows, strict=True)
    return answer_probabilities(answers, scores, config.risk_temperature)


def _together(
    searched: Sequence[Sequence[_Answer]], config: DecodingConfig
) -> tuple[list[_Answer], np.ndarray]:
    """The answers of several networks with their mean probabilities, the likeliest first.

    An answer's own score is the mean of those that found it.
    """
    shares: dict[tuple[str, ...], float] = defaultdict(float)
    scores: dict[tuple[str, ...], list[float]] = defaultdict(list)
    for rows in searched:
        for (labels, score), share in zip(rows, _shares(rows, config).tolist(), strict=True):
            shares[labels] += share / len(searched)
            scores[labels].append(score)
    ranked = sorted(shares, key=lambda labels: -shares[labels])
    answers = [(labels, float(np.mean(scores[labels]))) for labels in ranked]
    return answers, np.array([shares[labels] for labels in ranked])


def _glossed(network: "Text2Gloss", text: str, index: Index | None) -> dict[tuple[str, ...], int]:
    """How people glossed the very same sentence, with signs that the network knows."""
    known = index.glossed(network.prepare(text)) if index is not None else {}
    if not known:
        return {}
    signs = set(network.vocabulary.labels)
    return {labels: count for labels, count in known.items() if labels and signs.issuperset(labels)}


def _most_usual(known: Mapping[tuple[str, ...], int], config: DecodingConfig) -> GlossSequence:
    """The glosses that most people gave a sentence, of several ways each taken so many times."""
    total = sum(known.values())
    ranked = sorted(known.items(), key=lambda pair: -pair[1])
    shares = [(labels, count / total) for labels, count in ranked]
    return GlossSequence(*shares[0], tuple(shares[: config.n_best]), by_people=True)


def _words(network: "Text2Gloss", sequences: Tensor) -> list[tuple[str, ...]]:
    """Read freely written tokens: words that are a label in lower case become that label."""
    texts = network.tokenizer.batch_decode(sequences, skip_special_tokens=True)
    known = network.vocabulary.label
    # Others are written as glosses are, so that case alone makes nothing wrong.
    return [tuple(known(word.lower()) or word.upper() for word in text.split()) for text in texts]


def _mean_log_probability(chosen: Tensor, scores: Sequence[Tensor], within: Tensor) -> Tensor:
    """Of greedily chosen tokens ``(B, L)`` with the L scores of all ``(B, V)``: ``(B,)``."""
    each = torch.stack(list(scores), dim=1).gather(2, chosen[..., None])[..., 0]
    return each.masked_fill(~within, 0).sum(1) / within.sum(1)
