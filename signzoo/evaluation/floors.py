"""Baselines that know nothing of the task: what a score is worth shows in its distance to them."""

from collections.abc import Sequence

from signzoo.transforms.text import split_words

COPY = "copy the source"
NEAREST = "nearest training sentence"

# So many similarities are held in memory at a time.
_CHUNK = 2**22


def answer_floors(
    sources: Sequence[str],
    language: str,
    training_sources: Sequence[str] = (),
    training_targets: Sequence[str] = (),
) -> dict[str, list[str]]:
    """Answer with every floor that can be had.

    Args:
        sources: Sentences.
        language: BCP 47 code of the sentences.
        training_sources: The sentences of the training set; without them there is no nearest one.
        training_targets: The glosses that belong to each of them.

    Returns:
        A text of glosses for each source, by the name of the floor.
    """
    floors = {COPY: copy_source(sources, language)}
    if training_sources:
        floors[NEAREST] = nearest_training_sentence(sources, training_sources, training_targets)
    return floors


def copy_source(sources: Sequence[str], language: str) -> list[str]:
    """Take the words of the source, without its punctuation, for the glosses.

    Chinese is split into words by jieba; unsplit, no word could be a gloss.

    Args:
        sources: Sentences.
        language: BCP 47 code of the sentences.

    Returns:
        A text of glosses for each.
    """
    return [" ".join(split_words(source, language)) for source in sources]


def nearest_training_sentence(
    sources: Sequence[str], training_sources: Sequence[str], training_targets: Sequence[str]
) -> list[str]:
    """Answer with what belongs to the most similar sentence of the training set.

    Similar is by characters: 1 less the fewest insertions and deletions that turn one sentence
    into the other, over their common length (rapidfuzz's normalised Indel similarity). It needs no
    tokeniser, so it is the same floor in every script. The first of equally near ones counts.

    Args:
        sources: Sentences to answer.
        training_sources: The sentences of the training set.
        training_targets: What belongs to each of them.

    Returns:
        A target for each source.
    """
    from rapidfuzz import process
    from rapidfuzz.distance import Indel

    chunk = max(1, _CHUNK // max(1, len(training_sources)))
    answers = []
    for start in range(0, len(sources), chunk):
        similarity = process.cdist(
            sources[start : start + chunk],
            training_sources,
            scorer=Indel.normalized_similarity,
            workers=-1,
        )  # (chunk, training sentences)
        answers += [training_targets[where] for where in similarity.argmax(axis=1)]
    return answers
