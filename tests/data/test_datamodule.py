from collections import Counter
from itertools import chain

import lightning
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from signzoo.data.collate import lengths_of, pad
from signzoo.data.datamodule import LengthBuckets, LoaderConfig, SignDataModule
from signzoo.errors import UsageError

LENGTHS = list(range(5, 105))


class Counting:
    """Samples whose values are their own index, with one random number where augmented."""

    def __init__(self, lengths):
        self.lengths = lengths

    def __getitem__(self, draw):
        noise = 0.0 if draw.seed is None else np.random.default_rng(draw.seed).random()
        return torch.full((self.lengths[draw.sample],), draw.sample + noise, dtype=torch.float64)


class CountingData(SignDataModule):
    def __init__(self, folder="here", loader=None, lengths=LENGTHS):
        super().__init__(folder, loader or LoaderConfig(frames_per_batch=300))
        self.sizes = lengths

    def read(self, subset):
        return Counting(self.sizes if subset != "test" else [])

    def collate(self, samples):
        return pad(samples), lengths_of(samples)


def epoch(number=0, training=True, seed=0, replicas=1, rank=0, lengths=LENGTHS, limit=300):
    loader = LoaderConfig(frames_per_batch=limit, seed=seed)
    sampler = LengthBuckets(lengths, loader, training, replicas, rank)
    sampler.set_epoch(number)
    return list(sampler)


def samples_of(batches):
    return Counter(draw.sample for batch in batches for draw in batch)


@given(
    st.lists(st.integers(1, 200), min_size=1, max_size=80),
    st.integers(200, 1000),
    st.booleans(),
)
@settings(max_examples=60, deadline=None)
def test_every_sample_comes_once_and_no_batch_is_too_big(lengths, limit, training):
    batches = epoch(training=training, lengths=lengths, limit=limit)
    assert samples_of(batches) == Counter(range(len(lengths)))
    for batch in batches:
        assert len(batch) * max(lengths[draw.sample] for draw in batch) <= limit


PAIRED = st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), min_size=1, max_size=80)


@given(PAIRED, st.integers(200, 1000), st.booleans())
@settings(max_examples=60, deadline=None)
def test_two_sequences_of_a_sample_are_padded_apart_and_fit_together(lengths, limit, training):
    batches = epoch(training=training, lengths=lengths, limit=limit)
    assert samples_of(batches) == Counter(range(len(lengths)))
    for batch in batches:
        padded = np.array([lengths[draw.sample] for draw in batch]).max(axis=0)
        assert len(batch) * padded.sum() <= limit


def test_little_of_a_batch_of_two_sequences_is_padding():
    rng = np.random.default_rng(0)
    first = rng.integers(5, 40, size=2000)
    lengths = np.stack([first, (first * rng.uniform(0.4, 1.2, size=2000)).astype(int)], axis=1)
    batches = epoch(lengths=lengths, limit=1000)
    padded = sum(
        len(batch) * lengths[[draw.sample for draw in batch]].max(axis=0).sum() for batch in batches
    )
    assert lengths.sum() / padded > 0.85
    assert len(epoch(number=1, lengths=lengths, limit=1000)) == len(batches)


def test_a_sample_of_two_sequences_longer_than_a_batch_is_an_error():
    with pytest.raises(UsageError, match="up to 310 frames"):
        epoch(lengths=[(5, 5), (300, 10)])


def test_little_of_a_batch_is_padding():
    batches = [[LENGTHS[draw.sample] for draw in batch] for batch in epoch()]
    padded = sum(len(batch) * max(batch) for batch in batches)
    assert sum(map(sum, batches)) / padded > 0.85


def test_the_same_seed_and_epoch_make_the_same_batches():
    assert epoch(number=3, seed=1) == epoch(number=3, seed=1)


def test_another_epoch_or_seed_makes_other_batches_of_the_same_number():
    first = epoch(number=0)
    for other in (epoch(number=1), epoch(seed=1)):
        assert other != first
        assert len(other) == len(first)


def test_validation_keeps_the_order_and_augments_nothing():
    batches = epoch(training=False)
    assert batches == epoch(training=False, number=5)
    assert all(draw.seed is None for batch in batches for draw in batch)


@pytest.mark.parametrize("replicas", [2, 3, 7])
def test_processes_share_a_training_epoch_and_take_as_many_steps(replicas):
    shares = [epoch(replicas=replicas, rank=rank) for rank in range(replicas)]
    assert len({len(share) for share in shares}) == 1
    assert set(samples_of(chain(*shares))) == set(range(len(LENGTHS)))


def test_processes_score_every_sample_once():
    shares = [epoch(training=False, replicas=3, rank=rank) for rank in range(3)]
    assert samples_of(chain(*shares)) == Counter(range(len(LENGTHS)))


def test_more_processes_than_batches_to_score_is_an_error():
    with pytest.raises(UsageError, match="1 batches are too few to score on 2 processes"):
        epoch(training=False, replicas=2, lengths=[3, 3])


def test_a_sample_longer_than_a_batch_is_an_error():
    with pytest.raises(UsageError, match="up to 301 frames.*frames_per_batch above 300"):
        epoch(lengths=[5, 301])


def fit_batches(workers, epochs=2):
    """What a task sees when Lightning trains on the datamodule."""
    seen = []

    class Watching(lightning.LightningModule):
        def training_step(self, batch, batch_idx):
            seen.append(batch[0].clone())

        def validation_step(self, batch, batch_idx):
            assert (batch[0] == batch[0].floor()).all()

        def configure_optimizers(self):
            return None

    trainer = lightning.Trainer(
        max_epochs=epochs, accelerator="cpu", logger=False, enable_checkpointing=False,
        enable_progress_bar=False, enable_model_summary=False,
    )  # fmt: skip
    trainer.fit(Watching(), CountingData(loader=LoaderConfig(300, workers)))
    return seen


def test_lightning_trains_on_new_batches_every_epoch():
    seen = fit_batches(workers=0)
    half = len(seen) // 2
    first = sorted(value for batch in seen[:half] for value in batch.unique().tolist())
    second = sorted(value for batch in seen[half:] for value in batch.unique().tolist())
    assert first != second


def test_workers_change_nothing():
    alone, helped = fit_batches(workers=0), fit_batches(workers=2)
    assert len(alone) == len(helped)
    assert all(torch.equal(a, b) for a, b in zip(alone, helped, strict=True))


def test_an_unnamed_data_folder_says_how_to_name_it(monkeypatch):
    monkeypatch.delenv("SIGNZOO_DATA", raising=False)
    with pytest.raises(UsageError, match=r"--data\.folder FOLDER, or the variable SIGNZOO_DATA"):
        _ = CountingData(folder=None).data_folder
    monkeypatch.setenv("SIGNZOO_DATA", "there")
    assert CountingData(folder=None).data_folder == "there"


def test_an_empty_set_is_an_error_where_it_is_what_the_stage_is_about():
    with pytest.raises(UsageError, match="The test set is empty"):
        CountingData().setup("test")
