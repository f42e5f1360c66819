"""The published weights, on a signer whom they have not seen."""

import json

import numpy as np
import pytest

from signzoo.avatar.render import check_egl
from signzoo.cli.main import main
from signzoo.data.videos import find_videos, read_signing
from signzoo.errors import MissingPackageError
from signzoo.models.motion_autoencoder import MotionAutoencoder, PerturbationConfig
from signzoo.models.motion_autoencoder.network import FPS
from signzoo.models.motion_autoencoder.reconstruction import reconstruct


@pytest.fixture(scope="module")
def network() -> MotionAutoencoder:
    return MotionAutoencoder.from_pretrained("motion-autoencoder-tiny-synth")


@pytest.fixture(scope="module")
def signing(tmp_path_factory, network):
    """An avatar of the unseen ones signs two invented signs."""
    try:
        check_egl()
    except MissingPackageError as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp("signing")
    row = {"id": "a", "text": "x y", "gloss": ["WETTER", "BERG"]}
    (folder / "rows.jsonl").write_text(json.dumps(row) + "\n")
    command = ["data", "synthesize", f"--manifest={folder / 'rows.jsonl'}", "--signers=unseen:1"]
    command += ["--split=test", "--size=112", "--seed=3", "--tight", f"--out={folder / 'out'}"]
    assert main(command) == 0
    return read_signing(find_videos(folder / "out")[0], network.config.size, FPS)


def test_what_moves_comes_back(network, signing):
    """Beats the mean of every 16 frames, which shows all that stands still."""
    result = reconstruct(network, signing, PerturbationConfig(kinds=()), seed=0)
    original, restored = result.original / 255.0, result.restored / 255.0
    windows = np.array_split(original, range(16, len(original), 16))
    still = np.concatenate([window - window.mean(axis=0) for window in windows])
    assert np.square(restored - original).mean() < 0.5 * np.square(still).mean()


def test_perturbed_motion_is_restored_in_part(network, signing):
    result = reconstruct(network, signing, PerturbationConfig(shuffle_size=4), seed=0)
    perturbed, restored = result.errors(fast=True)
    assert restored < 0.6 * perturbed
