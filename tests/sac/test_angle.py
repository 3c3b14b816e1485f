"""The angle of critics whose answer is known, and that measuring changes nothing."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from actor_critic_gap.sac import angle, networks, pendulum, training
from actor_critic_gap.sac.pendulum import Grid, Policy, Solution
from actor_critic_gap.sac.settings import SACSettings

GRID = Grid(64, 64)


def trained(algorithm: Any) -> training.Trainer:
    settings = SACSettings(
        environment="Pendulum-v1",
        algorithm=algorithm,
        environment_steps=2000,
        warmup_steps=1000,
        critic_updates=2,
        hidden_units=16,
        lr=3e-3,
    )
    torch.set_num_threads(1)
    run = training.Trainer(settings, 0, 4.0)
    while run.iteration < 160:
        assert run.iterate()
    return run


@pytest.fixture(scope="module", params=["sac", "stack-sac", "res-sac"])
def run(request: pytest.FixtureRequest) -> training.Trainer:
    return trained(request.param)


@pytest.fixture(scope="module")
def solved() -> tuple[training.Trainer, Policy, Tensor, Solution]:
    run = trained("sac")
    policy = pendulum.policy_on(GRID, run.agent.actor)
    gradient, solution = pendulum.policy_gradient(GRID, run.agent.actor, 0.99, 0.5)
    return run, policy, gradient, solution


def cosine_on_policy(solved: tuple[training.Trainer, Policy, Tensor, Solution], values: Tensor) -> float:
    run, policy, gradient, solution = solved
    signals = pendulum.signals(GRID, policy, values, 0.5)
    found = pendulum.update(GRID, run.agent.actor, signals, torch.from_numpy(solution.distribution))
    return float(torch.cosine_similarity(found, gradient, dim=0))


def test_a_critic_of_exact_values_points_to_the_gradient(
    solved: tuple[training.Trainer, Policy, Tensor, Solution],
) -> None:
    run, policy, _, _ = solved
    finer = Grid(192, 192)  # the values of another solution, at what follows this grid's nodes
    solution = pendulum.policy_gradient(finer, run.agent.actor, 0.99, 0.5)[1]
    theta, thetadot = (part[:, None].expand_as(policy.actions) for part in GRID.nodes())
    after, speed_after, rewards = pendulum.step(theta, thetadot, policy.actions)
    corners, shares = finer.around(after, speed_after)
    values = rewards + 0.99 * (shares * torch.from_numpy(solution.values)[corners]).sum(dim=2)
    assert cosine_on_policy(solved, values) > 0.99


def test_a_critic_of_noise_points_nowhere_in_the_mean(
    solved: tuple[training.Trainer, Policy, Tensor, Solution],
) -> None:
    """One alone does point somewhere: a network's updates have few large directions, of either sign."""
    draw = torch.Generator().manual_seed(0)
    actions = solved[1].actions
    found = [
        cosine_on_policy(solved, torch.randn(len(actions), 1, generator=draw).double() * 100 * actions)
        for _ in range(300)
    ]
    assert abs(np.mean(found)) < 0.15


def test_the_replays_states_are_shared_out() -> None:
    run = trained("sac")
    shares = angle.states_of(run.replay, GRID)
    assert shares.sum() == pytest.approx(1)
    thetadot = GRID.nodes()[1]
    assert float(shares @ thetadot) == pytest.approx(run.replay.rows[: len(run.replay), 2].mean(), abs=1e-5)


def test_the_mean_update_is_that_of_drawn_minibatches(run: training.Trainer) -> None:
    """On the grid with quadrature, and by the agent's own code on minibatches."""
    agent, rng = run.agent, np.random.default_rng(0)
    policy = pendulum.policy_on(Grid(), agent.actor)
    values = angle.critics_values(agent, Grid(), policy.actions)
    signals = pendulum.signals(Grid(), policy, values, float(agent.log_temperature.exp()))
    mean = pendulum.update(Grid(), agent.actor, signals, angle.states_of(run.replay, Grid()))
    updates, correction = angle._drawn(agent, run.replay.sample(rng, 64, 128), rng)
    sampled = updates.mean(dim=0) - correction
    assert torch.cosine_similarity(mean, sampled, dim=0) > 0.9
    assert (correction.norm() > 0) == (agent.settings.algorithm == "stack-sac")


def test_what_is_measured_is_as_defined(run: training.Trainer) -> None:
    agent, replay, rng = run.agent, run.replay, np.random.default_rng(0)
    temperature, gamma = float(agent.log_temperature.exp()), agent.settings.gamma
    policy = pendulum.policy_on(GRID, agent.actor)
    signals = pendulum.signals(GRID, policy, angle.critics_values(agent, GRID, policy.actions), temperature)
    g, solution = pendulum.policy_gradient(GRID, agent.actor, gamma, temperature)
    g_half, _ = pendulum.policy_gradient(GRID.half, agent.actor, gamma, temperature)
    d = torch.from_numpy(solution.distribution)
    batches = replay.sample(rng, angle.MINIBATCHES, agent.settings.batch_size)
    u, correction = angle._drawn(agent, batches, rng)
    m = pendulum.update(GRID, agent.actor, signals, angle.states_of(replay, GRID)) + correction
    on_policy = pendulum.update(GRID, agent.actor, signals, d)
    if agent.settings.algorithm == "stack-sac":
        on_policy += angle._drawn(agent, angle._on_policy_batches(agent, GRID, d, rng), rng)[1]
    expected = {
        "cosine": m @ g / m.norm() / g.norm(),
        "cosine_on_policy": on_policy @ g / on_policy.norm() / g.norm(),
        "relative_bias": (m - g).norm() / g.norm(),
        "relative_std": ((u - m) ** 2).sum(dim=1).mean().sqrt() / g.norm(),
        "gradient_standard_error": (g - g_half).norm() / 3 / g.norm(),
    }
    found = angle.measured(agent, replay, np.random.default_rng(0), GRID)
    assert found._asdict() == pytest.approx({name: float(value) for name, value in expected.items()})


def test_measuring_leaves_the_agent_alone_and_repeats(run: training.Trainer) -> None:
    before = [tensor.clone() for tensor in run.agent.state]
    first, again = (angle.measured(run.agent, run.replay, np.random.default_rng(0), GRID) for _ in range(2))
    assert first == again
    assert all(torch.equal(*pair) for pair in zip(before, run.agent.state, strict=True))
    assert -1 <= first.cosine <= 1
    assert first.relative_std > 0
    assert 0 < first.gradient_standard_error < 1


def test_the_value_that_is_climbed_is_that_of_the_settings() -> None:
    run = trained("res-sac")
    agent = run.agent
    assert agent.res_critic is not None
    actions = torch.zeros(len(GRID.nodes()[0]), 1)
    inputs = torch.cat([pendulum.observe(*GRID.nodes()).float(), actions], dim=1)
    with torch.no_grad():
        both = networks.values(agent.critic.parameters, inputs) + networks.values(
            agent.res_critic.parameters, inputs
        )
    found = angle.critics_values(agent, GRID, actions)[:, 0]
    assert torch.allclose(found.float(), both.amin(dim=0))
