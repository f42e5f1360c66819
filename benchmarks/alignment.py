"""How often the word that a gloss is named like is found: by leaving words out, and by attention.

    python benchmarks/alignment.py --model MODEL --data DEV.jsonl

Of the reference glosses those count that are named like exactly one word of their sentence, as it
stands or as its lemma. `signzoo gloss` takes such words by their names; what is measured here is
how far the rest can be trusted. Attention is the mean of all heads and layers that look at the
sentence, over the tokens of gloss and word. Needs an encoder-decoder.
"""

import argparse
from collections.abc import Sequence

import numpy as np
import torch
from tqdm import tqdm

from signzoo.data.pairs import read_pairs
from signzoo.models.text2gloss.cascade import spelling_key
from signzoo.models.text2gloss.embeddings import readable
from signzoo.models.text2gloss.network import Text2Gloss
from signzoo.transforms.text import lemma, split_words


def main(model: str, data: str, count: int) -> None:
    network = Text2Gloss.from_pretrained(model)
    language, known = network.config.language, set(network.vocabulary.labels)
    hits: dict[str, list[bool]] = {"leaving words out": [], "attention": []}
    for pair in tqdm(read_pairs(data)[:count]):
        words = split_words(pair.text, language)
        labels = [label for label in pair.gloss if label in known]
        names = [{spelling_key(word), spelling_key(lemma(word, language))} for word in words]
        truth = {
            place: found[0]
            for place, label in enumerate(labels)
            if len(found := [i for i, name in enumerate(names) if named(label) in name]) == 1
        }
        if len(words) < 2 or not truth:
            continue
        effects, looks = network.word_effects(words, labels), attention(network, words, labels)
        for place, word in truth.items():
            hits["leaving words out"].append(bool(effects[:, place].argmax() == word))
            hits["attention"].append(bool(looks[:, place].argmax() == word))
    for name, found in hits.items():
        print(f"{name}: {np.mean(found):.3f} of {len(found)} glosses")


def named(label: str) -> str:
    return spelling_key(readable(label))


def attention(network: Text2Gloss, words: Sequence[str], labels: Sequence[str]) -> np.ndarray:
    """How much of its attention each gloss gives each word, ``(W, G)``."""
    prompt = network.put("gloss", " ".join(words))
    encoded = network.encode([prompt], [" ".join(labels)])
    answer = encoded["labels"][:, :-1]
    start = torch.full_like(answer[:, :1], network.start_token)
    with torch.no_grad():
        found = network.language_model(
            input_ids=encoded["input_ids"],
            decoder_input_ids=torch.cat([start, answer], dim=1),
            output_attentions=True,
        ).cross_attentions
    looks = torch.stack(found).mean(dim=(0, 1, 2))  # (M, N)
    rows = owners(network, " ".join(labels), labels, special=False)  # (G, M - 1)
    columns = owners(network, prompt, words, special=True)  # (W, N)
    return (columns @ looks[: rows.shape[1]].T @ rows.T).numpy()


def owners(network: Text2Gloss, text: str, parts: Sequence[str], special: bool) -> torch.Tensor:
    """Which tokens of a text belong to each of its parts: rows that sum to 1."""
    spans = network.tokenizer(text, add_special_tokens=special, return_offsets_mapping=True)
    found, place = [], text.index(" ".join(parts))
    for part in parts:
        end = place + len(part)
        own = [float(a < end and b > place and b > a) for a, b in spans["offset_mapping"]]
        found.append(torch.tensor(own) / max(sum(own), 1))
        place = end + 1
    return torch.stack(found)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", required=True, help="text2gloss weights")
    parser.add_argument("--data", required=True, help="held-out pairs")
    parser.add_argument("--count", type=int, default=200, help="sentences (default: 200)")
    given = parser.parse_args()
    main(given.model, given.data, given.count)
