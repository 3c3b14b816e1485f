"""The paper's identities, as numbers: how far their two sides lie apart, on random MDPs and on FourRoom."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch

from actor_critic_gap.mdp import finite_mdp as exact
from actor_critic_gap.mdp.finite_mdp import Array, FiniteMDP, softmax_policy
from actor_critic_gap.mdp.matrix_notation import reference, tensor, variable

COLUMNS = ["identity", "place", "problems", "n_problems", "largest_error"]


class Problem(NamedTuple):
    """An MDP with logits and a critic, (S, A) each."""

    mdp: FiniteMDP
    logits: Array
    q: Array


def random_problem(rng: np.random.Generator) -> Problem:
    """2 to 10 states, 2 to 4 actions, about half of the transitions impossible, gamma up to 0.95."""
    n_states, n_actions = int(rng.integers(2, 11)), int(rng.integers(2, 5))
    shape = n_states, n_actions
    P = rng.random((*shape, n_states)) * (rng.random((*shape, n_states)) < 0.5)
    P[..., 0] += 0.1
    mu0 = rng.random(n_states) + 0.1
    gamma = float(rng.uniform(0.1, 0.95))
    mdp = FiniteMDP(P / P.sum(axis=2, keepdims=True), rng.normal(size=shape), mu0 / mu0.sum(), gamma)
    return Problem(mdp, rng.normal(size=shape), rng.normal(size=shape))


Sides = tuple[Array, Array]


def gap_of_objectives(problem: Problem) -> Sides:
    """Eq. 19: J - J_pi is the mean residual under d_theta."""
    mdp, logits, q = problem
    policy = softmax_policy(logits)
    gap = exact.objective(mdp, policy) - exact.actor_objective(mdp, policy, q)
    ref, theta = reference(mdp), variable(logits)
    mean = ref.d(theta) @ ref.delta(theta, tensor(q).reshape(-1))
    return np.array(gap), mean.detach().numpy()


def gap_of_actor_o(problem: Problem) -> Sides:
    """Theorem 1 (a): PG minus Actor_o is the derivative of d_theta' delta_theta in both factors."""
    mdp, logits, q = problem
    ref, theta = reference(mdp), variable(logits)
    gap = exact.policy_gradient(mdp, logits) - exact.actor_o_gradient(mdp, logits, q)
    return gap, ref.grad(ref.d(theta) @ ref.delta(theta, tensor(q).reshape(-1)), theta)


def gap_of_actor_g(problem: Problem) -> Sides:
    """Theorem 1 (b): PG minus Actor_g is that derivative in d_theta alone."""
    mdp, logits, q = problem
    ref, theta = reference(mdp), variable(logits)
    gap = exact.policy_gradient(mdp, logits) - exact.actor_g_gradient(mdp, logits, q)
    return gap, ref.grad(ref.d(theta) @ ref.delta(theta, tensor(q).reshape(-1)).detach(), theta)


def derivative_of_distribution(problem: Problem) -> Sides:
    """Theorem 2: Upsilon is the derivative of d_theta, here applied to the critic."""
    mdp, logits, q = problem
    ref, theta = reference(mdp), variable(logits)
    upsilon = exact.stationary_distribution_jacobian(mdp, logits)
    return np.tensordot(upsilon, q), ref.grad(ref.d(theta) @ tensor(q).reshape(-1), theta)


def res_actor(problem: Problem) -> Sides:
    """Eqs. 30 and 33: with the exact res-critic, Res-AC's actor gradient is the policy gradient."""
    mdp, logits, q = problem
    ref, theta = reference(mdp), variable(logits)
    w = exact.res_critic_values(mdp, softmax_policy(logits), q)
    return exact.res_actor_gradient(mdp, logits, q, w), ref.grad(ref.J(theta), theta)


def stackelberg(problem: Problem) -> Sides:
    """Theorem 3: the Stackelberg gradient is the policy gradient."""
    mdp, logits, q = problem
    ref, theta = reference(mdp), variable(logits)
    return exact.stackelberg_gradient(mdp, logits, q), ref.grad(ref.J(theta), theta)


def semi_stackelberg(problem: Problem) -> Sides:
    """Eq. 46: so is the one of a critic that follows its semi-gradient."""
    mdp, logits, q = problem
    ref, theta = reference(mdp), variable(logits)
    return exact.stackelberg_semi_gradient(mdp, logits, q), ref.grad(ref.J(theta), theta)


def soft_actor(problem: Problem) -> Sides:
    """App. C.1: with delta_E, SAC's gradient plus the correction is that of the soft objective."""
    mdp, logits, q = problem
    ref, theta = reference(mdp), variable(logits)
    log_policy = torch.log_softmax(theta.reshape(ref.shape), dim=1).reshape(-1)
    gradient = exact.soft_actor_gradient(mdp, logits, q) + exact.soft_correction(mdp, logits, q)
    return gradient, ref.grad(ref.d(theta) @ (ref.r - log_policy), theta)


IDENTITIES: dict[str, tuple[str, Callable[[Problem], Sides]]] = {
    "J - J_pi = E_d[delta]": ("Eq. 19", gap_of_objectives),
    "PG - Actor_o": ("Theorem 1", gap_of_actor_o),
    "PG - Actor_g": ("Theorem 1", gap_of_actor_g),
    "derivative of d_theta": ("Theorem 2", derivative_of_distribution),
    "Res-AC = PG": ("Eqs. 30, 33", res_actor),
    "Stackelberg = PG": ("Theorem 3", stackelberg),
    "semi-Stackelberg = PG": ("Eq. 46", semi_stackelberg),
    "soft Res-AC = soft PG": ("App. C.1", soft_actor),
}


def check(four_room: FiniteMDP, n_random: int, seed: int) -> pd.DataFrame:
    """The largest error of each identity, see `COLUMNS`.

    The error is the largest difference of the two sides over the largest entry of the second, which comes
    from autograd or a dense solve; on `n_random` random MDPs and on FourRoom, with random logits and critic.
    """
    rng = np.random.default_rng(seed)
    shape = four_room.r.shape
    problems = {
        "random MDPs": [random_problem(rng) for _ in range(n_random)],
        "FourRoom": [Problem(four_room, rng.normal(size=shape), rng.normal(size=shape))],
    }
    rows = []
    for identity, (place, sides) in IDENTITIES.items():
        for name, tried in problems.items():
            errors = [_error(*sides(problem)) for problem in tried]
            rows.append((identity, place, name, len(tried), float(np.max(errors))))
    return pd.DataFrame(rows, columns=COLUMNS)


def _error(left: Array, right: Array) -> float:
    scale = max(float(np.abs(right).max()), 1e-3)  # of sides that are zero the absolute difference counts
    return float(np.abs(left - right).max() / scale)
