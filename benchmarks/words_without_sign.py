"""How well German words without a sign are replaced, beside the label of nearest edit distance.

    python benchmarks/words_without_sign.py --data TRAIN.jsonl --thesaurus openthesaurus.txt

OpenThesaurus in text form is in Debian's package openthesaurus-de-text (`dpkg -L` says where).
Words of the sentences are drawn whose own gloss stands in the sentence's reference; that gloss is
removed from the vocabulary with all of its variants. A choice is right if it is among the
reference's other glosses or the word's synonyms. Only words count for which the rest of the
vocabulary holds at least one right answer. Spelling a word counts as wrong; the baseline never
spells.

Target: right at least twice as often as nearest edit distance.
"""

import argparse
import random
import re
import statistics
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from signzoo.data.pairs import TextGlossPair, read_pairs
from signzoo.models.text2gloss.cascade import Cascade, VocabularyIndex, WordChoice
from signzoo.models.text2gloss.embeddings import readable
from signzoo.models.text2gloss.glosser import proposer
from signzoo.models.text2gloss.network import Text2Gloss
from signzoo.models.text2gloss.vocabulary import GlossVocabulary
from signzoo.transforms.text import lemma, split_words

LANGUAGE = "de"


@dataclass(frozen=True)
class Removed:
    """A word, the labels that are removed for it, and what would be right instead of them."""

    word: str
    labels: frozenset[str]
    synonyms: frozenset[str]
    reference: frozenset[str]


def main(data: str, thesaurus: str, model: str | None, count: int, seed: int, level: float) -> None:
    pairs = read_pairs(data)
    vocabulary = GlossVocabulary.from_pairs(
        [pair.text for pair in pairs], [pair.gloss for pair in pairs], LANGUAGE
    )
    index = VocabularyIndex.build(vocabulary)
    removed, candidates = draw(pairs, vocabulary, read_thesaurus(Path(thesaurus)), count, seed)
    network = Text2Gloss.from_pretrained(model) if model else None
    chosen = [replace_word(each, index, network, level) for each in removed]
    nearest = [nearest_in_letters(each, vocabulary) for each in removed]
    print(f"{len(removed)} words, drawn from {candidates:,} that have a right answer; seed {seed}")
    by_level: dict[str, list[bool]] = defaultdict(list)
    for each, choice in zip(removed, chosen, strict=True):
        by_level[choice.level].append(is_right(choice.label, each))
    for name, hits in by_level.items():
        print(f"  {name}: {len(hits)} words, {sum(hits)} right")
    right = [is_right(choice.label, each) for choice, each in zip(chosen, removed, strict=True)]
    plain = [is_right(label, each) for label, each in zip(nearest, removed, strict=True)]
    report("all words", right, plain, seed)
    known = [i for i, each in enumerate(removed) if each.synonyms]
    report("with a synonym", [right[i] for i in known], [plain[i] for i in known], seed)


def report(name: str, right: Sequence[bool], plain: Sequence[bool], seed: int) -> None:
    """Print both rates, and their ratio with a paired bootstrap interval over the words."""
    generator = random.Random(seed)
    differences = []
    for _ in range(2000):
        drawn = generator.choices(range(len(right)), k=len(right))
        differences.append(sum(right[i] - plain[i] for i in drawn) / len(drawn))
    low, *_, high = statistics.quantiles(differences, n=40)
    ours, theirs = statistics.mean(right), statistics.mean(plain)
    ratio = f"{ours / theirs:.1f} times" if theirs else "no baseline hit"
    print(
        f"{name} ({len(right)}): cascade {ours:.3f}, edit distance {theirs:.3f}, {ratio}; "
        f"difference {ours - theirs:.3f} [{low:.3f}, {high:.3f}]"
    )


def replace_word(
    removed: Removed,
    index: VocabularyIndex,
    network: Text2Gloss | None,
    level: float,
) -> WordChoice:
    rest = index.without(sorted(removed.labels))
    # Of the rest only: what was removed must not be proposed.
    propose = proposer(network, rest) if network else None
    return Cascade(rest, LANGUAGE, propose, threshold=level)([removed.word])[0]


def nearest_in_letters(removed: Removed, vocabulary: GlossVocabulary) -> str:
    rest = [label for label in vocabulary.labels if is_word(label) and label not in removed.labels]
    names = [readable(label) for label in rest]
    _, _, position = process.extractOne(removed.word.lower(), names, scorer=Levenshtein.distance)
    return rest[position]


def is_right(label: str | None, removed: Removed) -> bool:
    return label is not None and readable(label) in removed.synonyms | removed.reference


def is_word(label: str) -> bool:
    """Whether a label is a word, and not a mark of the corpus as ``$INDEX``."""
    return label[0].isalnum()


def draw(
    pairs: Sequence[TextGlossPair],
    vocabulary: GlossVocabulary,
    thesaurus: Mapping[str, set[str]],
    count: int,
    seed: int,
) -> tuple[list[Removed], int]:
    """Draw words to remove, each for another gloss; also say how many could have been drawn."""
    generator = random.Random(seed)
    places = find_words(pairs)
    variants: dict[str, set[str]] = defaultdict(set)
    for label in filter(is_word, vocabulary.labels):
        for form in (readable(label), lemma(readable(label), LANGUAGE).lower()):
            variants[form].add(label)
    names = sorted(places)
    generator.shuffle(names)
    usable = []
    for name in names:
        word, pair = generator.choice(places[name])
        labels = frozenset(variants[name])
        rest = {readable(label) for label in vocabulary.labels if label not in labels}
        synonyms = (thesaurus.get(name, set()) | thesaurus.get(word.lower(), set())) & rest
        reference = {readable(label) for label in pair.gloss if is_word(label)} & rest
        if synonyms | reference:
            usable.append(Removed(word, labels, frozenset(synonyms), frozenset(reference)))
    return usable[:count], len(usable)


def find_words(
    pairs: Sequence[TextGlossPair],
) -> dict[str, list[tuple[str, TextGlossPair]]]:
    """Where a word stands whose own gloss, by its lemma, is in the sentence's reference."""
    places: dict[str, list[tuple[str, TextGlossPair]]] = defaultdict(list)
    for pair in pairs:
        names = {readable(label) for label in pair.gloss if is_word(label)}
        for word in split_words(pair.text, LANGUAGE):
            own = names & {word.lower(), lemma(word, LANGUAGE).lower()}
            if own and len(word) > 2:
                places[min(own)].append((word, pair))
    return places


def read_thesaurus(path: Path) -> dict[str, set[str]]:
    """Lines of synonyms, separated by semicolons, with remarks in parentheses."""
    synonyms: dict[str, set[str]] = defaultdict(set)
    for line in path.read_text("utf-8").splitlines():
        if not line.startswith("#"):
            words = {re.sub(r"\s*\([^)]*\)\s*", "", w).strip().lower() for w in line.split(";")}
            for word in words:
                synonyms[word] |= words - {word}
    return synonyms


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="pairs of German sentences and glosses")
    parser.add_argument("--thesaurus", required=True, help="OpenThesaurus in text form")
    parser.add_argument("--model", help="a text2gloss checkpoint whose proposals are added")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--level", type=float, default=0.6, help="the cascade's threshold")
    main(**vars(parser.parse_args()))
