"""The policy gradient of Pendulum's soft objective, solved for on a grid of its states (Fig. 13).

The states (theta, thetadot) are laid on a grid, a step between nodes is shared out among the four around it,
and the mean over actions is Gauss-Hermite quadrature in the actor's noise. On that finite problem soft policy
evaluation and the discounted distribution d_theta are linear systems, and the gradient is exact. Everything
is float64.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import scipy
import torch
from numpy.typing import NDArray
from torch import Tensor

from actor_critic_gap.sac import networks
from actor_critic_gap.sac.networks import Gaussian, Parameters

Float64 = NDArray[np.float64]

MAX_SPEED, MAX_TORQUE, TIME_STEP, GRAVITY = 8.0, 2.0, 0.05, 10.0
TOLERANCE = 1e-10
"""Of the solutions, in units of their largest entry."""

START_SPEED = 1.0
"""Episodes start at any angle and at a speed of at most this, uniformly."""


def step(theta: Tensor, thetadot: Tensor, action: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Pendulum-v1's next angle and speed, and its reward; actions in [-1, 1], all of the same shape."""
    torque = MAX_TORQUE * action.clamp(-1, 1)
    angle = torch.remainder(theta + math.pi, 2 * math.pi) - math.pi
    reward = -(angle.square() + 0.1 * thetadot.square() + 0.001 * torque.square())
    acceleration = 1.5 * GRAVITY * theta.sin() + 3 * torque
    following = (thetadot + TIME_STEP * acceleration).clamp(-MAX_SPEED, MAX_SPEED)
    return theta + TIME_STEP * following, following, reward


def observe(theta: Tensor, thetadot: Tensor) -> Tensor:
    """The observations (N, 3) of angles and speeds (N,)."""
    return torch.stack([theta.cos(), theta.sin(), thetadot], dim=1)


class Grid(NamedTuple):
    """Nodes of angle and speed, and of the noise.

    Angles are n equal parts of a turn, speeds m + 1 from end to end, with nodes at `START_SPEED` where m is a
    multiple of 16.
    """

    n: int = 128
    m: int = 128
    actions: int = 8
    reward_scale: float = 1.0

    def nodes(self) -> tuple[Tensor, Tensor]:
        """Angle and speed of each node, (N,) each, N = n (m + 1)."""
        theta = -math.pi + 2 * math.pi / self.n * torch.arange(self.n, dtype=torch.float64)
        thetadot = torch.linspace(-MAX_SPEED, MAX_SPEED, self.m + 1, dtype=torch.float64)
        pairs = torch.cartesian_prod(theta, thetadot)
        return pairs[:, 0], pairs[:, 1]

    @property
    def half(self) -> Grid:
        """The grid with every other node."""
        return self._replace(n=self.n // 2, m=self.m // 2)

    def starts(self) -> Float64:
        """The start states' distribution over the nodes (N,), each shared out among those around it."""
        speeds = np.abs(np.linspace(-MAX_SPEED, MAX_SPEED, self.m + 1))
        weights = np.where(speeds < START_SPEED - 1e-9, 1.0, np.where(speeds < START_SPEED + 1e-9, 0.5, 0.0))
        return np.tile(weights / weights.sum() / self.n, self.n)

    def quadrature(self) -> tuple[Tensor, Tensor]:
        """Values (K,) of the noise and their weights (K,), which sum to one."""
        noise, weights = np.polynomial.hermite_e.hermegauss(self.actions)
        return torch.from_numpy(noise), torch.from_numpy(weights / weights.sum())

    def around(self, theta: Tensor, thetadot: Tensor) -> tuple[Tensor, Tensor]:
        """The four nodes around states (N,) and their shares (N, 4), bilinear; the speeds are in bounds."""
        x = torch.remainder(theta + math.pi, 2 * math.pi) * (self.n / (2 * math.pi))
        y = (thetadot + MAX_SPEED) * (self.m / (2 * MAX_SPEED))
        left = x.detach().floor().long()
        below = y.detach().floor().long().clamp(0, self.m - 1)
        right_share, above_share = x - left, y - below
        left = left % self.n
        right = (left + 1) % self.n
        corners = [i * (self.m + 1) + below + up for i in (left, right) for up in (0, 1)]
        shares = [a * b for a in (1 - right_share, right_share) for b in (1 - above_share, above_share)]
        return torch.stack(corners, dim=-1), torch.stack(shares, dim=-1)


class Solution(NamedTuple):
    """A policy on the grid."""

    values: Float64
    """soft value of each node (N,), the entropy of the first action with it"""
    distribution: Float64
    """d_theta over the nodes (N,), sums to one"""
    objective: float
    """(1 - gamma) times the mean value of the start states"""


class Policy(NamedTuple):
    """An actor on the nodes, in float64."""

    outputs: Tensor
    """the actor's outputs (N, 2), a leaf that takes gradients"""
    actions: Tensor
    """(N, K), for each value of the noise"""
    log_policy: Tensor
    """(N, K)"""


def policy_on(grid: Grid, actor: Parameters) -> Policy:
    """What an actor does at the nodes of a grid."""
    outputs = _outputs(actor, grid).detach().requires_grad_()
    noise, _ = grid.quadrature()
    each = Gaussian.of(outputs.repeat_interleave(len(noise), dim=0))
    actions, log_policy = networks.sample(each, noise.repeat(len(outputs))[:, None])
    return Policy(outputs, actions.view(-1, len(noise)), log_policy.view(-1, len(noise)))


def _outputs(actor: Parameters, grid: Grid) -> Tensor:
    distribution = networks.gaussian([parameter.double() for parameter in actor], observe(*grid.nodes()))
    return torch.cat([distribution.mean, distribution.log_std], dim=1)


def _lookahead(grid: Grid, policy: Policy) -> tuple[Tensor, Tensor, Tensor]:
    """Rewards (N, K) of a policy's actions, the nodes that follow and their shares (N, K, 4)."""
    theta, thetadot = (part[:, None].expand_as(policy.actions) for part in grid.nodes())
    after, speed_after, rewards = step(theta, thetadot, policy.actions)
    return grid.reward_scale * rewards, *grid.around(after, speed_after)


def exact_values(grid: Grid, policy: Policy, solution: Solution, gamma: float) -> Tensor:
    """The soft action values q (N, K) of a policy's actions at the nodes."""
    rewards, corners, shares = _lookahead(grid, policy)
    return rewards + gamma * (shares * torch.from_numpy(solution.values)[corners]).sum(dim=2)


def signals(grid: Grid, policy: Policy, values: Tensor, temperature: float) -> Tensor:
    """How E_a [value(s, a) - alpha log pi(a|s)] changes with the actor's outputs at each node, (N, 2).

    `values` (N, K) are those of the policy's actions, on whose graph they depend.
    """
    climbed = (values - temperature * policy.log_policy) @ grid.quadrature()[1]
    (found,) = torch.autograd.grad(climbed.sum(), policy.outputs, retain_graph=True)
    return found


def update(grid: Grid, actor: Parameters, signals: Tensor, weights: Tensor) -> Tensor:
    """The change of an actor's parameters (P,) that climbs the signals (N, 2) of nodes with weights (N,)."""
    copies = [parameter.detach().double().requires_grad_() for parameter in actor]
    return flat(torch.autograd.grad(_outputs(copies, grid), copies, weights[:, None] * signals))


def solve(grid: Grid, policy: Policy, gamma: float, temperature: float) -> Solution:
    """Soft policy evaluation and d_theta of a policy on the grid."""
    _, weights = grid.quadrature()
    size = len(policy.actions)
    with torch.no_grad():
        rewards, corners, shares = _lookahead(grid, policy)
        soft = ((rewards - temperature * policy.log_policy) @ weights).numpy()
        chances = (shares * weights[:, None]).numpy().reshape(size, -1)
    rows = np.repeat(np.arange(size), chances.shape[1])
    entries = (chances.ravel(), (rows, corners.numpy().ravel()))
    transitions = scipy.sparse.csr_array(entries, shape=(size, size))
    starts = grid.starts()
    values = _fixed_point(transitions, soft, gamma)
    distribution = _fixed_point(transitions.T.tocsr(), (1 - gamma) * starts, gamma)
    return Solution(values, distribution, float((1 - gamma) * starts @ values))


def _fixed_point(matrix: scipy.sparse.csr_array, right: Float64, gamma: float) -> Float64:
    """The x = right + gamma matrix x, by iteration, which cannot fail: Krylov methods broke down here."""
    x, change = right, np.inf
    while change > TOLERANCE * (1 - gamma) * np.abs(x).max():
        following = right + gamma * (matrix @ x)
        x, change = following, np.abs(following - x).max()
    return x


def policy_gradient(
    grid: Grid, actor: Parameters, gamma: float, temperature: float
) -> tuple[Tensor, Solution]:
    """The gradient of the soft objective in the actor's parameters (P,), and the solution that it is of.

    The policy gradient theorem: sum_s d_theta(s) d/dtheta E_a [q(s, a) - alpha log pi(a|s)] with the soft
    action values q held fixed.
    """
    policy = policy_on(grid, actor)
    solution = solve(grid, policy, gamma, temperature)
    of_values = signals(grid, policy, exact_values(grid, policy, solution, gamma), temperature)
    return update(grid, actor, of_values, torch.from_numpy(solution.distribution)), solution


def flat(gradient: tuple[Tensor, ...]) -> Tensor:
    """A gradient as one vector."""
    return torch.cat([part.flatten() for part in gradient])
