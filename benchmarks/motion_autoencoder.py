"""How long training the motion autoencoder waits for its data, in one run.

    python benchmarks/motion_autoencoder.py CORPUS

CORPUS is a folder of `signzoo data synthesize`, or any folder of videos. The share of waiting is
that of `configs/motion_autoencoder/synth_tiny.yaml` with batches made in the training process
itself; the baseline decodes its videos for every window, as a data set without a store has to.

Target: at most 15 % of the time is spent waiting.
"""

import argparse
import statistics
import time

import torch
import yaml

from signzoo.data.datamodule import Draw, LoaderConfig
from signzoo.data.videos import read_signing
from signzoo.hub.checkpoint import make_config
from signzoo.hub.folders import package_folder
from signzoo.models.motion_autoencoder import (
    MotionAutoencoderConfig,
    MotionAutoencoderData,
    MotionAutoencoderTask,
    PerturbationConfig,
)
from signzoo.models.motion_autoencoder.network import FPS

CONFIG = yaml.safe_load(
    (package_folder("configs") / "motion_autoencoder" / "synth_tiny.yaml").read_text("utf-8")
)
NETWORK = make_config(MotionAutoencoderConfig, CONFIG["model"]["network"])
PERTURBATION = make_config(PerturbationConfig, CONFIG["model"]["perturbation"])
LOADER = make_config(LoaderConfig, CONFIG["data"]["loader"])
STORED = CONFIG["data"]["size"]


class Decoded:
    """A store that keeps nothing."""

    def __init__(self, size: int) -> None:
        self.size = size

    def open(self, source):
        return read_signing(source, self.size, FPS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("corpus", metavar="CORPUS")
    parser.add_argument("--steps", type=int, default=30)
    options = parser.parse_args()
    data = MotionAutoencoderData(options.corpus, size=STORED, loader=LOADER)
    data.setup("fit")
    task = MotionAutoencoderTask(NETWORK, perturbation=PERTURBATION).train()
    optimizer = torch.optim.AdamW(task.parameters(), lr=1e-3)
    batches = iter(data.train_dataloader())
    waits, works, decodes = [], [], []
    samples = data.samples["train"]
    kept = samples.store
    for step in range(options.steps):
        start = time.perf_counter()
        batch = next(batches, None)
        if batch is None:
            batches = iter(data.train_dataloader())
            batch = next(batches)
        waits.append(time.perf_counter() - start)
        start = time.perf_counter()
        optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16):
            loss, _ = task.shared_step(batch)
        loss.backward()
        optimizer.step()
        works.append(time.perf_counter() - start)
        if step % 10 == 0:  # the same batch without the store
            samples.store = Decoded(STORED)
            start = time.perf_counter()
            data.collate([samples[Draw(step + i, step + i)] for i in range(len(batch.lengths))])
            decodes.append(time.perf_counter() - start)
            samples.store = kept
    wait, work, decode = (statistics.median(each) for each in (waits, works, decodes))
    print(f"{'':<28}{'wait, ms':>10}{'step, ms':>10}{'share waiting':>15}")
    for name, waited in (("from the store", wait), ("decoded every time", decode)):
        print(
            f"{name:<28}{1e3 * waited:>10.1f}{1e3 * work:>10.1f}{waited / (waited + work):>15.1%}"
        )
    print(f"the store is {decode / wait:.0f} times as fast")


if __name__ == "__main__":
    main()
