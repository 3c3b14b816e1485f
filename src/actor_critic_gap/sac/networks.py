"""Networks as flat lists of tensors: an ensemble of critics in stacked tensors, and the Gaussian actor.

Every network has two hidden layers of H rectified linear units. `B` is the batch, `n` the ensemble.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Parameters = list[Tensor]
Float32 = NDArray[np.float32]

LOG_STD_BOUNDS = (-20.0, 2.0)


class Adam:
    """Adam (Kingma and Ba, 2015) by torch's fused kernel, on parameters that it updates in place.

    `torch.optim.Adam(fused=True)` calls the same kernel; constructing it costs a second of imports a
    process, and every step of it some 50 microseconds.
    """

    def __init__(self, parameters: Parameters, lr: float) -> None:
        self.parameters = [parameter.detach() for parameter in parameters]
        self.lr = lr
        self.means = [torch.zeros_like(parameter) for parameter in self.parameters]
        self.squares = [torch.zeros_like(parameter) for parameter in self.parameters]
        self.steps = torch.zeros(())

    @property
    def state(self) -> Parameters:
        """All tensors that a step changes, the parameters first."""
        return [*self.parameters, *self.means, *self.squares, self.steps]

    def step(self, gradients: tuple[Tensor, ...]) -> None:
        """One descent step."""
        self.steps += 1
        torch._fused_adam_(
            self.parameters,
            list(gradients),
            self.means,
            self.squares,
            [],
            [self.steps] * len(self.parameters),
            lr=self.lr,
            beta1=0.9,
            beta2=0.999,
            weight_decay=0.0,
            eps=1e-8,
            amsgrad=False,
            maximize=False,
        )


def _layer(
    rng: np.random.Generator, ensemble: tuple[int, ...], inputs: int, outputs: int, init: str
) -> list[Tensor]:
    """Weights (*ensemble, inputs, outputs) and biases (*ensemble, 1, outputs) (reading S2)."""
    weights, biases = (*ensemble, inputs, outputs), (*ensemble, 1, outputs)
    if init == "glorot":
        bound = math.sqrt(6 / (inputs + outputs))
        drawn = [rng.uniform(-bound, bound, weights), np.zeros(biases)]
    else:
        bound = 1 / math.sqrt(inputs)
        drawn = [rng.uniform(-bound, bound, shape) for shape in (weights, biases)]
    return [torch.tensor(array, dtype=torch.float32) for array in drawn]


def critics(rng: np.random.Generator, n: int, inputs: int, hidden: int, init: str) -> Parameters:
    """An ensemble of n critics: [(n, inputs, H), (n, 1, H), (n, H, H), (n, 1, H), (n, H, 1), (n, 1, 1)]."""
    layers = [(inputs, hidden), (hidden, hidden), (hidden, 1)]
    return [tensor for layer in layers for tensor in _layer(rng, (n,), *layer, init)]


def actor(rng: np.random.Generator, inputs: int, actions: int, hidden: int, init: str) -> Parameters:
    """The actor: [(inputs, H), (1, H), (H, H), (1, H), (H, 2 A), (1, 2 A)], mean and log std last."""
    layers = [(inputs, hidden), (hidden, hidden), (hidden, 2 * actions)]
    return [tensor for layer in layers for tensor in _layer(rng, (), *layer, init)]


def values(parameters: Parameters, inputs: Tensor) -> Tensor:
    """Each critic's value of (state, action) rows: inputs (B, S + A) -> (n, B)."""
    w1, b1, w2, b2, w3, b3 = parameters
    hidden = torch.baddbmm(b1, inputs.expand(w1.shape[0], -1, -1), w1).relu_()
    hidden = torch.baddbmm(b2, hidden, w2).relu_()
    # A batched product with one output column is three times slower than multiply and sum.
    return (hidden * w3.transpose(1, 2)).sum(dim=2) + b3[:, :, 0]


class Gaussian(NamedTuple):
    """A batch of the actor's distributions before tanh: mean and log standard deviation, (B, A) each."""

    mean: Tensor
    log_std: Tensor

    @classmethod
    def of(cls, outputs: Tensor) -> Gaussian:
        """The distributions that the actor's outputs (B, 2 A) stand for."""
        mean, log_std = outputs.chunk(2, dim=1)
        return cls(mean, log_std.clamp(*LOG_STD_BOUNDS))


def gaussian(parameters: Parameters, states: Tensor) -> Gaussian:
    """The actor's distributions at states (B, S)."""
    w1, b1, w2, b2, w3, b3 = parameters
    hidden = torch.addmm(b1, states, w1).relu_()
    hidden = torch.addmm(b2, hidden, w2).relu_()
    return Gaussian.of(torch.addmm(b3, hidden, w3))


def sample(distribution: Gaussian, noise: Tensor) -> tuple[Tensor, Tensor]:
    """Reparametrised actions a = tanh(mean + std noise) (B, A) in [-1, 1], and log pi(a|s) (B,).

    The log-density is exact: log(1 - tanh(u)^2) = 2 (log 2 - u - softplus(-2 u)) (reading S1).
    """
    u = distribution.mean + distribution.log_std.exp() * noise
    log_normal = -0.5 * noise.square() - distribution.log_std - 0.5 * math.log(2 * math.pi)
    log_slope = 2 * (math.log(2) - u - torch.nn.functional.softplus(-2 * u))
    return u.tanh(), (log_normal - log_slope).sum(dim=1)


class NumpyActor:
    """The actor for one state at a time, on the memory of its torch parameters, without torch's overhead."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = [parameter.detach().numpy() for parameter in parameters]

    def __call__(self, state: Float32, noise: Float32 | None = None) -> Float32:
        """An action (A,) in [-1, 1] at a state (S,); without noise the mean action."""
        w1, b1, w2, b2, w3, b3 = self._parameters
        hidden = np.maximum(state @ w1 + b1[0], 0)
        hidden = np.maximum(hidden @ w2 + b2[0], 0)
        mean, log_std = np.split(hidden @ w3 + b3[0], 2)
        if noise is not None:
            mean = mean + np.exp(np.clip(log_std, *LOG_STD_BOUNDS)) * noise
        action: Float32 = np.tanh(mean)
        return action
