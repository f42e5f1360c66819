"""Turn a Lightning checkpoint into the folder that from_pretrained loads.

The folder holds config.json and model.safetensors: the network alone, without optimiser, metrics
or data. The checkpoint is read as plain data; no code in it can run.
"""

import argparse
from pathlib import Path
from typing import Any

from signzoo.errors import UsageError, WeightsError

SUMMARY = "turn a Lightning checkpoint into a folder for from_pretrained"
EPILOG = """\
examples:
  signzoo export runs/rest_detector/version_0/checkpoints/last.ckpt my-rest-detector
  signzoo export runs/text2gloss/version_0/checkpoints/last.ckpt my-base --half
  python -c "import signzoo; signzoo.load('my-rest-detector')"
"""
_NETWORK = "network."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `signzoo export`."""
    parser.add_argument("checkpoint", type=Path, help="a .ckpt file that `signzoo fit` wrote")
    parser.add_argument("folder", type=Path, help="the folder to write")
    parser.add_argument(
        "--half", action="store_true", help="write 16-bit numbers: half the size, fit to publish"
    )


def run(arguments: argparse.Namespace) -> None:
    """Run `signzoo export`."""
    name = export(arguments.checkpoint, arguments.folder, arguments.half)
    print(f"{arguments.folder}: a {name}; signzoo.load({str(arguments.folder)!r}) loads it.")


def export(checkpoint: Path, folder: Path, half: bool = False) -> str:
    """Write the network of a Lightning checkpoint to a folder.

    Args:
        checkpoint: What `signzoo fit` wrote.
        folder: A new folder.
        half: Write the tensors as float16; they are read back as float32.

    Returns:
        Name of the component.

    Raises:
        UsageError: There is no such checkpoint, or the folder holds something else.
        WeightsError: It was not written by `signzoo fit`, or does not fit its component.
        DiskError: The folder could not be written.
    """
    from signzoo.hub.checkpoint import make_config
    from signzoo.hub.registry import component

    content = _read(checkpoint)
    try:
        name = content["signzoo"]["component"]
        values = content["hyper_parameters"]["network"]
        tensors = content["state_dict"]
    except (KeyError, TypeError) as error:
        raise WeightsError(
            f"{checkpoint} was not written by `signzoo fit`: it does not say what it holds "
            f"({error})."
        ) from error
    network_class = component(name).load("network")
    try:
        network = network_class(make_config(network_class.config_class, values))
        network.load_state_dict(
            {key[len(_NETWORK) :]: t for key, t in tensors.items() if key.startswith(_NETWORK)}
        )
    except (TypeError, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise WeightsError(
            f"{checkpoint} does not fit {network_class.__name__}: {reason}"
        ) from error
    network.prepare_export()
    (network.half() if half else network).save_pretrained(folder)
    return str(name)


def _read(checkpoint: Path) -> dict[str, Any]:
    import torch

    if not checkpoint.is_file():
        raise UsageError(
            f"There is no checkpoint {checkpoint}; `signzoo fit` writes them under runs/."
        )
    try:
        content: dict[str, Any] = torch.load(checkpoint, map_location="cpu", weights_only=True)
    except Exception as error:  # what the reader of pickles raises depends on the damage
        reason = str(error).split("\n")[0]
        raise WeightsError(f"{checkpoint} is not a readable checkpoint: {reason}") from error
    return content
