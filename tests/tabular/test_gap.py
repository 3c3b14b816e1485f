"""The measured gap against brute force: probabilities of whole walks, and many batches."""

from copy import deepcopy
from itertools import pairwise, product
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from problems import FOUR_ROOM, Problem, random_problem

from actor_critic_gap.mdp import finite_mdp as exact
from actor_critic_gap.mdp.finite_mdp import FiniteMDP
from actor_critic_gap.tabular import kernels, training
from actor_critic_gap.tabular.gap import Gap, cosine, expected_direction, measured_gap
from actor_critic_gap.tabular.kernels import Players, UpdateRule, adam_state, sparse_mdp
from actor_critic_gap.tabular.settings import SampledSettings

ALGORITHMS = {
    "actor-o-critic": kernels.ACTOR_O_CRITIC,
    "actor-g-critic": kernels.ACTOR_G_CRITIC,
    "res-ac": kernels.RES_AC,
    "stack-ac": kernels.STACK_AC,
}
LENGTH = 5
STARTS = np.array([0, 2, 2, 1])


def rule(algorithm: str, gamma: float) -> UpdateRule:
    data = {"algorithm": algorithm, "gamma": gamma, "initial_state_batch": 7}
    return training.sampled_rule(SampledSettings.model_validate(data))


def players(problem: Problem, w: exact.Array) -> Players:
    shape = problem.q.shape
    return Players(problem.logits, problem.q, w, adam_state(shape), adam_state(shape), adam_state(shape))


def random_players(problem: Problem) -> Players:
    return players(problem, np.random.default_rng(1).normal(size=problem.q.shape))


def test_the_walks_distribution_is_the_sum_over_all_walks() -> None:
    problem = random_problem(3, 3, 2, 0.9)
    mdp, policy = problem.mdp, problem.policy
    expected = np.zeros(3)
    for states in product(range(3), repeat=4):
        p = mdp.mu0[states[0]]
        for s, following in pairwise(states):
            p *= policy[s] @ mdp.P[s, :, following]
        for s in states:
            expected[s] += p / 4
    assert_allclose(exact.walk_distribution(mdp, policy, 4), expected, rtol=1e-12)


@pytest.mark.parametrize("name", ["actor-o-critic", "actor-g-critic", "res-ac"])
@pytest.mark.parametrize("problem", [random_problem(5, 4, 3, 0.8), FOUR_ROOM], ids=["random", "FourRoom"])
def test_the_expected_direction_is_the_mean_over_many_batches(name: str, problem: Problem) -> None:
    mdp, players = problem.mdp, random_players(problem)
    drawn = kernels.sampled_directions(
        20_000, LENGTH, sparse_mdp(mdp), rule(name, mdp.gamma), players, STARTS, 4, training.streams(2)
    )
    mean = expected_direction(mdp, rule(name, mdp.gamma), players, STARTS, LENGTH)
    errors = drawn.mean(axis=0) - mean
    certain = drawn.std(axis=0) < 1e-12
    assert_allclose(errors[certain], 0, atol=1e-12)
    scores = errors[~certain] / drawn.std(axis=0)[~certain] * np.sqrt(len(drawn))
    assert np.abs(scores).max() < 4.8


@pytest.mark.parametrize("name", ALGORITHMS)
def test_the_gap_is_that_of_many_batches(name: str) -> None:
    problem = random_problem(5, 4, 3, 0.8)
    mdp, players = problem.mdp, random_players(problem)
    used = rule(name, mdp.gamma)
    drawn = kernels.sampled_directions(
        100_000, LENGTH, sparse_mdp(mdp), used, players, STARTS, 4, training.streams(2)
    )
    if name == "actor-o-critic":
        drawn *= 1 - mdp.gamma
    gradient = exact.policy_gradient(mdp, problem.logits)
    mean, norm = drawn.mean(axis=0), np.linalg.norm(gradient)
    walk = exact.walk_distribution(mdp, problem.policy, LENGTH)
    of_walk = exact.actor_gradient(problem.policy, walk, exact.action_values(mdp, problem.policy))
    gap = measured_gap(mdp, used, players, STARTS, LENGTH, 20_000, training.streams(4))
    error = 4 * drawn.std(axis=0).max() / np.sqrt(20_000) / norm
    assert gap.cosine == pytest.approx((mean * gradient).sum() / np.linalg.norm(mean) / norm, abs=2 * error)
    assert gap.walk_cosine == pytest.approx(cosine(mean, of_walk), abs=2 * error)
    assert gap.relative_bias == pytest.approx(np.linalg.norm(mean - gradient) / norm, abs=2 * error)
    spread = np.sqrt(drawn.var(axis=0).sum()) / norm
    assert gap.relative_std == pytest.approx(spread, rel=0.03)


def test_an_exact_res_critic_leaves_no_bias_where_walks_are_distributed_like_d() -> None:
    """With dynamics that forget, every state distribution is mu_0; then Theorem 1 is all there is."""
    drawn = random_problem(6, 4, 3, 0.7)
    mu0 = drawn.mdp.mu0
    mdp = FiniteMDP(np.broadcast_to(mu0, drawn.mdp.P.shape), drawn.mdp.r, mu0, drawn.mdp.gamma)
    problem = Problem(mdp, drawn.logits, drawn.q)
    exact_w = exact.res_critic_values(mdp, problem.policy, problem.q)
    arguments = (STARTS, LENGTH, 2, training.streams(0))
    res_ac = measured_gap(mdp, rule("res-ac", mdp.gamma), players(problem, exact_w), *arguments)
    assert_allclose([res_ac.cosine, res_ac.walk_cosine, res_ac.relative_bias], [1, 1, 0], atol=1e-12)
    actor_g = measured_gap(mdp, rule("actor-g-critic", mdp.gamma), players(problem, exact_w), *arguments)
    assert actor_g.relative_bias > 0.1


def test_critics_without_error_leave_the_angle_of_the_walks_states_only() -> None:
    problem, mdp = FOUR_ROOM, FOUR_ROOM.mdp
    w = exact.action_values(mdp, problem.policy) - problem.q
    arguments = (STARTS, LENGTH, 2, training.streams(0))
    gap = measured_gap(mdp, rule("res-ac", mdp.gamma), players(problem, w), *arguments)
    assert gap.walk_cosine == pytest.approx(1, abs=1e-12)
    assert gap.cosine < 0.999


def test_measuring_changes_nothing() -> None:
    settings = SampledSettings(episodes=20, log_interval=10)
    plain, tables = training.train(settings, [3])
    measured, same = training.train(settings.model_copy(update={"gap_batches": 3}), [3])
    assert measured[plain.columns].equals(plain)
    assert set(measured) - set(plain) == {"cosine", "walk_cosine", "relative_bias", "relative_std"}
    assert all((tables[name] == same[name]).all() for name in tables)


def test_it_is_measured_under_all_start_states_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    lengths = []

    def noted(*arguments: Any) -> Gap:
        lengths.append(len(arguments[3]))
        return measured_gap(*arguments)

    monkeypatch.setattr(training, "measured_gap", noted)
    training.train(SampledSettings(episodes=20, log_interval=10, gap_batches=2), [3])
    assert lengths == [10, 20]


def test_the_gap_is_drawn_from_its_streams_only() -> None:
    players, streams = random_players(FOUR_ROOM), training.streams(0)
    before = deepcopy(players)
    arguments = (FOUR_ROOM.mdp, rule("stack-ac", 0.9), players, STARTS, LENGTH, 3)
    first = measured_gap(*arguments, deepcopy(streams))
    assert first == measured_gap(*arguments, deepcopy(streams))
    assert first != measured_gap(*arguments, training.streams(1))
    for field in ("logits", "q", "w"):
        assert (getattr(players, field) == getattr(before, field)).all()
