from dataclasses import replace

import pytest
import torch

from signzoo.errors import UsageError
from signzoo.models.signmst_c import SignMSTC, TextDecodingConfig, decoding


@pytest.fixture
def clips(clip):
    return [clip(40, seed) for seed in range(3)]


def test_the_text_of_least_risk_is_one_of_the_beams_and_comes_first(network, clips, monkeypatch):
    given = []

    def last(answers, scores, temperature):
        given.append((answers, scores, temperature))
        return len(answers) - 1

    likeliest = TextDecodingConfig(4, n_best=4, minimum_bayes_risk=False, max_tokens=6)
    ranked = network.translate(clips, likeliest)
    monkeypatch.setattr(decoding, "best_answer", last)
    found = network.translate(clips, TextDecodingConfig(4, n_best=2, max_tokens=6))
    for best, beams, (answers, scores, temperature) in zip(found, ranked, given, strict=True):
        assert [each.text for each in best] == [beams[3].text, beams[0].text]
        assert answers == [each.text.split() for each in beams]
        assert temperature == 1.0
        # What decides is the search's own score; without a token head, that of the decoder.
        torch.testing.assert_close(
            torch.tensor(scores).exp(),
            torch.tensor([each.score for each in beams]),
            rtol=1e-3,
            atol=1e-6,
        )


@pytest.mark.parametrize("penalty", [1.0, 3.0])
def test_what_decides_is_a_mean_whatever_the_length_penalty(network, clips, monkeypatch, penalty):
    seen = []
    monkeypatch.setattr(decoding, "best_answer", lambda _, scores, __: seen.append(scores) or 0)
    config = TextDecodingConfig(4, penalty, n_best=4, max_tokens=6)
    found = network.translate(clips, config)
    for scores, best in zip(seen, found, strict=True):
        means = torch.tensor([each.score for each in best]).log()
        torch.testing.assert_close(torch.tensor(scores), means, rtol=1e-3, atol=1e-4)


def test_glosses_and_a_single_beam_are_not_chosen_by_risk(config, network, clips, monkeypatch):
    monkeypatch.setattr(decoding, "best_answer", None)
    network.translate(clips, TextDecodingConfig(1, max_tokens=6))
    writes_glosses = SignMSTC(replace(config, output="gloss")).eval()
    assert writes_glosses.translate(clips, TextDecodingConfig(max_tokens=6))


def test_impossible_settings_are_refused():
    for wrong in ({"beams": 0}, {"beams": 3, "n_best": 4}, {"n_best": 0}):
        with pytest.raises(UsageError, match="no more n_best"):
            TextDecodingConfig(**wrong)
    with pytest.raises(UsageError, match="temperature"):
        TextDecodingConfig(risk_temperature=0.0)


def test_a_word_is_signed_where_neighbouring_moments_agree():
    looked = torch.tensor([0.6, 0.0, 0.0, 0.4, 0.5, 0.5, 0.4, 0.0])
    assert decoding._around_peak(looked) == (4, 6)
    assert decoding._around_peak(torch.tensor([0.2])) == (0, 1)
