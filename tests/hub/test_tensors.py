import hashlib

import pytest
import torch

from signzoo.hub.tensors import json_tensor, read_json_tensor, weights_hash


@pytest.mark.parametrize("content", [[], {"wörter": ["ä", 1, None]}, "雨"])
def test_plain_values_come_back(content):
    state = json_tensor(content)
    assert state.dtype == torch.uint8
    assert read_json_tensor(state) == content


def test_the_hash_is_of_names_values_and_what_stands_before():
    network = torch.nn.Linear(1, 1)
    with torch.no_grad():
        network.weight.fill_(1.0)
        network.bias.fill_(0.5)
    content = b"bias" + network.bias.detach().numpy().tobytes()
    content += b"weight" + network.weight.detach().numpy().tobytes()
    assert weights_hash(network) == hashlib.sha256(content).hexdigest()
    assert weights_hash(network, "before") == hashlib.sha256(b"before" + content).hexdigest()
    before = weights_hash(network)
    with torch.no_grad():
        network.bias.add_(1.0)
    assert weights_hash(network) != before
