"""How a twin critic responds to the actor, in closed form (Stack-SAC, Sec. 5 and reading S12).

The critic's generalised semi-Hessian is the Gauss-Newton matrix of its loss, J'J / B + eta I with J (B, P)
the Jacobian of the predictions; in the tabular case it is that of Eq. 40. Solving with it needs only the
B x B kernels J J' / B, which an MLP gives without its Jacobian.
"""

from __future__ import annotations

import torch
from torch import Tensor

from actor_critic_gap.sac.networks import Parameters


def weights(kernels: Tensor, right: Tensor, eta: float) -> Tensor:
    """Give c = sum_k (K_k + eta I)^-1 M_k 1, shape (B,), of what `response` gives."""
    damping = eta * torch.eye(right.shape[1], dtype=right.dtype)
    solved: Tensor = torch.linalg.solve(kernels + damping, right[:, :, None])
    return solved.sum(dim=(0, 2))


def response(critics: Parameters, inputs: Tensor, actor_inputs: Tensor) -> tuple[Tensor, Tensor]:
    """Give K_k = J_k J_k' / B (n, B, B) and M_k 1 (n, B) with M_k = J_k Jp_k' / B.

    J_k (B, P) is the Jacobian of critic k at `inputs` (B, S + A), where its loss is; Jp_k that of the
    minimum over critics at `actor_inputs` (B, S + A), where the actor's loss is: rows of other critics' are
    zero. `critics` have n >= 1 members.
    """
    batch = inputs.shape[0]
    activations, signals, _ = _jacobian_factors(critics, inputs)
    actor_activations, actor_signals, values = _jacobian_factors(critics, actor_inputs)
    chosen = values.argmin(dim=0) == torch.arange(values.shape[0])[:, None]
    kernels = _kernel(activations, signals, activations, signals) / batch
    mixed = _kernel(activations, signals, actor_activations, actor_signals) / batch
    return kernels, (mixed * chosen[:, None, :]).sum(dim=2)


def _kernel(
    activations: list[Tensor], signals: list[Tensor], others: list[Tensor], other_signals: list[Tensor]
) -> Tensor:
    """J Jp' (n, B, B): per layer, (inputs' products + 1 for the bias) times the signals' products."""
    total = torch.zeros(())
    for a, g, b, h in zip(activations, signals, others, other_signals, strict=True):
        total = total + (a @ b.transpose(-1, -2) + 1) * (g @ h.transpose(-1, -2))
    return total


def _jacobian_factors(critics: Parameters, inputs: Tensor) -> tuple[list[Tensor], list[Tensor], Tensor]:
    """Inputs of each layer, derivatives of the value in each layer's output, and the values (n, B)."""
    w1, b1, w2, b2, w3, b3 = (parameter.detach() for parameter in critics)
    n, batch = w1.shape[0], inputs.shape[0]
    x = inputs.expand(n, -1, -1)
    h1 = torch.baddbmm(b1, x, w1).relu()
    h2 = torch.baddbmm(b2, h1, w2).relu()
    g3 = torch.ones((n, batch, 1), dtype=inputs.dtype)
    g2 = w3.transpose(1, 2) * (h2 > 0)
    g1 = (g2 @ w2.transpose(1, 2)) * (h1 > 0)
    values = (h2 @ w3 + b3)[:, :, 0]
    return [x, h1, h2], [g1, g2, g3], values
