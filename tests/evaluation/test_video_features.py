import json

import numpy as np
import pytest

from signzoo.cli.main import main
from signzoo.data.videos import find_videos
from signzoo.evaluation.video_features import (
    clip_features,
    landmark_features,
    random_network,
    video_store,
)
from signzoo.models.motion_autoencoder import MotionAutoencoder, MotionAutoencoderConfig

TINY = MotionAutoencoderConfig(width=4, size=32, bottleneck=4, decoder_width=8)


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("SIGNZOO_HOME", str(tmp_path / "home"))


def test_each_clip_becomes_one_vector_whatever_its_length(fake_corpora):
    network = random_network(MotionAutoencoder(TINY), seed=1)
    sources = find_videos(fake_corpora / "videos")
    vectors = clip_features(network, sources, video_store(network), progress=False)
    assert vectors.shape == (5, 4 * 16)
    assert np.isfinite(vectors).all()
    again = clip_features(network, sources[2:3], video_store(network), progress=False)
    np.testing.assert_allclose(again[0], vectors[2], rtol=1e-5)


def test_landmarks_are_a_vector_too_and_missing_ones_are_nowhere(fake_corpora):
    store = video_store(MotionAutoencoder(TINY))
    sources = find_videos(fake_corpora / "videos")
    store.fill(sources)
    vectors = landmark_features(sources, store)
    video = store.open(sources[1])
    assert vectors.shape == (5, 8 * video.points.shape[1] * 2)
    assert np.isfinite(vectors).all()
    first = vectors[1].reshape(8, -1, 2)[0]
    seen = video.confidence[0] > 0
    np.testing.assert_allclose(first[seen], video.points[0][seen] / 32, rtol=1e-6)
    assert not first[~seen].any()


def test_the_command_sets_each_network_beside_random_weights(fake_corpora, tmp_path, capsys):
    random_network(MotionAutoencoder(TINY), seed=1).save_pretrained(tmp_path / "network")
    corpus = tmp_path / "signs"
    _two_signs(fake_corpora / "videos", corpus)
    command = ["evaluate", "video-features", str(corpus), str(corpus), "--samples=20"]
    command += [f"--model={tmp_path / 'network'}", f"--out={tmp_path / 'out'}"]
    assert main(command) == 0
    shown = capsys.readouterr().out
    assert "random weights" in shown
    assert "landmarks" in shown
    assert "most frequent sign" in shown
    assert "Signers in both: s0, s1" in shown
    scores = json.loads((tmp_path / "out" / "scores.json").read_text())
    assert scores["facts"]["glosses"] == 2
    named = (tmp_path / "out" / "named.jsonl").read_text().splitlines()
    assert json.loads(named[0])["gloss"] in ("A", "B")


def test_clips_without_a_sign_are_an_error(fake_corpora, tmp_path, capsys):
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "a.mp4").write_bytes((fake_corpora / "videos" / "0.mp4").read_bytes())
    command = ["evaluate", "video-features", str(tmp_path / "plain"), str(tmp_path / "plain")]
    assert main([*command, "--model=x"]) == 2
    assert "gloss" in capsys.readouterr().err


def _two_signs(source, target) -> None:
    """The generated videos with signs and signers such that each signer has each sign."""
    target.mkdir()
    for path in source.iterdir():
        (target / path.name).write_bytes(path.read_bytes())
    rows = [json.loads(line) for line in (source / "manifest.jsonl").read_text().splitlines()][:4]
    for index, row in enumerate(rows):
        row |= {"gloss": ["AB"[index // 2]], "signer": f"s{index % 2}"}
    (target / "manifest.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
