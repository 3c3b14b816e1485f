"""The losses of SAC and Res-SAC (App. D.2.1), one function each, on values that are already computed.

Shapes: `B` minibatch, `n` ensemble. `discount` is gamma (1 - terminated), shape (B,): a truncated episode
bootstraps (reading S4).
"""

from __future__ import annotations

import torch
from torch import Tensor


def regression_loss(predictions: Tensor, targets: Tensor) -> Tensor:
    """J_Q and J_W: the sum over the ensemble of 1/2 mean (x_k - y)^2; predictions (n, B), targets (B,)."""
    return 0.5 * (predictions - targets).square().mean(dim=1).sum()


def residual(
    rewards: Tensor,
    discount: Tensor,
    values: Tensor,
    next_values: Tensor,
    entropy: Tensor | None,
    clip: float | None,
) -> Tensor:
    """The res-critic's reward: the clipped TD error of the effective critic, shape (B,).

    delta = r + gamma min_k Qbar_k(s', a') - min_k Q_k(s, a) (App. D.2.1, readings S6 and S7), both values
    of shape (n, B). `entropy` is -alpha log pi(a'|s') (B,): with it this is delta_E of App. C.1.
    """
    following = next_values.amin(dim=0)
    if entropy is not None:
        following = following + entropy
    delta = rewards + discount * following - values.amin(dim=0)
    return delta if clip is None else delta.clamp(-clip, clip)


def actor_loss(log_policy: Tensor, temperature: Tensor, min_q: Tensor, min_w: Tensor | None) -> Tensor:
    """J_pi = mean (alpha log pi(a|s) - min_k Q_k(s, a) - min_k W_k(s, a)); all (B,)."""
    loss = (temperature * log_policy - min_q).mean()
    return loss if min_w is None else loss - min_w.mean()


def effective_values(values: Tensor, res_values: Tensor | None, own: bool) -> Tensor:
    """The value that the actor climbs, (B,): of critics' values (n, B) and res-critics' (m, B), if there are.

    min_k Q_k + min_k W_k; with `own`, where each critic has a res-critic, min_k (Q_k + W_k) (reading S7).
    """
    if res_values is None:
        return values.amin(dim=0)
    return (values + res_values).amin(dim=0) if own else values.amin(dim=0) + res_values.amin(dim=0)


def temperature_gradient(log_policy: Tensor, target_entropy: float) -> Tensor:
    """The derivative in log alpha of -log alpha times the mean of log pi + target entropy (reading S1)."""
    return -(log_policy.mean() + target_entropy)


def stackelberg_loss(discount: Tensor, weights: Tensor, next_soft_values: Tensor) -> Tensor:
    """-mean_i gamma (1 - d_i) c_i V_i(theta): the follower's response in the actor's loss (Eq. 43).

    V = min_k Qbar_k(s', a') - alpha log pi(a'|s') with a' from the actor, c from `stackelberg.weights`, all
    of shape (B,). Added to `actor_loss`, its gradient makes the Stackelberg gradient (reading S12).
    """
    return -(discount * weights * next_soft_values).mean()


def soft_values(next_values: Tensor, log_policy: Tensor, temperature: Tensor) -> Tensor:
    """V = min_k Qbar_k(s', a') - alpha log pi(a'|s'), shape (B,); next_values (n, B)."""
    return next_values.amin(dim=0) - temperature * log_policy


def td_error_summary(errors: Tensor) -> tuple[float, float]:
    """Mean and largest absolute TD error over all of `errors` (reading S17)."""
    absolute = torch.abs(errors)
    return float(absolute.mean()), float(absolute.max())
