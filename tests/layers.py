"""Networks out of torch's own layers."""

import torch
from torch import Tensor, nn


def module(parameters: list[Tensor], member: int | None = None) -> nn.Sequential:
    """The same network out of torch's own layers."""
    chosen = [p if member is None else p[member] for p in parameters]
    layers: list[nn.Module] = []
    for weights, biases in zip(chosen[::2], chosen[1::2], strict=True):
        linear = nn.Linear(weights.shape[0], weights.shape[1], dtype=weights.dtype)
        linear.weight.data, linear.bias.data = weights.detach().T.clone(), biases.detach()[0].clone()
        layers += [linear, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def parameters_of(modules: list[nn.Sequential]) -> list[Tensor]:
    """As the stacked tensors of the package."""
    layers = [[layer for layer in m if isinstance(layer, nn.Linear)] for m in modules]
    stacked = []
    for same in zip(*layers, strict=True):
        stacked.append(torch.stack([layer.weight.T for layer in same]))
        stacked.append(torch.stack([layer.bias[None] for layer in same]))
    return stacked
