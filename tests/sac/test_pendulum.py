"""The grid's dynamics against gymnasium's, its gradient against differences and sampled estimates."""

from typing import Any

import gymnasium
import numpy as np
import pytest
import torch
from torch import Tensor

from actor_critic_gap.sac import networks, pendulum
from actor_critic_gap.sac.networks import Parameters
from actor_critic_gap.sac.pendulum import Grid

GAMMA, ALPHA = 0.9, 0.3
GRID = Grid(96, 96)


@pytest.fixture(scope="module")
def actor() -> Parameters:
    found = networks.actor(np.random.default_rng(1), 3, 1, 16, "torch")
    return [2 * parameter.double() for parameter in found]  # a policy that depends on its state


def test_a_step_is_gymnasiums() -> None:
    rng = np.random.default_rng(0)
    environment: Any = gymnasium.make("Pendulum-v1").unwrapped
    environment.reset(seed=0)
    states = np.column_stack([rng.uniform(-10, 10, 200), rng.uniform(-8, 8, 200)])
    actions = rng.uniform(-1, 1, 200)
    theta, thetadot = torch.from_numpy(states).T
    after, speed_after, rewards = pendulum.step(theta, thetadot, torch.from_numpy(actions))
    for i, (state, action) in enumerate(zip(states, actions, strict=True)):
        environment.state = state
        observation, reward, *_ = environment.step(np.array([2 * action]))
        assert [float(after[i]), float(speed_after[i])] == pytest.approx(environment.state, abs=1e-12)
        assert float(rewards[i]) == pytest.approx(reward, abs=1e-12)
        found = pendulum.observe(after[i : i + 1], speed_after[i : i + 1])[0]
        assert found.numpy() == pytest.approx(observation, abs=1e-6)


def test_starts_are_gymnasiums() -> None:
    theta, thetadot = (part.numpy() for part in GRID.nodes())
    starts = GRID.starts()
    assert starts.sum() == pytest.approx(1)
    assert starts @ thetadot**2 == pytest.approx(1 / 3, rel=0.05)
    assert np.abs(thetadot[starts > 0]).max() == pytest.approx(1)
    assert np.unique(theta[starts > 0]).size == GRID.n


def test_states_are_shared_out_among_the_nodes_around_them() -> None:
    rng = np.random.default_rng(0)
    theta, thetadot = (torch.from_numpy(rng.uniform(-bound, bound, 100)) for bound in (3.1, 8.0))
    corners, shares = GRID.around(theta, thetadot)
    nodes = GRID.nodes()
    assert shares.min() >= 0
    assert shares.sum(dim=1).numpy() == pytest.approx(1)
    inside = (
        theta.numpy() < np.pi - 2 * np.pi / GRID.n
    )  # elsewhere the angles around are those after the turn
    for state, node in zip((theta, thetadot), nodes, strict=True):
        assert (shares * node[corners]).sum(dim=1).numpy()[inside] == pytest.approx(state.numpy()[inside])


def objective(actor: Parameters, grid: Grid = GRID) -> float:
    return pendulum.solve(grid, pendulum.policy_on(grid, actor), GAMMA, ALPHA).objective


def test_the_gradient_is_that_of_the_grids_objective(actor: Parameters) -> None:
    gradient, solution = pendulum.policy_gradient(GRID, actor, GAMMA, ALPHA)
    assert solution.distribution.sum() == pytest.approx(1)
    assert solution.distribution.min() >= 0
    rng = np.random.default_rng(0)
    for _ in range(3):
        direction = [torch.from_numpy(rng.standard_normal(tuple(p.shape))) for p in actor]
        there, back = (
            objective([p + h * d for p, d in zip(actor, direction, strict=True)]) for h in (1e-5, -1e-5)
        )
        expected = float(gradient @ pendulum.flat(tuple(direction)))
        assert (there - back) / 2e-5 == pytest.approx(expected, rel=1e-3)


def test_finer_grids_agree(actor: Parameters) -> None:
    coarse, fine = (pendulum.policy_gradient(Grid(n, n), actor, GAMMA, ALPHA)[0] for n in (96, 192))
    assert torch.cosine_similarity(coarse, fine, dim=0) > 0.999
    assert float(coarse.norm() / fine.norm()) == pytest.approx(1, abs=0.05)


def returns_of_walks(actor: Parameters, n: int) -> Tensor:
    """The soft returns (n,) of walks from the start, in units of the objective, on the actor's graph."""
    rng = np.random.default_rng(0)
    theta, thetadot = (torch.from_numpy(rng.uniform(-b, b, n)) for b in (np.pi, 1.0))
    total, weight = torch.zeros(n, dtype=torch.float64), 1.0
    while weight > 1e-4:
        noise = torch.from_numpy(rng.standard_normal((n, 1)))
        actions, log_policy = networks.sample(
            networks.gaussian(actor, pendulum.observe(theta, thetadot)), noise
        )
        theta, thetadot, reward = pendulum.step(theta, thetadot, actions[:, 0])
        total = total + weight * (reward - ALPHA * log_policy)
        weight *= GAMMA
    return (1 - GAMMA) * total


def test_the_gradient_is_that_along_sampled_walks(actor: Parameters) -> None:
    """The pathwise estimator, which knows nothing of the grid."""
    leaves = [parameter.clone().requires_grad_() for parameter in actor]
    returns = returns_of_walks(leaves, 4000)
    mean, error = float(returns.detach().mean()), 4 * float(returns.detach().std()) / len(returns) ** 0.5
    assert mean == pytest.approx(objective(actor, Grid(192, 192)), abs=error)
    sampled = pendulum.flat(torch.autograd.grad(returns.mean(), leaves))
    gradient, _ = pendulum.policy_gradient(Grid(192, 192), actor, GAMMA, ALPHA)
    assert torch.cosine_similarity(sampled, gradient, dim=0) > 0.97
    assert float(sampled @ gradient / gradient.square().sum()) == pytest.approx(1, abs=0.1)


def test_the_gradient_is_that_of_the_score_function(actor: Parameters) -> None:
    """Likelihood ratios with Monte-Carlo returns; the baseline is the grid's and cannot bias them."""
    n, rng = 20_000, np.random.default_rng(1)
    gradient, solution = pendulum.policy_gradient(GRID, actor, GAMMA, ALPHA)
    theta, thetadot = (torch.from_numpy(rng.uniform(-b, b, n)) for b in (np.pi, 1.0))
    times = torch.from_numpy(rng.geometric(1 - GAMMA, n) - 1)  # a state of d_theta each
    chosen_states, chosen_noise = torch.zeros(n, 3, dtype=torch.float64), torch.zeros(n, 1).double()
    advantages = torch.zeros(n, dtype=torch.float64)
    for t in range(int(times.max()) + 90):
        observations = pendulum.observe(theta, thetadot)
        noise = torch.from_numpy(rng.standard_normal((n, 1)))
        now = times == t
        chosen_states[now], chosen_noise[now] = observations[now], noise[now]
        corners, shares = GRID.around(theta, thetadot)
        baseline = (shares * torch.from_numpy(solution.values)[corners]).sum(dim=1)
        with torch.no_grad():
            actions, log_policy = networks.sample(networks.gaussian(actor, observations), noise)
        theta, thetadot, reward = pendulum.step(theta, thetadot, actions[:, 0])
        advantages -= torch.where(now, baseline, 0.0)
        weight = torch.where(t >= times, GAMMA ** (t - times).clamp(0).double(), 0.0)
        advantages += weight * (reward - ALPHA * log_policy)
    leaves = [parameter.clone().requires_grad_() for parameter in actor]
    distribution = networks.gaussian(leaves, chosen_states)
    with torch.no_grad():
        pre_tanh = distribution.mean + distribution.log_std.exp() * chosen_noise
    standard = (pre_tanh - distribution.mean) / distribution.log_std.exp()
    log_density = -distribution.log_std - 0.5 * standard.square()
    sampled = pendulum.flat(torch.autograd.grad((advantages * log_density[:, 0]).mean(), leaves))
    assert float(sampled @ gradient / gradient.square().sum()) == pytest.approx(1, abs=0.15)
