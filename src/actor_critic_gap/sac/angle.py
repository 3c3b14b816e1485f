"""The actor's update against the policy gradient, on Pendulum (Fig. 13)."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor

from actor_critic_gap.sac import losses, networks, pendulum
from actor_critic_gap.sac.networks import Adam
from actor_critic_gap.sac.pendulum import Grid, flat, observe
from actor_critic_gap.sac.replay_buffer import Minibatches, ReplayBuffer

if TYPE_CHECKING:
    from actor_critic_gap.sac.agent import Agent

MINIBATCHES = 64
"""How many are drawn for the spread of the update, and for the mean of Stack-SAC's correction."""


class Angle(NamedTuple):
    """The update u that an actor is about to make, with mean m, against the policy gradient g."""

    cosine: float
    """cos(m, g) with the replay buffer's states, as in training"""
    cosine_on_policy: float
    """the same with the states of d_theta, so that only the critics count"""
    relative_bias: float
    """norm of m - g over that of g"""
    relative_std: float
    """root mean square of the norm of u - m, over the norm of g"""
    gradient_standard_error: float
    """error of g over its norm, estimated from a grid of half the resolution"""


COLUMNS = list(Angle._fields)


def measured(agent: Agent, replay: ReplayBuffer, rng: np.random.Generator, grid: Grid | None = None) -> Angle:
    """The angle of an agent's next actor update; the agent is left as it is.

    The mean over states and actions is taken on the grid, but for Stack-SAC's correction, whose mean is over
    drawn minibatches.

    Args:
        agent: on Pendulum.
        replay: what it learns from.
        rng: draws minibatches and noise, and nothing of the run's.
        grid: of states.

    """
    grid = grid or Grid(reward_scale=agent.settings.reward_scale)
    temperature, gamma = float(agent.log_temperature.exp()), agent.settings.gamma
    gradient, solution = pendulum.policy_gradient(grid, agent.actor, gamma, temperature)
    coarse, _ = pendulum.policy_gradient(grid.half, agent.actor, gamma, temperature)
    policy = pendulum.policy_on(grid, agent.actor)
    of_critics = pendulum.signals(grid, policy, critics_values(agent, grid, policy.actions), temperature)
    discounted = torch.from_numpy(solution.distribution)
    on_policy = pendulum.update(grid, agent.actor, of_critics, discounted)
    mean = pendulum.update(grid, agent.actor, of_critics, states_of(replay, grid))
    batches = replay.sample(rng, MINIBATCHES, agent.settings.batch_size)
    updates, corrections = _drawn(agent, batches, rng)
    mean = mean + corrections
    if agent.settings.algorithm == "stack-sac":
        on_policy = on_policy + _drawn(agent, _on_policy_batches(agent, grid, discounted, rng), rng)[1]
    norm = float(gradient.norm())
    return Angle(
        cosine=_cosine(mean, gradient),
        cosine_on_policy=_cosine(on_policy, gradient),
        relative_bias=float((mean - gradient).norm()) / norm,
        relative_std=float((updates - mean).square().sum(dim=1).mean().sqrt()) / norm,
        # bilinear interpolation errs by the square of the spacing
        gradient_standard_error=float((gradient - coarse).norm()) / 3 / norm,
    )


def critics_values(agent: Agent, grid: Grid, actions: Tensor) -> Tensor:
    """What the actor climbs, at the nodes and for actions (N, K), as (N, K); it takes gradients."""
    states = observe(*grid.nodes()).repeat_interleave(actions.shape[1], dim=0)
    inputs = torch.cat([states, actions.reshape(-1, 1)], dim=1).float()
    critics, res_critic = agent.critic.parameters, agent.res_critic
    q = networks.values([parameter.detach() for parameter in critics], inputs)
    w = None
    if res_critic is not None:
        w = networks.values([parameter.detach() for parameter in res_critic.parameters], inputs)
    own = agent.settings.residual_of == "own"
    return losses.effective_values(q, w, own).view(actions.shape).double()


def states_of(replay: ReplayBuffer, grid: Grid) -> Tensor:
    """The share of each node (N,) in the states of a replay buffer."""
    states = torch.from_numpy(replay.rows[: len(replay), :3]).double()
    corners, shares = grid.around(torch.atan2(states[:, 1], states[:, 0]), states[:, 2])
    total = torch.zeros(grid.n * (grid.m + 1), dtype=torch.float64)
    return total.index_add(0, corners.flatten(), shares.flatten()) / len(states)


class _Caught(Adam):
    """In the place of an optimiser: keeps the gradient instead of stepping."""

    def __init__(self) -> None:
        self.gradient: tuple[Tensor, ...] = ()

    def step(self, gradients: tuple[Tensor, ...]) -> None:
        self.gradient = gradients


def _drawn(agent: Agent, batches: Minibatches, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """The update on each minibatch (m, P), and the mean of what Stack-SAC's correction has in them (P,)."""
    size = agent.settings.batch_size
    updates, corrections = [], []
    for batch in map(Minibatches._make, zip(*batches, strict=True)):
        eps = torch.from_numpy(rng.standard_normal((2, size, agent.n_actions), dtype=np.float32))
        updates.append(_update(agent, agent.settings.algorithm, batch, eps))
        if agent.settings.algorithm == "stack-sac":
            corrections.append(updates[-1] - _update(agent, "sac", batch, eps))
    correction = torch.stack(corrections).mean(dim=0) if corrections else torch.zeros(updates[0].shape)
    return torch.stack(updates), correction.double()


def _update(agent: Agent, algorithm: str, batch: Minibatches, eps: Tensor) -> Tensor:
    """The update (P,) that the agent would make on a minibatch with noise (2, B, A)."""
    catching = copy.copy(agent)
    catching.settings = agent.settings.model_copy(update={"algorithm": algorithm})
    catching.actor_adam, catching.temperature_adam = caught, _ = _Caught(), _Caught()
    discount = agent.settings.gamma * (1 - batch.terminated)
    catching._update_actor(batch, discount, agent.log_temperature.detach().exp(), eps[0], eps[1])
    return -flat(caught.gradient).double()


def _on_policy_batches(agent: Agent, grid: Grid, weights: Tensor, rng: np.random.Generator) -> Minibatches:
    """Minibatches of transitions of the policy from the states of d_theta, given as weights of nodes (N,)."""
    shape = (MINIBATCHES, agent.settings.batch_size)
    chosen = rng.choice(len(weights), size=shape[0] * shape[1], p=(weights / weights.sum()).numpy())
    theta, thetadot = (part[torch.from_numpy(chosen)] for part in grid.nodes())
    states = observe(theta, thetadot).float()
    noise = torch.from_numpy(rng.standard_normal((len(chosen), 1), dtype=np.float32))
    with torch.no_grad():
        actions, _ = networks.sample(networks.gaussian(agent.actor, states), noise)
    after, speed_after, rewards = pendulum.step(theta, thetadot, actions[:, 0].double())
    return Minibatches(
        torch.cat([states, actions], dim=1).view(*shape, -1),
        rewards.float().view(shape),
        torch.zeros(shape),
        observe(after, speed_after).float().view(*shape, -1),
    )


def _cosine(first: Tensor, second: Tensor) -> float:
    return float(torch.cosine_similarity(first, second, dim=0))
