import json

import pytest

from signzoo.data.sentences import read_sentences
from signzoo.errors import ManifestError, UsageError


def test_a_synthetic_corpus_is_recognised_and_keeps_what_is_signed_when(fake_corpora):
    first, *_ = found = read_sentences(fake_corpora / "synthetic")
    assert [each.gloss for each in found] == [
        ("NORD", "REGEN"),
        ("WIND",),
        ("SONNE", "NORD", "WIND"),
    ]
    assert first.text == "Regen im Norden"
    assert [span.label for span in first.spans] == ["NORD", "REGEN"]
    pose = first.pose()
    assert 0 < first.spans[0].start < first.spans[0].end < first.spans[1].start < pose.seconds


def test_only_the_rows_of_the_split_are_listed(fake_corpora):
    assert len(read_sentences(fake_corpora / "synthetic", "train")) == 3
    with pytest.raises(ManifestError, match="no sentences in its split 'test'"):
        read_sentences(fake_corpora / "synthetic", "test")


def test_a_folder_that_no_reader_knows_says_what_a_folder_of_ones_own_needs(tmp_path):
    with pytest.raises(ManifestError, match=r"manifest\.jsonl with id, text, and video or pose"):
        read_sentences(tmp_path)
    with pytest.raises(ManifestError, match="There is no corpus"):
        read_sentences(tmp_path / "nowhere")


def test_an_unknown_reader_is_refused_by_name(fake_corpora):
    with pytest.raises(UsageError, match=r"called 'nothing'; there are: .*synthetic"):
        read_sentences(fake_corpora / "synthetic", corpus="nothing")


def test_a_row_that_shows_nothing_or_means_nothing_is_an_error(tmp_path):
    manifest = tmp_path / "manifest.jsonl"
    manifest.write_text(json.dumps({"id": "a", "text": "regen"}))
    with pytest.raises(ManifestError, match="row 1 names neither a video nor a pose"):
        read_sentences(tmp_path)
    (tmp_path / "a.mp4").touch()
    manifest.write_text(json.dumps({"id": "a", "video": "a.mp4"}))
    with pytest.raises(ManifestError, match="row 1 has no field 'text'"):
        read_sentences(tmp_path)
