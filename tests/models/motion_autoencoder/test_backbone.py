import pytest
import torch
from torchvision.models.video import r3d_18

from signzoo.errors import MissingPackageError
from signzoo.models.motion_autoencoder.backbone import (
    BACKBONES,
    SPATIAL_STRIDES,
    TEMPORAL_STRIDES,
    Backbone,
)


def lively(name: str, stride: int, space: int) -> Backbone:
    """A backbone whose norms turn a zero into something else, as trained ones do."""
    torch.manual_seed(0)
    network = Backbone(name, 4, stride, space)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm3d):
            torch.nn.init.normal_(module.bias)
            torch.nn.init.normal_(module.running_mean)
    return network.eval()


def test_at_full_width_it_is_the_r3d_18_of_torchvision():
    torch.manual_seed(0)
    original = r3d_18().eval()
    ours = Backbone("r3d_18", 64, 8).eval()
    tensors = original.state_dict()
    ours.body.load_state_dict({k: v for k, v in tensors.items() if not k.startswith("fc.")})
    original.fc = torch.nn.Identity()
    video = torch.randn(1, 3, 8, 32, 32)
    with torch.no_grad():
        found, lengths = ours(video, torch.tensor([8]))
        assert found.shape == (1, 512, 1, 2, 2)
        assert lengths.tolist() == [1]
        torch.testing.assert_close(found.mean(dim=(2, 3, 4)), original(video))


@pytest.mark.parametrize("space", SPATIAL_STRIDES)
@pytest.mark.parametrize("stride", TEMPORAL_STRIDES)
@pytest.mark.parametrize("name", BACKBONES)
def test_padding_never_leaks(name, stride, space):
    network = lively(name, stride, space)
    video = torch.randn(2, 3, 13, 32, 32)
    lengths = torch.tensor([9, 6])
    with torch.no_grad():
        found, reduced = network(video, lengths)
        for index, length in enumerate(lengths.tolist()):
            alone, _ = network(video[index : index + 1, :, :length], lengths[index : index + 1])
            kept = int(reduced[index])
            assert kept == -(-length // stride) == alone.shape[2]
            assert alone.shape[-2:] == (32 // space, 32 // space)
            torch.testing.assert_close(found[index, :, :kept], alone[0], rtol=1e-4, atol=1e-4)
            assert not found[index, :, kept:].any()


def test_the_stock_network_does_leak():
    """What the mask is for: without it, 4 frames of padding change the features."""
    torch.manual_seed(0)
    stock = r3d_18().eval()
    stock.fc = torch.nn.Identity()
    stock.avgpool = torch.nn.AdaptiveAvgPool3d((None, 1, 1))
    for module in stock.modules():
        if isinstance(module, torch.nn.BatchNorm3d):
            torch.nn.init.normal_(module.bias)
    stock.flatten = torch.nn.Identity()
    video = torch.randn(1, 3, 8, 32, 32)
    padded = torch.cat([video, torch.zeros(1, 3, 8, 32, 32)], dim=2)
    with torch.no_grad():
        body = torch.nn.Sequential(*list(stock.children())[:5])
        alone, together = body(video), body(padded)
    assert (together[:, :, :1] - alone).abs().max() > 0.01 * alone.abs().max()


def test_a_missing_pytorchvideo_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pytorchvideo.models.resnet", None)
    with pytest.raises(MissingPackageError, match="backbones"):
        Backbone("slow_r50", 4, 4)
