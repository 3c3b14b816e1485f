"""Whole updates against a plain implementation in float64: separate modules, torch's Adam, one minibatch at a
time, the formulas of App. D.2.1 in the order of Algorithm 5."""

import copy
from typing import Any

import numpy as np
import pytest
import torch
from layers import module, parameters_of
from torch import Tensor, nn

from actor_critic_gap.sac import networks, stackelberg
from actor_critic_gap.sac.agent import Agent
from actor_critic_gap.sac.replay_buffer import ReplayBuffer
from actor_critic_gap.sac.settings import SACSettings
from actor_critic_gap.sac.td import Critic

S, A = 4, 2


def filled_replay(seed: int = 0) -> ReplayBuffer:
    rng = np.random.default_rng(seed)
    replay = ReplayBuffer(500, S, A)
    for _ in range(300):
        state, following = rng.normal(size=(2, S)).astype(np.float32)
        action = rng.uniform(-1, 1, A).astype(np.float32)
        replay.add(state, action, float(rng.normal()), bool(rng.random() < 0.1), following)
    return replay


class Plain:
    """SAC, Stack-SAC and Res-SAC as one would write them down."""

    def __init__(self, agent: Agent, settings: SACSettings, clip: float | None) -> None:
        self.settings, self.clip = settings, clip
        self.actor = module([p.double() for p in agent.actor])
        self.critics = self._modules(agent.critic)
        self.targets = copy.deepcopy(self.critics)
        self.res_critics = self._modules(agent.res_critic) if agent.res_critic else []
        self.res_targets = copy.deepcopy(self.res_critics)
        self.log_temperature = torch.zeros(1, dtype=torch.float64, requires_grad=True)
        self.adam = {
            name: torch.optim.Adam(variables, lr=settings.lr)
            for name, variables in (
                ("actor", list(self.actor.parameters())),
                ("critic", [p for m in self.critics for p in m.parameters()]),
                ("res-critic", [p for m in self.res_critics for p in m.parameters()]),
                ("temperature", [self.log_temperature]),
            )
            if variables
        }

    def _modules(self, critic: Critic) -> list[nn.Sequential]:
        n = critic.parameters[0].shape[0]
        return [module([p.double() for p in critic.parameters], k) for k in range(n)]

    def act(self, states: Tensor, eps: Tensor) -> tuple[Tensor, Tensor]:
        mean, log_std = self.actor(states).chunk(2, dim=1)
        std = log_std.clamp(-20, 2).exp()
        u = mean + std * eps
        normal = -0.5 * ((u - mean) / std) ** 2 - torch.log(std * np.sqrt(2 * np.pi))
        return u.tanh(), (normal - torch.log(1 - u.tanh() ** 2)).sum(dim=1)

    @staticmethod
    def least(modules: list[nn.Sequential], states: Tensor, actions: Tensor) -> Tensor:
        inputs = torch.cat([states, actions], dim=1)
        return torch.stack([m(inputs)[:, 0] for m in modules]).amin(dim=0)

    def step(self, name: str, loss: Tensor) -> None:
        self.adam[name].zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.adam[name].step()

    def polyak(self, modules: list[nn.Sequential], targets: list[nn.Sequential]) -> None:
        for m, t in zip(modules, targets, strict=True):
            for p, q in zip(m.parameters(), t.parameters(), strict=True):
                q.data = (1 - self.settings.tau) * q.data + self.settings.tau * p.data

    def update(self, replay: ReplayBuffer, sampling: np.random.Generator, noise: np.random.Generator) -> None:
        settings = self.settings
        x, y = settings.critic_updates, settings.res_critic_updates
        batches = [part.double() for part in replay.sample(sampling, x + y + 1, settings.batch_size)]
        eps = torch.tensor(
            noise.standard_normal((x + y + 2, settings.batch_size, A), dtype=np.float32)
        ).double()
        alpha = float(self.log_temperature.detach().exp())
        for i in range(x + y + 1):
            inputs, rewards, terminated, following = (part[i] for part in batches)
            states, actions = inputs[:, :S], inputs[:, S:]
            discount = settings.gamma * (1 - terminated)
            if i < x + y:
                with torch.no_grad():
                    next_actions, next_log_policy = self.act(following, eps[i])
            if i < x:
                with torch.no_grad():
                    soft = self.least(self.targets, following, next_actions) - alpha * next_log_policy
                    target = rewards + discount * soft
                loss = sum(
                    (0.5 * ((m(inputs)[:, 0] - target) ** 2).mean() for m in self.critics), torch.zeros(())
                )
                self.step("critic", loss)
                self.polyak(self.critics, self.targets)
            elif i < x + y:
                with torch.no_grad():
                    value = self.least(self.targets, following, next_actions)
                    if settings.residual_entropy:
                        value = value - alpha * next_log_policy
                    delta = rewards + discount * value - self.least(self.critics, states, actions)
                    if self.clip is not None:
                        delta = delta.clip(-self.clip, self.clip)
                    target = delta + discount * self.least(self.res_targets, following, next_actions)
                loss = sum(
                    (0.5 * ((m(inputs)[:, 0] - target) ** 2).mean() for m in self.res_critics),
                    torch.zeros(()),
                )
                self.step("res-critic", loss)
                self.polyak(self.res_critics, self.res_targets)
            else:
                self._actor_step(states, inputs, following, discount, alpha, eps[i], eps[i + 1])

    def _actor_step(
        self,
        states: Tensor,
        inputs: Tensor,
        following: Tensor,
        discount: Tensor,
        alpha: float,
        eps: Tensor,
        next_eps: Tensor,
    ) -> None:
        actions, log_policy = self.act(states, eps)
        value = self.least(self.critics, states, actions)
        if self.res_critics:
            value = value + self.least(self.res_critics, states, actions)
        loss = (alpha * log_policy - value).mean()
        if self.settings.algorithm == "stack-sac":
            stacked = [p.detach() for p in parameters_of(self.critics)]
            acted = torch.cat([states, actions], dim=1).detach()
            c = stackelberg.weights(stacked, inputs, acted, self.settings.eta)
            next_actions, next_log_policy = self.act(following, next_eps)
            soft = self.least(self.targets, following, next_actions) - alpha * next_log_policy
            loss = loss - (discount * c * soft).mean()
        self.step("actor", loss)
        entropy_gap = log_policy.detach().mean() - A
        self.step("temperature", (-self.log_temperature * entropy_gap).sum())


@pytest.mark.parametrize("backend", ["numba", "torch"])
@pytest.mark.parametrize(
    ("change", "clip"),
    [
        ({"algorithm": "sac", "critic_updates": 1}, None),
        ({"algorithm": "sac", "critic_updates": 5}, None),
        ({"algorithm": "stack-sac", "critic_updates": 3}, None),
        ({"algorithm": "res-sac", "critic_updates": 3, "res_critic_updates": 4}, 0.7),
        ({"algorithm": "res-sac", "critic_updates": 2, "res_critic_updates": 2, "res_critics": 2}, None),
        ({"algorithm": "res-sac", "critic_updates": 2, "residual_entropy": True, "init": "glorot"}, 2.0),
    ],
    ids=str,
)
def test_updates_are_those_of_the_plain_implementation(
    change: dict[str, Any], clip: float | None, backend: str
) -> None:
    settings = SACSettings.model_validate(
        {"hidden_units": 40, "batch_size": 36, "lr": 1e-3, "backend": backend, **change}
    )
    agent = Agent(settings, S, A, clip, np.random.default_rng(0))
    plain = Plain(agent, settings, clip)
    replay = filled_replay()
    streams = [[np.random.default_rng(k) for k in (1, 2)] for _ in range(2)]
    for _ in range(20):
        agent.update(replay, *streams[0])
        plain.update(replay, *streams[1])
    compared = [
        (agent.actor, [p[0] for p in parameters_of([plain.actor])]),
        (agent.critic.parameters, parameters_of(plain.critics)),
        (agent.critic.targets, parameters_of(plain.targets)),
        ([agent.log_temperature], [plain.log_temperature]),
    ]
    if agent.res_critic is not None:
        compared.append((agent.res_critic.parameters, parameters_of(plain.res_critics)))
        compared.append((agent.res_critic.targets, parameters_of(plain.res_targets)))
    for mine, theirs in compared:
        for a, b in zip(mine, theirs, strict=True):
            a, b = a.detach().double(), b.detach()
            assert float((a - b).norm() / b.norm()) < 1e-5


def test_statistics_describe_the_update() -> None:
    settings = SACSettings(algorithm="res-sac", critic_updates=2, hidden_units=16, batch_size=32)
    agent = Agent(settings, S, A, 1.0, np.random.default_rng(0))
    statistics = agent.update(filled_replay(), np.random.default_rng(1), np.random.default_rng(2))
    assert statistics["temperature"] == 1.0
    assert 0 < statistics["mean_abs_td_error"] < statistics["max_abs_td_error"]
    assert set(statistics) >= {"critic_loss", "res_critic_loss", "actor_loss", "q_mean", "w_mean"}


def test_the_state_is_all_that_an_update_changes() -> None:
    settings = SACSettings(algorithm="res-sac", critic_updates=2, hidden_units=16, batch_size=32)
    agents = [Agent(settings, S, A, 1.0, np.random.default_rng(seed)) for seed in (0, 1)]
    agents[0].update(filled_replay(), np.random.default_rng(1), np.random.default_rng(2))
    with torch.no_grad():
        for source, destination in zip(agents[0].state, agents[1].state, strict=True):
            destination.copy_(source)
    for agent in agents:
        agent.update(filled_replay(), np.random.default_rng(3), np.random.default_rng(4))
    for a, b in zip(agents[0].state, agents[1].state, strict=True):
        assert torch.equal(a, b)
    assert networks.values(agents[1].critic.parameters, torch.randn(3, S + A)).isfinite().all()
