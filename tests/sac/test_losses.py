"""Each loss in float64 against its formula written out, and its gradient against the one it should have."""

from typing import get_args

import pytest
import torch

from actor_critic_gap.sac import losses
from actor_critic_gap.sac.settings import ResidualOf, TDError

B, N = 5, 2
torch.manual_seed(0)
REWARDS, DISCOUNT, LOG_POLICY = (torch.randn(B, dtype=torch.float64) for _ in range(3))
VALUES, NEXT_VALUES = (torch.randn(N, B, dtype=torch.float64) for _ in range(2))
ALPHA = torch.tensor(0.3, dtype=torch.float64)


def smallest(values: torch.Tensor, i: int) -> float:
    return min(float(values[k, i]) for k in range(N))


def test_j_q_and_j_w_are_the_sum_over_the_ensemble_of_half_mean_squares() -> None:
    predictions = VALUES.clone().requires_grad_()
    loss = losses.regression_loss(predictions, REWARDS)
    assert float(loss.detach()) == pytest.approx(
        sum(0.5 * float(VALUES[k, i] - REWARDS[i]) ** 2 / B for k in range(N) for i in range(B))
    )
    (gradient,) = torch.autograd.grad(loss, predictions)
    torch.testing.assert_close(gradient, (VALUES - REWARDS) / B)


@pytest.mark.parametrize("clip", [None, 0.5])
@pytest.mark.parametrize("entropy", [None, -0.3 * LOG_POLICY])
@pytest.mark.parametrize("residual_of", get_args(ResidualOf))
def test_residual_is_the_clipped_td_error_of_the_critic_that_it_is_of(
    clip: float | None, entropy: torch.Tensor | None, residual_of: ResidualOf
) -> None:
    actual = losses.residual(REWARDS, DISCOUNT, VALUES, NEXT_VALUES, entropy, clip, residual_of)
    for i in range(B):
        q = [float(values[i]) for values in VALUES]
        values = {"min": [min(q)], "mean": [sum(q) / N], "own": q}[residual_of]
        following = smallest(NEXT_VALUES, i) + (0.0 if entropy is None else float(entropy[i]))
        delta = [float(REWARDS[i]) + float(DISCOUNT[i]) * following - value for value in values]
        expected = delta if clip is None else [min(max(each, -clip), clip) for each in delta]
        assert actual[:, i].tolist() == pytest.approx(expected, abs=1e-14)
    if clip is not None:
        assert float(actual.abs().max()) == clip


def test_the_actor_climbs_the_least_q_and_w_or_the_least_sum_of_both() -> None:
    for own, expected in (
        (False, lambda q, w: min(q) + min(w)),
        (True, lambda q, w: min(map(sum, zip(q, w, strict=True)))),
    ):
        q, w = losses.taken(VALUES, NEXT_VALUES, own)
        assert w is not None
        sums = [expected(VALUES[:, i].tolist(), NEXT_VALUES[:, i].tolist()) for i in range(B)]
        assert (q + w).tolist() == pytest.approx(sums)
    q, w = losses.taken(VALUES, None, own=True)
    assert w is None
    assert q.tolist() == [smallest(VALUES, i) for i in range(B)]


@pytest.mark.parametrize("res_critics", [None, 1, 2])
def test_j_pi_is_a_kl_divergence_up_to_a_constant(res_critics: int | None) -> None:
    w = None if res_critics is None else torch.randn(res_critics, B, dtype=torch.float64)
    min_w = None if w is None else w.amin(dim=0)
    loss = losses.actor_loss(LOG_POLICY, ALPHA, VALUES.amin(dim=0), min_w)
    total = 0.0
    for i in range(B):
        value = smallest(VALUES, i) + (0.0 if w is None else float(w[:, i].min()))
        total += 0.3 * float(LOG_POLICY[i]) - value
    assert float(loss.detach()) == pytest.approx(total / B)
    # Its gradient: alpha / B in log pi, and -1 / B in the smaller of the critics' values alone.
    log_policy, values = LOG_POLICY.clone().requires_grad_(), VALUES.clone().requires_grad_()
    loss = losses.actor_loss(log_policy, ALPHA, values.amin(dim=0), min_w)
    gradients = torch.autograd.grad(loss, (log_policy, values))
    torch.testing.assert_close(gradients[0], torch.full((B,), 0.3 / B, dtype=torch.float64))
    smaller = (VALUES.amin(dim=0) == VALUES).double()
    torch.testing.assert_close(gradients[1], -smaller / B)


def test_temperature_rises_where_entropy_is_below_its_target() -> None:
    log_temperature = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    loss = -log_temperature * (LOG_POLICY.mean() - 3.0)
    (gradient,) = torch.autograd.grad(loss.sum(), log_temperature)
    assert float(losses.temperature_gradient(LOG_POLICY, -3.0)) == pytest.approx(float(gradient))
    assert losses.temperature_gradient(torch.full((B,), 5.0), -3.0) < 0


def test_weights_count_every_states_term() -> None:
    value = VALUES[0].clone().requires_grad_()
    loss = losses.actor_loss(LOG_POLICY, ALPHA, value, None, DISCOUNT)
    assert float(loss.detach()) == pytest.approx(float((DISCOUNT * (0.3 * LOG_POLICY - VALUES[0])).mean()))
    (gradient,) = torch.autograd.grad(loss, value)
    torch.testing.assert_close(gradient, -DISCOUNT / B)


def test_td_errors_by_each_definition() -> None:
    first = [[-3.0, 1.0], [0.0, 2.0]]  # two critics on one minibatch of two, then on another
    second = [[1.0, -1.0], [-4.0, 4.0]]
    assert losses.td_errors(torch.tensor([first, second])) == {
        "max_abs_td_error": 4.0,
        "max_abs_td_error_summed": 5.0,
        "minibatch_abs_td_error": 4.0,
        "minibatch_abs_td_error_summed": 5.0,
        "mean_abs_td_error": 2.0,
        "mean_abs_td_error_summed": 4.0,
    }
    assert set(losses.td_errors(torch.zeros(1, 1, 1))) == set(get_args(TDError))
