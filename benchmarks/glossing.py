"""How fast sentences are glossed in batches, beside a plain loop of `generate` over single ones.

    python benchmarks/glossing.py --model NAME --data FILE.jsonl

Both use the same weights, beams and restriction to the vocabulary, and take the likeliest beam.
Target: at least 3 times the sentences a second, with the same glosses.
"""

import argparse
import time

from tqdm import tqdm

from signzoo.data.pairs import read_pairs
from signzoo.models.text2gloss import DecodingConfig, Text2Gloss


def main(model: str, data: str, count: int | None, beams: int) -> None:
    network = Text2Gloss.from_pretrained(model)
    decoding = DecodingConfig(beams, minimum_bayes_risk=False)
    texts = [pair.text for pair in read_pairs(data)][:count]
    network.translate(texts[:2], decoding)  # what is made once is made before
    start = time.perf_counter()
    single = [network.translate([text], decoding)[0] for text in tqdm(texts, "one by one")]
    middle = time.perf_counter()
    together = network.translate(texts, decoding)
    end = time.perf_counter()
    rates = len(texts) / (middle - start), len(texts) / (end - middle)
    same = sum(a.glosses == b.glosses for a, b in zip(single, together, strict=True))
    print(f"one by one  {rates[0]:8.1f} sentences/s")
    print(f"in batches  {rates[1]:8.1f} sentences/s")
    print(f"ratio       {rates[1] / rates[0]:8.2f}")
    print(f"same glosses for {same} of {len(texts)} sentences, {beams} beams")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--count", type=int, help="only so many sentences")
    parser.add_argument("--beams", type=int, default=5)
    main(**vars(parser.parse_args()))
