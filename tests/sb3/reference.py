"""The updates of ResSAC and StackSAC by this project's own losses, regression, response and Adam."""

import copy
from typing import Any

import torch
from layers import parameters_of
from stable_baselines3.common.policies import ContinuousCritic
from torch import Tensor, nn

from actor_critic_gap.sac import losses, networks, stackelberg, td
from actor_critic_gap.sac.networks import Adam
from actor_critic_gap.sac.td import Critic, Regression
from actor_critic_gap.sb3 import ResSAC, StackSAC


class Reference:
    """A twin of an agent; the actor and the replay buffer are Stable-Baselines3's own."""

    def __init__(self, agent: Any) -> None:
        self.agent, self.lr = agent, float(agent.lr_schedule(1))
        self.actor = copy.deepcopy(agent.actor)
        self.actor_adam = Adam(list(self.actor.parameters()), self.lr)
        self.log_temperature = agent.log_ent_coef.detach().clone()
        self.temperature_adam = Adam([self.log_temperature], self.lr)
        self.critic = self._critic(stacked(agent.critic))
        self.res_critic: Critic | None = None
        self.residuals: list[float] = []
        self.td_errors: list[float] = []
        if isinstance(agent, ResSAC) and agent.res_critic is not None:
            self.res_critic = self._critic(stacked(agent.res_critic))

    def _critic(self, parameters: list[Tensor]) -> Critic:
        return Critic.create([p.detach().clone() for p in parameters], self.lr)

    def act(self, states: Tensor) -> tuple[Tensor, Tensor]:
        actions, log_policy = self.actor.action_log_prob(states)
        return torch.cat([states, actions], dim=1), log_policy

    def train(self, gradient_steps: int, batch_size: int) -> None:
        for _ in range(gradient_steps):
            self.step(batch_size)

    def step(self, batch_size: int) -> None:
        agent = self.agent
        temperature = self.log_temperature.exp()
        for update in range(agent.critic_updates):
            batch = agent.replay_buffer.sample(batch_size)
            last = update == agent.critic_updates - 1
            inputs = torch.cat([batch.observations, batch.actions], dim=1)
            discount = agent.gamma * (1 - batch.dones[:, 0])
            if last:
                acted, log_policy = self.act(batch.observations)
            with torch.no_grad():
                next_inputs, next_log_policy = self.act(batch.next_observations)
            base = batch.rewards[:, 0] - discount * temperature * next_log_policy
            with torch.no_grad():
                following = networks.values(self.critic.targets, next_inputs).amin(dim=0)
                errors = base + discount * following - networks.values(self.critic.parameters, inputs)
                self.td_errors.append(float(errors.abs().mean(dim=1).sum()))
            self.regress(self.critic, inputs, base[None], discount, next_inputs)
        if self.res_critic is not None:
            self.update_res_critic(self.res_critic, batch_size, temperature)
        q = networks.values(self.critic.parameters, acted)
        w = None if self.res_critic is None else networks.values(self.res_critic.parameters, acted)
        own = w is not None and agent.residual_of == "own"
        loss = losses.actor_loss(log_policy, temperature, *losses.taken(q, w, own))
        if isinstance(agent, StackSAC):
            c = stackelberg.weights(
                *stackelberg.response(self.critic.parameters, inputs, acted.detach()), agent.eta
            )
            next_inputs, next_log_policy = self.act(batch.next_observations)
            next_values = networks.values(self.critic.targets, next_inputs).amin(dim=0)
            loss = loss + losses.actor_loss(next_log_policy, temperature, next_values, None, discount * c)
        self.actor_adam.step(torch.autograd.grad(loss, list(self.actor.parameters())))
        gradient = losses.temperature_gradient(log_policy.detach(), agent.target_entropy)
        self.temperature_adam.step((gradient[None],))

    def update_res_critic(self, res_critic: Critic, batch_size: int, temperature: Tensor) -> None:
        agent = self.agent
        for _ in range(agent.res_critic_updates):
            batch = agent.replay_buffer.sample(batch_size)
            inputs = torch.cat([batch.observations, batch.actions], dim=1)
            discount = agent.gamma * (1 - batch.dones[:, 0])
            with torch.no_grad():
                next_inputs, next_log_policy = self.act(batch.next_observations)
                q = networks.values(self.critic.parameters, inputs)
                next_values = networks.values(self.critic.targets, next_inputs)
            entropy = -temperature * next_log_policy if agent.residual_entropy else None
            rewards = batch.rewards[:, 0]
            delta = losses.residual(rewards, discount, q, next_values, entropy, agent.clip, agent.residual_of)
            self.residuals += [float(each.abs().mean()) for each in delta]
            own = agent.residual_of == "own"
            self.regress(res_critic, inputs, delta, discount, next_inputs, own)

    def regress(
        self,
        critic: Critic,
        inputs: Tensor,
        base: Tensor,
        discount: Tensor,
        following: Tensor,
        own: bool = False,
    ) -> None:
        tau = self.agent.tau
        data = Regression(inputs[None], base[None], discount[None], following[None], tau, own)
        td.regress(critic, data)


def stacked(critic: ContinuousCritic) -> list[Tensor]:
    """Parameters as this project has them."""
    return parameters_of([network for network in critic.q_networks if isinstance(network, nn.Sequential)])


def assert_near(agent: Any, reference: Reference) -> None:
    compared: list[tuple[list[Tensor], list[Tensor]]] = [
        (list(agent.actor.parameters()), list(reference.actor.parameters())),
        ([agent.log_ent_coef], [reference.log_temperature]),
        (stacked(agent.critic), reference.critic.parameters),
        (stacked(agent.critic_target), reference.critic.targets),
    ]
    if reference.res_critic is not None:
        compared.append((stacked(agent.res_critic), reference.res_critic.parameters))
        compared.append((stacked(agent.res_critic_target), reference.res_critic.targets))
    for ours, theirs in compared:
        for a, b in zip(ours, theirs, strict=True):
            assert a.dtype == b.dtype == torch.float64
            assert float((a - b).detach().norm() / b.detach().norm()) < 1e-9
