"""The two ways to compute what takes the time.

`torch` is the plain one and the oracle of the tests; `numba` calls `compiled`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from actor_critic_gap.sac import compiled, losses, networks, stackelberg, td
from actor_critic_gap.sac.networks import LOG_STD_BOUNDS, Float32, Gaussian, NumpyActor, Parameters
from actor_critic_gap.sac.td import Critic

_BOUNDS: Float32 = np.array(LOG_STD_BOUNDS, np.float32)


class Climbed(NamedTuple):
    """The value that an actor's step climbs, see `losses.taken`."""

    critics: Parameters
    res_critics: Parameters | None = None
    own: bool = False
    weights: Tensor | None = None
    """of the states, (B,)"""


class ActorStep(NamedTuple):
    """The gradient of the actor's loss in its parameters, and what the loss is made of, (B,) each."""

    gradient: tuple[Tensor, ...]
    log_policy: Tensor
    q: Tensor
    w: Tensor | None


class Backend(NamedTuple):
    """Functions whose results take no part in autograd."""

    values: Callable[[Parameters, Tensor], Tensor]
    """as `networks.values`"""
    gaussian: Callable[[Parameters, Tensor], Gaussian]
    """as `networks.gaussian`"""
    regress: Callable[[Critic, td.Regression], tuple[Tensor, Tensor]]
    """as `td.regress`"""
    actor_step: Callable[[Parameters, Climbed, Tensor, Tensor, Tensor], ActorStep]
    """as `actor_step`"""
    response: Callable[[Parameters, Tensor, Tensor], tuple[Tensor, Tensor]]
    """as `stackelberg.response`"""
    actor: Callable[[Parameters], NumpyActor]
    """as `networks.NumpyActor`"""


def actor_step(
    actor: Parameters, climbed: Climbed, states: Tensor, eps: Tensor, temperature: Tensor
) -> ActorStep:
    """The gradient of `losses.actor_loss` at states (B, S), with actions drawn by the noise eps (B, A)."""
    actions, log_policy = networks.sample(networks.gaussian(actor, states), eps)
    inputs = torch.cat([states, actions], dim=1)
    res_critics = climbed.res_critics
    res_values = None if res_critics is None else networks.values(res_critics, inputs)
    q, w = losses.taken(networks.values(climbed.critics, inputs), res_values, climbed.own)
    loss = losses.actor_loss(log_policy, temperature, q, w, climbed.weights)
    gradient = torch.autograd.grad(loss, actor)
    return ActorStep(gradient, log_policy.detach(), q.detach(), None if w is None else w.detach())


def _arrays(parameters: Parameters) -> compiled.Ensemble:
    w1, b1, w2, b2, w3, b3 = (parameter.detach().numpy() for parameter in parameters)
    return w1, b1, w2, b2, w3, b3


def _forward(parameters: Parameters, inputs: Tensor) -> Tensor:
    outputs = torch.empty((parameters[0].shape[0], inputs.shape[0], parameters[-1].shape[-1]))
    compiled.forward(_arrays(parameters), inputs.contiguous().numpy(), outputs.numpy())
    return outputs


def _values(parameters: Parameters, inputs: Tensor) -> Tensor:
    return _forward(parameters, inputs)[:, :, 0]


def _gaussian(parameters: Parameters, states: Tensor) -> Gaussian:
    return Gaussian.of(_forward([parameter[None] for parameter in parameters], states)[0])


def _regress(critic: Critic, data: td.Regression) -> tuple[Tensor, Tensor]:
    adam = critic.optimiser
    learner = compiled.CriticArrays(
        _arrays(critic.parameters), _arrays(critic.targets), _arrays(adam.means), _arrays(adam.squares)
    )
    fitted = compiled.RegressionArrays(
        data.inputs.contiguous().numpy(),
        data.base.contiguous().numpy(),
        data.discount.contiguous().numpy(),
        data.next_inputs.contiguous().numpy(),
        np.float32(data.tau),
        data.own,
        np.float32(data.bound),
    )
    losses, errors = compiled.regress(learner, int(adam.steps), adam.lr, fitted)
    adam.steps += len(losses)
    return torch.from_numpy(losses), torch.from_numpy(errors)


def _actor_step(
    actor: Parameters, climbed: Climbed, states: Tensor, eps: Tensor, temperature: Tensor
) -> ActorStep:
    none = [parameter[:0] for parameter in climbed.critics]
    weights = torch.ones(len(states)) if climbed.weights is None else climbed.weights
    step = compiled.actor_step(
        _arrays([parameter[None] for parameter in actor]),
        _arrays(climbed.critics),
        _arrays(none if climbed.res_critics is None else climbed.res_critics),
        climbed.own and climbed.res_critics is not None,
        states.contiguous().numpy(),
        eps.contiguous().numpy(),
        weights.numpy(),
        np.float32(temperature.item()),
        _BOUNDS,
    )
    gradient = tuple(torch.from_numpy(part[0]) for part in step.gradient)
    log_policy, q, w = (torch.from_numpy(part) for part in step[1:])
    return ActorStep(gradient, log_policy, q, None if climbed.res_critics is None else w)


def _response(critics: Parameters, inputs: Tensor, actor_inputs: Tensor) -> tuple[Tensor, Tensor]:
    batch = len(inputs)
    kernels = torch.empty((len(critics[0]), batch, batch))
    arrays = (inputs.contiguous().numpy(), actor_inputs.contiguous().numpy(), kernels.numpy())
    right = compiled.response(_arrays(critics), *arrays)
    return kernels, torch.from_numpy(right)


class _CompiledActor(NumpyActor):
    def __init__(self, parameters: Parameters) -> None:
        self._networks = _arrays([parameter[None] for parameter in parameters])
        self._none = np.zeros(parameters[-1].shape[-1] // 2, np.float32)

    def __call__(self, state: Float32, noise: Float32 | None = None) -> Float32:
        action: Float32 = compiled.act(self._networks, state, self._none if noise is None else noise, _BOUNDS)
        return action


BACKENDS = {
    "numba": Backend(_values, _gaussian, _regress, _actor_step, _response, _CompiledActor),
    "torch": Backend(
        torch.no_grad()(networks.values),
        torch.no_grad()(networks.gaussian),
        td.regress,
        actor_step,
        stackelberg.response,
        NumpyActor,
    ),
}
