"""SignMST-C: video and landmarks to text."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor, nn
from typing_extensions import Self

from signzoo._files import write_text
from signzoo.errors import UsageError, WeightsError
from signzoo.hub.checkpoint import Pretrained, make_config
from signzoo.hub.tensors import json_tensor, read_json_tensor, weights_hash
from signzoo.models.language_model import (
    LANGUAGE_MODEL,
    LanguageModel,
    make_language_model,
    open_language_model,
    without_encoder,
    write_language_model,
)
from signzoo.models.layers import valid_frames
from signzoo.models.motion_autoencoder.network import MotionAutoencoder, MotionAutoencoderConfig
from signzoo.models.signmst_c.branches import (
    FeatureProjection,
    LandmarkConvolutions,
    MomentTransformer,
)
from signzoo.models.signmst_c.decoding import (
    TextDecodingConfig,
    TextHypothesis,
    WordSpan,
    decode,
    word_spans,
)
from signzoo.models.signmst_c.familiarity import Familiarity, clip_means
from signzoo.models.signmst_c.landmarks import only_seen, only_tracks, without_face
from signzoo.models.signmst_c.signing import STRIDE, Signing, SigningBatch, make_batch

VIDEO_ENCODER = "video_encoder.json"
GLOSSES = "glosses.json"
BRANCHES = ("video", "landmarks")


@dataclass(frozen=True)
class SignMSTCConfig:
    """Which branches there are, their size, and what decodes the text."""

    branches: tuple[str, ...] = BRANCHES
    """What is looked at: video, landmarks, or both."""
    video_encoder: str = "motion-autoencoder-tiny-synth"
    """The motion autoencoder whose features the video branch begins with: a name of `signzoo
    models`, hf://owner/repo, or a folder."""
    video_encoder_sha256: str = ""
    """SHA-256 of its weights, by which other features are refused; filled in."""
    end_to_end: bool = False
    """Whether the video encoder is part of the network and trains with it; otherwise it is frozen,
    and its features can be kept on disk."""
    num_features: int = 512
    """Features of a moment that the video encoder gives."""
    face: bool = True
    """Whether the landmarks of brows, eyes and lips are looked at; off where the training data has
    none."""
    only_tracks: bool = False
    """Whether nothing but the nose and the places of both hands is looked at; on where the training
    data has no more."""
    graded: bool = True
    """Whether it counts how sure the estimator is of a landmark; off where the training data only
    says whether it was seen."""
    language_model: str = ""
    """Whose decoder writes the text: an encoder-decoder of transformers by name in the catalogue,
    hf://owner/repo, or folder. A checkpoint holds its own and leaves this empty."""
    language: str = "de"
    """Written language, a BCP 47 code."""
    signed_language: str = "gsg"
    """Signed language, an ISO 639-3 code."""
    output: str = "text"
    """What is written: text, or gloss."""
    width: int = 256
    """Channels of every moment."""
    inner_width: int = 512
    """Of each transformer layer's feed-forward block."""
    heads: int = 4
    """Attention heads."""
    branch_layers: int = 2
    """Layers of each branch's own transformer (P_VT and P_LT of Eq. 8)."""
    fusion_layers: int = 2
    """Layers of the transformer over both (P_T of Eq. 7)."""
    dropout: float = 0.2
    """Share of activations that training leaves out, in the decoder too."""
    num_glosses: int = 0
    """Glosses that the CTC head tells apart; 0 is no such head, which is gloss-free."""
    token_head: bool = False
    """Whether a head says which tokens of the text a moment means; the presence loss trains it."""

    def __post_init__(self) -> None:
        if not self.branches or set(self.branches) - set(BRANCHES):
            raise UsageError(f"The branches are video, landmarks or both; got {self.branches}.")
        if self.output not in ("text", "gloss"):
            raise UsageError(f"The output is text or gloss; got {self.output!r}.")
        sizes = (self.num_features, self.width, self.inner_width, self.heads)
        layers = (self.branch_layers, self.fusion_layers, self.num_glosses + 1)
        if min(*sizes, *layers) < 1 or self.width % self.heads or not 0 <= self.dropout < 1:
            raise UsageError(
                "SignMST-C needs positive sizes, a width that its heads divide, and dropout "
                f"between 0 and 1; got {self}."
            )


class Encoded(NamedTuple):
    """What SignMST-C makes of a batch before it writes: S moments of four frames.

    Attributes:
        video: The video's features after the first projection, ``(B, S, W)`` (P_3D).
        landmarks: The landmarks' after the convolutions, ``(B, S, W)``.
        video_branch: The video's after their own transformer, ``(B, S, W)`` (P_VT).
        landmark_branch: The landmarks' after theirs, ``(B, S, W)`` (P_LT).
        fused: Both together, ``(B, S, W)`` (P_T).
        valid: The moments that are no padding, bool ``(B, S)``.
        has_video: Whether each clip has video, bool ``(B,)``.
        has_landmarks: Whether each clip has landmarks, bool ``(B,)``.
    """

    video: Tensor
    landmarks: Tensor
    video_branch: Tensor
    landmark_branch: Tensor
    fused: Tensor
    valid: Tensor
    has_video: Tensor
    has_landmarks: Tensor

    @property
    def has_both(self) -> Tensor:
        """The moments at which both modalities are there, bool ``(B, S)``."""
        return self.valid & (self.has_video & self.has_landmarks)[:, None]


class SignMSTC(Pretrained):
    """Translates signing, seen as video and as landmarks.

    Reference: Li et al., "Beyond Words: AuralLLM and SignMST-C for Precise Sign Language Production
    and Bidirectional Accessibility", section "Multimodal Module for SLT".

    Both modalities are brought to moments of four frames at 25 a second. Each goes through a
    transformer of its own; their outputs are concatenated and fused by self-attention. A modality
    that a clip does not have is replaced by a learnt vector, so that one network translates video,
    landmarks, or both.

    Args:
        config: Which branches there are, and their size.
        language_model: Whose decoder writes; opened by the config by default.
        video_encoder: Config of a video encoder that trains with the network.

    Attributes:
        language_model: The model of transformers without its encoder.
        tokenizer: Its tokenizer.
        glosses: What the CTC head's outputs mean; empty until training or a checkpoint sets it.
        usual_tokens: The share of each token in the training texts, ``(V,)``, where there is a
            token head; 0 until training or a checkpoint sets it.
    """

    component: ClassVar[str] = "signmst_c"
    config_class: ClassVar[type[Any]] = SignMSTCConfig
    files: ClassVar[tuple[str, ...]] = (LANGUAGE_MODEL, VIDEO_ENCODER, GLOSSES)
    config: SignMSTCConfig
    usual_tokens: Tensor

    def __init__(
        self,
        config: SignMSTCConfig,
        language_model: LanguageModel | None = None,
        video_encoder: MotionAutoencoderConfig | None = None,
    ) -> None:
        super().__init__()
        self.config = config
        opened = language_model or open_language_model(config.language_model, config.dropout, True)
        if not opened.model.config.is_encoder_decoder:
            raise UsageError(
                f"{config.language_model or 'The language model'} has no decoder that looks at an "
                "encoder; SignMST-C needs an encoder-decoder such as mBART or mT5."
            )
        opened.model.set_attn_implementation("eager")  # the one that says what it looked at
        self.tokenizer: Any = opened.tokenizer
        self.language_model: Any = without_encoder(opened.model).train()
        self.glosses: tuple[str, ...] = ()
        width = config.width
        size = (width, config.inner_width, config.heads)
        if self.sees_video:
            self.video_projection = FeatureProjection(config.num_features, width, config.dropout)
            self.video_transformer = MomentTransformer(*size, config.branch_layers, config.dropout)
        if self.sees_landmarks:
            self.landmark_convolutions = LandmarkConvolutions(width, config.dropout)
            self.landmark_transformer = MomentTransformer(
                *size, config.branch_layers, config.dropout
            )
        if len(config.branches) > 1:  # what stands where a clip has the other alone
            self.no_video = nn.Parameter(torch.randn(width) * 0.02)
            self.no_landmarks = nn.Parameter(torch.randn(width) * 0.02)
        self.join = nn.Linear(len(config.branches) * width, width)
        self.fusion = MomentTransformer(*size, config.fusion_layers, config.dropout)
        self.memory = nn.Linear(width, self.language_model.config.hidden_size)
        if config.num_glosses:
            self.gloss_head = nn.Linear(width, config.num_glosses + 1)
        if config.token_head:
            self.token_head = nn.Linear(width, self.language_model.config.vocab_size)
            self.register_buffer("usual_tokens", torch.zeros(self.token_head.out_features))
        self.familiarity = Familiarity(width)
        self._frozen_encoder: MotionAutoencoder | None = None
        if config.end_to_end and self.sees_video:
            own = video_encoder or self.open_video_encoder().config
            self.video_encoder = MotionAutoencoder(own)
            del self.video_encoder.decoder
            if video_encoder is None:
                found = self.open_video_encoder().state_dict()
                self.video_encoder.load_state_dict(
                    {key: found[key] for key in self.video_encoder.state_dict()}
                )

    @classmethod
    def build(cls, config: Any, folder: Path) -> Self:
        """Make the network of a checkpoint folder, without its tensors."""
        video = None
        if (folder / VIDEO_ENCODER).is_file():
            video = make_config(MotionAutoencoderConfig, _read_json(folder / VIDEO_ENCODER, dict))
        network = cls(config, make_language_model(folder, config.dropout), video)
        network.glosses = read_glosses(folder)
        return network

    def write_files(self, folder: Path) -> None:
        """Write what :meth:`build` reads beside the config and the tensors."""
        whole = LanguageModel(self.language_model, self.tokenizer, "")
        write_language_model(whole, folder / LANGUAGE_MODEL)
        if self.glosses:
            write_text(folder / GLOSSES, json.dumps(self.glosses, ensure_ascii=False) + "\n")
        if hasattr(self, "video_encoder"):
            values = asdict(self.video_encoder.config)
            write_text(folder / VIDEO_ENCODER, json.dumps(values, indent=2) + "\n")

    def saved_config(self) -> dict[str, Any]:
        """The fields of the config as a checkpoint holds them."""
        return {**asdict(self.config), "language_model": ""}

    def get_extra_state(self) -> Tensor:
        """The glosses, for a Lightning checkpoint: JSON in bytes, which is plain data."""
        return json_tensor([self.config.video_encoder_sha256, *self.glosses])

    def set_extra_state(self, state: Tensor) -> None:
        """Read what :meth:`get_extra_state` wrote."""
        sha256, *glosses = read_json_tensor(state)
        self.glosses = tuple(glosses)
        self.config = replace(self.config, video_encoder_sha256=sha256)

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return self.join.weight.device

    @property
    def sees_video(self) -> bool:
        """Whether it has a video branch."""
        return "video" in self.config.branches

    @property
    def sees_landmarks(self) -> bool:
        """Whether it has a landmark branch."""
        return "landmarks" in self.config.branches

    def open_video_encoder(self) -> MotionAutoencoder:
        """Open the encoder whose frozen features the video branch takes.

        Raises:
            WeightsError: Its weights are not those that the network was trained with, or its
                features are of another size or rate.
        """
        if self._frozen_encoder is None:
            name = self.config.video_encoder
            encoder = MotionAutoencoder.from_pretrained(name, self.device).requires_grad_(False)
            found, expected = weights_hash(encoder), self.config.video_encoder_sha256
            if expected not in ("", found):
                raise WeightsError(
                    f"This network was trained on features of a video encoder with SHA-256 "
                    f"{expected[:12]}…, but {name} has {found[:12]}…. Give it its own encoder."
                )
            sizes = (encoder.num_features, encoder.config.temporal_stride)
            if sizes != (self.config.num_features, STRIDE):
                raise WeightsError(
                    f"{name} gives {sizes[0]} features for {sizes[1]} frames; this network takes "
                    f"{self.config.num_features} for {STRIDE}."
                )
            self.config = replace(self.config, video_encoder_sha256=found)
            # Not as an attribute of a module, which would make it part of the network.
            object.__setattr__(self, "_frozen_encoder", encoder)
        assert self._frozen_encoder is not None
        return self._frozen_encoder

    def own_encoder(self) -> MotionAutoencoder:
        """The video encoder: the one that trained with the network, or the frozen one."""
        trained: MotionAutoencoder | None = getattr(self, "video_encoder", None)
        return trained if trained is not None else self.open_video_encoder()

    def encode(self, batch: SigningBatch) -> Encoded:
        """Make moments of a batch."""
        count = -(-batch.landmarks.shape[1] // STRIDE)
        valid = valid_frames(-(-batch.lengths // STRIDE), count)
        seen, absent = [], torch.zeros(*valid.shape, self.config.width, device=valid.device)
        video, video_branch, landmarks, landmark_branch = absent, absent, absent, absent
        if self.sees_video:
            shown = valid & batch.has_video[:, None]
            video = self.video_projection(self._features(batch, count), shown)
            # A clip without video is looked at as if it had none of its moments left out, since
            # attention to nothing at all is undefined; what comes out is replaced.
            video_branch = self.video_transformer(video, valid)
            seen.append(self._or_else(video_branch, shown, "no_video"))
        if self.sees_landmarks:
            shown = valid & batch.has_landmarks[:, None]
            landmarks = self.landmark_convolutions(self._looked_at(batch), batch.lengths)
            landmark_branch = self.landmark_transformer(landmarks, valid)
            seen.append(self._or_else(landmark_branch, shown, "no_landmarks"))
        fused = self.fusion(self.join(torch.cat(seen, dim=-1)), valid)
        has = (batch.has_video, batch.has_landmarks)
        return Encoded(video, landmarks, video_branch, landmark_branch, fused, valid, *has)

    def _looked_at(self, batch: SigningBatch) -> Tensor:
        """The landmarks without what this network does not look at."""
        landmarks = batch.landmarks
        landmarks = landmarks if self.config.face else without_face(landmarks)
        landmarks = only_tracks(landmarks) if self.config.only_tracks else landmarks
        return landmarks if self.config.graded else only_seen(landmarks)

    def _or_else(self, branch: Tensor, shown: Tensor, absent: str) -> Tensor:
        """What a branch found, or a learnt vector where a clip does not have its modality."""
        if len(self.config.branches) == 1:
            return branch
        return torch.where(shown[..., None], branch, getattr(self, absent))

    def _features(self, batch: SigningBatch, count: int) -> Tensor:
        """The video's features ``(B, count, D)``."""
        features = batch.features
        if hasattr(self, "video_encoder") and batch.frames.ndim > 2:
            pictures = batch.frames.float() / 255
            features, _ = self.video_encoder.encode(pictures, batch.lengths)
        features = features[:, :count]
        return nn.functional.pad(features, (0, 0, 0, count - features.shape[1]))

    def token_logits(self, encoded: Encoded, labels: Tensor, attentions: bool = False) -> Any:
        """Run the decoder over known texts.

        Args:
            encoded: What :meth:`encode` made of B clips.
            labels: Tokens ``(B, L)``, -100 after their end.
            attentions: Whether to tell where each token looked.

        Returns:
            The output of transformers, with ``logits`` ``(B, L, V)`` and, if asked for,
            ``cross_attentions`` of each layer, ``(B, H, L, S)``.
        """
        start = torch.full_like(labels[:, :1], self.start_token)
        shifted = torch.cat([start, labels[:, :-1]], dim=1)
        return self.language_model(
            encoder_outputs=self.encoder_outputs(encoded),
            attention_mask=encoded.valid.long(),
            decoder_input_ids=shifted.masked_fill(shifted == -100, self.tokenizer.pad_token_id),
            output_attentions=attentions,
            use_cache=False,
        )

    def encoder_outputs(self, encoded: Encoded) -> Any:
        """What the decoder looks at."""
        from transformers.modeling_outputs import BaseModelOutput

        return BaseModelOutput(last_hidden_state=self.memory(encoded.fused))

    def label_tokens(self, texts: Sequence[str]) -> Tensor:
        """The tokens of texts, each with its end, ``(B, L)``, -100 after it."""
        end = self.tokenizer.eos_token_id
        tokens = [
            torch.tensor([*row, end])
            for row in self.tokenizer(list(texts), add_special_tokens=False)["input_ids"]
        ]
        padded = nn.utils.rnn.pad_sequence(tokens, batch_first=True, padding_value=-100)
        return padded.to(self.device)

    @property
    def start_token(self) -> int:
        """The token that a text begins from."""
        start = getattr(self.language_model.config, "decoder_start_token_id", None)
        return int(self.tokenizer.pad_token_id if start is None else start)

    def gloss_targets(self, glosses: Sequence[Sequence[str]]) -> list[Tensor]:
        """The CTC head's outputs for glosses; 0 is its blank, unknown glosses are left out."""
        number = {label: i for i, label in enumerate(self.glosses, 1)}
        return [
            torch.tensor([number[g] for g in row if g in number], dtype=torch.long)
            for row in glosses
        ]

    def glimpses(self, encoded: Encoded) -> list[tuple[Tensor, Tensor]]:
        """What each branch's convolutions saw, which know no more than half a second.

        Args:
            encoded: What :meth:`encode` made of B clips.

        Returns:
            For each branch its features ``(B, S, W)``, and where there is anything to see, bool
            ``(B, S)``.
        """
        seen = {
            "video": (encoded.video, encoded.has_video),
            "landmarks": (encoded.landmarks, encoded.has_landmarks),
        }
        branches = (seen[branch] for branch in self.config.branches)
        return [(features, encoded.valid & has[:, None]) for features, has in branches]

    @torch.inference_mode()
    def token_meanings(self, encoded: Encoded) -> Tensor:
        """What the token head says of each moment by itself.

        Args:
            encoded: What :meth:`encode` made of B clips.

        Returns:
            How likely it means each token, ``(B, S, V)``: the mean of the branches that see
            anything, 0 where none does.
        """
        features, shown = zip(*self.glimpses(encoded), strict=True)
        meanings = self.token_head(torch.stack(features)).float().softmax(dim=-1)  # (K, B, S, V)
        counted = torch.stack(shown).float()
        total = (meanings * counted[..., None]).sum(dim=0)
        return total / counted.sum(dim=0).clamp(min=1)[..., None]

    @torch.inference_mode()
    def translate(
        self,
        signings: "Sequence[Signing] | SigningBatch | Encoded",
        decoding: TextDecodingConfig | None = None,
    ) -> list[list[TextHypothesis]]:
        """Translate clips.

        Args:
            signings: N clips, a batch of them, or what :meth:`encode_clips` made of them.
            decoding: How the text is searched for.

        Returns:
            For each clip its n best texts, the best first.
        """
        if isinstance(signings, Sequence) and not len(signings):
            return []
        return decode(self, self.encode_clips(signings), decoding or TextDecodingConfig())

    @torch.inference_mode()
    def word_spans(
        self, signings: "Sequence[Signing] | SigningBatch | Encoded", texts: Sequence[str]
    ) -> list[tuple[WordSpan, ...]]:
        """When each word of the clips' texts was signed; see :func:`decoding.word_spans`.

        Args:
            signings: N clips, a batch of them, or what :meth:`encode_clips` made of them.
            texts: What each means.
        """
        return word_spans(self, self.encode_clips(signings), texts)

    @torch.inference_mode()
    def how_familiar(self, signings: "Sequence[Signing] | SigningBatch | Encoded") -> list[float]:
        """How much clips are like what the network was trained on, each from 0 to 1.

        See :class:`~signzoo.models.signmst_c.familiarity.Familiarity`.

        Args:
            signings: N clips, a batch of them, or what :meth:`encode_clips` made of them.

        Raises:
            WeightsError: The checkpoint does not know what it was trained on.
        """
        if not self.familiarity.is_known:
            raise WeightsError(
                "This network does not know what is familiar to it; "
                "python -m signzoo.models.signmst_c.familiarity teaches it."
            )
        means = clip_means(self.encode_clips(signings))
        return [float(each) for each in self.familiarity(means)]

    @torch.inference_mode()
    def encode_clips(self, signings: "Sequence[Signing] | SigningBatch | Encoded") -> Encoded:
        """Encode clips once for all that is asked about them.

        Args:
            signings: N clips, or a batch of them; what is encoded already stays as it is.

        Returns:
            What :meth:`translate`, :meth:`word_spans` and :meth:`how_familiar` take.
        """
        if isinstance(signings, Encoded):
            return signings
        if not isinstance(signings, SigningBatch):
            signings = make_batch(signings, self.config.num_features)
        return self.encode(signings.to(self.device))


def read_glosses(folder: Path) -> tuple[str, ...]:
    """What the CTC head's outputs mean in a checkpoint; empty where there is none.

    Raises:
        WeightsError: The file is damaged.
    """
    if not (folder / GLOSSES).is_file():
        return ()
    return tuple(map(str, _read_json(folder / GLOSSES, list)))


def _read_json(path: Path, kind: type[Any]) -> Any:
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise WeightsError(f"{path} cannot be read: {error}.") from error
    if not isinstance(content, kind):
        raise WeightsError(f"{path} does not hold what SignMST-C wrote there.")
    return content
