"""What predictions should equal, exactly on small MDPs; returns, pairs and their errors."""

from collections.abc import Iterator
from typing import Any

import gymnasium
import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from probes import CutOff
from problems import Problem, random_problem

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.mdp import finite_mdp as exact
from actor_critic_gap.sac import predictions
from actor_critic_gap.sac.agent import Agent
from actor_critic_gap.sac.environments import Environment
from actor_critic_gap.sac.predictions import Walk
from actor_critic_gap.sac.settings import SACSettings
from actor_critic_gap.sac.td import Critic

ALPHA = 0.7


@pytest.fixture(params=range(3))
def problem(request: pytest.FixtureRequest) -> Problem:
    return random_problem(request.param, 6, 3, 0.9)


def discounted(problem: Problem, rewards: exact.Array) -> exact.Array:
    """The discounted sum of any rewards (S, A) along the policy, from each pair."""
    mdp = problem.mdp
    return exact.action_values(exact.FiniteMDP(mdp.P, rewards, mdp.mu0, mdp.gamma), problem.policy)


def following(problem: Problem, values: exact.Array) -> exact.Array:
    """gamma times the mean of values (S, A) at the next pair."""
    return problem.mdp.gamma * (problem.mdp.P @ exact.state_expectation(problem.policy, values))


def soft_returns(problem: Problem) -> exact.Array:
    """The soft return from each pair: all entropies but the first action's."""
    return discounted(problem, problem.mdp.r + following(problem, -ALPHA * np.log(problem.policy)))


def test_the_critics_fixed_point_is_the_soft_return(problem: Problem) -> None:
    q = soft_returns(problem)
    backup = problem.mdp.r + following(problem, q - ALPHA * np.log(problem.policy))
    assert_allclose(q, backup, atol=1e-12)


def test_critic_plus_res_critic_is_the_plain_return_whatever_the_critic_is(problem: Problem) -> None:
    delta = problem.mdp.r + following(problem, problem.q) - problem.q
    plain = exact.action_values(problem.mdp, problem.policy)
    assert_allclose(problem.q + discounted(problem, delta), plain, atol=1e-12)


def test_with_the_entropy_in_the_residual_it_is_the_soft_return(problem: Problem) -> None:
    soft = problem.q - ALPHA * np.log(problem.policy)
    delta = problem.mdp.r + following(problem, soft) - problem.q
    assert_allclose(problem.q + discounted(problem, delta), soft_returns(problem), atol=1e-12)


def test_of_twins_the_minimum_telescopes_and_mean_and_own_keep_their_disagreement(problem: Problem) -> None:
    twins = np.stack([problem.q, np.random.default_rng(0).normal(size=problem.q.shape)])
    least, plain = twins.min(axis=0), exact.action_values(problem.mdp, problem.policy)
    for residual_of, taken in (("min", least[None]), ("mean", twins.mean(axis=0)[None]), ("own", twins)):
        for k, q in enumerate(taken):
            w = discounted(problem, problem.mdp.r + following(problem, least) - q)
            gaps = discounted(problem, q - least)
            base = least if residual_of != "own" else twins[k]
            assert_allclose(base + w, plain - gaps + (base - least), atol=1e-12)
            assert np.allclose(gaps, 0) == (residual_of == "min")


def test_the_mean_of_sampled_returns_is_exact() -> None:
    rng, problem = np.random.default_rng(0), random_problem(0, 4, 2, 0.6)
    mdp, policy = problem.mdp, problem.policy
    sums = []
    for _ in range(2000):
        state, action, rewards, log_policy = 0, 0, [], []
        for _ in range(predictions.horizon(mdp.gamma)):
            rewards.append(mdp.r[state, action])
            log_policy.append(np.log(policy[state, action]))
            state = rng.choice(mdp.n_states, p=mdp.P[state, action])
            action = rng.choice(mdp.n_actions, p=policy[state])
        found = predictions.returns(np.array(rewards), np.array(log_policy), mdp.gamma, ALPHA)
        sums.append([part[0] for part in found])
    plain, soft = np.mean(sums, axis=0)
    error = 4 * np.std(sums, axis=0) / np.sqrt(len(sums))
    assert plain == pytest.approx(exact.action_values(mdp, policy)[0, 0], abs=error[0])
    assert soft == pytest.approx(soft_returns(problem)[0, 0], abs=error[1])


def test_returns_by_hand() -> None:
    plain, soft = predictions.returns(np.array([1.0, 2.0, 4.0]), np.array([-9.0, -1.0, 3.0]), 0.5, 2.0)
    assert plain.tolist() == [1 + 1 + 1, 2 + 2, 4]
    assert soft.tolist() == [3 + 0.5 * 2 - 0.25 * 6, 4 - 0.5 * 6, 4]


@pytest.mark.parametrize("gamma", [0.0, 0.5, 0.99])
def test_the_horizon_is_the_least_that_leaves_a_thousandth(gamma: float) -> None:
    steps = predictions.horizon(gamma)
    assert gamma**steps < 1e-3 <= gamma ** (steps - 1)


def test_errors_by_hand() -> None:
    found = predictions.errors(np.array([3.0, 2.0, 4.0]), np.array([1.0, 0.0, 5.0]))
    assert found == pytest.approx({"bias": 1.0, "rmse": 3**0.5, "rank_correlation": 1.0})
    assert predictions.errors(np.zeros(3), np.arange(3.0))["rank_correlation"] == 0


def test_pairs_come_from_every_step_before_the_limit_and_none_from_after_a_terminal_state() -> None:
    lengths = []

    def walk(number: int, steps: int) -> Walk:
        lengths.append(steps)
        times = np.arange(min(steps, 30 if number % 2 else 1000), dtype=np.float64)[:, None]
        return Walk(times, -times, np.zeros(len(times)), np.ones(len(times)))

    pairs = predictions.on_policy_pairs(walk, 400, 100, 0.5, 1.0, np.random.default_rng(0))
    assert len(pairs.states) == len(pairs.plain) == 400
    assert (pairs.states == -pairs.actions).all()
    assert (pairs.states[:13, 0].astype(int) // 10).tolist() == [*range(10), 0, 1, 2]
    assert min(lengths) >= 90 + predictions.horizon(0.5)
    assert pairs.plain[:10] == pytest.approx([2.0] * 10, rel=1e-3)


def noop(state: Any) -> Any:
    return np.zeros(1, np.float32)


def test_a_walk_goes_on_past_the_time_limit_and_ends_at_a_terminal_state() -> None:
    assert len(list(predictions.steps_past_limit(Environment("Pendulum-v1"), noop, 0, 250))) == 250
    assert len(list(predictions.steps_past_limit(Environment("probes/Delayed-v0"), noop, 0, 250))) == 2


class Stops(CutOff):
    """An environment that cannot go on past its limit."""

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        if self.time > 0:
            raise RuntimeError("step after\nthe end")
        return super().step(action)


@pytest.fixture
def stops() -> Iterator[Environment]:
    entry_point: Any = Stops
    gymnasium.register("probes/Stops-v0", entry_point=entry_point, max_episode_steps=100)
    yield Environment("probes/Stops-v0")
    del gymnasium.registry["probes/Stops-v0"]


def test_an_environment_that_cannot_go_on_is_refused(stops: Environment) -> None:
    with pytest.raises(
        InvalidInput, match="'probes/Stops-v0': step after the end: expected one that goes on"
    ):
        list(predictions.steps_past_limit(stops, noop, 0, 3))


@pytest.mark.parametrize(
    ("change", "truth_of_the_sum"),
    [
        ({"algorithm": "sac"}, "soft_return"),
        ({"algorithm": "res-sac"}, "plain_return"),
        ({"algorithm": "res-sac", "residual_entropy": True}, "soft_return"),
    ],
)
def test_each_prediction_is_held_against_what_it_should_equal(
    change: dict[str, Any], truth_of_the_sum: str
) -> None:
    settings = SACSettings(environment="probes/CutOff-v0", hidden_units=8, gamma=0.5, **change)
    agent = Agent(settings, 1, 1, None, np.random.default_rng(0))
    before = [tensor.clone() for tensor in agent.state]
    row = predictions.measured(agent, Environment(settings.environment), 100, (0, 2, 7))
    assert list(row) == predictions.COLUMNS
    assert row["plain_return"] == pytest.approx(2, rel=1e-3)
    assert row["critic_bias"] == pytest.approx(row["critic"] - row["soft_return"])
    of_sum = row["critic_plus_res_critic"]
    assert row["critic_plus_res_critic_bias"] == pytest.approx(of_sum - row[truth_of_the_sum])
    assert (of_sum == row["critic"]) == (change["algorithm"] == "sac")
    assert row == predictions.measured(agent, Environment(settings.environment), 100, (0, 2, 7))
    assert all(torch.equal(*pair) for pair in zip(before, agent.state, strict=True))


def constant(critic: Critic, values: tuple[float, float], targets: tuple[float, float]) -> None:
    """Make twins that predict the same everywhere."""
    for parameters, value in ((critic.parameters, values), (critic.targets, targets)):
        for parameter in parameters:
            parameter.detach().zero_()
        parameters[-1].detach()[:, 0, 0] = torch.tensor(value)


def test_predictions_and_returns_of_constant_critics() -> None:
    settings = SACSettings(
        environment="probes/CutOff-v0", algorithm="res-sac", hidden_units=8, gamma=0.5, reward_scale=0.5
    )
    agent = Agent(settings, 1, 1, None, np.random.default_rng(0))
    assert agent.res_critic is not None
    constant(agent.critic, (0.0, 3.0), (9.0, 9.0))
    constant(agent.res_critic, (5.0, 0.0), (9.0, 9.0))
    bonus = []
    for temperature in (1.0, 2.0):
        agent.log_temperature.detach().fill_(np.log(temperature))
        row = predictions.measured(agent, Environment(settings.environment), 100, (0,))
        assert (row["critic"], row["critic_plus_res_critic"]) == (0, 3)  # min_k Q_k and min_k (Q_k + W_k)
        assert row["plain_return"] == pytest.approx(1, rel=1e-3)
        bonus.append(row["soft_return"] - row["plain_return"])
    assert bonus[1] == pytest.approx(2 * bonus[0], rel=1e-3)
    assert abs(bonus[0]) > 0.1
