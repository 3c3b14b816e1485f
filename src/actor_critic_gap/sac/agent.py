"""One iteration's updates of SAC, Stack-SAC and Res-SAC (Algorithm 5, App. D.2)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from actor_critic_gap.sac import losses, networks, stackelberg
from actor_critic_gap.sac.backends import BACKENDS, Climbed
from actor_critic_gap.sac.networks import Adam, Gaussian, Parameters
from actor_critic_gap.sac.replay_buffer import Minibatches, ReplayBuffer
from actor_critic_gap.sac.td import Critic, Regression

if TYPE_CHECKING:
    from actor_critic_gap.sac.settings import SACSettings


class Agent:
    """The actor, its temperature, its critics and, for Res-SAC, their res-critics.

    Attributes:
        actor, critic, res_critic, log_temperature: what is trained; res_critic is None unless Res-SAC.
        clip: bound on the residual, None for none.

    """

    def __init__(
        self,
        settings: SACSettings,
        n_states: int,
        n_actions: int,
        clip: float | None,
        rng: np.random.Generator,
    ) -> None:
        self.settings, self.clip, self.n_actions = settings, clip, n_actions
        self.backend = BACKENDS[settings.backend]
        hidden, init, lr = settings.hidden_units, settings.init, settings.lr
        inputs = n_states + n_actions
        self.actor = [p.requires_grad_() for p in networks.actor(rng, n_states, n_actions, hidden, init)]
        self.actor_adam = Adam(self.actor, lr)
        self.critic = Critic.create(networks.critics(rng, settings.critics, inputs, hidden, init), lr)
        self.res_critic: Critic | None = None
        if settings.algorithm == "res-sac":
            ensemble = networks.critics(rng, settings.n_res_critics, inputs, hidden, init)
            self.res_critic = Critic.create(ensemble, lr)
        self.log_temperature = torch.zeros(1)
        self.temperature_adam = Adam([self.log_temperature], lr)

    @property
    def state(self) -> Parameters:
        """All tensors that training changes, in a fixed order."""
        res_critic = [] if self.res_critic is None else self.res_critic.state
        return [
            *self.actor_adam.state,
            *self.critic.state,
            *res_critic,
            *self.temperature_adam.state,
        ]

    def update(
        self, replay: ReplayBuffer, sampling: np.random.Generator, noise: np.random.Generator
    ) -> dict[str, float]:
        """Make x critic updates, y res-critic updates, then one update of actor and temperature.

        The actor is the same throughout the critics' updates, so their next actions are drawn at once; so
        is the critic throughout the res-critic's, so their residuals are computed at once.
        """
        settings = self.settings
        x, y = settings.critic_updates, settings.res_critic_updates
        batches = replay.sample(sampling, x + y + 1, settings.batch_size)
        batches = batches._replace(rewards=settings.reward_scale * batches.rewards)
        eps = torch.from_numpy(
            noise.standard_normal((x + y + 2, settings.batch_size, self.n_actions), dtype=np.float32)
        )
        temperature = self.log_temperature.detach().exp()
        discount = settings.gamma * (1 - batches.terminated)
        with torch.no_grad():
            next_states = batches.next_states[:-1].flatten(0, 1)
            distribution = self.backend.gaussian(self.actor, next_states)
            next_inputs, next_log_policy = _act(next_states, distribution, eps[: x + y].flatten(0, 1))
        next_inputs = next_inputs.view(x + y, settings.batch_size, -1)
        entropy = -temperature * next_log_policy.view(x + y, settings.batch_size)
        base = (batches.rewards[:x] + discount[:x] * entropy[:x])[:, None]
        data = Regression(batches.inputs[:x], base, discount[:x], next_inputs[:x], settings.tau)
        critic_losses, errors = self.backend.regress(self.critic, data)
        statistics = {"critic_loss": float(critic_losses.mean()), **losses.td_errors(errors)}
        if self.res_critic is not None:
            res_losses = self._update_res_critic(
                self.res_critic,
                Minibatches(*(part[x:-1] for part in batches)),
                discount[x:-1],
                next_inputs[x:],
                entropy[x:],
            )
            statistics["res_critic_loss"] = float(res_losses.mean())
        last = Minibatches(*(part[-1] for part in batches))
        statistics |= self._update_actor(last, discount[-1], temperature, eps[-2], eps[-1])
        return statistics

    def _update_res_critic(
        self,
        res_critic: Critic,
        batches: Minibatches,
        discount: Tensor,
        next_inputs: Tensor,
        entropy: Tensor,
    ) -> Tensor:
        settings = self.settings
        with torch.no_grad():
            delta = losses.residual(
                batches.rewards.reshape(-1),
                discount.reshape(-1),
                self.backend.values(self.critic.parameters, batches.inputs.flatten(0, 1)),
                self.backend.values(self.critic.targets, next_inputs.flatten(0, 1)),
                entropy.reshape(-1) if settings.residual_entropy else None,
                self.clip,
                settings.residual_of,
            )
        base = delta.view(len(delta), *batches.rewards.shape).transpose(0, 1)
        bound = math.inf
        if settings.bound_targets and self.clip is not None:
            bound = self.clip / (1 - settings.gamma)
        own = settings.residual_of == "own"
        data = Regression(batches.inputs, base, discount, next_inputs, settings.tau, own, bound)
        return self.backend.regress(res_critic, data)[0]

    def _update_actor(
        self, batch: Minibatches, discount: Tensor, temperature: Tensor, eps: Tensor, next_eps: Tensor
    ) -> dict[str, float]:
        """The actor's and the temperature's step on one minibatch (inputs (B, S + A))."""
        settings = self.settings
        states = batch.inputs[:, : batch.next_states.shape[1]]
        res_critics = None if self.res_critic is None else self.res_critic.parameters
        climbed = Climbed(self.critic.parameters, res_critics, settings.residual_of == "own")
        gradient, log_policy, q, w = self.backend.actor_step(self.actor, climbed, states, eps, temperature)
        loss = losses.actor_loss(log_policy, temperature, q, w)
        if settings.algorithm == "stack-sac":
            weights = discount * self._response_weights(batch.inputs, states, eps)
            follower = Climbed(self.critic.targets, weights=weights)
            step = self.backend.actor_step(self.actor, follower, batch.next_states, next_eps, temperature)
            gradient = tuple(map(torch.add, gradient, step.gradient))
            loss = loss + losses.actor_loss(step.log_policy, temperature, step.q, None, weights)
        self.actor_adam.step(gradient)
        entropy_gap = losses.temperature_gradient(log_policy, settings.target_entropy * self.n_actions)
        self.temperature_adam.step((entropy_gap[None],))
        statistics = {
            "actor_loss": float(loss),
            "temperature": float(temperature),
            "q_mean": float(q.mean()),
        }
        if w is not None:
            statistics["w_mean"] = float(w.mean())
        return statistics

    def _response_weights(self, inputs: Tensor, states: Tensor, eps: Tensor) -> Tensor:
        """C (B,), by which Stack-SAC's actor climbs the next states' values too (Eq. 43, reading S12)."""
        with torch.no_grad():
            actor_inputs, _ = _act(states, self.backend.gaussian(self.actor, states), eps)
        kernels, right = self.backend.response(self.critic.parameters, inputs, actor_inputs)
        return stackelberg.weights(kernels, right, self.settings.eta)

    def acts_finitely(self) -> bool:
        """Whether the parameters of actor and temperature are finite numbers."""
        tensors = [*self.actor_adam.parameters, *self.temperature_adam.parameters]
        return all(math.isfinite(float(tensor.sum())) for tensor in tensors)


def _act(states: Tensor, distribution: Gaussian, eps: Tensor) -> tuple[Tensor, Tensor]:
    """(s, a) (B, S + A) and log pi(a|s) (B,) for states (B, S), with a drawn by the noise eps (B, A)."""
    actions, log_policy = networks.sample(distribution, eps)
    return torch.cat([states, actions], dim=1), log_policy
