"""The losses of SAC and Res-SAC (App. D.2.1), one function each, on values that are already computed.

Shapes: `B` minibatch, `n` ensemble. `discount` is gamma (1 - terminated), shape (B,): a truncated episode
bootstraps (reading S4).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

if TYPE_CHECKING:
    from actor_critic_gap.sac.settings import ResidualOf


def regression_loss(predictions: Tensor, targets: Tensor) -> Tensor:
    """J_Q and J_W: the sum over the ensemble of 1/2 mean (x_k - y_k)^2.

    Predictions are (n, B), targets (n, B) or, where all have the same, (1, B) or (B,).
    """
    return 0.5 * (predictions - targets).square().mean(dim=1).sum()


def residual(
    rewards: Tensor,
    discount: Tensor,
    values: Tensor,
    next_values: Tensor,
    entropy: Tensor | None,
    clip: float | None,
    residual_of: ResidualOf,
) -> Tensor:
    """The res-critics' reward: the clipped TD error of a critic, shape (1, B), with `own` (n, B).

    delta = r + gamma min_k Qbar_k(s', a') - Q(s, a) (App. D.2.1, reading S6), where Q is the minimum or the
    mean over the critics, or with `own` each of them (reading S7); both values of shape (n, B). `entropy` is
    -alpha log pi(a'|s') (B,): with it this is delta_E of App. C.1.
    """
    following = next_values.amin(dim=0)
    if entropy is not None:
        following = following + entropy
    if residual_of == "min":
        values = values.amin(dim=0, keepdim=True)
    elif residual_of == "mean":
        values = values.mean(dim=0, keepdim=True)
    delta = rewards + discount * following - values
    return delta if clip is None else delta.clamp(-clip, clip)


def taken(values: Tensor, res_values: Tensor | None, own: bool) -> tuple[Tensor, Tensor | None]:
    """The critic's and the res-critic's part of the value that the actor climbs, (B,) each (reading S9).

    min_k Q_k and min_k W_k of values (n, B) and res_values (m, B); with `own`, where each critic has a
    res-critic, both of the k with the least Q_k + W_k.
    """
    if res_values is None:
        return values.amin(dim=0), None
    if not own:
        return values.amin(dim=0), res_values.amin(dim=0)
    least = (values + res_values).argmin(dim=0, keepdim=True)
    return values.gather(0, least)[0], res_values.gather(0, least)[0]


def actor_loss(
    log_policy: Tensor, temperature: Tensor, q: Tensor, w: Tensor | None, weights: Tensor | None = None
) -> Tensor:
    """J_pi = mean (alpha log pi(a|s) - Q(s, a) - W(s, a)), with Q and W as `taken`; all (B,).

    With `weights` (B,) every state's term counts so much.
    """
    terms = temperature * log_policy - (q if w is None else q + w)
    return (terms if weights is None else weights * terms).mean()


def effective_values(values: Tensor, res_values: Tensor | None, own: bool) -> Tensor:
    """The value that the actor climbs, (B,): the sum of both parts, see `taken`."""
    q, w = taken(values, res_values, own)
    return q if w is None else q + w


def temperature_gradient(log_policy: Tensor, target_entropy: float) -> Tensor:
    """The derivative in log alpha of -log alpha times the mean of log pi + target entropy (reading S1)."""
    return -(log_policy.mean() + target_entropy)


def td_errors(errors: Tensor) -> dict[str, float]:
    """The absolute TD error by each definition (reading S17), of errors (m, n, B): m minibatches, n critics.

    The largest over samples, the largest mean of a minibatch, and the mean: over the critics, and with
    `_summed` of the sum over the critics.
    """
    absolute = errors.abs()
    found = {}
    for suffix, each in (("", absolute), ("_summed", absolute.sum(dim=1, keepdim=True))):
        found[f"max_abs_td_error{suffix}"] = float(each.max())
        found[f"minibatch_abs_td_error{suffix}"] = float(each.mean(dim=2).max())
        found[f"mean_abs_td_error{suffix}"] = float(each.mean())
    return found
