"""The rest detector: a small temporal convolution over the positions of head and hands."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from signzoo.errors import UsageError
from signzoo.hub.checkpoint import Pretrained
from signzoo.models.layers import valid_frames
from signzoo.models.rest_detector.spans import hysteresis
from signzoo.models.rest_detector.track import FPS, hand_track
from signzoo.structures import Pose

# Per hand: x, y from the head, dx, dy, speed, confidence; and the head's dx, dy, confidence.
_NUM_FEATURES = 2 * 6 + 3
# A frame's step at 25 fps is a few hundredths of a shoulder width: bring it near 1.
_STEP_SCALE = 10.0


@dataclass(frozen=True)
class RestDetectorConfig:
    """Size of the network."""

    width: int = 48
    """Channels of every layer."""
    num_blocks: int = 5
    """Convolutions, each looking twice as far as the one before."""
    kernel_size: int = 5
    """Frames that a convolution joins, an odd number."""
    dropout: float = 0.2
    """Share of channels that training leaves out in each block."""

    def __post_init__(self) -> None:
        sizes = (self.width, self.num_blocks, self.kernel_size)
        if min(sizes) < 1 or self.kernel_size % 2 == 0 or not 0 <= self.dropout < 1:
            raise UsageError(
                "The rest detector needs positive sizes, an odd kernel_size, and dropout from 0 to "
                f"below 1; got {self}."
            )


class RestDetector(Pretrained):
    """Says how likely someone is signing in each frame.

    It sees where the hands are, relative to the head and in shoulder widths, how fast they move and
    how surely they were seen. Dilated convolutions (Lea et al., "Temporal Convolutional Networks
    for Action Segmentation and Detection", CVPR 2017) look 2.5 s in both directions by default.
    Nothing mixes frames but those convolutions, and padding is zeroed before each, so that a sample
    gives the same result alone as in any batch.
    """

    component = "rest_detector"
    config_class = RestDetectorConfig

    def __init__(self, config: RestDetectorConfig) -> None:
        super().__init__()
        self.config = config
        self.embed = nn.Linear(_NUM_FEATURES, config.width)
        self.blocks = nn.ModuleList(_Block(config, 2**i) for i in range(config.num_blocks))
        self.norm = nn.LayerNorm(config.width)
        self.head = nn.Linear(config.width, 1)

    def forward(self, points: Tensor, confidence: Tensor, lengths: Tensor) -> Tensor:
        """Score frames.

        Args:
            points: Left hand, right hand and head, in shoulder widths at 25 fps, ``(B, T, 3, 2)``.
            confidence: Of the same, in [0, 1]; 0 is missing, ``(B, T, 3)``.
            lengths: Valid frames per sample, ``(B,)``.

        Returns:
            Logits of signing, ``(B, T)``; 0 in the padding.
        """
        valid = valid_frames(lengths, points.shape[1])  # (B, T)
        hidden = self.embed(_features(points, confidence))  # (B, T, D)
        for block in self.blocks:
            hidden = block(hidden, valid)
        logits: Tensor = self.head(self.norm(hidden)).squeeze(-1)
        return logits * valid

    @torch.inference_mode()
    def signing(self, pose: Pose) -> np.ndarray:
        """Say how likely someone is signing.

        Args:
            pose: Any pose with a head and hands; see
                :func:`~signzoo.models.rest_detector.track.hand_track`.

        Returns:
            A probability for each frame of the pose, ``(T,)`` float32.

        Raises:
            UsageError: The pose is in pixels of a skeleton without shoulders.
            MediaError: The shoulders are never seen.
        """
        if not len(pose):
            return np.zeros(0, np.float32)
        track = hand_track(pose)
        device = self.head.weight.device
        points = torch.from_numpy(track.points[None, ..., :2]).to(device)
        confidence = torch.from_numpy(track.confidence[None]).to(device)
        training = self.training
        logits = self.eval()(points, confidence, torch.tensor([len(track)], device=device))
        self.train(training)
        probability = logits[0].sigmoid().float().cpu().numpy()
        times = np.arange(len(pose)) / pose.fps
        return np.interp(times, np.arange(len(track)) / FPS, probability).astype(np.float32)

    def trim(self, pose: Pose, margin: float = 0.1) -> slice:
        """Cut the rest off both ends of a clip.

        Args:
            pose: Any pose with a head and hands.
            margin: Seconds that are kept before and after the signing.

        Returns:
            The frames from the first to the last that is signed, with the margin. All frames where
            nothing is signed: some signs, single letters above all, hardly move, and a wrong guess
            must not lose them.
        """
        spans = self.segments(pose)
        if not spans:
            return slice(0, len(pose))
        first = round((spans[0][0] - margin) * pose.fps)
        last = round((spans[-1][1] + margin) * pose.fps)
        return slice(max(0, first), min(len(pose), last))

    def segments(
        self,
        pose: Pose,
        enter: float = 0.5,
        leave: float = 0.4,
        min_signing: float = 0.2,
        min_rest: float = 1.0,
    ) -> list[tuple[float, float]]:
        """Cut a long recording into what is signed.

        Args:
            pose: Any pose with a head and hands.
            enter: Signing begins where the probability reaches this.
            leave: It ends where the probability falls below this.
            min_signing: Shorter signing is taken for a movement, in seconds.
            min_rest: Shorter rest belongs to the signing around it, in seconds.

        Returns:
            First second and end of each stretch of signing, in order.
        """
        return hysteresis(self.signing(pose), pose.fps, enter, leave, min_signing, min_rest)


class _Block(nn.Module):
    """Normalises, joins frames that lie ``dilation`` apart, mixes channels, and adds the input."""

    def __init__(self, config: RestDetectorConfig, dilation: int) -> None:
        super().__init__()
        reach = dilation * (config.kernel_size // 2)
        self.norm = nn.LayerNorm(config.width)
        self.join = nn.Conv1d(
            config.width, config.width, config.kernel_size, padding=reach, dilation=dilation
        )
        self.mix = nn.Linear(config.width, config.width)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, hidden: Tensor, valid: Tensor) -> Tensor:
        """Update the hidden states ``(B, T, D)``, of which ``valid`` ``(B, T)`` are frames."""
        clean = self.norm(hidden) * valid[..., None]
        joined = self.join(clean.transpose(1, 2)).transpose(1, 2)  # (B, T, D)
        update: Tensor = self.dropout(self.mix(nn.functional.gelu(joined)))
        return hidden + update


def _features(points: Tensor, confidence: Tensor) -> Tensor:
    """Describe each frame by places and steps, 0 where a landmark is missing.

    Args:
        points: ``(B, T, 3, 2)``; confidence: ``(B, T, 3)``; both as in the network's ``forward``.

    Returns:
        Shape ``(B, T, 15)``.
    """
    seen = confidence > 0
    hands, head = points[:, :, :2], points[:, :, 2:]
    place = (hands - head) * (seen[..., :2] & seen[..., 2:])[..., None]
    step = points.diff(dim=1, prepend=points[:, :1])  # (B, T, 3, 2)
    both = seen & torch.cat([seen[:, :1], seen[:, :-1]], dim=1)
    step = step * both[..., None] * _STEP_SCALE
    speed = step[:, :, :2].norm(dim=-1)
    return torch.cat([place.flatten(2), step.flatten(2), speed, confidence], dim=-1)
