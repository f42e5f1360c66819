import copy
import hashlib
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from signzoo.errors import SignzooError, UsageError, WeightsError
from signzoo.models.language_model import open_language_model
from signzoo.models.text2gloss import (
    DecodingConfig,
    GlossVocabulary,
    Text2Gloss,
    Text2GlossConfig,
    translation,
)
from signzoo.models.text2gloss.glosser import SignGlosser

TEXTS = [
    "morgen regnet es im norden",
    "heute schneit es",
    "am montag scheint die sonne bei drei grad",
]
GLOSSES = [["MORGEN", "NORD", "REGEN"], ["HEUTE", "SCHNEE"], ["MONTAG", "SONNE", "DREI", "GRAD"]]


@pytest.fixture
def network(tiny_text2gloss):
    return Text2Gloss.from_pretrained(tiny_text2gloss)


def make_adapter(base, seed=1):
    """An adapter with random weights; fresh LoRA changes nothing."""
    network = Text2Gloss(Text2GlossConfig(language_model=str(base), lora_rank=2, lora_alpha=8))
    network.set_vocabulary(GlossVocabulary.from_pairs(TEXTS, GLOSSES, "de"))
    torch.manual_seed(seed)
    for name, parameter in network.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(parameter, std=0.3)
    return network.eval()


def logits_of(network):
    with torch.no_grad():
        prompts = [network.put("gloss", text) for text in TEXTS]
        return network.token_logits(network.encode(prompts, [" ".join(g) for g in GLOSSES]))[0]


def test_it_answers_with_glosses_of_its_vocabulary_only(network):
    for sequence in network.translate(TEXTS, DecodingConfig(beams=3, max_tokens=12)):
        assert set(sequence.glosses) <= set(network.vocabulary.labels)
        assert 0 <= sequence.score <= 1


def test_a_batch_equals_one_at_a_time(network):
    decoding = DecodingConfig(beams=3, max_tokens=12)
    together = network.translate(TEXTS, decoding)
    for text, expected in zip(TEXTS, together, strict=True):
        alone = network.translate([text], decoding)[0]
        assert alone.glosses == expected.glosses
        assert alone.score == pytest.approx(expected.score, abs=1e-4)


def test_padding_leaves_the_logits_unchanged(network):
    prompts = [network.put("gloss", text) for text in TEXTS]
    targets = [" ".join(labels) for labels in GLOSSES]
    with torch.no_grad():
        together = network.token_logits(network.encode(prompts, targets))[0]
        alone = [
            network.token_logits(network.encode([prompt], [target]))[0]
            for prompt, target in zip(prompts, targets, strict=True)
        ]
    torch.testing.assert_close(together, torch.cat(alone), rtol=1e-4, atol=1e-5)


def test_the_n_best_are_sorted_and_begin_with_the_answer(network):
    decoding = DecodingConfig(4, 1.0, n_best=4, minimum_bayes_risk=False, max_tokens=12)
    sequence = network.translate(TEXTS[:1], decoding)[0]
    scores = [score for _, score in sequence.n_best]
    assert len(scores) == 4
    assert scores == sorted(scores, reverse=True)
    assert sequence.n_best[0] == (sequence.glosses, sequence.score)


def test_a_network_beside_itself_thinks_as_it_does_alone(network):
    decoding = DecodingConfig(3, n_best=3, minimum_bayes_risk=False, max_tokens=12)
    alone = network.translate(TEXTS, decoding)
    both = network.translate(TEXTS, decoding, partners=[network])
    for ours, theirs in zip(alone, both, strict=True):
        assert {labels for labels, _ in theirs.n_best} == {labels for labels, _ in ours.n_best}
        assert theirs.score == pytest.approx(max(score for _, score in ours.n_best), abs=1e-4)


def test_what_two_networks_find_likely_is_likelier_than_what_one_does():
    ours = [(("A",), -0.1), (("B",), -0.2)]
    theirs = [(("B",), -0.2), (("C",), -0.2)]
    config = DecodingConfig(beams=2, n_best=2)
    found = translation._choose([ours, theirs], config)
    assert found.glosses == ("B",)
    assert found.n_best[1][0] == ("A",)
    assert found.score == pytest.approx(np.exp(-0.2))
    assert translation._choose([ours], config).glosses == ("A",)


def test_every_network_is_asked_for_room_before_any_searches(network, monkeypatch):
    partner, asked = copy.deepcopy(network), []

    def no_room(each, longest, max_tokens):
        asked.append(each)
        if each is partner:
            raise UsageError("no room")

    monkeypatch.setattr(translation, "check_positions", no_room)
    monkeypatch.setattr(translation, "_search", None)
    with pytest.raises(UsageError, match="no room"):
        network.translate(TEXTS, partners=[partner])
    assert asked == [network, partner]


def test_networks_of_other_signs_do_not_answer_together(network):
    other = copy.deepcopy(network)
    other.set_vocabulary(GlossVocabulary.from_pairs(TEXTS, GLOSSES, "de"))
    with pytest.raises(UsageError, match="same sign vocabulary"):
        network.translate(TEXTS, partners=[other])


def test_a_checkpoint_names_the_networks_that_answer_beside_it(network, tmp_path):
    network.save_pretrained(tmp_path / "partner")
    named = {"partners": [str(tmp_path / "partner")]}
    saved = Text2Gloss.from_pretrained(tmp_path / "partner", changes=named)
    saved.save_pretrained(tmp_path / "saved")
    loaded = Text2Gloss.from_pretrained(tmp_path / "saved")
    assert [each.fingerprint for each in loaded.open_partners()] == [network.fingerprint]
    glosser = SignGlosser.from_pretrained(tmp_path / "saved")
    assert [each.fingerprint for each in glosser.partners] == [network.fingerprint]
    shutil.rmtree(tmp_path / "partner")
    with pytest.raises(SignzooError, match="partner"):
        loaded.open_partners()


class Memory:
    """An index that knows how people glossed one sentence, and nothing else."""

    def __init__(self, text, glossed):
        self.text, self.counts = text, glossed

    def neighbours(self, states, k):
        return np.full((len(states), k), np.inf, np.float32), np.zeros((len(states), k), int)

    def examples(self, texts, k):
        return [[] for _ in texts]

    def glossed(self, text):
        return self.counts if text == self.text else {}


def test_a_sentence_that_stands_in_the_index_is_glossed_as_people_did(network):
    sign, other = network.vocabulary.labels[:2]
    glossed = {(sign,): 2, (other,): 3, ("NO-SIGN-OF-ITS-VOCABULARY",): 5, (): 1}
    config = DecodingConfig(beams=2, n_best=2, max_tokens=12)
    known, unknown = network.translate(TEXTS[:2], config, Memory(TEXTS[0], glossed))
    assert known.n_best == (((other,), 0.6), ((sign,), 0.4))
    assert (known.glosses, known.score, known.by_people) == ((other,), 0.6, True)
    assert unknown.glosses == network.translate(TEXTS[1:2], config)[0].glosses
    assert not unknown.by_people


def test_a_whole_network_loads_as_it_was_saved(network, tmp_path):
    network.save_pretrained(tmp_path / "saved")
    loaded = Text2Gloss.from_pretrained(tmp_path / "saved")
    torch.testing.assert_close(logits_of(loaded), logits_of(network))
    assert loaded.vocabulary == network.vocabulary
    assert loaded.fingerprint == network.fingerprint


def test_a_sentence_is_written_as_the_training_text_is(network):
    text = "Morgen, am 3. Mai: Regen!"
    assert network.put("gloss", text) == f"<gloss>{text}"
    network.config = replace(network.config, transcript=True)
    assert network.put("gloss", text) == "<gloss>Morgen am dritten Mai Regen"
    assert network.put("denoise", text).endswith(text)


def test_an_adapter_is_saved_alone_and_loads_as_it_was(tiny_text2gloss, tmp_path):
    adapter = make_adapter(tiny_text2gloss)
    adapter.save_pretrained(tmp_path / "adapter")
    names = {path.name for path in (tmp_path / "adapter").iterdir()}
    assert names == {"config.json", "model.safetensors", "vocabulary.json"}
    assert all("lora_" in name for name in adapter.state_dict() if "extra_state" not in name)
    loaded = Text2Gloss.from_pretrained(tmp_path / "adapter")
    torch.testing.assert_close(logits_of(loaded), logits_of(adapter))


def test_an_adapter_refuses_another_base(tiny_text2gloss, tmp_path):
    make_adapter(tiny_text2gloss).save_pretrained(tmp_path / "adapter")
    other = Text2Gloss.from_pretrained(tiny_text2gloss)
    with torch.no_grad():
        next(other.language_model.parameters()).add_(1)
    other.save_pretrained(tmp_path / "other")
    path = tmp_path / "adapter" / "config.json"
    content = json.loads(path.read_text())
    content["config"]["language_model"] = str(tmp_path / "other")
    path.write_text(json.dumps(content))
    with pytest.raises(WeightsError, match="belongs to a base with SHA-256"):
        Text2Gloss.from_pretrained(tmp_path / "adapter")


def test_a_merged_adapter_answers_alike_without_lora(tiny_text2gloss, tmp_path):
    adapter = make_adapter(tiny_text2gloss)
    merged = adapter.merge()
    assert not any("lora_" in name for name, _ in merged.named_parameters())
    torch.testing.assert_close(logits_of(merged), logits_of(adapter), rtol=1e-4, atol=1e-4)
    merged.save_pretrained(tmp_path / "merged")
    loaded = Text2Gloss.from_pretrained(tmp_path / "merged")
    torch.testing.assert_close(logits_of(loaded), logits_of(merged))


def test_an_adapter_takes_the_place_of_another(tiny_text2gloss, tmp_path):
    first, second = make_adapter(tiny_text2gloss, 1), make_adapter(tiny_text2gloss, 2)
    second.save_pretrained(tmp_path / "second")
    first.swap_adapter(tmp_path / "second")
    torch.testing.assert_close(logits_of(first), logits_of(second))


def test_a_whole_network_has_no_adapter_to_merge_or_swap(network, tiny_text2gloss):
    with pytest.raises(UsageError, match="no adapter to merge"):
        network.merge()
    with pytest.raises(UsageError, match="equal rank"):
        network.swap_adapter(tiny_text2gloss)


@pytest.mark.parametrize("text", ["", "   ", "!?", "🙂"])
def test_a_text_without_words_is_refused(network, text):
    with pytest.raises(UsageError, match="no words"):
        network.translate([text])


def test_a_text_of_ten_thousand_characters_is_refused(network):
    with pytest.raises(UsageError, match="10000 characters"):
        network.translate(["a" * 10_000])


def test_a_network_without_a_vocabulary_is_refused(tiny_text2gloss):
    with pytest.raises(WeightsError, match="no sign vocabulary"):
        Text2Gloss(Text2GlossConfig(language_model=str(tiny_text2gloss))).translate(["hallo"])


def test_other_files_than_safetensors_are_not_opened(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x02")
    with pytest.raises(WeightsError, match="safetensors"):
        open_language_model(tmp_path)


def test_a_truncated_base_is_refused_in_one_line(tiny_text2gloss, tmp_path):
    folder = tmp_path / "broken"
    shutil.copytree(tiny_text2gloss, folder)
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(WeightsError) as caught:
        Text2Gloss.from_pretrained(folder)
    assert "\n" not in str(caught.value)


def test_a_causal_model_learns_and_says_only_glosses(causal_folder):
    torch.manual_seed(0)
    network = Text2Gloss(
        Text2GlossConfig(language_model=str(causal_folder), prompt="{text}<gloss>")
    )
    network.set_vocabulary(GlossVocabulary.from_pairs(TEXTS, GLOSSES, "de"))
    optimizer = torch.optim.AdamW([p for p in network.parameters() if p.requires_grad], lr=0.01)
    prompts = [network.put("gloss", text) for text in TEXTS]
    losses = []
    for _ in range(60):
        logits, tokens = network.token_logits(
            network.encode(prompts, [" ".join(labels) for labels in GLOSSES])
        )
        losses.append(torch.nn.functional.cross_entropy(logits, tokens))
        losses[-1].backward()
        optimizer.step()
        optimizer.zero_grad()
    assert losses[-1] < 0.5 * losses[0]
    decoding = DecodingConfig(beams=2, max_tokens=8)
    together = network.eval().translate(TEXTS, decoding)
    assert all(set(each.glosses) <= set(network.vocabulary.labels) for each in together)
    alone = [network.translate([text], decoding)[0] for text in TEXTS]
    assert [each.glosses for each in together] == [each.glosses for each in alone]


def test_a_causal_model_takes_an_adapter(causal_folder, tmp_path):
    adapter = make_adapter(causal_folder)
    adapter.save_pretrained(tmp_path / "adapter")
    loaded = Text2Gloss.from_pretrained(tmp_path / "adapter")
    torch.testing.assert_close(logits_of(loaded), logits_of(adapter))
    torch.testing.assert_close(logits_of(adapter.merge()), logits_of(adapter), rtol=1e-4, atol=1e-4)


def test_a_sentence_that_a_causal_model_has_no_room_for_is_refused(causal_folder):
    network = Text2Gloss(Text2GlossConfig(language_model=str(causal_folder), prompt="{text}"))
    network.set_vocabulary(GlossVocabulary.from_pairs(TEXTS, GLOSSES, "de"))
    with pytest.raises(UsageError, match="the 64 that the language model has room for"):
        network.eval().translate(["regen " * 60], DecodingConfig(beams=2, max_tokens=8))


def test_no_sentences_are_no_answers(network):
    assert network.translate([]) == []


@pytest.mark.parametrize(
    "wrong",
    [{"prompt": "{text}{foo}"}, {"text_prompt": "{text} {"}, {"example": "{corpus}{gloss}"}],
)
def test_a_prompt_that_cannot_be_filled_in_is_refused(wrong):
    with pytest.raises(UsageError, match="single braces"):
        Text2GlossConfig(**wrong)


def truncate(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:5000])


def corrupt(folder):
    (folder / "model.safetensors").write_bytes(b"\xff" * 5000)


def take_a_tensor(folder):
    tensors = load_file(folder / "model.safetensors")
    del tensors["model.encoder.layer_norm.weight"]
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})


def lose_the_tokenizer(folder):
    (folder / "tokenizer.json").unlink()


def break_the_tokenizer(folder):
    (folder / "tokenizer.json").write_text('{"version": "1.0"}')


@pytest.mark.parametrize(
    "damage", [truncate, corrupt, take_a_tensor, lose_the_tokenizer, break_the_tokenizer]
)
def test_a_damaged_folder_of_transformers_is_refused_in_one_line(fake_corpora, tmp_path, damage):
    shutil.copytree(fake_corpora / "compact", tmp_path / "damaged")
    damage(tmp_path / "damaged")
    with pytest.raises(WeightsError) as caught:
        open_language_model(tmp_path / "damaged")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "file", ["vocabulary.json", "language_model/config.json", "language_model/tokenizer.json"]
)
def test_an_incomplete_checkpoint_is_refused_in_one_line(tiny_text2gloss, tmp_path, file):
    shutil.copytree(tiny_text2gloss, tmp_path / "damaged")
    (tmp_path / "damaged" / file).unlink()
    with pytest.raises(WeightsError) as caught:
        Text2Gloss.from_pretrained(tmp_path / "damaged")
    assert "\n" not in str(caught.value)


def test_an_adapter_names_its_base_and_its_hash(tiny_text2gloss, tmp_path):
    make_adapter(tiny_text2gloss).save_pretrained(tmp_path / "adapter")
    config = json.loads((tmp_path / "adapter" / "config.json").read_text())["config"]
    weights = (tiny_text2gloss / "model.safetensors").read_bytes()
    assert config["language_model"] == str(tiny_text2gloss)
    assert config["language_model_sha256"] == hashlib.sha256(weights).hexdigest()


def test_an_adapter_of_another_base_is_not_swapped_in(tiny_text2gloss, fake_corpora, tmp_path):
    make_adapter(fake_corpora / "compact").save_pretrained(tmp_path / "other")
    with torch.no_grad():
        changed = Text2Gloss.from_pretrained(tiny_text2gloss)
        next(changed.language_model.parameters()).add_(1)
    changed.save_pretrained(tmp_path / "changed")
    adapter = make_adapter(tmp_path / "changed")
    before = logits_of(adapter)
    with pytest.raises(WeightsError, match="adapter of a base with SHA-256"):
        adapter.swap_adapter(tmp_path / "other")
    assert torch.equal(logits_of(adapter), before)


def test_an_adapter_changes_the_fingerprint(tiny_text2gloss):
    prints = {make_adapter(tiny_text2gloss, seed).fingerprint for seed in (1, 2, 2)}
    assert len(prints) == 2


def test_answers_begin_where_transformers_itself_begins_them(network):
    prompts = [network.put("gloss", text) for text in TEXTS]
    encoded = network.encode(prompts, [" ".join(labels) for labels in GLOSSES])
    with torch.no_grad():
        expected = network.language_model(**encoded).logits[encoded["labels"] != -100]
    torch.testing.assert_close(logits_of(network), expected)
    assert network.start_token == network.language_model.config.decoder_start_token_id
