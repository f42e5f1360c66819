import torch

from signzoo.data.collate import lengths_of, pad


def test_sequences_are_padded_at_their_end():
    sequences = [torch.ones(3, 2), torch.ones(1, 2)]
    padded = pad(sequences)
    assert padded.shape == (2, 3, 2)
    assert torch.equal(padded[1], torch.tensor([[1.0, 1.0], [0.0, 0.0], [0.0, 0.0]]))
    assert lengths_of(sequences).tolist() == [3, 1]


def test_padding_of_a_mask_is_false():
    assert pad([torch.ones(2, dtype=torch.bool), torch.ones(1, dtype=torch.bool)]).tolist() == [
        [True, True],
        [True, False],
    ]
