"""The two ways to compute what takes the time: passes without gradients, and the loop of the critics.

`torch` is the plain one and the oracle of the tests; `numba` runs `kernels.forward` and `kernels.regress`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from actor_critic_gap.sac import kernels, networks, td
from actor_critic_gap.sac.networks import Gaussian, Parameters
from actor_critic_gap.sac.td import Critic


class Backend(NamedTuple):
    """Functions that take and give no gradients."""

    values: Callable[[Parameters, Tensor], Tensor]
    """as `networks.values`"""
    gaussian: Callable[[Parameters, Tensor], Gaussian]
    """as `networks.gaussian`"""
    regress: Callable[[Critic, Tensor, Tensor, Tensor, Tensor, float], tuple[Tensor, Tensor]]
    """as `td.regress`"""


def _arrays(parameters: Parameters) -> kernels.Ensemble:
    w1, b1, w2, b2, w3, b3 = (parameter.detach().numpy() for parameter in parameters)
    return w1, b1, w2, b2, w3, b3


def _forward(parameters: Parameters, inputs: Tensor) -> Tensor:
    outputs = torch.empty((parameters[0].shape[0], inputs.shape[0], parameters[-1].shape[-1]))
    kernels.forward(_arrays(parameters), inputs.contiguous().numpy(), outputs.numpy())
    return outputs


def _values(parameters: Parameters, inputs: Tensor) -> Tensor:
    return _forward(parameters, inputs)[:, :, 0]


def _gaussian(parameters: Parameters, states: Tensor) -> Gaussian:
    return Gaussian.of(_forward([parameter[None] for parameter in parameters], states)[0])


def _regress(
    critic: Critic, inputs: Tensor, base: Tensor, discount: Tensor, next_inputs: Tensor, tau: float
) -> tuple[Tensor, Tensor]:
    adam = critic.optimiser
    learner = kernels.Learner(
        _arrays(critic.parameters), _arrays(critic.targets), _arrays(adam.means), _arrays(adam.squares)
    )
    data = kernels.Regression(*(t.contiguous().numpy() for t in (inputs, base, discount, next_inputs)))
    losses, errors = kernels.regress(learner, int(adam.steps), adam.lr, tau, data)
    adam.steps += len(losses)
    return torch.from_numpy(losses), torch.from_numpy(errors)


BACKENDS = {
    "numba": Backend(_values, _gaussian, _regress),
    "torch": Backend(torch.no_grad()(networks.values), torch.no_grad()(networks.gaussian), td.regress),
}
