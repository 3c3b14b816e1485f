"""Everything that numba compiles: sampling, the estimators of App. D.1.2, exact iterations, Adam.

It is one file because numba's cache watches only the file of the function that it compiled: a callee in
another file could change behind a cached caller. The exact functions here are fast twins of
`actor_critic_gap.mdp.finite_mdp`, on a sparse form of the MDP, and are tested against it.

Tables are of shape (S, A). Batches hold n transitions (s, a, r, s~, a~) as arrays of shape (n,).
"""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

import numpy as np
from numba import njit
from numpy.typing import NDArray

from actor_critic_gap.mdp.finite_mdp import Array, FiniteMDP

Integers = NDArray[np.int64]

ADAM_BETA1, ADAM_BETA2, ADAM_EPSILON = 0.9, 0.999, 1e-8


class Batch(NamedTuple):
    """Transitions of one episode; `next_actions[i]` is drawn from the policy at `next_states[i]`."""

    states: Integers
    actions: Integers
    rewards: Array
    next_states: Integers
    next_actions: Integers


class SparseMDP(NamedTuple):
    """A finite MDP by the successors of each pair.

    The successors of (s, a), with pair = s * A + a, are `successors[first[pair]:first[pair + 1]]`, with
    their `probabilities` and the running sum of these, `cumulative`.
    """

    first: Integers
    successors: Integers
    probabilities: Array
    cumulative: Array
    r: Array
    mu0: Array
    cumulative_mu0: Array
    gamma: float


class AdamState(NamedTuple):
    """Running moments of a gradient (Kingma and Ba, 2015), and the number of steps in an array of one."""

    mean: Array
    square: Array
    steps: Integers


class Players(NamedTuple):
    """The parameters of all players and their optimisers; updated in place."""

    logits: Array
    q: Array
    w: Array
    actor_adam: AdamState
    critic_adam: AdamState
    res_critic_adam: AdamState


class EpisodeStreams(NamedTuple):
    """One generator for each use of chance, so that no use shifts another."""

    initialisation: np.random.Generator
    starts: np.random.Generator
    transitions: np.random.Generator
    actions: np.random.Generator
    start_batch: np.random.Generator


class UpdateRule(NamedTuple):
    """What an update needs of the settings, in numbers that compile."""

    algorithm: int
    """its position in `ALGORITHMS`"""
    gamma: float
    actor_lr: float
    critic_lr: float
    res_critic_lr: float
    res_critic_updates: int
    loss_scale: float
    critic_first: bool
    initial_state_batch: int
    eta: float
    sum_next_actions: bool
    log_policy_derivative: bool
    start_scale: float


SampledAlgorithm = Literal["actor-o-critic", "actor-g-critic", "stack-ac", "res-ac"]
ALGORITHMS: tuple[SampledAlgorithm, ...] = get_args(SampledAlgorithm)
ACTOR_O_CRITIC, ACTOR_G_CRITIC, STACK_AC, RES_AC = range(4)
NAMES_AND_COLOURS: dict[SampledAlgorithm, tuple[str, str]] = {
    "actor-o-critic": ("Actor$_o$-Critic", "#E69F00"),
    "actor-g-critic": ("Actor$_g$-Critic", "#0072B2"),
    "stack-ac": ("Stack-AC", "#009E73"),
    "res-ac": ("Res-AC", "#D55E00"),
}
"""Algorithms 1-4, with their colours in figures (Okabe and Ito). Another one is a name here, in both, and its
estimator in `sampled_actor_gradient`, where it stands by its position."""

ACTOR_O, ACTOR_G, POLICY_GRADIENT = range(3)


@njit(cache=True)
def adam_step(parameters: Array, gradient: Array, state: AdamState, lr: float) -> None:
    """One descent step of Adam (Kingma and Ba, 2015), in place."""
    state.steps[0] += 1
    correction1 = 1 - ADAM_BETA1 ** state.steps[0]
    correction2 = 1 - ADAM_BETA2 ** state.steps[0]
    x, g = parameters.reshape(-1), gradient.reshape(-1)
    m, v = state.mean.reshape(-1), state.square.reshape(-1)
    for i in range(x.size):
        m[i] = ADAM_BETA1 * m[i] + (1 - ADAM_BETA1) * g[i]
        v[i] = ADAM_BETA2 * v[i] + (1 - ADAM_BETA2) * g[i] * g[i]
        x[i] -= lr * (m[i] / correction1) / (np.sqrt(v[i] / correction2) + ADAM_EPSILON)


@njit(cache=True)
def policy_table(logits: Array) -> Array:
    """The per-state softmax of the logits, shape (S, A)."""
    policy = np.empty_like(logits)
    for s in range(logits.shape[0]):
        highest = logits[s].max()
        total = 0.0
        for a in range(logits.shape[1]):
            policy[s, a] = np.exp(logits[s, a] - highest)
            total += policy[s, a]
        for a in range(logits.shape[1]):
            policy[s, a] /= total
    return policy


def sparse_mdp(mdp: FiniteMDP) -> SparseMDP:
    """The MDP in the form of the compiled functions."""
    rows = mdp.P.reshape(-1, mdp.n_states)
    successors = [np.flatnonzero(row) for row in rows]
    probabilities = [row[found] for row, found in zip(rows, successors, strict=True)]
    return SparseMDP(
        first=np.concatenate([[0], np.cumsum([len(found) for found in successors])]),
        successors=np.concatenate(successors),
        probabilities=np.concatenate(probabilities),
        cumulative=np.concatenate([np.cumsum(p) for p in probabilities]),
        r=mdp.r.copy(),
        mu0=mdp.mu0.copy(),
        cumulative_mu0=np.cumsum(mdp.mu0),
        gamma=float(mdp.gamma),
    )


def adam_state(shape: tuple[int, ...]) -> AdamState:
    """Adam before its first step."""
    return AdamState(np.zeros(shape), np.zeros(shape), np.zeros(1, np.int64))


@njit(cache=True)
def evaluate(mdp: SparseMDP, policy: Array) -> tuple[Array, Array]:
    """The stationary distribution d_S (S,) (Eqs. 3-4) and the values Pi q_theta (S,) of a policy.

    One elimination of I - gamma Pi P within its skyline, from `first` to before `end` in each row, serves
    both. It needs no pivoting: the rows of that matrix are strictly diagonally dominant.
    """
    n_states, n_actions = policy.shape
    matrix = np.eye(n_states)
    values, d = np.zeros(n_states), (1 - mdp.gamma) * mdp.mu0
    first, end = np.arange(n_states), np.arange(1, n_states + 1)
    for s in range(n_states):
        for a in range(n_actions):
            values[s] += policy[s, a] * mdp.r[s, a]
            pair = s * n_actions + a
            for k in range(mdp.first[pair], mdp.first[pair + 1]):
                following = mdp.successors[k]
                matrix[s, following] -= mdp.gamma * policy[s, a] * mdp.probabilities[k]
                first[s], end[s] = min(first[s], following), max(end[s], following + 1)
    for pivot in range(n_states):
        above = matrix[pivot, pivot + 1 : end[pivot]]
        for row in range(pivot + 1, n_states):
            if first[row] <= pivot and matrix[row, pivot] != 0.0:
                factor = matrix[row, pivot] / matrix[pivot, pivot]
                matrix[row, pivot] = factor
                below = matrix[row, pivot + 1 : end[pivot]]
                for i in range(above.size):
                    below[i] -= factor * above[i]
                end[row] = max(end[row], end[pivot])
    for s in range(n_states):
        for k in range(first[s], s):
            values[s] -= matrix[s, k] * values[k]
        d[s] /= matrix[s, s]
        for k in range(s + 1, end[s]):
            d[k] -= matrix[s, k] * d[s]
    for s in range(n_states - 1, -1, -1):
        for k in range(s + 1, end[s]):
            values[s] -= matrix[s, k] * values[k]
        values[s] /= matrix[s, s]
        for k in range(first[s], s):
            d[k] -= matrix[s, k] * d[s]
    return d, values


@njit(cache=True)
def expectation(policy: Array, values: Array) -> Array:
    """Pi x: the policy's mean of a table in each state, shape (S,)."""
    result = np.zeros(policy.shape[0])
    for s in range(policy.shape[0]):
        for a in range(policy.shape[1]):
            result[s] += policy[s, a] * values[s, a]
    return result


@njit(cache=True)
def backup(mdp: SparseMDP, state_values: Array) -> Array:
    """R + gamma P v for state values v (S,), shape (S, A)."""
    result = mdp.r.copy()
    n_states, n_actions = result.shape
    for s in range(n_states):
        for a in range(n_actions):
            pair = s * n_actions + a
            for k in range(mdp.first[pair], mdp.first[pair + 1]):
                result[s, a] += mdp.gamma * mdp.probabilities[k] * state_values[mdp.successors[k]]
    return result


@njit(cache=True)
def exact_critic_gradient(mdp: SparseMDP, policy: Array, d: Array, delta: Array, full: bool) -> Array:
    """-D delta (Eq. 18), or in `full` -Psi' D delta (Eq. 13), shape (S, A)."""
    n_states, n_actions = policy.shape
    gradient = -d * delta
    if full:
        mass = np.zeros(n_states)
        for s in range(n_states):
            for a in range(n_actions):
                pair = s * n_actions + a
                for k in range(mdp.first[pair], mdp.first[pair + 1]):
                    mass[mdp.successors[k]] += mdp.probabilities[k] * d[s, a] * delta[s, a]
        gradient += mdp.gamma * mass.reshape(-1, 1) * policy
    return gradient


@njit(cache=True)
def exact_actor_gradient(policy: Array, state_weights: Array, values: Array) -> Array:
    """sum_s weights(s) sum_a values(s, a) d pi(s, a) / d logits, shape (S, A) (Eq. 25)."""
    advantages = values - expectation(policy, values).reshape(-1, 1)
    return state_weights.reshape(-1, 1) * policy * advantages


@njit(cache=True)
def exact_iterations(
    n_iterations: int,
    mdp: SparseMDP,
    actor: int,
    full_critic_gradient: bool,
    players: Players,
    actor_lr: float,
    critic_lr: float,
) -> tuple[float, float]:
    """`n_iterations` exact updates of actor and critic, each from the values before (App. D.1.1).

    Returns J (Eq. 7) and J_q (Eq. 11, weighted by d_theta) of the players after them.
    """
    iteration = 0
    while True:
        policy = policy_table(players.logits)
        d_states, values = evaluate(mdp, policy)
        d = d_states.reshape(-1, 1) * policy
        delta = backup(mdp, expectation(policy, players.q)) - players.q
        if iteration == n_iterations:
            return (d * mdp.r).sum(), 0.5 * (d * delta * delta).sum()
        if actor == ACTOR_O:
            direction = exact_actor_gradient(policy, (1 - mdp.gamma) * mdp.mu0, players.q)
        elif actor == ACTOR_G:
            direction = exact_actor_gradient(policy, d_states, players.q)
        else:
            direction = exact_actor_gradient(policy, d_states, backup(mdp, values))
        gradient = exact_critic_gradient(mdp, policy, d, delta, full_critic_gradient)
        adam_step(players.logits, -direction, players.actor_adam, actor_lr)
        adam_step(players.q, gradient, players.critic_adam, critic_lr)
        iteration += 1


@njit(cache=True)
def empirical_weights(
    shape: tuple[int, int], states: Integers, actions: Integers, coefficients: Array
) -> Array:
    """mean_i c_i 1[(s_i, a_i) = (s, a)], shape (S, A); with c = 1 the estimate of d (Eq. 42)."""
    weights = np.zeros(shape)
    for i in range(states.size):
        weights[states[i], actions[i]] += coefficients[i] / states.size
    return weights


@njit(cache=True)
def score_gradient(policy: Array, states: Integers, actions: Integers, coefficients: Array) -> Array:
    """mean_i c_i d log pi(a_i|s_i) / d logits, shape (S, A) (App. D.1.2, the gradients of J~_pi)."""
    gradient = empirical_weights(policy.shape, states, actions, coefficients)
    for s in range(policy.shape[0]):
        gradient[s] -= gradient[s].sum() * policy[s]
    return gradient


@njit(cache=True)
def lookup(table: Array, states: Integers, actions: Integers) -> Array:
    """table(s_i, a_i), shape (n,)."""
    values = np.empty(states.size)
    for i in range(states.size):
        values[i] = table[states[i], actions[i]]
    return values


@njit(cache=True)
def td_errors(values: Array, batch: Batch, rewards: Array, gamma: float) -> Array:
    """delta'_i = rewards_i + gamma x(s~_i, a~_i) - x(s_i, a_i) for a table x, shape (n,) (App. D.1.2)."""
    errors = np.empty(batch.states.size)
    for i in range(errors.size):
        target = rewards[i] + gamma * values[batch.next_states[i], batch.next_actions[i]]
        errors[i] = target - values[batch.states[i], batch.actions[i]]
    return errors


@njit(cache=True)
def td_semi_gradient(values: Array, batch: Batch, rewards: Array, gamma: float, loss_scale: float) -> Array:
    """Semi-gradient of J~_q, or of J~_w with delta' as rewards, shape (S, A) (App. D.1.2).

    The loss is loss_scale / 2 times the mean squared TD error: 2 as in App. D.1.2, 1 as in Eq. 11.
    """
    errors = td_errors(values, batch, rewards, gamma)
    return empirical_weights(values.shape, batch.states, batch.actions, -loss_scale * errors)


@njit(cache=True)
def stackelberg_factors(shape: tuple[int, int], batch: Batch, eta: float, loss_scale: float) -> Array:
    """D / (d + eta) of each transition's pair, d being loss_scale times its empirical weight, shape (n,).

    The share of the critic's response that the regulariser leaves in Stack-AC's correction.
    """
    d = empirical_weights(shape, batch.states, batch.actions, np.ones(batch.states.size))
    weights = loss_scale * lookup(d, batch.states, batch.actions)
    return weights / (weights + eta)


@njit(cache=True)
def stackelberg_correction(
    policy: Array,
    q: Array,
    batch: Batch,
    value_derivative: Array,
    gamma: float,
    eta: float,
    loss_scale: float,
    sum_next_actions: bool,
) -> Array:
    """-(d_theta d_q J~_q)' (d_q^2 J~_q + eta I)^-1 d_q J~_pi, shape (S, A) (Eq. 43 from samples).

    `value_derivative` is d_q J~_pi, shape (S, A). The semi-Hessian is diagonal, loss_scale times the
    empirical weights (Eq. 40). The stored next action has no derivative in theta, so the cross term is
    the score-function estimate at (s~, a~), or its mean over all next actions (reading T10).
    """
    d = empirical_weights(q.shape, batch.states, batch.actions, np.ones(batch.states.size))
    coefficients = np.empty(batch.states.size)
    for i in range(coefficients.size):
        s, a = batch.states[i], batch.actions[i]
        response = value_derivative[s, a] / (loss_scale * d[s, a] + eta)
        coefficients[i] = loss_scale * gamma * response
    if not sum_next_actions:
        next_values = lookup(q, batch.next_states, batch.next_actions)
        return score_gradient(policy, batch.next_states, batch.next_actions, coefficients * next_values)
    mass = np.zeros(policy.shape[0])
    for i in range(coefficients.size):
        mass[batch.next_states[i]] += coefficients[i] / coefficients.size
    return exact_actor_gradient(policy, mass, q)


@njit(cache=True)
def _draw(cumulative: Array, u: float) -> int:
    return min(int(np.searchsorted(cumulative, u, side="right")), cumulative.size - 1)


@njit(cache=True)
def draw_actions(policy: Array, states: Integers, rng: np.random.Generator) -> Integers:
    """One action a_i ~ pi(.|s_i) for each state, shape (n,)."""
    actions = np.empty(states.size, np.int64)
    for i in range(states.size):
        actions[i] = _draw_action(policy, states[i], rng.random())
    return actions


@njit(cache=True)
def _draw_action(policy: Array, state: int, u: float) -> int:
    for a in range(policy.shape[1] - 1):
        u -= policy[state, a]
        if u < 0:
            return a
    return int(policy.shape[1] - 1)


@njit(cache=True)
def episode(mdp: SparseMDP, policy: Array, length: int, streams: EpisodeStreams) -> Batch:
    """One episode of `length` steps from a fresh start state; its transitions are the buffer D.

    The walk is undiscounted, as in App. D.1.2, so its pairs are not distributed as d_theta (reading T15).
    """
    states, actions = np.empty(length + 1, np.int64), np.empty(length + 1, np.int64)
    rewards = np.empty(length)
    n_actions = policy.shape[1]
    states[0] = _draw(mdp.cumulative_mu0, streams.starts.random())
    actions[0] = _draw_action(policy, states[0], streams.actions.random())
    for t in range(length):
        pair = states[t] * n_actions + actions[t]
        rewards[t] = mdp.r[states[t], actions[t]]
        low, high = mdp.first[pair], mdp.first[pair + 1]
        chosen = low
        if high - low > 1:
            chosen += _draw(mdp.cumulative[low:high], streams.transitions.random())
        states[t + 1] = mdp.successors[chosen]
        actions[t + 1] = _draw_action(policy, states[t + 1], streams.actions.random())
    return Batch(states[:-1], actions[:-1], rewards, states[1:], actions[1:])


@njit(cache=True)
def sampled_actor_gradient(
    rule: UpdateRule,
    policy: Array,
    q: Array,
    w: Array,
    batch: Batch,
    initial_states: Integers,
    initial_actions: Integers,
) -> Array:
    """The ascent direction of the actor from samples, shape (S, A) (App. D.1.2).

    Actor_g: batch D with q. Res-AC: batch D with q + w. Actor_o: batch B_O with q. Stack-AC: Actor_o's
    direction plus the Stackelberg correction from D.
    """
    if rule.algorithm == ACTOR_G_CRITIC or rule.algorithm == RES_AC:
        values = q + w if rule.algorithm == RES_AC else q
        coefficients = lookup(values, batch.states, batch.actions)
        return score_gradient(policy, batch.states, batch.actions, coefficients)
    coefficients = lookup(q, initial_states, initial_actions)
    gradient = score_gradient(policy, initial_states, initial_actions, coefficients)
    if rule.algorithm == ACTOR_O_CRITIC:
        return gradient
    if rule.log_policy_derivative:
        log_policy = rule.start_scale * lookup(np.log(policy), initial_states, initial_actions)
        derivative = empirical_weights(q.shape, initial_states, initial_actions, log_policy)
    else:
        ones = np.ones(batch.states.size)
        derivative = empirical_weights(q.shape, batch.states, batch.actions, ones)
    return rule.start_scale * gradient + stackelberg_correction(
        policy,
        q,
        batch,
        derivative,
        rule.gamma,
        rule.eta,
        rule.loss_scale,
        rule.sum_next_actions,
    )


@njit(cache=True)
def update_critics(rule: UpdateRule, players: Players, batch: Batch) -> None:
    """The res-critic's and the critic's Adam steps (Eqs. 34 and 35).

    The res-critic sees the critic before its step.
    """
    if rule.algorithm == RES_AC:
        delta = td_errors(players.q, batch, batch.rewards, rule.gamma)
        for _ in range(rule.res_critic_updates):
            gradient = td_semi_gradient(players.w, batch, delta, rule.gamma, rule.loss_scale)
            adam_step(players.w, gradient, players.res_critic_adam, rule.res_critic_lr)
    gradient = td_semi_gradient(players.q, batch, batch.rewards, rule.gamma, rule.loss_scale)
    adam_step(players.q, gradient, players.critic_adam, rule.critic_lr)


@njit(cache=True)
def draw_start_batch(
    rule: UpdateRule, policy: Array, start_buffer: Integers, n_starts: int, rng: np.random.Generator
) -> tuple[Integers, Integers]:
    """B_O: start states drawn from the first `n_starts` of the buffer O, each with a fresh action.

    Empty for the algorithms that do not use it.
    """
    needed = rule.algorithm == ACTOR_O_CRITIC or rule.algorithm == STACK_AC
    states = np.empty(rule.initial_state_batch if needed else 0, np.int64)
    for i in range(states.size):
        states[i] = start_buffer[int(rng.random() * n_starts)]
    return states, draw_actions(policy, states, rng)


@njit(cache=True)
def sampled_directions(
    n_batches: int,
    length: int,
    mdp: SparseMDP,
    rule: UpdateRule,
    players: Players,
    start_buffer: Integers,
    n_starts: int,
    streams: EpisodeStreams,
) -> Array:
    """The actor's ascent directions from independent batches, the players held fixed, (n_batches, S, A)."""
    policy = policy_table(players.logits)
    directions = np.empty((n_batches, *policy.shape))
    for i in range(n_batches):
        batch = episode(mdp, policy, length, streams)
        starts = draw_start_batch(rule, policy, start_buffer, n_starts, streams.start_batch)
        directions[i] = sampled_actor_gradient(rule, policy, players.q, players.w, batch, *starts)
    return directions


@njit(cache=True)
def sampled_episodes(
    n_episodes: int,
    length: int,
    mdp: SparseMDP,
    rule: UpdateRule,
    players: Players,
    start_buffer: Integers,
    n_starts: int,
    streams: EpisodeStreams,
) -> tuple[float, float]:
    """Algorithms 1-4 for `n_episodes` episodes.

    `start_buffer` is the buffer O of past start states, filled up to `n_starts`. Returns the episodes' mean
    undiscounted return and mean Stackelberg factor, which is 0 but for Stack-AC.
    """
    total = total_factor = 0.0
    for e in range(n_episodes):
        policy = policy_table(players.logits)
        batch = episode(mdp, policy, length, streams)
        total += batch.rewards.sum()
        start_buffer[n_starts + e] = batch.states[0]
        starts = draw_start_batch(rule, policy, start_buffer, n_starts + e + 1, streams.start_batch)
        if rule.algorithm == STACK_AC:
            factors = stackelberg_factors(policy.shape, batch, rule.eta, rule.loss_scale)
            total_factor += factors.mean()
        if rule.critic_first:
            update_critics(rule, players, batch)
        direction = sampled_actor_gradient(rule, policy, players.q, players.w, batch, *starts)
        adam_step(players.logits, -direction, players.actor_adam, rule.actor_lr)
        if not rule.critic_first:
            update_critics(rule, players, batch)
    return total / n_episodes, total_factor / n_episodes
