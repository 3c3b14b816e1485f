"""Small agents of Stable-Baselines3, on an environment that takes no time."""

from typing import Any

import gymnasium
import numpy as np
import torch
from gymnasium.spaces import Box
from stable_baselines3 import SAC
from stable_baselines3.common.buffers import ReplayBuffer
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.torch_layers import FlattenExtractor
from stable_baselines3.common.type_aliases import ReplayBufferSamples
from torch import Tensor

SMALL: dict[str, Any] = {
    "learning_starts": 40,
    "batch_size": 16,
    "buffer_size": 1000,
    "policy_kwargs": {"net_arch": [16, 16]},
    "seed": 0,
    "device": "cpu",
}


class Drift(gymnasium.Env[Any, Any]):
    """A point in four dimensions, two of which the actions push; at a large distance the episode ends."""

    observation_space: Box = Box(-np.inf, np.inf, (4,), np.float32)
    action_space = Box(np.array([-2, -1], np.float32), np.array([2, 3], np.float32))
    state: Any

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
        super().reset(seed=seed)
        self.state, self.steps = self.np_random.normal(size=4).astype(np.float32), 0
        return self.state, {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        noise = self.np_random.normal(size=4).astype(np.float32)
        self.state = 0.9 * self.state + 0.3 * noise + 0.2 * np.tile(action, 2)
        self.steps += 1
        distance = float(np.linalg.norm(self.state))
        return self.state, -distance, distance > 4, self.steps >= 25, {}


class Pictures(Drift):
    """The same, of which only noise is seen."""

    observation_space = Box(0, 255, (36, 36, 1), np.uint8)

    def reset(self, **arguments: Any) -> tuple[Any, dict[str, Any]]:
        super().reset(**arguments)
        return self.observation_space.sample(), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        return self.observation_space.sample(), *super().step(action)[1:]


FEATURES: dict[str, Any] = {"net_arch": [8], "features_extractor_kwargs": {"features_dim": 8}}


class NormalisedFeatures(FlattenExtractor):
    def __init__(self, observation_space: Box) -> None:
        super().__init__(observation_space)
        self.normalise = torch.nn.BatchNorm1d(4)

    def forward(self, observations: Tensor) -> Tensor:
        normalised: Tensor = self.normalise(observations)
        return normalised


class DoubleReplay(ReplayBuffer):
    def sample(self, *arguments: Any, **named: Any) -> ReplayBufferSamples:
        drawn: Any = super().sample(*arguments, **named)
        return ReplayBufferSamples(*(part.double() for part in drawn if part is not None))


class DoubleFeatures(FlattenExtractor):
    def forward(self, observations: Tensor) -> Tensor:
        return super().forward(observations).double()


DOUBLE: dict[str, Any] = {
    **SMALL,
    "replay_buffer_class": DoubleReplay,
    "policy_kwargs": {"net_arch": [16, 16], "features_extractor_class": DoubleFeatures},
}
"""In double precision where that is torch's default."""


def filled(agent: Any, transitions: int = 200) -> Any:
    """The agent with random transitions in its replay buffer, one of ten the last of its episode."""
    agent.set_logger(Logger(None, []))
    rng = np.random.default_rng(0)
    for _ in range(transitions):
        states = rng.normal(size=(2, 1, 4)).astype(np.float32)
        action, reward = rng.uniform(-1, 1, (1, 2)), rng.normal(size=1)
        agent.replay_buffer.add(*states, action, reward, rng.random(1) < 0.1, [{}])
    return agent


def tensors(agent: SAC) -> dict[str, Tensor]:
    """All that training changes, by name."""
    found: dict[str, Tensor] = {}
    for name, state in agent.get_parameters().items():
        if "optimizer" in name:
            state = {f"{i}.{key}": value for i, one in state["state"].items() for key, value in one.items()}
        found |= {f"{name}.{key}": value for key, value in state.items()}
    return found | {name: getattr(agent, name) for name in agent._get_torch_save_params()[1]}


def assert_same(agent: SAC, other: SAC) -> None:
    ours, theirs = tensors(agent), tensors(other)
    assert list(ours) == list(theirs)
    assert [name for name in ours if not torch.equal(ours[name], theirs[name])] == []
