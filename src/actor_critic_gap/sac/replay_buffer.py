"""The replay buffer: one float32 array, one gather for all minibatches of an iteration."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from actor_critic_gap.sac.networks import Float32


class Minibatches(NamedTuple):
    """m minibatches of B transitions."""

    inputs: Tensor
    """states and actions, (m, B, S + A)"""
    rewards: Tensor
    """(m, B)"""
    terminated: Tensor
    """1 where the episode ended by itself, 0 also where it was cut off; (m, B)"""
    next_states: Tensor
    """(m, B, S)"""


class ReplayBuffer:
    """Transitions in a ring: the oldest gives way once `capacity` is reached."""

    def __init__(self, capacity: int, n_states: int, n_actions: int) -> None:
        self.n_states, self.n_actions = n_states, n_actions
        # np.zeros takes memory only where it is written
        self.rows: Float32 = np.zeros((capacity, 2 * n_states + n_actions + 2), np.float32)
        self.added = 0

    def __len__(self) -> int:
        return min(self.added, len(self.rows))

    def add(
        self, state: Float32, action: Float32, reward: float, terminated: bool, next_state: Float32
    ) -> None:
        """Store a transition; the action in [-1, 1]."""
        row = self.rows[self.added % len(self.rows)]
        first, second = self.n_states, self.n_states + self.n_actions
        row[:first], row[first:second] = state, action
        row[second], row[second + 1], row[second + 2 :] = reward, terminated, next_state
        self.added += 1

    def sample(self, rng: np.random.Generator, minibatches: int, size: int) -> Minibatches:
        """Draw minibatches uniformly with replacement."""
        chosen = rng.integers(len(self), size=minibatches * size)
        # into torch's memory, which is aligned: products then repeat to the bit
        rows = torch.empty((minibatches, size, self.rows.shape[1]))
        self.rows.take(chosen, axis=0, out=rows.numpy().reshape(len(chosen), -1))
        split = self.n_states + self.n_actions
        return Minibatches(rows[..., :split], rows[..., split], rows[..., split + 1], rows[..., split + 2 :])
