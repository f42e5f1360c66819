"""Writes text of what SignMST-C saw: transformers' beam search, and when each word was signed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from signzoo.errors import UsageError
from signzoo.models.expected_bleu import best_answer
from signzoo.models.language_model import beam_means, until_end
from signzoo.models.signmst_c.joint import rank_together
from signzoo.models.signmst_c.landmarks import FPS
from signzoo.models.signmst_c.likelihood import text_log_probabilities
from signzoo.models.signmst_c.presence import PresentTokens, presence_gains
from signzoo.models.signmst_c.signing import STRIDE
from signzoo.transforms.text import written_words

if TYPE_CHECKING:
    from signzoo.models.signmst_c.network import Encoded, SignMSTC


@dataclass(frozen=True)
class TextDecodingConfig:
    """How a text is searched for."""

    beams: int | None = None
    """Texts that are followed at the same time; 1 follows the most likely token. By default 20, and
    5 where glosses are written."""
    length_penalty: float | None = None
    """Power of the length that a text's log-probability is divided by; more means longer. By
    default 1, and 2 where the token head counts: what it saw makes each token surer, and texts too
    short."""
    n_best: int = 1
    """Texts that are returned, at most as many as beams."""
    minimum_bayes_risk: bool = True
    """Choose of all beams the text with the greatest expected BLEU, not the most likely one, where
    text is written."""
    risk_temperature: float = 1.0
    """Sharpness of the beams' probabilities in that choice: at less the likely ones count more."""
    max_tokens: int = 80
    """Tokens after which a text ends."""
    ctc: float = 0.7
    """Share of the CTC head's log-probability in the choice among the beams, where a network has
    such a head and writes glosses; 0 leaves the choice to the decoder alone."""
    presence: float = 1.0
    """How much it counts beside the decoder's log-probability that the token head saw a token,
    where a network has such a head; 0 leaves it out."""

    def __post_init__(self) -> None:
        beams = self.n_best if self.beams is None else self.beams
        if min(beams, self.n_best, self.max_tokens) < 1 or self.n_best > beams:
            raise UsageError(
                "Decoding needs beams, n_best and max_tokens of at least 1, and no more n_best "
                f"than beams; got {self}."
            )
        if not 0 <= self.ctc <= 1:
            raise UsageError(f"The CTC head's share lies between 0 and 1; got {self.ctc}.")
        if self.risk_temperature <= 0:
            raise UsageError(f"A temperature is above 0; got {self.risk_temperature}.")
        if self.presence < 0:
            raise UsageError(f"What was seen counts 0 or more; got presence {self.presence}.")


@dataclass(frozen=True)
class WordSpan:
    """A word and when it was signed.

    Attributes:
        word: The word as the text has it.
        start: First second.
        end: The second after its last moment.
    """

    word: str
    start: float
    end: float


@dataclass(frozen=True)
class TextHypothesis:
    """A text that a clip may mean.

    Attributes:
        text: The text.
        score: Mean probability of a token, from 0 to 1.
    """

    text: str
    score: float


def decode(
    network: "SignMSTC", encoded: "Encoded", decoding: TextDecodingConfig
) -> list[list[TextHypothesis]]:
    """Search for the texts of clips; see :meth:`SignMSTC.translate`."""
    beams = count_beams(network, decoding)
    together = bool(decoding.ctc and network.glosses) and network.config.output == "gloss"
    by_risk = decoding.minimum_bayes_risk and network.config.output == "text" and beams > 1
    count = beams if together or by_risk else decoding.n_best
    result = network.language_model.generate(
        encoder_outputs=network.encoder_outputs(encoded),
        attention_mask=encoded.valid.long(),
        generation_config=_generation_config(network, decoding, beams, count, by_risk),
        logits_processor=_processors(network, encoded, decoding, beams),
    )
    tokens = result.sequences[:, 1:]
    texts = [t.strip() for t in network.tokenizer.batch_decode(tokens, skip_special_tokens=True)]
    clips = range(0, len(texts), count)
    if together:
        ranked = rank_together(
            network, encoded, [texts[i : i + count] for i in clips], decoding.ctc
        )
        return [[TextHypothesis(t, math.exp(s)) for t, s in r[: decoding.n_best]] for r in ranked]
    if by_risk:  # before they are scored: most of them go
        within = until_end(tokens, network.tokenizer.eos_token_id)
        penalty = _length_penalty(network, decoding)
        logs = beam_means(result.sequences_scores, within, penalty).tolist()
        kept = [
            i + place
            for i in clips
            for place in _best_places(network, decoding, texts[i : i + count], logs[i : i + count])
        ]
        tokens, texts = tokens[kept], [texts[i] for i in kept]
    scores = _scores(network, encoded, tokens).tolist()
    found = [TextHypothesis(t, s) for t, s in zip(texts, scores, strict=True)]
    return [found[i : i + decoding.n_best] for i in range(0, len(found), decoding.n_best)]


def _best_places(
    network: "SignMSTC", decoding: TextDecodingConfig, texts: Sequence[str], logs: Sequence[float]
) -> list[int]:
    """Place of the beam of least risk, and then of the others as the search ranks them."""
    answers = [written_words(text, network.config.language) for text in texts]
    best = best_answer(answers, logs, decoding.risk_temperature)
    return [best, *(place for place in range(len(texts)) if place != best)][: decoding.n_best]


def count_beams(network: "SignMSTC", decoding: TextDecodingConfig) -> int:
    """How many texts are followed at the same time."""
    if decoding.beams is not None:
        return decoding.beams
    return max(20 if network.config.output == "text" else 5, decoding.n_best)


def _processors(
    network: "SignMSTC", encoded: "Encoded", decoding: TextDecodingConfig, beams: int
) -> list[PresentTokens]:
    """What changes the decoder's probabilities."""
    if not _counts_presence(network, decoding):
        return []
    meanings = network.token_meanings(encoded)
    gains = presence_gains(meanings, encoded.valid, network.usual_tokens)
    return [PresentTokens(gains, beams, decoding.presence)]


def _counts_presence(network: "SignMSTC", decoding: TextDecodingConfig) -> bool:
    return network.config.token_head and decoding.presence > 0


def _length_penalty(network: "SignMSTC", decoding: TextDecodingConfig) -> float:
    if decoding.length_penalty is not None:
        return decoding.length_penalty
    return 2.0 if _counts_presence(network, decoding) else 1.0


def _generation_config(
    network: "SignMSTC", decoding: TextDecodingConfig, beams: int, count: int, scored: bool
) -> Any:
    from transformers import GenerationConfig

    return GenerationConfig(
        num_beams=beams,
        num_return_sequences=count,
        length_penalty=_length_penalty(network, decoding) if beams > 1 else 1.0,
        early_stopping=beams > 1,
        max_new_tokens=decoding.max_tokens,
        do_sample=False,
        use_cache=True,
        return_dict_in_generate=True,
        output_scores=scored,  # without them generate does not give the beams' scores either
        decoder_start_token_id=network.start_token,
        pad_token_id=network.tokenizer.pad_token_id,
        eos_token_id=network.tokenizer.eos_token_id,
    )


def _scores(network: "SignMSTC", encoded: "Encoded", tokens: Tensor) -> Tensor:
    """Mean probability of a token of texts ``(B·n, L)``, ``(B·n,)``."""
    labels = tokens.masked_fill(~until_end(tokens, network.tokenizer.eos_token_id), -100)
    sums, lengths = text_log_probabilities(network, encoded, labels)
    return (sums / lengths.clamp(min=1)).exp()


# Without a CTC head a word was signed around the moment that is most likely to mean it, each moment
# taken together with its neighbours, as far as others are nearly as likely.
_NEIGHBOURS = torch.tensor([0.25, 0.5, 0.25])
_SHARE_OF_PEAK = 0.8


@torch.inference_mode()
def word_spans(
    network: "SignMSTC", encoded: "Encoded", texts: Sequence[str]
) -> list[tuple[WordSpan, ...]]:
    """When each word of texts was signed.

    The decoder looks at moments when it writes a word (a mean over all heads and layers, and over
    the word's tokens); a network with a token head says itself which moments mean which tokens. A
    network with a CTC head has also said which gloss it saw when: then a word belongs to the gloss
    of its own name, or else to the one that it looked at most.

    Args:
        network: The network.
        encoded: What it made of B clips.
        texts: What each means.

    Returns:
        For each clip the words of its text in their order. Their times need not be in order: a
        written language has an order of its own.
    """
    labels = network.label_tokens(texts)
    looked = _looked_at(network, encoded, labels)
    glosses = _gloss_moments(network, encoded)
    spans = []
    for each, tokens, valid, seen in zip(looked, labels, encoded.valid, glosses, strict=True):
        words = word_pieces(network.tokenizer, tokens[tokens != -100].tolist())
        moments = (
            _moments_of(word, each[places].mean(dim=0)[valid], seen) for word, places in words
        )
        spans.append(
            tuple(
                WordSpan(word, _beginning(first), _beginning(last))
                for (word, _), (first, last) in zip(words, moments, strict=True)
            )
        )
    return spans


def _beginning(moment: int) -> float:
    """Seconds at which a moment begins: its convolutions centre on the frame in its middle."""
    return max(0.0, (moment * STRIDE + (1 - STRIDE) / 2) / FPS)


def _looked_at(network: "SignMSTC", encoded: "Encoded", labels: Tensor) -> Tensor:
    """How much each moment means each token of texts ``(B, L)``: ``(B, L, S)``."""
    if not network.config.token_head:
        found = network.token_logits(encoded, labels, attentions=True).cross_attentions
        return torch.stack(found).mean(dim=(0, 2)).float()
    means = network.token_meanings(encoded)  # (B, S, V)
    tokens = labels.clamp(min=0)[:, None].expand(-1, means.shape[1], -1)
    return means.gather(2, tokens).transpose(1, 2)


# A gloss that the CTC head saw, its first moment, and the one after its last.
_GlossMoments = tuple[str, int, int]


def _gloss_moments(network: "SignMSTC", encoded: "Encoded") -> list[list[_GlossMoments]]:
    """What the CTC head saw in each of B clips, most likely moment by moment."""
    if not network.glosses:
        return [[] for _ in encoded.valid]
    best = network.gloss_head(encoded.fused).argmax(dim=-1)  # (B, S)
    found = []
    for row, valid in zip(best, encoded.valid, strict=True):
        seen: list[_GlossMoments] = []
        for moment, number in enumerate(row[valid].tolist()):
            if not 0 < number <= len(network.glosses):
                continue
            label = network.glosses[number - 1]
            if seen and seen[-1][0] == label and seen[-1][2] == moment:
                seen[-1] = (label, seen[-1][1], moment + 1)
            else:
                seen.append((label, moment, moment + 1))
        found.append(seen)
    return found


def _moments_of(word: str, looked: Tensor, seen: Sequence[_GlossMoments]) -> tuple[int, int]:
    """The first moment of a word, and the one after its last; ``looked`` is ``(S,)``."""
    if not seen:
        return _around_peak(looked)
    named = [each for each in seen if each[0].lower() == word.lower()]
    _, first, last = max(named or seen, key=lambda each: float(looked[each[1] : each[2]].sum()))
    return first, last


def _around_peak(looked: Tensor) -> tuple[int, int]:
    """The moments around the one of ``(S,)`` that is looked at most."""
    weights = _NEIGHBOURS.to(looked)[None, None]
    looked = torch.nn.functional.conv1d(looked[None, None], weights, padding=1)[0, 0]
    enough = (looked >= _SHARE_OF_PEAK * looked.max()).tolist()
    first = last = int(looked.argmax())
    while first > 0 and enough[first - 1]:
        first -= 1
    while last + 1 < len(enough) and enough[last + 1]:
        last += 1
    return first, last + 1


def word_pieces(tokenizer: Any, tokens: Sequence[int]) -> list[tuple[str, list[int]]]:
    """Put tokens together to words.

    Returns:
        Each word with the places of its tokens.
    """
    words: list[tuple[str, list[int]]] = []
    for place, piece in enumerate(tokenizer.convert_ids_to_tokens(list(tokens))):
        if piece in tokenizer.all_special_tokens:
            continue
        if not words or piece.startswith(("▁", "Ġ")) or (not piece.isascii() and _is_han(piece)):
            words.append(("", []))
        words[-1][1].append(place)
    return [
        (tokenizer.decode([tokens[place] for place in places]).strip(), places)
        for _, places in words
    ]


def _is_han(piece: str) -> bool:
    return any("\u3400" <= letter <= "\u9fff" for letter in piece)
