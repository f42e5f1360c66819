import json
import pickle
import subprocess
import sys
from datetime import timedelta

import pytest
import torch
import torch.distributed as distributed

from signzoo.errors import UsageError
from signzoo.metrics import PoseMetric, TextMetric, score_pose, score_text

HYPOTHESES = ["heute REGEN", "", "morgen sonne nord kommt bald", "schnee"]
REFERENCES = ["HEUTE VIEL REGEN", "WIND", "MORGEN SONNE NORD BALD", "SCHNEE MORGEN"]

# The second of two processes; each has every second sentence.
SECOND = """
import json, sys, torch.distributed as distributed
from signzoo.metrics import TextMetric

rendezvous, texts = sys.argv[1], json.loads(sys.argv[2])
distributed.init_process_group("gloo", init_method=rendezvous, rank=1, world_size=2)
metric = TextMetric("gloss", "de")
metric.update(texts[0][1::2], texts[1][1::2])
print(json.dumps({name: value.item() for name, value in metric.compute().items()}))
distributed.destroy_process_group()
"""


def as_floats(values):
    return {name: value.item() for name, value in values.items()}


def in_float32(values):
    return {name: torch.tensor(value).item() for name, value in values.items()}


def test_batches_score_as_one_set():
    metric = TextMetric("gloss", "de")
    metric.update(HYPOTHESES[:1], REFERENCES[:1])
    metric.update(HYPOTHESES[1:], REFERENCES[1:])

    expected = score_text(HYPOTHESES, REFERENCES, "gloss", "de").values
    assert as_floats(metric.compute()) == in_float32(expected)


def test_two_processes_score_as_one(tmp_path):
    rendezvous = (tmp_path / "rendezvous").as_uri()
    second = subprocess.Popen(
        [sys.executable, "-c", SECOND, rendezvous, json.dumps([HYPOTHESES, REFERENCES])],
        stdout=subprocess.PIPE,
        text=True,
    )
    metric = TextMetric("gloss", "de")
    metric.update(HYPOTHESES[::2], REFERENCES[::2])
    distributed.init_process_group(
        "gloo", init_method=rendezvous, rank=0, world_size=2, timeout=timedelta(seconds=90)
    )
    try:
        ours = as_floats(metric.compute())
        theirs = second.communicate(timeout=90)[0]
    finally:
        distributed.destroy_process_group()
        second.kill()

    expected = in_float32(score_text(HYPOTHESES, REFERENCES, "gloss", "de").values)
    assert ours == expected
    assert json.loads(theirs.splitlines()[-1]) == expected


def test_the_value_of_a_batch_is_its_own():
    metric = TextMetric("sentence", "zh")
    metric.update(["今天好"], ["明天雨"])

    batch = metric(["今天好"], ["今天好"])

    assert batch["cer_zh"] == 0
    assert metric.compute()["cer_zh"].item() == pytest.approx(100 * 2 / 6)


def test_a_reset_metric_has_nothing_to_score():
    metric = TextMetric("gloss", "de")
    metric.update(["a"], ["a"])
    metric.reset()

    with (
        pytest.warns(UserWarning, match="was called before"),
        pytest.raises(UsageError, match="no sentences"),
    ):
        metric.compute()


def test_a_metric_survives_copies_and_half_precision():
    metric = TextMetric("gloss", "de")
    metric.update(HYPOTHESES, REFERENCES)

    copy = pickle.loads(pickle.dumps(metric)).half()
    copy.update(["a"], ["b"])

    assert copy.counts.dtype == torch.int64
    assert metric.compute()["wer_gloss"] < copy.compute()["wer_gloss"]


def test_poses_score_as_one_set(waving, signer):
    still = signer(torch.full((30, 2), 250.0).numpy())
    metric = PoseMetric()
    metric.update([still], [waving])

    alone = score_pose(still, waving).values
    assert as_floats(metric.compute()) == pytest.approx(in_float32(alone), nan_ok=True)
    metric.update([waving, waving], [waving, waving])
    error = metric.compute()["mean_joint_error_hands"].item()
    assert error == pytest.approx(alone["mean_joint_error_hands"] / 3, rel=1e-5)


def test_poses_without_a_reference_each_are_refused(waving):
    with pytest.raises(UsageError, match="2 produced poses for 1 references"):
        PoseMetric().update([waving, waving], [waving])
