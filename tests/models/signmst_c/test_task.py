import dataclasses
import json
import logging
import shutil

import pytest
import torch

from signzoo.data.datamodule import Draw
from signzoo.errors import UsageError, WeightsError
from signzoo.models.language_model import open_language_model
from signzoo.models.signmst_c import SignedSentenceData, SignLossConfig, SignMSTC
from signzoo.models.signmst_c.data import SentenceSource
from signzoo.models.signmst_c.signing import make_batch
from signzoo.models.signmst_c.task import SignMSTCTask, initialise


@pytest.fixture
def task(config):
    torch.manual_seed(0)
    return SignMSTCTask(config)


def test_training_begins_with_the_weights_that_fit_and_says_which_do_not(
    config, network, tmp_path, caplog
):
    network.glosses = ("A", "B", "C")
    network.save_pretrained(tmp_path / "saved")
    torch.manual_seed(1)
    wider = dataclasses.replace(config, branches=("landmarks",))
    with caplog.at_level(logging.WARNING):
        begun = SignMSTCTask(wider, initial=str(tmp_path / "saved")).network
    assert "but new: join." in caplog.text
    key = "landmark_convolutions.embed.weight"
    assert torch.equal(begun.state_dict()[key], network.state_dict()[key])
    assert begun.glosses == ("A", "B", "C")


@pytest.fixture
def saved(network, tmp_path):
    """A checkpoint whose decoder is another one than that of the config."""
    with torch.no_grad():
        for parameter in network.language_model.parameters():
            parameter.add_(0.5)
    network.save_pretrained(tmp_path / "saved")
    return tmp_path / "saved"


def decoder(network):
    return {k: v for k, v in network.state_dict().items() if k.startswith("language_model.")}


def test_tokens_that_mean_others_begin_anew(config, network, saved, tmp_path, caplog):
    own = SignMSTCTask(config, initial=str(saved)).network
    torch.testing.assert_close(decoder(own), decoder(network))
    assert "tokenizer" not in caplog.text

    made = tmp_path / "made"
    shutil.copytree(config.language_model, made)
    tokenizer = json.loads((made / "tokenizer.json").read_text("utf-8"))
    vocabulary = tokenizer["model"]["vocab"]
    first, second = [word for word in vocabulary if word.isalpha()][:2]
    vocabulary[first], vocabulary[second] = vocabulary[second], vocabulary[first]
    (made / "tokenizer.json").write_text(json.dumps(tokenizer), "utf-8")
    other = dataclasses.replace(config, language_model=str(made))
    with caplog.at_level(logging.WARNING):
        begun = SignMSTCTask(other, initial=str(saved)).network
    assert "their embeddings begin anew; --model.network.language_model" in caplog.text
    fresh, taken = decoder(SignMSTC(other)), decoder(network)
    of_tokens = {key for key in fresh if "embed_tokens" in key or "shared" in key or "head" in key}
    assert of_tokens
    for key, tensor in decoder(begun).items():
        torch.testing.assert_close(tensor, (fresh if key in of_tokens else taken)[key])


def test_a_checkpoint_is_a_decoder_with_its_tokenizer(config, network, saved):
    own = SignMSTC(dataclasses.replace(config, language_model=str(saved)))
    torch.testing.assert_close(decoder(own), decoder(network))
    assert own.tokenizer.get_vocab() == network.tokenizer.get_vocab()
    with pytest.raises(WeightsError, match="does not fit its language model"):
        open_language_model(saved)  # it has no encoder


def test_weights_of_which_none_fits_are_refused(config, tmp_path):
    from signzoo.models.rest_detector import RestDetector, RestDetectorConfig

    RestDetector(RestDetectorConfig()).save_pretrained(tmp_path / "other")
    with pytest.raises(WeightsError, match="holds a 'rest_detector'"):
        SignMSTCTask(config, initial=str(tmp_path / "other"))
    task = SignMSTCTask(dataclasses.replace(config, num_glosses=0))
    with pytest.raises(UsageError, match="nowhere"):
        initialise(task.network, str(tmp_path / "nowhere"))


def test_ctc_needs_a_head(config):
    with pytest.raises(UsageError, match="num_glosses above 0"):
        SignMSTCTask(dataclasses.replace(config, num_glosses=0), loss=SignLossConfig(ctc=1.0))


def test_presence_needs_a_head(config):
    with pytest.raises(UsageError, match="token_head true"):
        SignMSTCTask(config, loss=SignLossConfig(presence=1.0))


def test_presence_asks_the_convolutions_of_both_branches_for_the_tokens(config, clip):
    torch.manual_seed(0)
    with_head = dataclasses.replace(config, token_head=True)
    task = SignMSTCTask(with_head, loss=SignLossConfig(presence=1.0))
    network = task.network
    clips = [clip(12, 0, video=False), clip(9, 1)]
    batch = make_batch(clips, 6, ["a", "b"], ["REGEN SONNE", "WIND"], [(), ()])
    encoded = network.encode(batch)
    task._presence(encoded, network.label_tokens(batch.texts)).backward()
    reached = {name for name, each in network.named_parameters() if each.grad is not None}
    assert {name.split(".")[0] for name in reached} == {
        "token_head",
        "landmark_convolutions",
        "video_projection",
    }


def test_usual_tokens_are_those_of_the_training_texts_and_are_saved(config, fake_corpora, tmp_path):
    data = SignedSentenceData(
        str(fake_corpora), (SentenceSource("synthetic"),), video_encoder="", output="gloss"
    )
    data.samples["train"] = data.read("train")
    task = SignMSTCTask(dataclasses.replace(config, token_head=True, output="gloss"))
    task.learn_from(data)
    network = task.network
    tokens = network.label_tokens(data.samples["train"].texts)
    said = set(tokens.flatten().tolist()) - {-100, network.tokenizer.eos_token_id}
    assert network.usual_tokens.sum() == pytest.approx(1)
    assert set(network.usual_tokens.nonzero().flatten().tolist()) == said
    network.save_pretrained(tmp_path / "saved")
    loaded = SignMSTC.from_pretrained(str(tmp_path / "saved"))
    assert torch.equal(loaded.usual_tokens, network.usual_tokens)


def test_data_and_network_must_agree_on_what_is_written(task, fake_corpora):
    data = SignedSentenceData(
        str(fake_corpora), (SentenceSource("synthetic"),), video_encoder="", output="gloss"
    )
    with pytest.raises(UsageError, match=r"--data.output is 'gloss' and --model.network.output"):
        task.learn_from(data)


def test_the_network_learns_what_the_training_clips_mean(config, fake_corpora):
    """Three clips are told apart by their landmarks alone."""
    data = SignedSentenceData(
        str(fake_corpora), (SentenceSource("synthetic"),), video_encoder="", output="gloss"
    )
    data.samples["train"] = data.read("train")
    alone = dataclasses.replace(
        config, branches=("landmarks",), output="gloss", num_glosses=0, width=64, inner_width=64
    )
    torch.manual_seed(0)
    task = SignMSTCTask(alone, loss=SignLossConfig(label_smoothing=0.0))
    batch = data.collate([data.samples["train"][Draw(i, None)] for i in range(3)])
    task.train()
    optimizer = torch.optim.AdamW(task.parameters(), lr=2e-3)
    for _ in range(300):
        optimizer.zero_grad()
        loss, _ = task.shared_step(batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(task.parameters(), 1.0)
        optimizer.step()
    task.eval()
    rows = task.predict_step(batch)
    assert [row["prediction"].upper() for row in rows] == batch.texts
