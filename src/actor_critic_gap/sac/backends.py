"""The two ways to compute what takes the time.

`torch` is the plain one and the oracle of the tests; `numba` calls `compiled`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from actor_critic_gap.sac import compiled, losses, networks, td
from actor_critic_gap.sac.networks import LOG_STD_BOUNDS, Float32, Gaussian, NumpyActor, Parameters
from actor_critic_gap.sac.td import Critic

_BOUNDS: Float32 = np.array(LOG_STD_BOUNDS, np.float32)


class ActorStep(NamedTuple):
    """The gradient of the actor's loss in its parameters, and what the loss is made of, (B,) each."""

    gradient: tuple[Tensor, ...]
    log_policy: Tensor
    min_q: Tensor
    min_w: Tensor | None


class Backend(NamedTuple):
    """Functions whose results take no part in autograd."""

    values: Callable[[Parameters, Tensor], Tensor]
    """as `networks.values`"""
    gaussian: Callable[[Parameters, Tensor], Gaussian]
    """as `networks.gaussian`"""
    regress: Callable[[Critic, Tensor, Tensor, Tensor, Tensor, float], tuple[Tensor, Tensor]]
    """as `td.regress`"""
    actor_step: Callable[[Parameters, Parameters, Parameters | None, Tensor, Tensor, Tensor], ActorStep]
    """as `actor_step`"""
    actor: Callable[[Parameters], NumpyActor]
    """as `networks.NumpyActor`"""


def actor_step(
    actor: Parameters,
    critics: Parameters,
    res_critics: Parameters | None,
    states: Tensor,
    eps: Tensor,
    temperature: Tensor,
) -> ActorStep:
    """The gradient of `losses.actor_loss` at states (B, S), with actions drawn by the noise eps (B, A)."""
    actions, log_policy = networks.sample(networks.gaussian(actor, states), eps)
    inputs = torch.cat([states, actions], dim=1)
    min_q = networks.values(critics, inputs).amin(dim=0)
    min_w = None if res_critics is None else networks.values(res_critics, inputs).amin(dim=0)
    loss = losses.actor_loss(log_policy, temperature, min_q, min_w)
    gradient = torch.autograd.grad(loss, actor)
    return ActorStep(gradient, log_policy.detach(), min_q.detach(), None if min_w is None else min_w.detach())


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


def _regress(
    critic: Critic, inputs: Tensor, base: Tensor, discount: Tensor, next_inputs: Tensor, tau: float
) -> tuple[Tensor, Tensor]:
    adam = critic.optimiser
    learner = compiled.CriticArrays(
        _arrays(critic.parameters), _arrays(critic.targets), _arrays(adam.means), _arrays(adam.squares)
    )
    data = compiled.Regression(*(t.contiguous().numpy() for t in (inputs, base, discount, next_inputs)))
    losses, errors = compiled.regress(learner, int(adam.steps), adam.lr, tau, data)
    adam.steps += len(losses)
    return torch.from_numpy(losses), torch.from_numpy(errors)


def _actor_step(
    actor: Parameters,
    critics: Parameters,
    res_critics: Parameters | None,
    states: Tensor,
    eps: Tensor,
    temperature: Tensor,
) -> ActorStep:
    step = compiled.actor_step(
        _arrays([parameter[None] for parameter in actor]),
        _arrays(critics),
        _arrays([p[:0] for p in critics] if res_critics is None else res_critics),
        states.contiguous().numpy(),
        eps.numpy(),
        np.float32(temperature.item()),
        _BOUNDS,
    )
    gradient = tuple(torch.from_numpy(part[0]) for part in step.gradient)
    log_policy, min_q, min_w = (torch.from_numpy(part) for part in step[1:])
    return ActorStep(gradient, log_policy, min_q, None if res_critics is None else min_w)


class _CompiledActor(NumpyActor):
    def __init__(self, parameters: Parameters) -> None:
        self._networks = _arrays([parameter[None] for parameter in parameters])
        self._none = np.zeros(parameters[-1].shape[-1] // 2, np.float32)

    def __call__(self, state: Float32, noise: Float32 | None = None) -> Float32:
        action: Float32 = compiled.act(self._networks, state, self._none if noise is None else noise, _BOUNDS)
        return action


BACKENDS = {
    "numba": Backend(_values, _gaussian, _regress, _actor_step, _CompiledActor),
    "torch": Backend(
        torch.no_grad()(networks.values),
        torch.no_grad()(networks.gaussian),
        td.regress,
        actor_step,
        NumpyActor,
    ),
}
