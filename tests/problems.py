"""MDPs, players and hypothesis strategies that several tests share."""

from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

from actor_critic_gap.mdp.finite_mdp import Array, FiniteMDP, softmax_policy
from actor_critic_gap.mdp.four_room import FourRoom


class Problem(NamedTuple):
    """An MDP with logits and a critic, each of shape (S, A)."""

    mdp: FiniteMDP
    logits: Array
    q: Array

    @property
    def policy(self) -> Array:
        return softmax_policy(self.logits)


def random_problem(seed: int, n_states: int, n_actions: int, gamma: float) -> Problem:
    """Random dynamics, about half of the transitions impossible."""
    rng = np.random.default_rng(seed)
    P = rng.random((n_states, n_actions, n_states)) * (rng.random((n_states, n_actions, n_states)) < 0.5)
    P[..., 0] += 0.1
    mu0 = rng.random(n_states) + 0.1
    shape = (n_states, n_actions)
    mdp = FiniteMDP(P / P.sum(axis=2, keepdims=True), rng.normal(size=shape), mu0 / mu0.sum(), gamma)
    return Problem(mdp, rng.normal(size=shape), rng.normal(size=shape))


problems = st.builds(
    random_problem,
    seed=st.integers(0, 2**32 - 1),
    n_states=st.integers(1, 7),
    n_actions=st.integers(1, 4),
    gamma=st.floats(0, 0.95),
)

_rng = np.random.default_rng(0)
FOUR_ROOM = Problem(FourRoom().mdp, _rng.normal(size=(104, 4)), _rng.normal(size=(104, 4)))
