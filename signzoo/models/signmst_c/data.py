"""Feeds SignMST-C: signed sentences as landmarks and features, with their texts and glosses."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from typing_extensions import Self

from signzoo.data.datamodule import Draw, LoaderConfig, SignDataModule, Subset
from signzoo.data.sentences import SignedSentence, open_signing_video, read_sentences
from signzoo.data.videos import cut_signing
from signzoo.errors import ManifestError, NoSignerError, UsageError
from signzoo.models.motion_autoencoder.network import MotionAutoencoder
from signzoo.models.signmst_c.augmentation import SigningAugmentationConfig, augment
from signzoo.models.signmst_c.features import (
    FeatureStore,
    read_features,
    sentence_pose,
)
from signzoo.models.signmst_c.landmarks import FPS, signing_landmarks
from signzoo.models.signmst_c.network import SignMSTCConfig
from signzoo.models.signmst_c.recombination import Recombination
from signzoo.models.signmst_c.signing import (
    Signing,
    SigningBatch,
    make_batch,
    moments,
    stretch,
)
from signzoo.transforms.pose import resample


@dataclass(frozen=True)
class SentenceSource:
    """A corpus, or some of it."""

    path: str
    """The corpus's folder, relative to the data folder."""
    split: str = ""
    """train, dev or test; all that there is by default."""
    corpus: str | None = None
    """Name of the reader; by default the one that recognises the folder."""
    groups: tuple[str, ...] = ()
    """Only these signers or sessions; all by default."""
    without: tuple[str, ...] = ()
    """All but these signers or sessions."""
    ids: str = ""
    """Only the sentences whose ids stand in this text file, a line each."""
    fps: float = 0.0
    """Frames a second of landmarks that are looked at, as a slow camera has; all by default. Video
    is left out."""


class SignedSample(NamedTuple):
    """One clip of signing with what it means."""

    id: str
    signing: Signing
    text: str
    gloss: tuple[str, ...]


class SignedSamples:
    """Signed sentences, their landmarks in memory and their features on disk.

    Args:
        sentences: The sentences.
        store: Keeps the video's features; ``None`` leaves video out.
        output: Which text is asked for: ``"text"`` or ``"gloss"``.
        augmentation: How training clips are varied; ``None`` leaves them as they are.
        frames: Size of the pictures for a network with an encoder of its own; 0 is none.
        landmarks: Whether landmarks are wanted.
    """

    def __init__(
        self,
        sentences: Sequence[SignedSentence],
        store: FeatureStore | None,
        output: str,
        augmentation: SigningAugmentationConfig | None,
        frames: int = 0,
        landmarks: bool = True,
    ) -> None:
        self.sentences = list(sentences)
        self.augmentation = augmentation
        self.frames = frames
        self.uses_landmarks = landmarks
        self.texts = [_text(each, output) for each in self.sentences]
        self.landmarks, self.features = _read_signing(self.sentences, store)
        self.recombination = self._recombination(output)
        longest = augmentation.longest if augmentation is not None else int
        lengths = [len(each) for each in self.landmarks]
        if self.recombination:
            lengths = [self.recombination.longest] * len(lengths)
        self.lengths = [longest(each) for each in lengths]

    def __getitem__(self, draw: Draw) -> SignedSample:
        """Make one sample; its draw's seed decides how it is varied."""
        sentence = self.sentences[draw.sample]
        landmarks = self.landmarks[draw.sample].astype(np.float32)
        path = self.features[draw.sample]
        features = read_features(path) if path is not None else None
        frames = self._pictures(sentence) if self.frames and sentence.video else None
        text, gloss = self.texts[draw.sample], sentence.gloss
        if draw.seed is not None and self.augmentation is not None and frames is None:
            rng = np.random.default_rng(draw.seed)
            if self.recombination and rng.random() < self.augmentation.recombine:
                found, gloss = self.recombination.draw(draw.sample, rng)
                landmarks, text = found.astype(np.float32), " ".join(gloss)
            landmarks = augment(landmarks, self.augmentation, rng, features is None)
            if features is not None:
                features = stretch(features, moments(len(landmarks)))
        signing = Signing(
            torch.from_numpy(landmarks) if self.uses_landmarks else None, features, frames
        )
        return SignedSample(sentence.id, signing, text, gloss)

    def _recombination(self, output: str) -> Recombination | None:
        """What puts clips together anew, if it is asked for.

        Raises:
            UsageError: The corpus does not say when each sign is signed, or video or another text
                than glosses is asked for.
        """
        if self.augmentation is None or not self.augmentation.recombine:
            return None
        unknown = [each.id for each in self.sentences if not each.spans]
        if unknown or output != "gloss" or any(self.features) or self.frames:
            raise UsageError(
                "augmentation.recombine puts landmarks of signs together: it needs data.output "
                "gloss, no video, and a corpus that says when each sign is signed"
                + (f", which {unknown[0]} does not." if unknown else ".")
            )
        return Recombination(self.landmarks, [each.spans for each in self.sentences])

    def _pictures(self, sentence: SignedSentence) -> Tensor:
        clip, pose = open_signing_video(sentence), sentence_pose(sentence)
        cut = cut_signing(clip, pose, self.frames, FPS, sentence.id)
        return torch.from_numpy(np.array(cut.frames)).permute(0, 3, 1, 2)


def _text(sentence: SignedSentence, output: str) -> str:
    text = sentence.text if output == "text" else " ".join(sentence.gloss)
    if not text.strip():
        raise ManifestError(
            f"{sentence.id} has no {output}, which the network is to write; remove it, or set "
            "--data.output to what the corpus has."
        )
    return text


def _slowed(sentence: SignedSentence, fps: float) -> SignedSentence:
    """A sentence of which so many frames a second are seen."""
    return replace(
        sentence, pose=lambda: resample(sentence_pose(sentence), fps), video=None, fps=0.0
    )


def _read_signing(
    sentences: Sequence[SignedSentence], store: FeatureStore | None
) -> tuple[list[np.ndarray], list[Path | None]]:
    """Read each sentence's landmarks, and make the features of its video that are not kept yet.

    Returns:
        Landmarks ``(T, V, 3)`` float16, which is a thousandth of a width, and the file of the
        features; ``None`` without a video or a store.
    """
    from tqdm import tqdm

    landmarks: list[np.ndarray] = []
    features: list[Path | None] = []
    for sentence in tqdm(sentences, "landmarks and features", leave=False, disable=None):
        try:
            pose = sentence_pose(sentence)
        except NoSignerError as error:
            raise ManifestError(f"{sentence.id}: {error}") from error
        if not len(pose):
            raise ManifestError(f"{sentence.id} has no frames.")
        landmarks.append(signing_landmarks(pose).astype(np.float16))
        shown = store if sentence.video is not None else None
        features.append(shown.keep(sentence, pose) if shown is not None else None)
    return landmarks, features


def _read_ids(path: str) -> set[str]:
    """The ids in a text file, a line each."""
    try:
        with open(path, encoding="utf-8") as file:
            return {line.strip() for line in file if line.strip()}
    except (OSError, UnicodeDecodeError) as error:
        raise ManifestError(f"{path} cannot be read as a list of ids: {error}.") from error


class SignedSentenceData(SignDataModule):
    """Signed sentences of any corpora that :func:`signzoo.data.sentences.read_sentences` reads.

    Args:
        folder: The folder of corpora; by default what the variable ``SIGNZOO_DATA`` says.
        train: Corpora to train on.
        val: Corpora to choose by.
        test: Corpora to score; by default those of ``val``.
        video_encoder: The motion autoencoder whose features the video branch takes, as the network
            names it; empty leaves video out.
        end_to_end: Give the network the pictures instead of features.
        landmarks: Give the network landmarks; video is cut by them either way.
        output: Which text is asked for: text or gloss.
        augmentation: How training clips are varied.
        loader: How batches are made and loaded.
    """

    def __init__(
        self,
        folder: str | None = None,
        train: tuple[SentenceSource, ...] = (),
        val: tuple[SentenceSource, ...] = (),
        test: tuple[SentenceSource, ...] = (),
        video_encoder: str = "motion-autoencoder-tiny-synth",
        end_to_end: bool = False,
        landmarks: bool = True,
        output: str = "text",
        augmentation: SigningAugmentationConfig = SigningAugmentationConfig(),  # noqa: B008 - frozen
        loader: LoaderConfig = LoaderConfig(),  # noqa: B008 - frozen
    ) -> None:
        super().__init__(folder, loader)
        if not video_encoder and not landmarks:
            raise UsageError("Without landmarks and a video encoder there is nothing to look at.")
        self.sources = {"train": train, "val": val, "test": test or val, "predict": test or val}
        self.video_encoder = video_encoder
        self.end_to_end = end_to_end
        self.landmarks = landmarks
        self.output = output
        self.augmentation = augmentation
        self._store: FeatureStore | None = None

    @classmethod
    def of(
        cls,
        config: SignMSTCConfig,
        train: tuple[SentenceSource, ...] = (),
        val: tuple[SentenceSource, ...] = (),
    ) -> Self:
        """What a network looks at, of sources with absolute paths, as they are."""
        return cls(
            "/",
            train,
            val,
            video_encoder=config.video_encoder if "video" in config.branches else "",
            landmarks="landmarks" in config.branches,
            output=config.output,
            augmentation=SigningAugmentationConfig.none(),
        )

    @property
    def store(self) -> FeatureStore | None:
        """Keeps the features of the video encoder; ``None`` without one."""
        if self._store is None and self.video_encoder:
            self._store = FeatureStore(MotionAutoencoder.from_pretrained(self.video_encoder))
        return self._store

    def read(self, subset: Subset) -> SignedSamples:
        """Read the sentences of one subset."""
        sentences = [each for source in self.sources[subset] for each in self._sentences(source)]
        varied = self.augmentation if subset == "train" else None
        store = self.store if any(each.video for each in sentences) else None
        if self.end_to_end and store is not None:
            size = store.encoder.config.size
            return SignedSamples(sentences, None, self.output, varied, size, self.landmarks)
        return SignedSamples(sentences, store, self.output, varied, 0, self.landmarks)

    def _sentences(self, source: SentenceSource) -> list[SignedSentence]:
        path = os.path.join(self.data_folder, source.path)
        found = read_sentences(path, source.split, source.corpus)
        if source.groups:
            found = [each for each in found if each.group in source.groups]
        found = [each for each in found if each.group not in source.without]
        if source.ids:
            wanted = _read_ids(os.path.join(self.data_folder, source.ids))
            found = [each for each in found if each.id in wanted]
        return [_slowed(each, source.fps) for each in found] if source.fps else found

    def collate(self, samples: list[SignedSample]) -> SigningBatch:
        """Make a batch of some samples."""
        ids, signings, texts, glosses = zip(*samples, strict=True)
        num_features = self.store.encoder.num_features if self.store is not None else 1
        return make_batch(signings, num_features, ids, texts, glosses)
