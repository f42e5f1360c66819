"""The motion autoencoder: a 3D convolution network that sees signing through perturbed motion."""

from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from signzoo.errors import UsageError
from signzoo.hub.checkpoint import Pretrained
from signzoo.models.layers import valid_frames
from signzoo.models.motion_autoencoder.backbone import (
    BACKBONES,
    SPATIAL_STRIDES,
    TEMPORAL_STRIDES,
    Backbone,
)

# Frames a second that the network sees.
FPS = 25.0
# Pixels in [0, 1] are brought to about zero mean and unit deviation, as Kinetics' are.
_MEAN, _DEVIATION = 0.4, 0.22
# How far pixels of signing stray from the mean of a clip's frames (standard deviation). What the
# decoder paints is measured in it: in whole units, every step of Adam strays farther than that, and
# nothing but the mean is ever learnt.
_STRAY = 0.03


@dataclass(frozen=True)
class MotionAutoencoderConfig:
    """Size of the network; the defaults are the paper's ResNet18-3D."""

    backbone: str = "r3d_18"
    """The encoder's network: r3d_18, or slow_r50 of the package pytorchvideo."""
    width: int = 64
    """Channels of its first layer."""
    temporal_stride: int = 4
    """Frames on one feature: 1, 2, 4 or 8; at 25 a second a sign takes about six."""
    spatial_stride: int = 16
    """Pixels on one place of the map, along each side: 16 as published, or 8, which learns sooner
    where hands are."""
    size: int = 112
    """Height and width of the video in pixels."""
    bottleneck: int = 10
    """Channels of the map that a moment of signing is squeezed into."""
    decoder_width: int = 32
    """Channels of the decoder's first layer; the next two have three quarters of it and half."""

    def __post_init__(self) -> None:
        if self.backbone not in BACKBONES:
            raise UsageError(
                f"There is no backbone {self.backbone!r}; there are {', '.join(BACKBONES)}."
            )
        if self.temporal_stride not in TEMPORAL_STRIDES:
            raise UsageError(f"temporal_stride is 1, 2, 4 or 8; got {self.temporal_stride}.")
        if self.spatial_stride not in SPATIAL_STRIDES:
            raise UsageError(f"spatial_stride is 8 or 16; got {self.spatial_stride}.")
        sizes = (self.width, self.bottleneck, self.decoder_width)
        if min(sizes) < 1 or self.size < 1 or self.size % self.spatial_stride:
            raise UsageError(
                "The motion autoencoder needs positive sizes, and pictures whose size is a "
                f"multiple of {self.spatial_stride}; got {self}."
            )

    @property
    def map_size(self) -> int:
        """Height and width of the map of features."""
        return self.size // self.spatial_stride


class MotionAutoencoder(Pretrained):
    """Learns what fast hands look like by restoring video whose motion was perturbed.

    The paper's section "Self-Supervised Pretraining for Rapid Motion Video Semantic
    Reconstruction": a ResNet18-3D and a decoder with few parameters. Between them every moment is
    squeezed into a map of few channels, a hundredth as many numbers as there are pixels. It is not
    averaged over the picture, as networks that name things do: where a hand is matters. The
    decoder paints what differs from the mean of the clip's frames, so that features have neither
    clothes nor background to hold, but what moves.

    The same clip gives the same features alone and in any batch: padding is masked before whatever
    joins frames.
    """

    component = "motion_autoencoder"
    config_class = MotionAutoencoderConfig

    def __init__(self, config: MotionAutoencoderConfig) -> None:
        super().__init__()
        self.config = config
        self.backbone = Backbone(
            config.backbone, config.width, config.temporal_stride, config.spatial_stride
        )
        self.squeeze = nn.Conv3d(self.backbone.channels, config.bottleneck, 1)
        self.decoder = _Decoder(config)

    @property
    def num_features(self) -> int:
        """D, the features of a moment: the channels of the map at every place of it."""
        return self.config.bottleneck * self.config.map_size**2

    def forward(self, video: Tensor, lengths: Tensor) -> Tensor:
        """Restore perturbed video.

        Args:
            video: RGB in [0, 1] at 25 frames a second, ``(B, T, 3, H, W)``.
            lengths: Valid frames per sample, ``(B,)``.

        Returns:
            The same shape, about in [0, 1]; 0 in the padding.
        """
        valid = valid_frames(lengths, video.shape[1])[:, :, None, None, None]
        features, _ = self.encode(video, lengths)
        moving = self.decoder(features, lengths)[:, : video.shape[1]]
        still = torch.where(valid, video, 0).sum(dim=1, keepdim=True) / lengths.view(-1, 1, 1, 1, 1)
        return (still + _STRAY * moving) * valid

    def encode(self, video: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Turn video into features, which SignMST-C begins with.

        Args:
            video: RGB in [0, 1] at 25 frames a second, ``(B, T, 3, H, W)``.
            lengths: Valid frames per sample, ``(B,)``.

        Returns:
            Features ``(B, T', D)``, 0 in the padding, and their valid lengths ``(B,)``. A feature
            is of ``temporal_stride`` frames; T' is rounded up. D is :attr:`num_features`.

        Raises:
            UsageError: The pictures are not of the network's size.
        """
        size = self.config.size
        if video.shape[-2:] != (size, size):
            raise UsageError(
                f"This motion autoencoder sees {size}×{size} pixels, not "
                f"{video.shape[-1]}×{video.shape[-2]}; signzoo.media.cropping cuts video to it."
            )
        centred = (video.transpose(1, 2) - _MEAN) / _DEVIATION  # (B, 3, T, H, W)
        maps, reduced = self.backbone(centred, lengths)
        features: Tensor = self.squeeze(maps).transpose(1, 2).flatten(2)  # (B, T', C h w)
        return features * valid_frames(reduced, features.shape[1])[..., None], reduced


class _Decoder(nn.Module):
    """Makes video of features: a stage doubles height and width, and where need be time."""

    def __init__(self, config: MotionAutoencoderConfig) -> None:
        super().__init__()
        self.shape = (config.bottleneck, config.map_size, config.map_size)
        self.strides = (config.temporal_stride, config.spatial_stride)
        first = config.decoder_width
        widths = [config.bottleneck, first, first * 3 // 4, first // 2]
        self.stages = nn.ModuleList(
            nn.Sequential(nn.Conv3d(a, b, 3, padding=1), nn.BatchNorm3d(b), nn.ReLU(inplace=True))
            for a, b in pairwise(widths)
        )
        # Four pixels at once: a layer at full size would cost as much as the encoder.
        self.paint = nn.Conv3d(widths[-1], 3 * 2**2, 3, padding=1)

    def forward(self, features: Tensor, lengths: Tensor) -> Tensor:
        """Turn features ``(B, T', D)`` into video ``(B, T, 3, H, W)``, T a multiple of T'."""
        maps = features.unflatten(2, self.shape).transpose(1, 2)  # (B, C, T', h, w)
        time, space = self.strides
        for stage in self.stages:  # three, as many as the largest strides have doublings here
            longer, wider = min(time, 2), 2 if space > 2 else 1
            time, space = time // longer, space // wider
            maps = nn.functional.interpolate(maps, scale_factor=(longer, wider, wider))
            maps = stage(_silenced(maps, lengths, time))
        painted = self.paint(_silenced(maps, lengths, 1)).transpose(1, 2)  # (B, T, 12, h, w)
        return nn.functional.pixel_shuffle(painted, 2)


def _silenced(maps: Tensor, lengths: Tensor, stride: int) -> Tensor:
    """Zero the padding of ``(B, C, T, H, W)``, of which every frame is of ``stride`` frames."""
    valid = valid_frames((lengths + stride - 1) // stride, maps.shape[2])
    return maps * valid[:, None, :, None, None]
