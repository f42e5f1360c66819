import lightning
import pytest
import torch
from lightning.pytorch.callbacks import EMAWeightAveraging

from signzoo.cli.main import main
from signzoo.data.datamodule import Draw, LoaderConfig
from signzoo.errors import UsageError
from signzoo.hub import load
from signzoo.models.task import OptimizerConfig
from signzoo.models.text2gloss import (
    DecodingConfig,
    GlossVocabulary,
    Text2GlossConfig,
    Text2GlossData,
    Text2GlossTask,
)
from signzoo.models.text2gloss.data import PairSource
from signzoo.models.text2gloss.risk import rewards, sample_answers
from signzoo.models.text2gloss.task import TextLossConfig

PLAIN = TextLossConfig()
TRAIN, DEV = PairSource("phoenix14t/train.jsonl"), PairSource("phoenix14t/dev.jsonl")


@pytest.fixture
def data(fake_corpora):
    made = Text2GlossData(
        str(fake_corpora), (TRAIN,), (DEV,), loader=LoaderConfig(frames_per_batch=300)
    )
    made.setup("fit")
    return made


@pytest.fixture
def make_task(tiny_text2gloss, data):
    """A function that makes a task over the tiny language model, with the data's vocabulary."""

    def make(loss=PLAIN, **config):
        torch.manual_seed(0)
        network = Text2GlossConfig(str(tiny_text2gloss), prompt="<gloss>{text}", **config)
        decoding = DecodingConfig(beams=2, max_tokens=8)
        task = Text2GlossTask(network, OptimizerConfig(lr=0.01), loss, decoding)
        task.learn_from(data)
        return task

    return make


def batch_of(data, count=3):
    samples = data.samples["train"]
    return data.collate([samples[Draw(index, None)] for index in range(count)])


def fit(task, data, folder, resumed=None, steps=2, callbacks=()):
    """Two steps of training, and the checkpoint after them."""
    trainer = lightning.Trainer(
        max_steps=steps, callbacks=list(callbacks), accelerator="cpu", default_root_dir=folder,
        logger=False, enable_progress_bar=False, enable_model_summary=False, limit_val_batches=0,
    )  # fmt: skip
    trainer.fit(task, data, ckpt_path=resumed)
    trainer.save_checkpoint(folder / "last.ckpt")
    return folder / "last.ckpt"


def weights_of(state):
    return {name: t for name, t in state.items() if not name.endswith("_extra_state")}


def test_an_adapter_trains_alone_and_every_part_of_it_within_three_steps(make_task, data):
    task = make_task(lora_rank=2).train()
    trained = {name: p for name, p in task.named_parameters() if p.requires_grad}
    assert trained
    assert all("lora_" in name for name in trained)
    frozen = {n: p.clone() for n, p in task.named_parameters() if not p.requires_grad}
    optimizer = torch.optim.AdamW(trained.values(), lr=0.01)
    reached = set()
    for _ in range(3):
        optimizer.zero_grad()
        task.shared_step(batch_of(data))[0].backward()
        reached |= {n for n, p in trained.items() if p.grad is not None and p.grad.abs().sum() > 0}
        optimizer.step()
    assert reached == trained.keys()
    assert all(torch.equal(p, frozen[n]) for n, p in task.named_parameters() if n in frozen)


def test_an_adapter_has_few_of_the_parameters(make_task):
    parameters = list(make_task(lora_rank=1).parameters())
    trained = sum(p.numel() for p in parameters if p.requires_grad)
    assert trained < 0.2 * sum(p.numel() for p in parameters)


def test_a_checkpoint_of_an_adapter_holds_only_the_adapter_and_loads_as_it_was(
    make_task, data, tmp_path
):
    task = make_task(lora_rank=2)
    path = fit(task, data, tmp_path)
    state = torch.load(path, weights_only=True)["state_dict"]
    assert weights_of(state)
    assert all("lora_" in name for name in weights_of(state))
    loaded = Text2GlossTask.load_from_checkpoint(path, weights_only=True).eval()
    assert loaded.network.vocabulary == task.network.vocabulary
    found, expected = (each.eval().predict_step(batch_of(data)) for each in (loaded, task))
    assert [row["gloss"] for row in found] == [row["gloss"] for row in expected]
    assert loaded.network.fingerprint == task.network.fingerprint


@pytest.mark.parametrize("half", [[], ["--half"]])
def test_export_makes_a_folder_of_the_adapter_alone(make_task, data, tmp_path, capsys, half):
    task = make_task(lora_rank=2)
    path = fit(task, data, tmp_path)
    assert main(["export", str(path), str(tmp_path / "adapter"), *half]) == 0
    names = {each.name for each in (tmp_path / "adapter").iterdir()}
    vocabulary = {"vocabulary.json", "vocabulary.safetensors"}
    assert names == {"config.json", "model.safetensors", *vocabulary}
    network = load(tmp_path / "adapter")
    assert network.config == task.network.config
    tolerance = 1e-3 if half else 0
    for name, tensor in weights_of(task.network.state_dict()).items():
        torch.testing.assert_close(network.state_dict()[name], tensor, rtol=0, atol=tolerance)


def test_a_resumed_training_begins_with_the_adapter_that_was_saved(make_task, data, tmp_path):
    first, again = make_task(lora_rank=2), make_task(lora_rank=2)
    path = fit(first, data, tmp_path)
    fit(again, data, tmp_path, resumed=path)  # which ends at once: both steps are done
    for name, tensor in weights_of(first.state_dict()).items():
        assert torch.equal(again.state_dict()[name], tensor)


def test_retrieved_examples_reach_the_network(fake_corpora, tiny_text2gloss):
    data = Text2GlossData(str(fake_corpora), (TRAIN,), (DEV,), examples=2)
    data.setup("fit")
    network = Text2GlossConfig(str(tiny_text2gloss), prompt="{text}{examples}", num_examples=2)
    task = Text2GlossTask(network, decoding=DecodingConfig(beams=1, max_tokens=8))
    task.learn_from(data)
    batch = data.collate([data.samples["val"][Draw(place, None)] for place in range(3)])
    without = batch._replace(examples=[()] * 3)
    with torch.no_grad():
        (loss, _), (plain, _) = (task.eval().shared_step(each) for each in (batch, without))
    assert loss != plain
    asked = []
    task.network.put = lambda *words, examples=(): asked.append(examples) or "x"
    task.predict_step(batch)
    assert asked == batch.examples


def test_data_and_network_agree_on_the_number_of_examples(make_task, data):
    task = make_task(num_examples=0)
    data.examples = 2
    with pytest.raises(UsageError, match="puts 2 retrieved pairs beside a sentence, the network"):
        task.learn_from(data)


@pytest.mark.parametrize("rank", [0, 2])
def test_averaged_weights_are_exported_with_the_vocabulary(make_task, data, tmp_path, rank):
    task = make_task(lora_rank=rank)
    task.network.set_vocabulary(GlossVocabulary((), ()))  # which the data gives it, in setup
    path = fit(task, data, tmp_path, steps=3, callbacks=[EMAWeightAveraging(decay=0.5)])
    assert main(["export", str(path), str(tmp_path / "out")]) == 0
    network = load(tmp_path / "out")
    assert network.vocabulary == task.network.vocabulary
    assert len(network.vocabulary) > 10
    for name, tensor in weights_of(task.network.state_dict()).items():  # averaged, after a training
        assert torch.equal(network.state_dict()[name], tensor)
    # And it goes on from there.
    again = make_task(lora_rank=rank)
    fit(again, data, tmp_path, path, steps=4, callbacks=[EMAWeightAveraging(decay=0.5)])
    assert again.network.vocabulary == task.network.vocabulary


def test_r_drop_is_the_plain_loss_where_there_is_no_dropout(make_task, data):
    plain = make_task(dropout=0.0).train().shared_step(batch_of(data))[0]
    twice = make_task(TextLossConfig(r_drop=5.0), dropout=0.0).train()
    torch.testing.assert_close(twice.shared_step(batch_of(data))[0], plain)


def test_r_drop_adds_what_two_dropouts_disagree_on_times_its_weight(make_task, data):
    losses = []
    for weight in (1e-9, 1.0, 2.0):
        task = make_task(TextLossConfig(r_drop=weight), dropout=0.3).train()
        torch.manual_seed(1)
        losses.append(task.shared_step(batch_of(data))[0].item())
    assert losses[1] > losses[0]
    assert losses[2] - losses[1] == pytest.approx(losses[1] - losses[0], rel=0.05)


def test_training_decodes_nothing_and_validation_decodes_freely(make_task, data):
    task = make_task()
    assert task.train().shared_step(batch_of(data))[1] == {}
    with torch.no_grad():
        _, outputs = task.eval().shared_step(batch_of(data))
    assert outputs["targets"] == batch_of(data).targets
    said = {label for text in outputs["predictions"] for label in text.split()}
    assert said <= set(task.network.vocabulary.labels)


def test_the_vocabulary_is_that_of_the_first_training_file_and_stays(make_task, data):
    task = make_task()
    labels = {label for pair in data.training_pairs() for label in pair.gloss}
    assert set(task.network.vocabulary.labels) == labels
    kept = task.network.vocabulary
    task.learn_from(data)
    assert task.network.vocabulary is kept


@pytest.mark.parametrize(
    "wrong", [{"label_smoothing": 1.0}, {"r_drop": -1.0}, {"subword_dropout": 1.5}]
)
def test_an_impossible_loss_is_refused(wrong):
    with pytest.raises(UsageError, match="The loss needs"):
        TextLossConfig(**wrong)


def test_a_teacher_draws_the_network_towards_its_own_answers(
    make_task, data, tiny_text2gloss, tmp_path
):
    torch.manual_seed(5)
    teacher = load(tiny_text2gloss)
    for parameter in teacher.parameters():
        torch.nn.init.normal_(parameter, std=0.4)
    teacher.save_pretrained(tmp_path / "teacher")
    batch = batch_of(data)
    distances = {}
    for share in (0.0, 0.9):
        loss = TextLossConfig(teachers=(str(tmp_path / "teacher"),), teacher_weight=share)
        task = make_task(loss, dropout=0.0).train()
        optimizer = torch.optim.Adam(task.parameters(), lr=0.01)
        for _ in range(30):
            optimizer.zero_grad()
            task.shared_step(batch)[0].backward()
            optimizer.step()
        encoded = task.network.encode(
            [task.network.put("gloss", text) for text in batch.sources], batch.targets
        )
        with torch.no_grad():
            ours, theirs = (
                each.eval().token_logits(encoded)[0].log_softmax(dim=-1)
                for each in (task.network, load(tmp_path / "teacher"))
            )
        distances[share] = float((theirs.exp() * (theirs - ours)).sum(dim=-1).mean())
        assert not any("teacher" in name for name in task.state_dict())
    assert distances[0.9] < 0.5 * distances[0.0]


def test_no_share_of_a_teacher_is_the_plain_loss(make_task, data, tiny_text2gloss):
    loss = TextLossConfig(teachers=(str(tiny_text2gloss),), teacher_weight=0.0)
    taught, plain = (make_task(each, dropout=0.0).train() for each in (loss, PLAIN))
    batch = batch_of(data)
    assert torch.equal(taught.shared_step(batch)[0], plain.shared_step(batch)[0])


def test_a_teacher_with_another_tokenizer_is_refused(make_task, data, fake_corpora, tmp_path):
    from signzoo.models.compact import CompactConfig, make_compact
    from signzoo.models.text2gloss import Text2Gloss

    size = CompactConfig(90, 16, 32, 2, 1, 1)
    texts = [pair.text for pair in data.training_pairs()]
    make_compact(texts, ["phoenix14t"], tmp_path / "base", size)
    other = Text2Gloss(Text2GlossConfig(str(tmp_path / "base")))
    other.set_vocabulary(make_task().network.vocabulary)
    other.save_pretrained(tmp_path / "other")
    task = make_task(TextLossConfig(teachers=(str(tmp_path / "other"),))).train()
    with pytest.raises(UsageError, match="another tokenizer"):
        task.shared_step(batch_of(data))


def test_no_share_of_the_risk_is_the_plain_loss_and_a_small_one_is_near_it(make_task, data):
    batch, plain = batch_of(data), make_task(dropout=0.0).train()
    expected = plain.shared_step(batch)[0].detach()
    task = make_task(TextLossConfig(risk=1e-6, risk_samples=2), dropout=0.0).train()
    torch.testing.assert_close(task.shared_step(batch)[0].detach(), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("rank", [0, 4])
def test_the_risk_alone_makes_sampled_answers_better(make_task, data, rank):
    task = make_task(TextLossConfig(risk=1.0, risk_samples=8), dropout=0.0, lora_rank=rank).train()
    batch = batch_of(data, 2)
    prompts = [task.network.put("gloss", text) for text in batch.sources]

    def mean_reward():
        torch.manual_seed(1)
        return rewards(sample_answers(task.network, prompts, 64), batch.targets).mean().item()

    first = mean_reward()
    trained = [p for p in task.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(trained, lr=0.02)
    for _ in range(40):
        optimizer.zero_grad()
        task.shared_step(batch)[0].backward()
        optimizer.step()
    assert mean_reward() > 1.5 * first
