"""Tiny generated signers and the folders of real data that some tests use when they are there."""

import os
import runpy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from signzoo.structures import Pose, Skeleton

os.environ["SIGNZOO_OFFLINE"] = "1"  # no test reaches beyond this machine

HOLISTIC = Skeleton.named("mediapipe-holistic")
# Where the anchors of a generated signer stand in a 640×480 picture: 100 pixels shoulder width.
_STANDING = {"left_shoulder": (370, 200), "right_shoulder": (270, 200)}
_STANDING |= {"left_elbow": (390, 290), "right_elbow": (250, 290)}


def make_signer(
    right_hand: np.ndarray, fps: float = 25.0, left_hand: np.ndarray | None = None
) -> Pose:
    """A signer whose wrists follow the given pixels, ``(T, 2)``; no left path, no left hand."""
    frames = len(right_hand)
    points = np.zeros((frames, len(HOLISTIC.landmarks), 3), np.float32)
    confidence = np.zeros(points.shape[:2], np.float32)
    face = HOLISTIC.part("face")
    circle = np.linspace(0, 2 * np.pi, face.stop - face.start)
    points[:, face, 0], points[:, face, 1] = 320 + 30 * np.cos(circle), 120 + 40 * np.sin(circle)
    confidence[:, face] = 1
    for anchor, place in _STANDING.items():
        points[:, HOLISTIC.anchor(anchor), :2] = place
        confidence[:, HOLISTIC.anchor(anchor)] = 0.9
    fingers = np.stack([np.arange(21) % 5 * 4, -(np.arange(21) // 5) * 8], axis=1)
    for side, path in (("right", right_hand), ("left", left_hand)):
        if path is not None:
            points[:, HOLISTIC.anchor(f"{side}_wrist"), :2] = path[:, None]
            points[:, HOLISTIC.part(f"{side}_hand"), :2] = path[:, None] + fingers
            confidence[:, HOLISTIC.anchor(f"{side}_wrist")] = 0.8
            confidence[:, HOLISTIC.part(f"{side}_hand")] = 1
    return Pose(points, confidence, fps, HOLISTIC, "pixel", (640, 480))


@pytest.fixture
def signer() -> Callable[..., Pose]:
    """The function that makes a signer; see :func:`make_signer`."""
    return make_signer


@pytest.fixture
def waving() -> Pose:
    """Two seconds of a right hand that waves before the chest."""
    time = np.arange(50) / 25
    path = np.stack([280 + 30 * np.sin(2 * np.pi * time), 220 + 20 * np.cos(np.pi * time)], axis=1)
    return make_signer(path)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The project's real corpora, beside the checkout."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("needs the real corpora in ../shared/data")
    return folder


@pytest.fixture(scope="session")
def fake_corpora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every corpus that tests/data/fakes can generate, in its own format."""
    folder = tmp_path_factory.mktemp("corpora")
    for script in (Path(__file__).parent / "data" / "fakes").glob("*.py"):
        runpy.run_path(str(script))["write"](folder / script.stem)
    return folder


@pytest.fixture(scope="session")
def tiny_text2gloss(fake_corpora: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved text-to-gloss network with random weights, over the fake PHOENIX-2014T."""
    from signzoo.data.pairs import read_pairs
    from signzoo.models.text2gloss.network import Text2Gloss, Text2GlossConfig
    from signzoo.models.text2gloss.vocabulary import GlossVocabulary

    pairs = read_pairs(fake_corpora / "phoenix14t" / "train.jsonl")
    texts, glosses = [pair.text for pair in pairs], [pair.gloss for pair in pairs]
    folder = tmp_path_factory.mktemp("text2gloss")
    base = str(fake_corpora / "compact")
    network = Text2Gloss(Text2GlossConfig(language_model=base, prompt="<gloss>{text}{examples}"))
    network.set_vocabulary(GlossVocabulary.from_pairs(texts, glosses, "de"))
    network.eval().save_pretrained(folder / "network")
    return folder / "network"
