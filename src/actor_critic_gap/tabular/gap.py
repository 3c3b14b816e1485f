"""The gap itself: how far an algorithm's actor update is from the policy gradient, in mean and in spread."""

from __future__ import annotations

from copy import deepcopy
from typing import NamedTuple

import numpy as np

from actor_critic_gap.mdp.finite_mdp import (
    Array,
    FiniteMDP,
    action_values,
    actor_gradient,
    policy_gradient,
    softmax_policy,
    walk_distribution,
)
from actor_critic_gap.tabular import kernels
from actor_critic_gap.tabular.kernels import EpisodeStreams, Integers, Players, UpdateRule, sparse_mdp


class Gap(NamedTuple):
    """The update u of an actor, of mean m, against the policy gradient g (Eq. 8)."""

    cosine: float
    """cos(m, g)"""
    walk_cosine: float
    """the same against Eq. 8 under the states of the walk: what is left of the angle is the critic's"""
    relative_bias: float
    """|m - g| / |g|"""
    relative_std: float
    """(E |u - m|^2)^(1/2) / |g|"""


def cosine(x: Array, y: Array) -> float:
    """The cosine of the angle between two gradients of any shape."""
    return float((x * y).sum() / np.sqrt((x * x).sum() * (y * y).sum()))


def expected_direction(
    mdp: FiniteMDP, rule: UpdateRule, players: Players, starts: Integers, length: int
) -> Array:
    """The exact mean of an actor's ascent direction over its batches, shape (S, A); not for Stack-AC.

    Actor_g-Critic and Res-AC: Eqs. 9 and 33 under the distribution of a walk of `length` steps, which is
    where their samples come from (App. D.1.2). Actor_o-Critic: Eq. 12 under the start states seen so far.
    """
    policy = softmax_policy(players.logits)
    if rule.algorithm == kernels.ACTOR_O_CRITIC:
        seen = np.bincount(starts, minlength=mdp.n_states) / starts.size
        return actor_gradient(policy, seen, players.q)
    values = players.q + players.w if rule.algorithm == kernels.RES_AC else players.q
    return actor_gradient(policy, walk_distribution(mdp, policy, length), values)


def measured_gap(
    mdp: FiniteMDP,
    rule: UpdateRule,
    players: Players,
    starts: Integers,
    length: int,
    n_batches: int,
    streams: EpisodeStreams,
) -> Gap:
    """The gap of the update that players are about to make; they are left as they are.

    The mean is exact but for Stack-AC's correction, whose mean over the drawn batches is added to the exact
    mean of the rest; the spread is over `n_batches` drawn batches. Actor_o-Critic's update is measured with
    the factor 1 - gamma of Eq. 12, which Adam does not see and App. D.1.2 leaves out.

    Args:
        mdp: the dynamics.
        rule: the algorithm, whose actor sees its critics before their step.
        players: the players.
        starts: the start states of all episodes so far, the buffer O.
        length: of an episode.
        n_batches: how many to draw.
        streams: draw them.

    """

    def directions(algorithm: int, streams: EpisodeStreams) -> Array:
        changed = rule._replace(algorithm=algorithm)
        drawn: Array = kernels.sampled_directions(
            n_batches, length, sparse_mdp(mdp), changed, players, starts, starts.size, streams
        )
        return drawn

    actor_o = rule._replace(algorithm=kernels.ACTOR_O_CRITIC)
    if rule.algorithm == kernels.STACK_AC:
        same_batches = directions(kernels.ACTOR_O_CRITIC, deepcopy(streams))
        drawn = directions(kernels.STACK_AC, streams)
        correction = (drawn - rule.start_scale * same_batches).mean(axis=0)
        mean = rule.start_scale * expected_direction(mdp, actor_o, players, starts, length) + correction
    else:
        scale = 1 - mdp.gamma if rule.algorithm == kernels.ACTOR_O_CRITIC else 1.0
        drawn = scale * directions(rule.algorithm, streams)
        mean = scale * expected_direction(mdp, rule, players, starts, length)
    policy = softmax_policy(players.logits)
    walk = walk_distribution(mdp, policy, length)
    of_walk = actor_gradient(policy, walk, action_values(mdp, policy))
    gradient = policy_gradient(mdp, players.logits)
    norm = np.linalg.norm(gradient)
    spread = np.sqrt(((drawn - mean) ** 2).sum(axis=(1, 2)).mean())
    return Gap(
        cosine=cosine(mean, gradient),
        walk_cosine=cosine(mean, of_walk),
        relative_bias=float(np.linalg.norm(mean - gradient) / norm),
        relative_std=float(spread / norm),
    )
