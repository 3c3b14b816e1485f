"""The loop that critic and res-critic share, and where nearly all time goes: TD regression by minibatches."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from actor_critic_gap.sac.losses import regression_loss
from actor_critic_gap.sac.networks import Adam, Parameters, values


@dataclass
class Critic:
    """An ensemble of value networks with their targets (the polyak averages) and optimiser."""

    parameters: Parameters
    targets: Parameters
    optimiser: Adam

    @classmethod
    def create(cls, parameters: Parameters, lr: float) -> Critic:
        """A critic whose targets start as copies of its parameters."""
        targets = [parameter.clone() for parameter in parameters]
        return cls([p.requires_grad_() for p in parameters], targets, Adam(parameters, lr))

    @property
    def state(self) -> Parameters:
        """All tensors that training changes."""
        return [*self.optimiser.state, *self.targets]


class Regression(NamedTuple):
    """What an ensemble of n members is fitted to, on m minibatches of B rows."""

    inputs: Tensor
    """(m, B, S + A)"""
    base: Tensor
    """(m, 1, B), or (m, n, B) where each member has its own"""
    discount: Tensor
    """(m, B)"""
    next_inputs: Tensor
    """(m, B, S + A)"""
    tau: float
    """by how much the targets move towards the parameters after each step"""
    own: bool = False
    """whether each member is fitted to its own target, not to the least of them"""
    bound: float = math.inf
    """what no y exceeds in size"""


def regress(critic: Critic, data: Regression) -> tuple[Tensor, Tensor]:
    """Fit the ensemble to y = base + discount min_k target_k(next), one minibatch after the other.

    With `own` it is y_k = base_k + discount target_k(next). Returns the losses (m,) and all TD errors
    x_k - y_k (m, n, B).
    """
    losses, errors = [], []
    for x, b, d, x2 in zip(data.inputs, data.base, data.discount, data.next_inputs, strict=True):
        with torch.no_grad():
            following = values(critic.targets, x2)
            targets = b + d * (following if data.own else following.amin(dim=0, keepdim=True))
            targets = targets.clamp(-data.bound, data.bound)
        predictions = values(critic.parameters, x)
        loss = regression_loss(predictions, targets)
        critic.optimiser.step(torch.autograd.grad(loss, critic.parameters))
        torch._foreach_lerp_(critic.targets, critic.optimiser.parameters, data.tau)
        losses.append(loss.detach())
        errors.append(predictions.detach() - targets)
    return torch.stack(losses), torch.stack(errors)
