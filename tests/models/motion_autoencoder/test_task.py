from types import SimpleNamespace

import lightning
import pytest
import torch

from signzoo.errors import UsageError, WeightsError
from signzoo.models.motion_autoencoder import (
    MotionAutoencoder,
    MotionAutoencoderConfig,
    MotionAutoencoderTask,
    PerturbationConfig,
)
from signzoo.models.motion_autoencoder.data import WindowBatch
from signzoo.models.task import OptimizerConfig

TINY = MotionAutoencoderConfig(width=4, size=32, bottleneck=4, decoder_width=8)


def make_batch(frames: torch.Tensor | None = None, **changes) -> WindowBatch:
    """Two windows of 8 frames; one landmark runs from left to right."""
    torch.manual_seed(0)
    frames = torch.randint(256, (2, 8, 3, 32, 32), dtype=torch.uint8) if frames is None else frames
    points = torch.full((2, 8, 3, 2), 16.0)
    points[:, :, 0, 0] = torch.linspace(4, 28, 8)
    fields = {
        "ids": ["a", "b"],
        "frames": frames,
        "points": points,
        "confidence": torch.ones(2, 8, 3),
        "lengths": torch.tensor([8, 5]),
        "scale": torch.full((2,), 10.0),
        "box": torch.tensor([[0.0, 0, 1, 1]] * 2),
        "gains": torch.ones(2, 3),
        "seed": torch.tensor([1, 2]),
    }
    return WindowBatch(**{**fields, **changes})


@pytest.fixture
def task() -> MotionAutoencoderTask:
    torch.manual_seed(0)
    return MotionAutoencoderTask(TINY).eval()


def test_the_loss_is_the_mean_squared_error_of_the_valid_frames(task):
    task.mask_weight = 0.0
    batch = make_batch()
    loss, outputs = task.shared_step(batch)
    expected = (outputs["predictions"] - outputs["targets"]).square().mean()
    assert len(outputs["targets"]) == 8 + 5
    torch.testing.assert_close(loss, expected)


def test_errors_in_fast_motion_count_more(task):
    batch = make_batch()
    result = task.restore(batch)
    error = (result.restored - result.original).square().mean(dim=2, keepdim=True)
    valid = torch.ones_like(error)
    valid[1, 5:] = 0
    inside, outside = result.mask & (valid > 0), ~result.mask & (valid > 0)
    task.mask_weight = 3.0
    expected = 4 * error[inside].sum() + error[outside].sum()
    expected = expected / (4 * inside.sum() + outside.sum())
    torch.testing.assert_close(task.shared_step(batch)[0], expected)


def test_the_mask_lies_on_the_fast_landmark_alone(task):
    mask = task.restore(make_batch()).mask
    assert mask[0, 4, 0, 16, 17]  # on the way
    assert not mask[0, 0, 0, 16, 20:].any()  # where it is yet to go
    assert not mask[1, 5:].any()


def test_the_same_seeds_perturb_alike(task):
    first, again = task.restore(make_batch()), task.restore(make_batch())
    assert torch.equal(first.perturbed, again.perturbed)
    other = task.restore(make_batch(seed=torch.tensor([8, 9])))
    assert not torch.equal(first.perturbed, other.perturbed)


@pytest.mark.parametrize(
    "changes",
    [
        {"frames": torch.zeros(2, 8, 3, 32, 32, dtype=torch.uint8)},
        {"confidence": torch.zeros(2, 8, 3)},
        {"points": torch.full((2, 8, 3, 2), torch.nan)},
        {"scale": torch.zeros(2)},
    ],
    ids=["black", "all landmarks missing", "NaN", "no shoulders"],
)
def test_poor_input_leaves_loss_and_gradients_finite(task, changes):
    loss, _ = task.train().shared_step(make_batch(**changes))
    loss.backward()
    assert loss.isfinite()
    assert all(p.grad.isfinite().all() for p in task.parameters() if p.grad is not None)


def test_it_learns_to_restore_a_moving_spot_better_than_a_still_picture():
    """Beats the mean of the clip, the best that knows nothing of motion, on an unseen start."""
    torch.manual_seed(0)
    task = MotionAutoencoderTask(
        MotionAutoencoderConfig(
            width=8, size=32, bottleneck=16, decoder_width=24, temporal_stride=1
        ),
        perturbation=PerturbationConfig(kinds=("gaussian_noise",)),
    )

    def spots(starts) -> WindowBatch:
        x = (torch.tensor(starts)[:, None] + torch.arange(8) * 3) % 26 + 3  # (B, T)
        column = (torch.arange(32) - x[..., None]).abs() < 4
        row = (torch.arange(32) - 16).abs() < 4
        frames = (column[:, :, None] & row[:, None]).to(torch.uint8) * 200
        count = len(starts)
        landmark = torch.stack([x.float(), torch.full_like(x, 16).float()], dim=-1)[:, :, None]
        return WindowBatch(
            [str(s) for s in starts], frames[:, :, None].expand(-1, -1, 3, -1, -1), landmark,
            torch.ones(count, 8, 1), torch.full((count,), 8), torch.full((count,), 10.0),
            torch.tensor([[0.0, 0, 1, 1]] * count), torch.ones(count, 3), torch.arange(count),
        )  # fmt: skip

    optimizer = torch.optim.AdamW(task.parameters(), lr=5e-3)
    seen = [s for s in range(26) if s % 5]
    for step in range(120):
        chosen = [seen[(step * 7 + k * 3) % len(seen)] for k in range(8)]
        optimizer.zero_grad()
        task.shared_step(spots(chosen))[0].backward()
        optimizer.step()
    result = task.eval().restore(spots(list(range(0, 26, 5))))
    ours = (result.restored - result.original).square().mean()
    still = (result.original.mean(dim=1, keepdim=True) - result.original).square().mean()
    assert ours < 0.5 * still


def test_validation_leaves_pictures_to_look_at(fake_corpora, tmp_path, monkeypatch):
    from signzoo.models.motion_autoencoder import MotionAutoencoderData

    monkeypatch.setenv("SIGNZOO_HOME", str(tmp_path / "home"))
    data = MotionAutoencoderData(str(fake_corpora), train=("videos",), window=8, size=32)
    for name in ("CSVLogger", "TensorBoardLogger"):
        logger = getattr(lightning.pytorch.loggers, name)(str(tmp_path / name))
        trainer = lightning.Trainer(
            max_epochs=1, accelerator="cpu", logger=logger, enable_checkpointing=False,
            enable_progress_bar=False, enable_model_summary=False,
        )  # fmt: skip
        trainer.fit(MotionAutoencoderTask(TINY), data)
    assert len(list((tmp_path / "CSVLogger").rglob("reconstructions/*.png"))) == 1
    events = next((tmp_path / "TensorBoardLogger").rglob("events.*"))
    assert b"reconstruction" in events.read_bytes()


def test_another_motion_autoencoder_can_be_begun_with(tmp_path):
    torch.manual_seed(3)
    earlier = MotionAutoencoder(TINY)
    earlier.save_pretrained(tmp_path / "earlier")
    task = MotionAutoencoderTask(TINY, initial=str(tmp_path / "earlier"))
    for name, tensor in earlier.state_dict().items():
        assert torch.equal(task.network.state_dict()[name], tensor)


def test_weights_of_another_size_are_refused(tmp_path):
    MotionAutoencoder(TINY).save_pretrained(tmp_path / "earlier")
    other = MotionAutoencoderConfig(**{**vars(TINY), "width": 8})
    with pytest.raises(WeightsError, match="width 8"):
        MotionAutoencoderTask(other, initial=str(tmp_path / "earlier"))


def test_kinetics_weights_fill_the_encoder_by_name(tmp_path, monkeypatch):
    from torchvision.models.video import R3D_18_Weights, r3d_18

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    config = MotionAutoencoderConfig(size=32, bottleneck=4, decoder_width=8)
    name = "R3D_18_Weights.KINETICS400_V1"
    with pytest.raises(UsageError, match="Put their file at"):
        MotionAutoencoderTask(config, initial=name)
    path = tmp_path / "hub" / "checkpoints" / R3D_18_Weights.KINETICS400_V1.url.rpartition("/")[2]
    path.parent.mkdir(parents=True)
    torch.manual_seed(1)
    published = {key: tensor.half() for key, tensor in r3d_18().state_dict().items()}
    torch.save(published, path)
    network = MotionAutoencoderTask(config, initial=name).network
    stem = network.backbone.body.state_dict()["stem.0.weight"]
    assert torch.equal(stem, published["stem.0.weight"].float())


def test_unknown_weights_are_named():
    with pytest.raises(UsageError, match="R3D_19_Weights"):
        MotionAutoencoderTask(TINY, initial="R3D_19_Weights.KINETICS400_V1")


def test_plain_values_make_the_task_again():
    settings = {"kinds": ["block_occlusion"], "large": 0.5}
    task = MotionAutoencoderTask(dict(vars(TINY)), OptimizerConfig(), settings)
    assert task.perturbation == PerturbationConfig(kinds=("block_occlusion",), large=0.5)
    assert task.hparams["perturbation"]["large"] == 0.5
    with pytest.raises(UsageError, match="mask_weight"):
        MotionAutoencoderTask(TINY, mask_weight=-1)
    with pytest.raises(UsageError, match="clean"):
        MotionAutoencoderTask(TINY, clean=20)


def test_the_first_steps_see_clean_video_and_validation_never(task, monkeypatch):
    trainer = SimpleNamespace(estimated_stepping_batches=10, global_step=1)
    monkeypatch.setattr(task, "_trainer", trainer)
    for step, clean in ((1, True), (2, False)):
        trainer.global_step = step
        task.train().on_train_batch_start(make_batch(), 0)
        seen = task.restore(make_batch())
        assert torch.equal(seen.perturbed, seen.original) is clean
        validated = task.eval().restore(make_batch())
        assert not torch.equal(validated.perturbed, validated.original)
