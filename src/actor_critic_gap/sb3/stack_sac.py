"""Stack-SAC (Sec. 5, Eq. 43) for Stable-Baselines3: the actor's update sees how the critics respond to it."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import torch
from pydantic import Field
from stable_baselines3.common.policies import ContinuousCritic
from stable_baselines3.common.type_aliases import GymEnv, Schedule
from stable_baselines3.sac.policies import SACPolicy
from torch import Tensor, nn

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.sb3.delayed import DelayedParameters, DelayedSAC, Minibatch, least


class StackParameters(DelayedParameters):
    """What Stack-SAC has beside SAC."""

    eta: Annotated[float, Field(gt=0)]


class StackSAC(DelayedSAC):
    """Stack-SAC-x-0: SAC whose actor leads and whose critics follow.

    A critic's Hessian is the Gauss-Newton matrix of its loss plus eta times the identity; the systems in it
    are solved exactly, in the dimension of the minibatch.

    Args:
        policy, env, learning_rate: as of `stable_baselines3.SAC`.
        critic_updates: x, updates of the critics for each of the actor.
        eta: the regulariser. The larger it is, the less the critics are taken to respond; SAC is the limit.
        sac: all other arguments of `stable_baselines3.SAC`, by name.

    Raises:
        InvalidInput: a parameter is out of bounds, the environment has no box of bounded actions, or the
            critics have parameters outside of linear layers, as those of `CnnPolicy` have.

    """

    parameters: ClassVar[type[DelayedParameters]] = StackParameters

    def __init__(
        self,
        policy: str | type[SACPolicy],
        env: GymEnv | str,
        learning_rate: float | Schedule = 3e-4,
        *,
        critic_updates: int = 1,
        eta: float = 0.5,
        **sac: Any,
    ) -> None:
        self.eta = eta
        super().__init__(policy, env, learning_rate, critic_updates=critic_updates, **sac)

    def _setup_model(self) -> None:
        super()._setup_model()
        trained = {id(p) for group in self.critic.optimizer.param_groups for p in group["params"]}
        layers = [layer for network in self.critic.q_networks for layer in _linear(network)]
        if trained != {id(p) for layer in layers for p in (layer.weight, layer.bias)}:
            raise InvalidInput(
                f"{type(self).__name__}: policy: critics with parameters that are not of linear layers: "
                "expected MlpPolicy"
            )

    def _actor_loss(
        self, minibatch: Minibatch, actions: Tensor, log_policy: Tensor, temperature: Tensor
    ) -> Tensor:
        """J_pi - mean gamma (1 - d) c V(s'), whose gradient in the actor is the Stackelberg gradient."""
        c = response(self.critic, minibatch, actions.detach(), self.eta)
        next_actions, next_log_policy = self._act(minibatch.next_observations)
        following = least(self.critic_target(minibatch.next_observations, next_actions))
        soft_values = following - temperature * next_log_policy
        loss = super()._actor_loss(minibatch, actions, log_policy, temperature)
        return loss - (minibatch.discount * c * soft_values).mean()


def response(critic: ContinuousCritic, minibatch: Minibatch, actions: Tensor, eta: float) -> Tensor:
    """How much the actor's objective gains per unit of each sample's target: c (B, 1).

    c = sum_k (K_k + eta I)^-1 M_k 1 with K_k = J_k J_k' / B and M_k = J_k Jp_k' / B. J_k (B, P) is the
    Jacobian of critic k where its loss is, at the minibatch's actions; Jp_k that of the minimum over the
    critics where the actor's loss is, at its `actions` (B, A).
    """
    with torch.no_grad():
        features = critic.extract_features(minibatch.observations, critic.features_extractor)
        values = torch.cat(critic(minibatch.observations, actions), dim=1)
    inputs = torch.cat([features, minibatch.actions], dim=1)
    actor_inputs = torch.cat([features, actions], dim=1)
    batch = len(inputs)
    total = torch.zeros_like(values[:, :1])
    for k, network in enumerate(critic.q_networks):
        ours, theirs = _jacobian(network, inputs), _jacobian(network, actor_inputs)
        kernel = _products(ours, ours) / batch
        chosen = (values.argmin(dim=1, keepdim=True) == k).to(kernel.dtype)
        right = _products(ours, theirs) @ chosen / batch
        damping = eta * torch.eye(batch, dtype=kernel.dtype, device=kernel.device)
        total += torch.linalg.solve(kernel + damping, right)
    return total


def _linear(network: nn.Module) -> list[nn.Linear]:
    return [layer for layer in network.children() if isinstance(layer, nn.Linear)]


def _jacobian(network: nn.Module, inputs: Tensor) -> list[tuple[Tensor, Tensor]]:
    """The Jacobian of a network's values, factored: a row of it is, for each layer, h (x) g and g.

    h (B, I) are the layer's inputs and g (B, O) the derivatives of the values in its outputs.
    """
    factors, x = [], inputs
    for layer in network.children():
        h, x = x, layer(x)
        if isinstance(layer, nn.Linear):
            factors.append((h.detach(), x))
    signals = torch.autograd.grad(x.sum(), [outputs for _, outputs in factors])
    return [(h, g) for (h, _), g in zip(factors, signals, strict=True)]


def _products(rows: list[tuple[Tensor, Tensor]], columns: list[tuple[Tensor, Tensor]]) -> Tensor:
    """The products J Jp' (B, B) of the rows of two Jacobians of one network."""
    products = [(h @ h2.T + 1) * (g @ g2.T) for (h, g), (h2, g2) in zip(rows, columns, strict=True)]
    return torch.stack(products).sum(dim=0)
