"""The paper's definitions in its own matrix notation, in torch float64, for autograd to differentiate.

Nothing here comes from the package: vectors over pairs are stacked columns of length S * A.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor


def tensor(value: Any) -> Tensor:
    return torch.tensor(np.array(value), dtype=torch.float64)


def solve(matrix: Tensor, right: Tensor) -> Tensor:
    solution: Tensor = torch.linalg.solve(matrix, right)
    return solution


@dataclass
class Reference:
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
        return torch.eye(self.r.numel(), dtype=torch.float64) - self.gamma * self.P @ self.Pi(theta)

    def q(self, theta: Tensor) -> Tensor:
        return solve(self.Psi(theta), self.r)

    def d(self, theta: Tensor) -> Tensor:
        """Eq. 3."""
        return solve(self.Psi(theta).T, (1 - self.gamma) * self.Pi(theta).T @ self.mu0)

    def J(self, theta: Tensor) -> Tensor:
        """Eq. 6."""
        return (1 - self.gamma) * self.mu0 @ self.Pi(theta) @ self.q(theta)

    def J_pi(self, theta: Tensor, q: Tensor) -> Tensor:
        """Eq. 10."""
        return (1 - self.gamma) * self.mu0 @ self.Pi(theta) @ q

    def delta(self, theta: Tensor, q: Tensor) -> Tensor:
        return self.r - self.Psi(theta) @ q

    def J_q(self, theta: Tensor, q: Tensor, d: Tensor) -> Tensor:
        """Eq. 11."""
        return 0.5 * d @ self.delta(theta, q) ** 2

    def grad(self, value: Tensor, variable: Tensor) -> np.ndarray:
        (gradient,) = torch.autograd.grad(value, variable)
        return gradient.reshape(self.shape).numpy()


def reference(mdp: Any) -> Reference:
    P = tensor(mdp.P).reshape(-1, mdp.n_states)
    return Reference(P, tensor(mdp.r).reshape(-1), tensor(mdp.mu0), mdp.gamma, mdp.r.shape)


def variable(table: Any) -> Tensor:
    return tensor(table).reshape(-1).requires_grad_()
