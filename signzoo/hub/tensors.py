"""JSON as a tensor, for Lightning checkpoints, and the hash that weights are known by."""

import hashlib
import json
from typing import Any

import torch
from torch import Tensor, nn


def json_tensor(content: Any) -> Tensor:
    """Plain values as bytes of JSON, uint8 ``(N,)``: what ``get_extra_state`` may return."""
    text = json.dumps(content, ensure_ascii=False)
    return torch.frombuffer(bytearray(text.encode()), dtype=torch.uint8)


def read_json_tensor(state: Tensor) -> Any:
    """Read what :func:`json_tensor` made."""
    return json.loads(bytes(state.tolist()))


def weights_hash(network: nn.Module, beginning: str = "") -> str:
    """SHA-256 over the names and values of a network's tensors.

    Args:
        network: The network.
        beginning: What else the hash is of, before the tensors.
    """
    digest = hashlib.sha256(beginning.encode())
    for name, tensor in sorted(network.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
