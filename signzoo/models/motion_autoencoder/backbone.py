"""The 3D convolution networks that an encoder can have, and the mask that keeps padding out."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from torch import Tensor, nn
from torch.nn.modules.utils import _triple
from torchvision.models.video.resnet import BasicBlock, Conv3DSimple

from signzoo.errors import MissingPackageError
from signzoo.models.layers import valid_frames

SPATIAL_STRIDES = (8, 16)
TEMPORAL_STRIDES = (1, 2, 4, 8)
# In time and in space, of each of the last three stages.
Strides = list[tuple[int, int]]


class Backbone(nn.Module):
    """Turns video into a map of features, of which padding never changes a value.

    Convolutions over time look past the end of a sample. Stock networks find the batch's padding
    there, or what biases and norms have made of it; here, what enters every layer that joins frames
    is zero where there is no frame, as if the sample stood alone.

    In training, the norms see the whole batch with its padding; windows of one length have none.

    Args:
        name: ``"r3d_18"`` (Tran et al., "A Closer Look at Spatiotemporal Convolutions for Action
            Recognition", CVPR 2018; torchvision's layers and tensor names) or ``"slow_r50"``
            (pytorchvideo's; Feichtenhofer et al., "SlowFast Networks", ICCV 2019).
        width: Channels of the first layer; 64 is the published size.
        temporal_stride: Frames of the video on one of the map: 1, 2, 4 or 8.
        spatial_stride: Pixels of the video on one of the map, along each side: 8, or 16, as
            published.

    Attributes:
        channels: C, the channels of the map.

    Raises:
        MissingPackageError: The backbone's package is not installed.
    """

    def __init__(
        self, name: str, width: int, temporal_stride: int, spatial_stride: int = 16
    ) -> None:
        super().__init__()
        # The last stages are the ones that join frames, as in r3d_18, and that may see all pixels.
        strides = [
            (2 if temporal_stride >= joined else 1, 2 if spatial_stride >= seen else 1)
            for joined, seen in ((8, 4), (4, 8), (2, 16))
        ]
        build, growth = BACKBONES[name]
        self.body = build(width, strides)
        self.channels = width * growth
        self._lengths: dict[int, Tensor] = {}
        for module in self.body.modules():
            if isinstance(module, nn.Conv3d | nn.MaxPool3d):
                if _triple(module.kernel_size)[0] > 1:
                    module.register_forward_pre_hook(self._silence_padding)
                if _triple(module.stride)[0] > 1:
                    module.register_forward_hook(self._shorten)

    def forward(self, video: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Run the network.

        Args:
            video: Shape ``(B, C, T, H, W)``.
            lengths: Valid frames per sample, ``(B,)``.

        Returns:
            The map ``(B, C, T', H', W')``, zero in the padding, and its valid lengths ``(B,)``.
        """
        self._lengths = {video.shape[2]: lengths}
        features = self.body(video)
        lengths = self._lengths[features.shape[2]]
        return _masked(features, lengths), lengths

    def _silence_padding(self, module: nn.Module, inputs: tuple[Tensor]) -> tuple[Tensor]:
        return (_masked(inputs[0], self._lengths[inputs[0].shape[2]]),)

    def _shorten(self, module: Any, inputs: tuple[Tensor], output: Tensor) -> None:
        """Note the lengths after a layer with a stride in time, all of which round up."""
        stride = _triple(module.stride)[0]
        before = self._lengths[inputs[0].shape[2]]
        self._lengths[output.shape[2]] = (before + stride - 1) // stride


def _masked(features: Tensor, lengths: Tensor) -> Tensor:
    """Zero the padding of a map ``(B, C, T, H, W)``."""
    valid = valid_frames(lengths, features.shape[2])
    return features * valid[:, None, :, None, None]


def _r3d_18(width: int, strides: Strides) -> nn.Module:
    """ResNet18-3D; at width 64 its tensors have torchvision's names and shapes."""
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    layers["stem"] = nn.Sequential(
        nn.Conv3d(3, width, (3, 7, 7), (1, 2, 2), (1, 3, 3), bias=False),
        nn.BatchNorm3d(width),
        nn.ReLU(inplace=True),
    )
    layers["layer1"] = _stage(width, width, (1, 1, 1))
    for index, (time, space) in enumerate(strides, 1):
        channels = width * 2**index
        layers[f"layer{index + 1}"] = _stage(channels // 2, channels, (time, space, space))
    network = nn.Sequential(layers)
    for module in network.modules():  # as torchvision initialises it
        if isinstance(module, nn.Conv3d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return network


def _stage(inputs: int, outputs: int, stride: tuple[int, int, int]) -> nn.Module:
    shortcut = None
    if inputs != outputs:
        shortcut = nn.Sequential(
            nn.Conv3d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm3d(outputs)
        )
    # torchvision annotates the stride as one number and passes it on as it is
    first = BasicBlock(inputs, outputs, Conv3DSimple, stride, shortcut)  # type: ignore[arg-type]
    return nn.Sequential(first, BasicBlock(outputs, outputs, Conv3DSimple))


def _slow_r50(width: int, strides: Strides) -> nn.Module:
    """The slow pathway, with one pooling fewer, so that hands stay visible on the map."""
    try:
        from pytorchvideo.models.resnet import create_resnet
    except ImportError as error:
        raise MissingPackageError(
            f"The backbone slow_r50 needs the package pytorchvideo ({error}): "
            'pip install "signzoo[backbones]".'
        ) from error
    network = create_resnet(
        stem_dim_out=width,
        stem_pool=None,
        stage_temporal_stride=(1, *(time for time, _ in strides)),
        stage_spatial_h_stride=(1, *(space for _, space in strides)),
        stage_spatial_w_stride=(1, *(space for _, space in strides)),
        head=None,
    )
    return nn.Sequential(*network.blocks)


# The function that builds each, and how many times wider its map is than its first layer.
BACKBONES: dict[str, tuple[Callable[[int, Strides], nn.Module], int]] = {
    "r3d_18": (_r3d_18, 8),
    "slow_r50": (_slow_r50, 32),
}
