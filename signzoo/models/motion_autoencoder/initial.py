"""Begins a training with weights that are there already."""

from pathlib import Path

import torch
from torch import Tensor

from signzoo.errors import UsageError, WeightsError
from signzoo.hub.folders import is_offline
from signzoo.models.motion_autoencoder.network import MotionAutoencoder


def initialise(network: MotionAutoencoder, name: str) -> None:
    """Fill a network with weights.

    Args:
        network: What to fill.
        name: One of torchvision's weights, ``R3D_18_Weights.KINETICS400_V1``, which fill the
            encoder's backbone; or another motion autoencoder, by name in the catalogue or folder.

    Raises:
        UsageError: Nothing is known by that name, or it must be fetched and may not.
        WeightsError: The weights are of another size or backbone.
    """
    if "_Weights." in name:
        part, tensors = network.backbone.body, _torchvision_tensors(name)
    else:
        part, tensors = network, MotionAutoencoder.from_pretrained(name).state_dict()
    try:
        part.load_state_dict(tensors)
    except RuntimeError as error:
        reason = str(error).split("\n")[1].strip() if "\n" in str(error) else str(error)
        raise WeightsError(
            f"The weights {name} do not fit this network ({network.config.backbone}, width "
            f"{network.config.width}): {reason}"
        ) from error


def _torchvision_tensors(name: str) -> dict[str, Tensor]:
    """The tensors of torchvision's weights without the classifier."""
    from torchvision.models import get_weight

    try:
        weights = get_weight(name)
    except (ValueError, KeyError, AttributeError) as error:
        raise UsageError(f"torchvision has no weights {name}: {error}.") from error
    path = Path(torch.hub.get_dir()) / "checkpoints" / Path(weights.url).name
    if is_offline() and not path.is_file():
        raise UsageError(
            f"The weights {name} must be fetched, and SIGNZOO_OFFLINE forbids it. Put their file "
            f"at {path}."
        )
    tensors = weights.get_state_dict(check_hash=True, weights_only=True)
    return {key: value for key, value in tensors.items() if not key.startswith("fc.")}
