import dataclasses
import json
from pathlib import Path

import pytest
import torch
import yaml
from transformers import MBartConfig, MBartForConditionalGeneration

from signzoo.errors import ManifestError, UsageError, WeightsError
from signzoo.models.language_model import LanguageModel, open_tokenizer
from signzoo.models.motion_autoencoder import MotionAutoencoderConfig
from signzoo.models.signmst_c import SignMSTC, SignMSTCConfig, TextDecodingConfig
from signzoo.models.signmst_c.familiarity import Familiarity
from signzoo.models.signmst_c.landmarks import HEAD, LEFT_HAND, RIGHT_HAND, landmark_features
from signzoo.models.signmst_c.losses import feature_divergence
from signzoo.models.signmst_c.signing import make_batch


def reached(network, loss) -> set[str]:
    """The parts of a network that a loss trains."""
    network.zero_grad()
    loss.backward(retain_graph=True)
    return {
        name.split(".")[0]
        for name, parameter in network.named_parameters()
        if parameter.grad is not None and parameter.grad.abs().sum() > 0
    }


VIDEO = {"video_projection", "video_transformer"}
LANDMARKS = {"landmark_convolutions", "landmark_transformer"}


def test_each_divergence_reaches_the_branches_that_it_names(network, clip):
    encoded = network.encode(make_batch([clip(24), clip(17, 1)], 6))
    both = encoded.has_both
    eq7 = feature_divergence(encoded.video, encoded.fused.detach(), both)
    eq8 = feature_divergence(encoded.landmark_branch, encoded.video_branch, both)
    eq9 = feature_divergence(encoded.landmarks, encoded.video, both)
    again = network.encode(make_batch([clip(24), clip(17, 1)], 6))
    assert reached(network, eq7) == {"video_projection"}
    assert reached(network, eq8) == VIDEO | LANDMARKS
    assert reached(network, eq9) == {"video_projection", "landmark_convolutions"}
    assert reached(network, again.fused.sum()) >= VIDEO | LANDMARKS | {"fusion", "join"}


def test_either_modality_alone_is_translated_and_the_other_is_not_looked_at(network, clip):
    whole = clip(20)
    alone = dataclasses.replace(whole, features=None)
    noise = make_batch([whole], 6)._replace(has_video=torch.tensor([False]))
    torch.testing.assert_close(
        network.encode(make_batch([alone], 6)).fused, network.encode(noise).fused
    )
    seen = network.encode(make_batch([whole], 6)).fused
    assert not torch.allclose(seen, network.encode(noise).fused, atol=1e-3)
    video = network.translate([dataclasses.replace(whole, landmarks=None)])
    assert len(video) == 1


def test_neighbours_in_a_batch_change_nothing_at_1e_5(network, clip):
    clips = [
        clip(40),
        clip(9, 1),
        clip(1, 2),
        clip(23, 3, video=False),
        clip(8, 4, landmarks=False),
    ]
    together = network.encode(make_batch(clips, 6))
    for i, each in enumerate(clips):
        alone = network.encode(make_batch([each], 6))
        moments = int(alone.valid.sum())
        torch.testing.assert_close(
            together.fused[i, :moments], alone.fused[0], rtol=1e-5, atol=1e-5
        )


def test_a_clip_of_one_frame_is_one_moment(network, clip):
    encoded = network.encode(make_batch([clip(1)], 6))
    assert encoded.fused.shape == (1, 1, 16)
    assert torch.isfinite(encoded.fused).all()
    assert network.translate([clip(1)])[0][0].score > 0


def test_features_of_another_rate_meet_the_landmarks_on_their_time_base(clip):
    whole = clip(24)
    slower = dataclasses.replace(whole, features=whole.features[:5])  # rounding cost a moment
    assert make_batch([slower], 6).features.shape == (1, 6, 6)
    with pytest.raises(ManifestError, match="belong to different videos"):
        make_batch([dataclasses.replace(whole, features=whole.features[:2])], 6)


def test_the_best_of_several_texts_comes_first_and_alone_gives_the_same(network, clip):
    clips = [clip(30), clip(12, 1)]
    best = network.translate(clips, TextDecodingConfig(beams=4, n_best=3, max_tokens=6))
    assert [len(each) for each in best] == [3, 3]
    for each, one in zip(best, clips, strict=True):
        alone = network.translate([one], TextDecodingConfig(beams=4, n_best=3, max_tokens=6))[0]
        assert [t.text for t in alone] == [t.text for t in each]
        assert [t.score for t in alone] == pytest.approx([t.score for t in each], abs=1e-5)


def test_every_word_has_a_time_within_the_clip(network, clip):
    spans = network.word_spans([clip(30)], ["regen im norden"])[0]
    assert " ".join(span.word for span in spans) == "regen im norden"
    assert all(0 <= span.start < span.end <= 8 * 4 / 25 for span in spans)


def test_a_token_head_says_when_each_word_is_meant(config, clip):
    torch.manual_seed(0)
    alone = dataclasses.replace(config, num_glosses=0, branches=("landmarks",), token_head=True)
    network = SignMSTC(alone).eval()
    encoded = network.encode_clips([clip(32), clip(20, 1)])
    meanings = network.token_meanings(encoded)
    torch.testing.assert_close(meanings.sum(dim=-1), encoded.valid.float())
    with torch.no_grad():  # the fifth moment means "regen", and no other
        network.token_head.weight.zero_()
        token = int(network.label_tokens(["regen"])[0, 0])
        network.token_head.weight[token] = 50 * torch.linalg.pinv(encoded.landmarks[0])[:, 4]
    regen = network.word_spans(encoded, ["regen", "regen"])[0][0]
    seen, still = [], network.encode_clips([clip(32)]).landmarks[0, 4]
    for frame in range(32):  # which frames change what the fifth moment is?
        moved = clip(32)
        moved.landmarks[frame, 20] += 1
        found = network.encode_clips([moved]).landmarks[0, 4]
        if not torch.allclose(found, still, atol=1e-6):
            seen.append(frame)
    middle = (seen[0] + seen[-1] + 1) / 2 / 25
    # A velocity belongs to half a frame before.
    assert (regen.start + regen.end) / 2 == pytest.approx(middle, abs=0.5 / 25 + 1e-6)
    assert regen.end - regen.start == pytest.approx(4 / 25)


@torch.inference_mode()
def test_what_a_clip_does_not_have_means_nothing(config, clip):
    torch.manual_seed(0)
    network = SignMSTC(dataclasses.replace(config, token_head=True)).eval()
    both, alone = (network.encode_clips([clip(20, video=video)]) for video in (True, False))
    expected = network.token_head(alone.landmarks).softmax(dim=-1)
    torch.testing.assert_close(network.token_meanings(alone), expected)
    video = network.token_head(both.video).softmax(dim=-1)
    torch.testing.assert_close(network.token_meanings(both), (expected + video) / 2)


def test_what_the_token_head_saw_is_written(config, clip):
    torch.manual_seed(0)
    alone = dataclasses.replace(config, num_glosses=0, branches=("landmarks",), token_head=True)
    network = SignMSTC(alone).eval()
    token = int(network.label_tokens(["regen"])[0, 0])
    with torch.no_grad():
        network.usual_tokens.fill_(1 / len(network.usual_tokens))
        network.token_head.weight.zero_()
        network.token_head.bias.zero_()[token] = 20.0  # it sees nothing but "regen"
    word = network.tokenizer.decode([token])
    seen = TextDecodingConfig(beams=2, max_tokens=4, presence=10.0)
    assert set(network.translate([clip(20)], seen)[0][0].text.split()) == {word}
    unseen = network.translate([clip(20)], dataclasses.replace(seen, presence=0.0))
    assert set(unseen[0][0].text.split()) != {word}
    with pytest.raises(UsageError, match="counts 0 or more"):
        TextDecodingConfig(presence=-1)


def test_what_is_like_the_training_clips_is_familiar_and_noise_is_not(network, clip):
    with pytest.raises(WeightsError, match="does not know what is familiar"):
        network.how_familiar([clip(20)])
    with torch.inference_mode():
        from signzoo.models.signmst_c.familiarity import clip_means

        means = clip_means(network.encode(make_batch([clip(20, i) for i in range(40)], 6)))
    network.familiarity.learn(means[:20], means[20:])
    known = network.how_familiar([clip(20, 100 + i) for i in range(20)])
    far = dataclasses.replace(clip(20), landmarks=5 * torch.ones(20, 67, 3))
    assert sum(each >= 0.05 for each in known) >= 15
    assert network.how_familiar([far]) < [0.01]


def test_at_most_one_of_twenty_held_out_clips_is_unfamiliar():
    torch.manual_seed(0)
    held_out = torch.randn(519, 8)
    familiarity = Familiarity(8)
    familiarity.learn(torch.randn(500, 8), held_out)
    known = familiarity(held_out)
    assert 0.04 < (known < 0.05).float().mean() <= 0.05
    assert (known.min(), known.max()) == (pytest.approx(0.005), 1)
    assert familiarity(torch.full((1, 8), 9.0)) == 0


def test_what_is_encoded_once_answers_as_the_clips_do(network, clip):
    clips = [clip(40), clip(17, 1)]
    network.familiarity.learn(torch.randn(50, 16), torch.randn(50, 16))
    encoded = network.encode_clips(clips)
    assert network.encode_clips(encoded) is encoded
    found = network.translate(encoded)
    texts = [best[0].text for best in found]
    assert found == network.translate(clips)
    assert network.word_spans(encoded, texts) == network.word_spans(clips, texts)
    assert network.how_familiar(encoded) == network.how_familiar(clips)


def test_a_command_teaches_a_checkpoint_from_parts_of_a_corpus(
    network, fake_corpora, tmp_path, monkeypatch
):
    from signzoo.models.signmst_c import familiarity

    alone = dataclasses.replace(network.config, branches=("landmarks",), output="gloss")
    SignMSTC(alone).eval().save_pretrained(tmp_path / "saved")
    corpus, out = str(fake_corpora / "wlasl124"), str(tmp_path / "taught")
    words = [str(tmp_path / "saved"), "--train", f"{corpus}:train", "--held-out", corpus]
    monkeypatch.setattr("sys.argv", ["familiarity", *words, "--out", out])
    familiarity.main()
    whole = SignMSTC.from_pretrained(out)
    monkeypatch.setattr("sys.argv", ["familiarity", *words, "--out", f"{out}-half", "--half"])
    familiarity.main()
    half = SignMSTC.from_pretrained(f"{out}-half")
    for key, tensor in whole.state_dict().items():  # of float32, too, once it is read
        if tensor.is_floating_point():
            torch.testing.assert_close(half.state_dict()[key], tensor, atol=1e-3, rtol=1e-3)
    assert whole.familiarity.is_known
    assert half.familiarity.is_known
    words[-1] = f"{corpus}:test"  # of which there is none
    monkeypatch.setattr("sys.argv", ["familiarity", *words, "--out", out])
    with pytest.raises(SystemExit, match="no sentences in its split 'test'"):
        familiarity.main()


def test_a_checkpoint_keeps_glosses_and_familiarity(network, clip, tmp_path):
    network.glosses = ("REGEN", "WIND")
    network.familiarity.learn(torch.randn(9, 16), torch.randn(9, 16))
    network.save_pretrained(tmp_path / "saved")
    loaded = SignMSTC.from_pretrained(tmp_path / "saved")
    assert loaded.glosses == network.glosses
    assert loaded.how_familiar([clip(20)]) == network.how_familiar([clip(20)])
    assert loaded.gloss_targets([["WIND", "SNOW", "REGEN"]])[0].tolist() == [2, 1]


def test_a_checkpoint_with_another_tokenizer_is_refused(network, tmp_path):
    network.save_pretrained(tmp_path / "saved")
    path = tmp_path / "saved" / "language_model" / "config.json"
    values = json.loads(path.read_text())
    path.write_text(json.dumps({**values, "vocab_size": values["vocab_size"] + 5}))
    with pytest.raises(WeightsError, match="does not fit SignMSTC"):
        SignMSTC.from_pretrained(tmp_path / "saved")


def test_another_video_encoder_is_refused(config):
    changed = dataclasses.replace(config, video_encoder_sha256="0" * 64, num_features=512)
    with pytest.raises(WeightsError, match="Give it its own encoder"):
        SignMSTC(changed).open_video_encoder()
    with pytest.raises(WeightsError, match="gives 512 features for 4 frames; this network takes 6"):
        SignMSTC(config).open_video_encoder()


@pytest.mark.parametrize(
    "wrong", [{"branches": ()}, {"branches": ("sound",)}, {"heads": 3}, {"output": "speech"}]
)
def test_an_impossible_network_is_refused(config, wrong):
    with pytest.raises(UsageError):
        dataclasses.replace(config, **wrong)


def test_a_decoder_alone_is_no_language_model_for_it(config, causal_folder):
    with pytest.raises(UsageError, match="needs an encoder-decoder"):
        SignMSTC(dataclasses.replace(config, language_model=str(causal_folder)))


def test_landmarks_that_are_missing_have_no_place_and_no_speed():
    landmarks = torch.rand(1, 3, 67, 3)
    landmarks[0, 1] = 0
    features = landmark_features(landmarks)
    places, velocity = features[..., : 2 * 67], features[..., 3 * 67 :]
    assert (places[0, 1] == 0).all()
    assert (velocity[0, 1:] == 0).all()


def test_the_papers_size_is_built_on_the_meta_device(fake_corpora):
    """ResNet18-3D at full width end to end, and a decoder of the size of mBART."""
    path = Path(__file__).parents[3] / "configs" / "signmst_c" / "base.yaml"
    values = yaml.safe_load(path.read_text("utf-8"))["model"]["network"]
    tokenizer = open_tokenizer(fake_corpora / "compact")
    with torch.device("meta"):
        decoder = MBartForConditionalGeneration(MBartConfig(vocab_size=250_027))
        language_model = LanguageModel(decoder, tokenizer, "")
        network = SignMSTC(SignMSTCConfig(**values), language_model, MotionAutoencoderConfig())
    count = sum(parameter.numel() for parameter in network.parameters())
    video = sum(parameter.numel() for parameter in network.video_encoder.parameters())
    assert network.video_encoder.num_features == network.config.num_features
    assert 33e6 < video < 34e6
    assert 500e6 < count < 800e6


def test_a_network_of_tracks_looks_at_nothing_else(config, clip):
    torch.manual_seed(0)
    network = SignMSTC(
        dataclasses.replace(config, branches=("landmarks",), only_tracks=True)
    ).eval()
    whole = clip(20)
    tracks = torch.zeros_like(whole.landmarks)
    seen = [HEAD, LEFT_HAND, RIGHT_HAND]
    tracks[:, seen] = whole.landmarks[:, seen]
    found, other = (
        network.encode_clips([dataclasses.replace(whole, landmarks=each)]).fused
        for each in (whole.landmarks, tracks)
    )
    torch.testing.assert_close(found, other)
    moved = dataclasses.replace(whole, landmarks=torch.rand_like(tracks))
    assert not torch.allclose(found, network.encode_clips([moved]).fused)
