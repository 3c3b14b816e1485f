"""Environments so small that what a learner must find is known in closed form, and settings of short runs."""

from typing import Any

import gymnasium
import numpy as np
from gymnasium.spaces import Box, Discrete


class Probe(gymnasium.Env[np.ndarray, np.ndarray]):
    """Observations (1,), actions (1,) in [-2, 2]; subclasses say what is seen and what pays."""

    length = 1
    terminates = True

    def __init__(self) -> None:
        self.observation_space = Box(-1, 1, (1,), np.float32)
        self.action_space = Box(-2, 2, (1,), np.float32)
        self.time = 0
        self.seen = 0.0

    def observe(self) -> float:
        return 0.0

    def reward(self, action: float) -> float:
        return 1.0

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[np.ndarray, dict[str, Any]]:
        super().reset(seed=seed)
        self.time = 0
        self.seen = self.observe()
        return np.array([self.seen], np.float32), {}

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        reward = self.reward(float(action[0]))
        self.time += 1
        self.seen = self.observe()
        over = self.time >= self.length
        observation = np.array([self.seen], np.float32)
        return observation, reward, over and self.terminates, over and not self.terminates, {}


class Constant(Probe):
    """One step, reward 1."""


class Observed(Probe):
    """One step, the reward is the observation, -1 or 1."""

    def observe(self) -> float:
        return float(self.np_random.choice([-1.0, 1.0]))

    def reward(self, action: float) -> float:
        return self.seen


class Delayed(Probe):
    """Two steps; the second pays 1."""

    length = 2

    def observe(self) -> float:
        return float(self.time)

    def reward(self, action: float) -> float:
        return float(self.time == 1)


class Acted(Probe):
    """One step; the best action is 1, half of the largest."""

    def reward(self, action: float) -> float:
        return -((action - 1.0) ** 2)


class CutOff(Probe):
    """Reward 1 for ever, cut off after each step: the value must look beyond."""

    terminates = False


class Broken(Probe):
    """Observations become NaN."""

    length = 50

    def observe(self) -> float:
        return float("nan") if self.time > 30 else 0.0


class Exploding(Probe):
    """Rewards so large that float32 losses overflow."""

    length = 10

    def reward(self, action: float) -> float:
        return 1e30


class Discreet(Probe):
    """Discrete actions."""

    def __init__(self) -> None:
        super().__init__()
        self.action_space = Discrete(3)  # type: ignore[assignment]


for probe in (Constant, Observed, Delayed, Acted, CutOff, Broken, Exploding, Discreet):
    gymnasium.register(
        f"probes/{probe.__name__}-v0", entry_point=f"probes:{probe.__name__}", max_episode_steps=100
    )

SHORT: dict[str, Any] = {
    "environment": "Pendulum-v1",
    "environment_steps": 1200,
    "warmup_steps": 300,
    "critic_updates": 2,
    "hidden_units": 16,
    "evaluation_interval": 10,
    "evaluation_episodes": 2,
}
"""A run of half a second: 120 iterations, 30 of them before the first update, 13 rows."""
