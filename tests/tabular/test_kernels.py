"""The compiled estimators: each against autograd of the loss it differentiates, then against the exact
gradient that it estimates; the compiled exact functions against `finite_mdp`."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from autograd import derivative_of, log_policy, lookup, sampled_stackelberg
from hypothesis import example, given, settings
from numpy.testing import assert_allclose
from problems import FOUR_ROOM, Problem, problems, random_problem

from actor_critic_gap.mdp import finite_mdp as exact
from actor_critic_gap.mdp.finite_mdp import Array, softmax_policy
from actor_critic_gap.mdp.matrix_notation import tensor
from actor_critic_gap.tabular import kernels
from actor_critic_gap.tabular.kernels import Batch, Integers
from actor_critic_gap.tabular.training import streams

PROBLEM = random_problem(5, 5, 3, 0.8)
PAIRS = exact.stationary_distribution(PROBLEM.mdp, PROBLEM.policy)
SCALES = (1.0, 2.0)


def draw_pairs(rng: np.random.Generator, weights: Array, size: int) -> tuple[Integers, Integers]:
    """Pairs (s, a) with the probabilities of `weights` (S, A)."""
    pairs = rng.choice(weights.size, size=size, p=weights.reshape(-1))
    return pairs // weights.shape[1], pairs % weights.shape[1]


def draw_batch(rng: np.random.Generator, size: int) -> Batch:
    """Independent transitions: (s, a) from d_theta, s~ from P, a~ from the policy."""
    mdp, policy = PROBLEM.mdp, PROBLEM.policy
    states, actions = draw_pairs(rng, PAIRS, size)
    rows = mdp.P[states, actions].cumsum(axis=1)
    next_states = (rng.random((size, 1)) > rows).sum(axis=1).clip(max=mdp.n_states - 1)
    next_actions = kernels.draw_actions(policy, next_states, rng)
    return Batch(states, actions, mdp.r[states, actions], next_states, next_actions)


def draw_starts(rng: np.random.Generator, size: int) -> tuple[Integers, Integers]:
    """States from mu_0, actions from the policy: the batch B_O."""
    states = rng.choice(PROBLEM.mdp.n_states, size=size, p=PROBLEM.mdp.mu0)
    return states, kernels.draw_actions(PROBLEM.policy, states, rng)


def test_score_gradient_is_that_of_the_surrogate_objective() -> None:
    rng = np.random.default_rng(0)
    states, actions = draw_starts(rng, 40)
    coefficients = rng.normal(size=40)
    theta = tensor(PROBLEM.logits).requires_grad_()
    surrogate = (log_policy(theta, states, actions) * tensor(coefficients)).mean()
    gradient = kernels.score_gradient(PROBLEM.policy, states, actions, coefficients)
    assert_allclose(gradient, derivative_of(surrogate, theta), atol=1e-14)


@pytest.mark.parametrize("scale", SCALES)
def test_td_semi_gradient_is_that_of_the_loss_with_a_frozen_target(scale: float) -> None:
    rng = np.random.default_rng(1)
    batch, rewards = draw_batch(rng, 40), rng.normal(size=40)
    x = tensor(PROBLEM.q).requires_grad_()
    target = tensor(rewards) + 0.8 * lookup(x, batch.next_states, batch.next_actions).detach()
    loss = 0.5 * scale * ((lookup(x, batch.states, batch.actions) - target) ** 2).mean()
    gradient = kernels.td_semi_gradient(PROBLEM.q, batch, rewards, 0.8, scale)
    assert_allclose(gradient, derivative_of(loss, x), atol=1e-14)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("eta", [0.05, 0.5])
@pytest.mark.parametrize("sum_next_actions", [False, True])
def test_stackelberg_correction_is_the_implicit_term(
    scale: float, eta: float, sum_next_actions: bool
) -> None:
    rng = np.random.default_rng(2)
    batch, derivative = draw_batch(rng, 40), rng.normal(size=PROBLEM.q.shape)
    actual = kernels.stackelberg_correction(
        PROBLEM.policy, PROBLEM.q, batch, derivative, 0.8, eta, scale, sum_next_actions
    )
    theta, q = tensor(PROBLEM.logits).requires_grad_(), tensor(PROBLEM.q)
    expected = sampled_stackelberg(theta, q, batch, tensor(derivative), 0.8, eta, scale, sum_next_actions)
    assert_allclose(actual, expected, atol=1e-14)


W = np.random.default_rng(8).normal(size=PROBLEM.q.shape)
"""A res-critic."""

Estimator = Callable[[np.random.Generator, int], Array]


def actor(algorithm: int, sum_next_actions: bool = False) -> Estimator:
    """The actor's direction as training computes it, on independent samples."""

    def estimate(rng: np.random.Generator, size: int) -> Array:
        rule = kernels.UpdateRule(
            algorithm=algorithm,
            gamma=PROBLEM.mdp.gamma,
            actor_lr=0.0,
            critic_lr=0.0,
            res_critic_lr=0.0,
            res_critic_updates=1,
            loss_scale=1.0,
            critic_first=False,
            initial_state_batch=size,
            eta=0.05,
            sum_next_actions=sum_next_actions,
            log_policy_derivative=False,
            start_scale=1 - PROBLEM.mdp.gamma,
        )
        batch, starts = draw_batch(rng, size), draw_starts(rng, size)
        return kernels.sampled_actor_gradient(rule, PROBLEM.policy, PROBLEM.q, W, batch, *starts)

    return estimate


def critic_td(rng: np.random.Generator, size: int) -> Array:
    batch = draw_batch(rng, size)
    return kernels.td_semi_gradient(PROBLEM.q, batch, batch.rewards, PROBLEM.mdp.gamma, 1.0)


def res_critic_td(rng: np.random.Generator, size: int) -> Array:
    batch = draw_batch(rng, size)
    delta = kernels.td_errors(PROBLEM.q, batch, batch.rewards, PROBLEM.mdp.gamma)
    return kernels.td_semi_gradient(W, batch, delta, PROBLEM.mdp.gamma, 1.0)


STACK_AC = exact.stackelberg_semi_gradient(*PROBLEM, 0.05, fixed_distribution=True)
ESTIMATORS: dict[str, tuple[Estimator, Array]] = {
    "actor-o": (
        actor(kernels.ACTOR_O_CRITIC),
        exact.actor_o_gradient(*PROBLEM) / (1 - PROBLEM.mdp.gamma),
    ),
    "actor-g": (actor(kernels.ACTOR_G_CRITIC), exact.actor_g_gradient(*PROBLEM)),
    "res-ac": (actor(kernels.RES_AC), exact.res_actor_gradient(*PROBLEM, W)),
    "critic": (critic_td, exact.critic_semi_gradient(PROBLEM.mdp, PROBLEM.policy, PROBLEM.q)),
    "res-critic": (
        res_critic_td,
        exact.res_critic_semi_gradient(PROBLEM.mdp, PROBLEM.policy, PROBLEM.q, W),
    ),
    "stack-ac, score": (actor(kernels.STACK_AC), STACK_AC),
    "stack-ac, sum": (actor(kernels.STACK_AC, sum_next_actions=True), STACK_AC),
}
"""Each with the gradient that it estimates."""


@pytest.mark.parametrize("name", ESTIMATORS)
def test_estimators_converge_to_the_exact_gradient_at_the_root_n_rate(name: str) -> None:
    estimator, target = ESTIMATORS[name]
    errors = {}
    for size in (2_000, 200_000):
        rng = np.random.default_rng(3)
        squares = [(estimator(rng, size) - target) ** 2 for _ in range(12)]
        errors[size] = np.sqrt(np.mean(squares))
    assert errors[200_000] < 0.03 * np.abs(target).max()
    assert 6 < errors[2_000] / errors[200_000] < 16


@pytest.mark.parametrize("name", ["actor-o", "actor-g", "res-ac", "critic", "res-critic"])
def test_estimators_are_unbiased_in_small_batches(name: str) -> None:
    estimator, target = ESTIMATORS[name]
    rng = np.random.default_rng(4)
    samples = np.array([estimator(rng, 8) for _ in range(10_000)])
    scores = (samples.mean(axis=0) - target) / samples.std(axis=0) * np.sqrt(len(samples))
    assert np.abs(scores).max() < 4.5


def test_an_episode_follows_the_policy_and_the_dynamics() -> None:
    """Frequencies of the transitions at each time of many episodes against the exact ones."""
    mdp, policy = PROBLEM.mdp, PROBLEM.policy
    sparse, random = kernels.sparse_mdp(mdp), streams(5)
    length, episodes = 4, 40_000
    counts = np.zeros((length, *mdp.P.shape, mdp.n_actions))
    gradients = []
    for _ in range(episodes):
        batch = kernels.episode(sparse, policy, length, random)
        assert (batch.rewards == mdp.r[batch.states, batch.actions]).all()
        assert (batch.next_states[:-1] == batch.states[1:]).all()
        assert (batch.next_actions[:-1] == batch.actions[1:]).all()
        times = np.arange(length)
        counts[times, batch.states, batch.actions, batch.next_states, batch.next_actions] += 1
        coefficients = kernels.lookup(PROBLEM.q, batch.states, batch.actions)
        gradients.append(kernels.score_gradient(policy, batch.states, batch.actions, coefficients))
    states, occupancy = mdp.mu0, np.zeros(mdp.n_states)
    for t in range(length):
        pairs = states[:, None] * policy
        expected = pairs[:, :, None, None] * mdp.P[..., None] * policy[None, None]
        deviation = np.sqrt(expected * (1 - expected) / episodes)
        assert np.all(np.abs(counts[t] / episodes - expected) <= 4.8 * deviation + 1e-12)
        occupancy += states / length
        states = expected.sum(axis=(0, 1, 3))
    # What Actor_g estimates in training: Eq. 25 under the episode's undiscounted occupancy (reading T15).
    target = exact.actor_gradient(policy, occupancy, PROBLEM.q)
    scores = (np.mean(gradients, axis=0) - target) / np.std(gradients, axis=0) * np.sqrt(episodes)
    assert np.abs(scores).max() < 4.5


@settings(max_examples=60, deadline=None)
@given(problems)
@example(FOUR_ROOM)
def test_compiled_exact_functions_are_those_of_finite_mdp(problem: Problem) -> None:
    mdp, logits, q = problem
    sparse, policy = kernels.sparse_mdp(mdp), kernels.policy_table(logits)
    assert_allclose(policy, softmax_policy(logits), rtol=1e-13)
    d_states, values = kernels.evaluate(sparse, policy)
    assert_allclose(d_states, exact.state_distribution(mdp, policy), rtol=1e-11, atol=1e-13)
    true_q = exact.action_values(mdp, policy)
    assert_allclose(kernels.backup(sparse, values), true_q, rtol=1e-11, atol=1e-12)
    delta = kernels.backup(sparse, kernels.expectation(policy, q)) - q
    assert_allclose(delta, exact.residual(mdp, policy, q), rtol=1e-11, atol=1e-12)
    gradient = kernels.exact_actor_gradient(policy, d_states, q)
    assert_allclose(gradient, exact.actor_g_gradient(mdp, logits, q), rtol=1e-11, atol=1e-12)
    d = exact.stationary_distribution(mdp, policy)
    for full, function in ((False, exact.critic_semi_gradient), (True, exact.critic_gradient)):
        actual = kernels.exact_critic_gradient(sparse, policy, d, delta, full)
        assert_allclose(actual, function(mdp, policy, q), rtol=1e-11, atol=1e-12)


def test_adam_is_that_of_torch() -> None:
    rng = np.random.default_rng(6)
    x, state = rng.normal(size=(4, 3)), kernels.adam_state((4, 3))
    y = tensor(x).requires_grad_()
    optimiser = torch.optim.Adam([y], lr=0.02)
    for _ in range(30):
        gradient = rng.normal(size=(4, 3)) * 10.0 ** rng.integers(-9, 2)
        y.grad = tensor(gradient)
        optimiser.step()
        kernels.adam_step(x, gradient, state, 0.02)
    assert_allclose(x, y.detach().numpy(), rtol=1e-12)


def test_actions_follow_a_nearly_deterministic_policy() -> None:
    policy = softmax_policy(np.array([[800.0, 0.0, 0.0], [0.0, 0.0, 800.0]]))
    states = np.repeat([0, 1], 100)
    actions = kernels.draw_actions(policy, states, np.random.default_rng(7))
    assert (actions == np.where(states == 0, 0, 2)).all()
