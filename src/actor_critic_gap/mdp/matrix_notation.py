"""The paper's definitions in its own matrix notation, in torch float64, for autograd to differentiate.

The independent other side of `finite_mdp`, with which it shares no formula: dense matrices, and vectors over
pairs as stacked columns of length S A. `theory` and the tests hold the two against each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from actor_critic_gap.mdp.finite_mdp import FiniteMDP


def tensor(value: Any) -> Tensor:
    """An array as a float64 tensor."""
    return torch.tensor(np.array(value), dtype=torch.float64)


def variable(table: Any) -> Tensor:
    """A table (S, A) as a stacked column (S A,) to differentiate by."""
    return tensor(table).reshape(-1).requires_grad_()


def _solve(matrix: Tensor, right: Tensor) -> Tensor:
    solution: Tensor = torch.linalg.solve(matrix, right)
    return solution


@dataclass
class Reference:
    """An MDP: P (S A, S), r (S A,), mu0 (S,), gamma; `shape` is (S, A).

    Logits, critics, values and distributions over pairs are columns (S A,), objectives scalars.
    """

    P: Tensor
    r: Tensor
    mu0: Tensor
    gamma: float
    shape: tuple[int, int]

    def Pi(self, theta: Tensor) -> Tensor:
        """Eq. 1, for a softmax policy."""
        policy = torch.softmax(theta.reshape(self.shape), dim=1)
        states = torch.eye(len(policy), dtype=torch.float64)
        return (states[:, :, None] * policy).reshape(len(policy), -1)

    def Psi(self, theta: Tensor) -> Tensor:
        """I - gamma P Pi (Eq. 11)."""
        return torch.eye(self.r.numel(), dtype=torch.float64) - self.gamma * self.P @ self.Pi(theta)

    def q(self, theta: Tensor) -> Tensor:
        """q_theta = Psi^-1 r (Sec. 2)."""
        return _solve(self.Psi(theta), self.r)

    def d(self, theta: Tensor) -> Tensor:
        """Eq. 3."""
        return _solve(self.Psi(theta).T, (1 - self.gamma) * self.Pi(theta).T @ self.mu0)

    def J(self, theta: Tensor) -> Tensor:
        """Eq. 6."""
        return (1 - self.gamma) * self.mu0 @ self.Pi(theta) @ self.q(theta)

    def J_pi(self, theta: Tensor, q: Tensor) -> Tensor:
        """Eq. 10."""
        return (1 - self.gamma) * self.mu0 @ self.Pi(theta) @ q

    def delta(self, theta: Tensor, q: Tensor) -> Tensor:
        """The residual r - Psi q (after Eq. 13)."""
        return self.r - self.Psi(theta) @ q

    def J_q(self, theta: Tensor, q: Tensor, d: Tensor) -> Tensor:
        """Eq. 11."""
        return 0.5 * d @ self.delta(theta, q) ** 2

    def grad(self, value: Tensor, variable: Tensor) -> np.ndarray:
        """The gradient of a scalar, as a table (S, A)."""
        (gradient,) = torch.autograd.grad(value, variable)
        return gradient.reshape(self.shape).numpy()


def reference(mdp: FiniteMDP) -> Reference:
    """The MDP in matrix notation."""
    P = tensor(mdp.P).reshape(-1, mdp.n_states)
    return Reference(P, tensor(mdp.r).reshape(-1), tensor(mdp.mu0), mdp.gamma, mdp.r.shape)
