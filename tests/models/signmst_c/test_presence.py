import torch

from signzoo.models.signmst_c.presence import PresentTokens, presence_gains, presence_loss

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


def test_what_was_seen_is_likelier_by_the_same_model_that_was_trained():
    logits = torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(0))
    valid = torch.tensor([[True, True, True], [True, False, False]])
    gains = presence_gains(logits.softmax(dim=-1), valid, USUAL)
    for token in range(4):
        tokens = torch.full((2, 1), token)
        loss = presence_loss(logits[:1], valid[:1], tokens[:1], USUAL)
        torch.testing.assert_close(gains[0, token], -loss - USUAL[token].log())
    one = presence_gains(logits[1:, :1].softmax(dim=-1), valid[1:, :1], USUAL)
    torch.testing.assert_close(gains[1:], one)


def test_where_nothing_is_seen_or_no_text_has_a_token_nothing_changes():
    meanings = torch.full((1, 2, 4), 0.25)
    nothing = torch.zeros(1, 2, dtype=torch.bool)
    assert torch.equal(presence_gains(meanings, nothing, USUAL), torch.zeros(1, 4))
    unknown = torch.tensor([0.5, 0.5, 0.0, 0.0])
    gains = presence_gains(meanings, ~nothing, unknown)
    assert torch.equal(gains[:, 2:], torch.zeros(1, 2))


def test_each_beam_of_a_clip_gains_alike():
    gains = torch.tensor([[0.0, 2.0, 0.0], [1.0, 0.0, 0.0]])
    scores = torch.log(torch.tensor([[0.5, 0.3, 0.2], [0.8, 0.1, 0.1], [0.4, 0.4, 0.2]]))
    scores = torch.cat([scores, scores[:1]])
    begun = torch.full((4, 1), 2)
    found = PresentTokens(gains, 2, 0.5)(begun, scores)
    expected = (scores + 0.5 * gains[[0, 0, 1, 1]]).log_softmax(dim=-1)
    torch.testing.assert_close(found, expected)


def test_what_is_written_already_gains_no_more():
    gains = torch.tensor([[2.0, 2.0, -1.0]])
    scores = torch.log(torch.tensor([[0.5, 0.3, 0.2]]))
    found = PresentTokens(gains, 1, 1.0)(torch.tensor([[1, 2]]), scores)
    expected = (scores + torch.tensor([[2.0, 0.0, -1.0]])).log_softmax(dim=-1)
    torch.testing.assert_close(found, expected)
