"""The loop that critic and res-critic share, and where nearly all time goes: TD regression by minibatches."""

from __future__ import annotations

from dataclasses import dataclass

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


def regress(
    critic: Critic, inputs: Tensor, base: Tensor, discount: Tensor, next_inputs: Tensor, tau: float
) -> tuple[Tensor, Tensor]:
    """Fit the ensemble to y = base + discount min_k target_k(next), one minibatch after the other.

    After each step the targets move by `tau` towards the parameters. Inputs are (m, B, S + A), base and
    discount (m, B), for m minibatches. Returns the losses (m,) and all TD errors x_k - y (m, n, B).
    """
    losses, errors = [], []
    for x, b, d, x2 in zip(inputs, base, discount, next_inputs, strict=True):
        with torch.no_grad():
            targets = b + d * values(critic.targets, x2).amin(dim=0)
        predictions = values(critic.parameters, x)
        loss = regression_loss(predictions, targets)
        critic.optimiser.step(torch.autograd.grad(loss, critic.parameters))
        torch._foreach_lerp_(critic.targets, critic.optimiser.parameters, tau)
        losses.append(loss.detach())
        errors.append(predictions.detach() - targets)
    return torch.stack(losses), torch.stack(errors)
