"""Networks out of torch's own layers."""

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
