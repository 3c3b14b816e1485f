"""Stack-SAC's closed form against the implicit function theorem with dense Jacobians by autograd."""

import numpy as np
import pytest
import torch
from problems import Problem, random_problem
from torch import Tensor

from actor_critic_gap.mdp import finite_mdp as exact
from actor_critic_gap.sac import losses, networks, stackelberg

B, S, A, H = 6, 3, 2, 8
GAMMA = 0.9


def double(parameters: list[Tensor]) -> list[Tensor]:
    return [p.double().requires_grad_() for p in parameters]


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("eta", [0.05, 0.5])
@pytest.mark.parametrize("temperature", [0.0, 0.4])
def test_gradient_is_that_of_the_dense_implicit_solve(n: int, eta: float, temperature: float) -> None:
    rng = np.random.default_rng(n)
    critic = double(networks.critics(rng, n, S + A, H, "torch"))
    target = double(networks.critics(rng, n, S + A, H, "torch"))
    actor = double(networks.actor(rng, S, A, H, "torch"))
    alpha = torch.tensor(temperature, dtype=torch.float64)
    draw = torch.Generator().manual_seed(0)
    inputs, next_states = (torch.randn(B, k, dtype=torch.float64, generator=draw) for k in (S + A, S))
    rewards = torch.randn(B, dtype=torch.float64, generator=draw)
    eps, next_eps = (torch.randn(B, A, dtype=torch.float64, generator=draw) for _ in range(2))
    discount = GAMMA * (1 - torch.tensor([0, 1, 0, 0, 1, 0], dtype=torch.float64))
    states = inputs[:, :S]

    def acted(at: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        actions, log_policy = networks.sample(networks.gaussian(actor, at), noise)
        return torch.cat([at, actions], dim=1), log_policy

    actor_inputs, log_policy = acted(states, eps)
    next_inputs, next_log_policy = acted(next_states, next_eps)
    next_values = networks.values(target, next_inputs).amin(dim=0)
    next_soft = next_values - alpha * next_log_policy

    # The closed form.
    c = stackelberg.weights(*stackelberg.response(critic, inputs, actor_inputs.detach()), eta)
    loss = losses.actor_loss(log_policy, alpha, networks.values(critic, actor_inputs).amin(0), None)
    loss = loss + losses.actor_loss(next_log_policy, alpha, next_values, None, discount * c)
    actual = torch.autograd.grad(loss, actor, retain_graph=True)

    # The implicit function theorem: ascent direction d_theta J_pi - (d_theta d_phi J_q)' H^-1 d_phi J_pi.
    sizes = [p.numel() for p in critic]

    def unpack(flat: Tensor) -> list[Tensor]:
        return [part.view_as(p) for part, p in zip(torch.split(flat, sizes), critic, strict=True)]

    flat = torch.cat([p.detach().reshape(-1) for p in critic])
    predictions = torch.autograd.functional.jacobian(  # type: ignore[no-untyped-call]
        lambda x: networks.values(unpack(x), inputs), flat
    )  # (n, B, P)
    hessian = torch.einsum("kip,kiq->pq", predictions, predictions) / B + eta * torch.eye(
        len(flat), dtype=torch.float64
    )
    x = flat.clone().requires_grad_()
    j_pi = -losses.actor_loss(
        log_policy.detach(), alpha, networks.values(unpack(x), actor_inputs.detach()).amin(0), None
    )
    (value_derivative,) = torch.autograd.grad(j_pi, x)
    response = torch.linalg.solve(hessian, value_derivative)
    targets = rewards + discount * next_soft
    errors = networks.values(critic, inputs).detach() - targets
    semi_gradient = torch.einsum("kip,ki->p", predictions, errors) / B
    objective = -losses.actor_loss(log_policy, alpha, networks.values(critic, actor_inputs).amin(0), None)
    expected = torch.autograd.grad(objective - semi_gradient @ response, actor)
    for a, e in zip(actual, expected, strict=True):
        torch.testing.assert_close(-a, e, rtol=1e-9, atol=1e-12)
    plain = torch.autograd.grad(-losses.actor_loss(*_again(actor, states, eps, alpha, critic), None), actor)
    assert any((p - e).abs().max() > 1e-6 for p, e in zip(plain, expected, strict=True))


def _again(
    actor: list[Tensor], states: Tensor, eps: Tensor, alpha: Tensor, critic: list[Tensor]
) -> tuple[Tensor, Tensor, Tensor]:
    actions, log_policy = networks.sample(networks.gaussian(actor, states), eps)
    return log_policy, alpha, networks.values(critic, torch.cat([states, actions], dim=1)).amin(0)


def tabular_update(problem: Problem, start: exact.Array) -> exact.Array:
    """Stack-SAC's update on all pairs, weighted by d_theta, of a table; eta and alpha near 0.

    `start` (S,) are the states of the first term.
    """
    mdp, policy = problem.mdp, problem.policy
    d = exact.stationary_distribution(mdp, policy)
    flat = torch.from_numpy(d).reshape(1, -1)
    c = stackelberg.weights(torch.diag_embed(flat), flat, 1e-12).numpy().reshape(d.shape)
    following = mdp.gamma * exact.next_state_weights(mdp, d * c)
    return exact.actor_gradient(policy, start + following, problem.q)


def test_from_the_start_states_a_tables_update_is_eq_9() -> None:
    """Eq. 43 with D held fixed, which is all that samples give (Sec. 5.3), adds up to Eq. 9 by Eq. 3."""
    problem = random_problem(0, 5, 3, 0.9)
    mdp = problem.mdp
    expected = exact.actor_g_gradient(mdp, problem.logits, problem.q)
    np.testing.assert_allclose(tabular_update(problem, (1 - mdp.gamma) * mdp.mu0), expected, atol=1e-9)
