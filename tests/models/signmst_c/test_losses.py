import pytest
import torch

from signzoo.errors import UsageError
from signzoo.models.signmst_c.losses import SignLossConfig, feature_divergence


def features(seed: int) -> torch.Tensor:
    return torch.randn(2, 5, 8, generator=torch.Generator().manual_seed(seed))


ALL = torch.ones(2, 5, dtype=torch.bool)


def test_the_divergence_is_the_mean_of_kl_over_the_valid_moments():
    first, second = features(0), features(1)
    valid = torch.tensor([[True] * 5, [True, True, False, False, False]])
    p, q = (
        torch.distributions.Categorical(logits=torch.nn.functional.layer_norm(each, (8,)) / 2.0)
        for each in (first, second)
    )
    expected = torch.distributions.kl_divergence(p, q)[valid].mean()
    torch.testing.assert_close(feature_divergence(first, second, valid, 2.0), expected)


def test_equal_distributions_do_not_diverge_and_scale_does_not_count():
    first = features(0)
    assert feature_divergence(first, 3 * first + 1, ALL) == pytest.approx(0, abs=1e-6)
    assert feature_divergence(first, features(1), ALL) > 0.1


def test_where_no_moment_counts_the_divergence_is_nothing_and_its_gradient_finite():
    first = features(0).requires_grad_()
    loss = feature_divergence(first, features(1), ~ALL)
    loss.backward()
    assert loss == 0
    assert torch.equal(first.grad, torch.zeros_like(first))


@pytest.mark.parametrize(
    "wrong",
    [{"self_kl": -1}, {"ctc": -0.1}, {"presence": -1}, {"temperature": 0}, {"label_smoothing": 1}],
)
def test_an_impossible_loss_is_refused(wrong):
    with pytest.raises(UsageError, match="weights of at least 0"):
        SignLossConfig(**wrong)
