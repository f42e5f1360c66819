import torch

from signzoo.models.layers import valid_frames


def test_frames_up_to_the_length_are_valid():
    mask = valid_frames(torch.tensor([2, 0, 3]), 3)
    assert mask.tolist() == [[True, True, False], [False] * 3, [True] * 3]
