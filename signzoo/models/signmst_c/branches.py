"""The layers of SignMST-C before its text decoder: convolutions over time and transformers."""

import math

import torch
from torch import Tensor, nn

from signzoo.models.layers import valid_frames
from signzoo.models.signmst_c.landmarks import NUM_FEATURES, landmark_features


class LandmarkConvolutions(nn.Module):
    """1D convolutions over landmarks, which join four frames to a moment.

    Args:
        width: Channels.
        dropout: Share of activations that training leaves out.
    """

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.embed = nn.Linear(NUM_FEATURES, width)
        self.layers = nn.ModuleList(
            nn.Conv1d(width, width, 5, stride, padding=2) for stride in (1, 2, 2)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(len(self.layers) + 1))
        self.dropout = nn.Dropout(dropout)

    def forward(self, landmarks: Tensor, lengths: Tensor) -> Tensor:
        """Turn landmarks ``(B, T, V, 3)`` into moments ``(B, ceil(T / 4), W)``, 0 in padding."""
        state = self.norms[0](self.embed(landmark_features(landmarks)))
        state = self.dropout(nn.functional.gelu(state))
        for convolution, norm in zip(self.layers, self.norms[1:], strict=True):
            state = state * valid_frames(lengths, state.shape[1])[..., None]
            found = convolution(state.transpose(1, 2)).transpose(1, 2)
            if convolution.stride == (1,):
                found = found + state
            else:
                lengths = (lengths + 1) // 2
            state = self.dropout(nn.functional.gelu(norm(found)))
        return state * valid_frames(lengths, state.shape[1])[..., None]


class FeatureProjection(nn.Module):
    """Brings a video encoder's features to the network's width.

    Args:
        num_features: D, features of a moment.
        width: Channels.
        dropout: Share of activations that training leaves out.
    """

    def __init__(self, num_features: int, width: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(num_features)
        self.project = nn.Linear(num_features, width)
        self.join = nn.Conv1d(width, width, 3, padding=1)
        self.out = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, features: Tensor, valid: Tensor) -> Tensor:
        """Project ``(B, S, D)`` to ``(B, S, W)``, 0 where not ``valid`` ``(B, S)``."""
        state = self.dropout(nn.functional.gelu(self.project(self.norm(features))))
        state = state * valid[..., None]
        state = state + self.join(state.transpose(1, 2)).transpose(1, 2)
        return self.dropout(nn.functional.gelu(self.out(state))) * valid[..., None]


class MomentTransformer(nn.Module):
    """Multi-layer self-attention over moments, with their places added (pre-norm).

    Args:
        width: Channels.
        inner_width: Of each layer's feed-forward block.
        heads: Attention heads.
        layers: How many layers.
        dropout: Share of activations that training leaves out.
    """

    def __init__(
        self, width: int, inner_width: int, heads: int, layers: int, dropout: float
    ) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(
            width, heads, inner_width, dropout, "gelu", batch_first=True, norm_first=True
        )
        self.encoder = nn.TransformerEncoder(
            layer, layers, norm=nn.LayerNorm(width), enable_nested_tensor=False
        )

    def forward(self, state: Tensor, valid: Tensor) -> Tensor:
        """Transform ``(B, S, W)``; what is not ``valid`` ``(B, S)`` is looked at by nobody."""
        places = positions(state.shape[1], state.shape[2]).to(state)
        found: Tensor = self.encoder(state + places, src_key_padding_mask=~valid)
        return torch.where(valid[..., None], found, 0)


def positions(length: int, width: int) -> Tensor:
    """Sines and cosines of places, ``(S, W)`` (Vaswani et al., NeurIPS 2017)."""
    rates = torch.exp(torch.arange(0, width, 2) * (-math.log(10000.0) / width))
    angles = torch.arange(length)[:, None] * rates
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)[:, :width]
