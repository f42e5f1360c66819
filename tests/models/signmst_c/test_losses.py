import pytest
import torch

from signzoo.errors import UsageError
from signzoo.models.signmst_c.losses import SignLossConfig, feature_divergence, presence_loss


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


USUAL = torch.tensor([0.5, 0.25, 0.125, 0.125])


def test_a_token_was_signed_at_any_moment_or_is_usual():
    logits = torch.randn(1, 3, 4, generator=torch.Generator().manual_seed(0))
    tokens = torch.tensor([[2, 0]])
    seen = logits.softmax(dim=-1)[0].mean(dim=0)
    expected = -(0.7 * seen + 0.3 * USUAL)[[2, 0]].log().mean()
    found = presence_loss(logits, torch.ones(1, 3, dtype=torch.bool), tokens, USUAL)
    torch.testing.assert_close(found, expected)


def test_order_padding_and_moments_that_do_not_count_change_nothing():
    logits = torch.randn(1, 3, 4, generator=torch.Generator().manual_seed(0))
    valid = torch.ones(1, 3, dtype=torch.bool)
    found = presence_loss(logits, valid, torch.tensor([[2, 0]]), USUAL)
    padded = torch.cat([logits.flip(1), torch.full((1, 2, 4), 9.0)], dim=1)
    valid = torch.tensor([[True, True, True, False, False]])
    tokens = torch.tensor([[0, 2, -100]])
    torch.testing.assert_close(presence_loss(padded, valid, tokens, USUAL), found)


def test_a_clip_without_moments_teaches_nothing():
    logits = torch.zeros(1, 3, 4, requires_grad=True)
    valid = torch.zeros(1, 3, dtype=torch.bool)
    presence_loss(logits, valid, torch.tensor([[1]]), USUAL).backward()
    assert torch.equal(logits.grad, torch.zeros(1, 3, 4))


def test_presence_finds_which_sign_means_which_token():
    """Six signs mean a token each, and every text names its signs in another order."""
    random = torch.Generator().manual_seed(0)
    signs = torch.rand(64, 6, generator=random).argsort(dim=1)[:, :3]  # three signs in each clip
    shown = torch.nn.functional.one_hot(signs, 6).float()
    order = torch.rand(64, 3, generator=random).argsort(dim=1)
    usual_token = torch.full((64, 1), 6)  # said of every clip
    texts = torch.cat([signs.gather(1, order), usual_token], dim=1)
    head = torch.nn.Linear(6, 7)
    usual = torch.tensor([1 / 8] * 6 + [1 / 4])
    optimizer = torch.optim.Adam(head.parameters(), lr=0.1)
    for _ in range(200):
        optimizer.zero_grad()
        presence_loss(head(shown), torch.ones(64, 3, dtype=torch.bool), texts, usual).backward()
        optimizer.step()
    assert head(torch.eye(6)).argmax(dim=1).tolist() == list(range(6))
