"""SAC with x updates of the critics for each of the actor (SAC-x-0): the frame of ResSAC and StackSAC.

Shapes: `B` minibatch, `n` critics. As in Stable-Baselines3 a value is a column (B, 1), and an observation
whatever the policy takes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import torch
from stable_baselines3 import SAC
from stable_baselines3.common.policies import ContinuousCritic
from stable_baselines3.common.type_aliases import GymEnv, MaybeCallback, PyTorchObs, Schedule
from stable_baselines3.common.utils import get_parameters_by_name, polyak_update
from stable_baselines3.sac.policies import SACPolicy
from torch import Tensor
from torch.nn import functional

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.validation import Count, Strict, validated


class Minibatch(NamedTuple):
    """B transitions out of the replay buffer."""

    observations: PyTorchObs
    actions: Tensor
    """in [-1, 1], (B, A)"""
    rewards: Tensor
    """(B, 1); with n-step returns their discounted sum"""
    next_observations: PyTorchObs
    discount: Tensor
    """of the value at the next observations, 0 where the episode ended by itself, (B, 1)"""


class DelayedParameters(Strict):
    """What SAC-x-0 has beside SAC."""

    critic_updates: Count


class DelayedSAC(SAC):
    """SAC whose gradient step is x updates of the critics and one of the actor and the temperature.

    Each is on a minibatch of its own, but the actor's is that of the last of the critics': with x = 1 this is
    SAC.

    Args:
        policy, env, learning_rate: as of `stable_baselines3.SAC`.
        critic_updates: x.
        sac: all other arguments of `stable_baselines3.SAC`, by name.

    Raises:
        InvalidInput: a parameter is out of bounds, or the environment has no box of bounded actions.

    """

    parameters: ClassVar[type[DelayedParameters]] = DelayedParameters

    def __init__(
        self,
        policy: str | type[SACPolicy],
        env: GymEnv | str,
        learning_rate: float | Schedule = 3e-4,
        *,
        critic_updates: int = 1,
        **sac: Any,
    ) -> None:
        self.critic_updates = critic_updates
        self._logged: defaultdict[str, list[float]] = defaultdict(list)
        try:
            super().__init__(policy, env, learning_rate, **sac)
        except AssertionError as error:  # what SB3 says of spaces that SAC does not have
            raise InvalidInput(f"{type(self).__name__}: {' '.join(str(error).split())}") from None

    def _setup_model(self) -> None:
        """Check the parameters, also those that `load` was given, and make networks and replay buffer."""
        given = {name: getattr(self, name) for name in self.parameters.model_fields}
        validated(self.parameters, given, type(self).__name__)
        super()._setup_model()

    def learn(
        self,
        total_timesteps: int,
        callback: MaybeCallback = None,
        log_interval: int = 4,
        tb_log_name: str | None = None,
        reset_num_timesteps: bool = True,
        progress_bar: bool = False,
    ) -> Self:
        """As of `stable_baselines3.SAC`; in TensorBoard the run has the name of the class."""
        name = tb_log_name or type(self).__name__
        return super().learn(total_timesteps, callback, log_interval, name, reset_num_timesteps, progress_bar)

    def train(self, gradient_steps: int, batch_size: int = 64) -> None:
        """Make `gradient_steps` times x updates of the critics and one of actor and temperature."""
        self.policy.set_training_mode(True)
        self._update_learning_rate(self._optimizers())
        self._logged = defaultdict(list)
        x = self.critic_updates
        for step in range(gradient_steps):
            if self.use_sde:
                self.actor.reset_noise()
            temperature = temperature_of(self)
            for update in range(step * x, (step + 1) * x - 1):
                self._update_critic(update, self._sample(batch_size), temperature)
            minibatch = self._sample(batch_size)
            # The noise is drawn in SAC's order, for the same bits as SAC's.
            actions, log_policy = self._act(minibatch.observations)
            self._update_critic((step + 1) * x - 1, minibatch, temperature)
            self._update_others(step, batch_size, temperature)
            self._update_actor(minibatch, actions, log_policy, temperature)
            self._update_temperature(log_policy, temperature)
        self._n_updates += gradient_steps
        self.logger.record("train/n_updates", self._n_updates, exclude="tensorboard")
        for name, losses in self._logged.items():
            self.logger.record(f"train/{name}", np.mean(losses))

    def _optimizers(self) -> list[torch.optim.Optimizer]:
        optimizers = [self.actor.optimizer, self.critic.optimizer]
        if self.ent_coef_optimizer is not None:
            optimizers.append(self.ent_coef_optimizer)
        return optimizers

    def _sample(self, batch_size: int) -> Minibatch:
        assert self.replay_buffer is not None
        drawn = self.replay_buffer.sample(batch_size, env=self._vec_normalize_env)
        gamma = self.gamma if drawn.discounts is None else drawn.discounts
        return Minibatch(
            drawn.observations,
            drawn.actions,
            drawn.rewards,
            drawn.next_observations,
            (1 - drawn.dones) * gamma,
        )

    def _act(self, observations: PyTorchObs) -> tuple[Tensor, Tensor]:
        """Actions (B, A) drawn from the actor, and log pi(a|s) (B, 1)."""
        actions, log_policy = self.actor.action_log_prob(observations)
        return actions, log_policy.reshape(-1, 1)

    def _update_critic(self, update: int, minibatch: Minibatch, temperature: Tensor) -> None:
        with torch.no_grad():
            next_actions, next_log_policy = self._act(minibatch.next_observations)
            following = least(self.critic_target(minibatch.next_observations, next_actions))
            following = following - temperature * next_log_policy
            target = minibatch.rewards + minibatch.discount * following
        targets = [target] * len(self.critic.q_networks)
        loss, error = self._fit(update, self.critic, self.critic_target, minibatch, targets)
        self._logged["critic_loss"].append(loss)
        self._logged["td_error"].append(error)

    def _fit(
        self,
        update: int,
        critic: ContinuousCritic,
        tracking: ContinuousCritic,
        minibatch: Minibatch,
        targets: Sequence[Tensor],
    ) -> tuple[float, float]:
        """One step on the sum over k of 1/2 mean (x_k - y_k)^2, after which the target networks track it.

        Returns the loss and the sum over k of mean |x_k - y_k|, both from before the step.
        """
        predictions = critic(minibatch.observations, minibatch.actions)
        errors = [functional.mse_loss(x, y) for x, y in zip(predictions, targets, strict=True)]
        loss = 0.5 * sum(errors, torch.zeros((), device=self.device))
        critic.optimizer.zero_grad()
        loss.backward()
        critic.optimizer.step()
        if update % self.target_update_interval == 0:
            polyak_update(critic.parameters(), tracking.parameters(), self.tau)
            running, tracked = (get_parameters_by_name(each, ["running_"]) for each in (critic, tracking))
            polyak_update(running, tracked, 1.0)
        with torch.no_grad():
            error = sum((x - y).abs().mean().item() for x, y in zip(predictions, targets, strict=True))
        return loss.item(), error

    def _update_others(self, step: int, batch_size: int, temperature: Tensor) -> None:
        """Update what else is trained, between critics and actor; nothing in SAC."""

    def _update_actor(
        self, minibatch: Minibatch, actions: Tensor, log_policy: Tensor, temperature: Tensor
    ) -> None:
        loss = self._actor_loss(minibatch, actions, log_policy, temperature)
        self._logged["actor_loss"].append(loss.item())
        self.actor.optimizer.zero_grad()
        loss.backward()
        self.actor.optimizer.step()

    def _actor_loss(
        self, minibatch: Minibatch, actions: Tensor, log_policy: Tensor, temperature: Tensor
    ) -> Tensor:
        """J_pi = mean (alpha log pi(a|s) - the value that the actor climbs)."""
        return (temperature * log_policy - self.value(minibatch.observations, actions)).mean()

    def value(self, observations: PyTorchObs, actions: Tensor) -> Tensor:
        """The value that the actor climbs, min_k Q_k(s, a), (B, 1)."""
        return least(self.critic(observations, actions))

    def _update_temperature(self, log_policy: Tensor, temperature: Tensor) -> None:
        self._logged["ent_coef"].append(temperature.item())
        if self.log_ent_coef is None or self.ent_coef_optimizer is None:
            return
        assert isinstance(self.target_entropy, float)
        loss = -(self.log_ent_coef * (log_policy + self.target_entropy).detach()).mean()
        self._logged["ent_coef_loss"].append(loss.item())
        self.ent_coef_optimizer.zero_grad()
        loss.backward()
        self.ent_coef_optimizer.step()

    def _excluded_save_params(self) -> list[str]:
        return [*super()._excluded_save_params(), "_logged"]

    @classmethod
    def load(cls, path: Any, *arguments: Any, **parameters: Any) -> Self:
        """As of `stable_baselines3.SAC`; parameters by name are changed.

        Raises:
            InvalidInput: the file is of another algorithm, or has other networks than the parameters make.

        """
        try:
            return super().load(path, *arguments, **parameters)
        except (AttributeError, KeyError, RuntimeError) as error:
            expected = f"expected an agent saved by {cls.__name__}, with as many networks as now"
            said = " ".join(str(error).split())
            raise InvalidInput(f"{path}: {expected} ({type(error).__name__}: {said})") from error


def temperature_of(agent: SAC) -> Tensor:
    """The temperature alpha as it is now, learned or fixed."""
    return agent.ent_coef_tensor if agent.log_ent_coef is None else agent.log_ent_coef.detach().exp()


def least(values: Sequence[Tensor]) -> Tensor:
    """The minimum over networks of their values (B, 1)."""
    return torch.cat(tuple(values), dim=1).min(dim=1, keepdim=True).values
