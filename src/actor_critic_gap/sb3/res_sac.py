"""Res-SAC (Algorithm 5) for Stable-Baselines3: SAC with a res-critic, which learns what the critic misses."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import torch
from pydantic import Field
from stable_baselines3.common.policies import ContinuousCritic
from stable_baselines3.common.type_aliases import GymEnv, PyTorchObs, Schedule
from stable_baselines3.sac.policies import SACPolicy
from torch import Tensor

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.sb3.delayed import DelayedParameters, DelayedSAC, Minibatch, least
from actor_critic_gap.validation import Count

ResidualOf = Literal["min", "mean", "own"]


class ResParameters(DelayedParameters):
    """What Res-SAC has beside SAC."""

    res_critic_updates: Annotated[int, Field(ge=0, le=1_000_000)]
    clip: Annotated[float, Field(gt=0)] | None
    residual_of: ResidualOf
    residual_entropy: bool
    res_critics: Count | None


class ResSAC(DelayedSAC):
    """Res-SAC-x-y: a gradient step is x updates of the critics, y of the res-critics, and one of the actor.

    The res-critics W are value networks like the critics, with target networks and an optimiser of their own,
    whose reward is the critics' TD error, the residual
    delta = r + gamma min_j Qbar_j(s', a') - Q(s, a), with a' drawn from the actor. The actor climbs Q + W.

    Args:
        policy, env, learning_rate: as of `stable_baselines3.SAC`.
        critic_updates: x.
        res_critic_updates: y; with 0 there is no res-critic, and with x = 1 this is SAC, bit for bit.
        clip: bound c on the residual, which is clipped to [-c, c]; None for none. The paper takes the largest
            TD error of SAC on the same task: the largest `train/td_error` of a run with y = 0.
        residual_of: what Q is in the residual. "own": each critic Q_k has a res-critic W_k with its own
            target network, and the actor climbs min_k (Q_k + W_k). "min" and "mean": the one residual is that
            of the minimum or the mean over the critics, and the actor climbs min_k Q_k + min_k W_k.
        residual_entropy: whether delta has -alpha log pi(a'|s') at the next state (App. C). Without it Q + W
            is the plain return, so W also takes the entropy bonus to come out of Q.
        res_critics: how many; None for 1, or with "own" for one for each critic.
        sac: all other arguments of `stable_baselines3.SAC`, by name.

    Attributes:
        res_critic, res_critic_target: the res-critics and their target networks, None with y = 0.

    Raises:
        InvalidInput: a parameter is out of bounds, or the environment has no box of bounded actions.

    """

    parameters: ClassVar[type[DelayedParameters]] = ResParameters
    res_critic: ContinuousCritic | None
    res_critic_target: ContinuousCritic | None

    def __init__(
        self,
        policy: str | type[SACPolicy],
        env: GymEnv | str,
        learning_rate: float | Schedule = 3e-4,
        *,
        critic_updates: int = 1,
        res_critic_updates: int = 1,
        clip: float | None = None,
        residual_of: ResidualOf = "own",
        residual_entropy: bool = False,
        res_critics: int | None = None,
        **sac: Any,
    ) -> None:
        self.res_critic_updates, self.clip = res_critic_updates, clip
        self.residual_of, self.residual_entropy = residual_of, residual_entropy
        self.res_critics = res_critics
        super().__init__(policy, env, learning_rate, critic_updates=critic_updates, **sac)

    def _setup_model(self) -> None:
        super()._setup_model()
        n = self.critic.n_critics
        if self.residual_of == "own" and self.res_critics not in (None, n):
            expected = f"expected None or {n}, one for each critic, with residual_of = 'own'"
            raise InvalidInput(f"{type(self).__name__}: res_critics = {self.res_critics}: {expected}")
        self.res_critic = self.res_critic_target = None
        if self.res_critic_updates:
            n_res_critics = n if self.residual_of == "own" else self.res_critics or 1
            self.res_critic, self.res_critic_target = (self._new_res_critic(n_res_critics) for _ in range(2))
            self.res_critic_target.load_state_dict(self.res_critic.state_dict())
            self.res_critic_target.set_training_mode(False)
            self.res_critic.optimizer = self.policy.optimizer_class(
                self.res_critic.parameters(), **{"lr": self.lr_schedule(1), **self.policy.optimizer_kwargs}
            )

    def _new_res_critic(self, n: int) -> ContinuousCritic:
        """Networks of the critics' shape; features, if these are learned, are not shared."""
        extractor = self.policy.make_features_extractor()
        arguments: dict[str, Any] = {
            **self.policy.critic_kwargs,
            "n_critics": n,
            "share_features_extractor": False,
            "features_extractor": extractor,
            "features_dim": extractor.features_dim,
        }
        return ContinuousCritic(**arguments).to(self.device)

    def _optimizers(self) -> list[torch.optim.Optimizer]:
        own = [] if self.res_critic is None else [self.res_critic.optimizer]
        return [*super()._optimizers(), *own]

    def _update_others(self, step: int, batch_size: int, temperature: Tensor) -> None:
        if self.res_critic is None or self.res_critic_target is None:
            return
        self.res_critic.set_training_mode(True)
        y = self.res_critic_updates
        for update in range(step * y, (step + 1) * y):
            minibatch = self._sample(batch_size)
            with torch.no_grad():
                next_actions, next_log_policy = self._act(minibatch.next_observations)
                entropy = -temperature * next_log_policy if self.residual_entropy else None
                deltas = self._residuals(minibatch, next_actions, entropy)
                following = self.res_critic_target(minibatch.next_observations, next_actions)
                if self.residual_of != "own":
                    following = [least(following)] * len(following)
                    deltas = deltas * len(following)
                targets = [d + minibatch.discount * w for d, w in zip(deltas, following, strict=True)]
            loss, _ = self._fit(update, self.res_critic, self.res_critic_target, minibatch, targets)
            self._logged["res_critic_loss"].append(loss)
            self._logged["residual"].append(torch.cat(deltas).abs().mean().item())

    def _residuals(self, minibatch: Minibatch, next_actions: Tensor, entropy: Tensor | None) -> list[Tensor]:
        """The clipped TD errors delta (B, 1): with "own" one for each critic, else one."""
        values = self.critic(minibatch.observations, minibatch.actions)
        if self.residual_of == "min":
            values = (least(values),)
        elif self.residual_of == "mean":
            values = (torch.cat(values, dim=1).mean(dim=1, keepdim=True),)
        following = least(self.critic_target(minibatch.next_observations, next_actions))
        if entropy is not None:
            following = following + entropy
        deltas = [minibatch.rewards + minibatch.discount * following - value for value in values]
        if self.clip is None:
            return deltas
        self._logged["clipped"].append((torch.cat(deltas).abs() > self.clip).float().mean().item())
        return [delta.clamp(-self.clip, self.clip) for delta in deltas]

    def value(self, observations: PyTorchObs, actions: Tensor) -> Tensor:
        """The value that the actor climbs: the critics' and what they miss, (B, 1)."""
        if self.res_critic is None:
            return super().value(observations, actions)
        res_values = self.res_critic(observations, actions)
        self._logged["w_mean"].append(torch.cat(res_values).mean().item())
        if self.residual_of != "own":
            return super().value(observations, actions) + least(res_values)
        values = self.critic(observations, actions)
        return least([q + w for q, w in zip(values, res_values, strict=True)])

    def _excluded_save_params(self) -> list[str]:
        return [*super()._excluded_save_params(), "res_critic", "res_critic_target"]

    def _get_torch_save_params(self) -> tuple[list[str], list[str]]:
        modules, variables = super()._get_torch_save_params()
        own = ["res_critic", "res_critic_target", "res_critic.optimizer"] if self.res_critic_updates else []
        return [*modules, *own], variables
