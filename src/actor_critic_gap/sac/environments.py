"""Gymnasium environments for SAC: actions in [-1, 1], flat float32 observations, checked once."""

from __future__ import annotations

import math
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from actor_critic_gap.errors import InvalidInput

if TYPE_CHECKING:
    from actor_critic_gap.sac.networks import Float32


class Environment:
    """An environment by its gymnasium id, with a seed for every episode.

    Attributes:
        n_states, n_actions: lengths of the flat observation and of the action.
        episode_length: the time limit in steps.

    Raises:
        InvalidInput: the id is unknown, the action space is not a bounded box, the observation space is
            not a box, or there is no time limit.

    """

    def __init__(self, name: str, **arguments: Any) -> None:
        self.name = name
        _silence_mujoco()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*out of date.*")
            try:
                self.environment = gymnasium.make(name, disable_env_checker=True, **arguments)
            except (gymnasium.error.Error, ImportError) as error:
                raise InvalidInput(
                    f"environment = {name!r}: {' '.join(str(error).split())}: expected the id of an "
                    "installed gymnasium environment"
                ) from None
        action, observation = self.environment.action_space, self.environment.observation_space
        if not isinstance(action, gymnasium.spaces.Box) or not action.is_bounded():
            raise InvalidInput(f"environment = {name!r}: action space {action}: expected a bounded Box")
        if not isinstance(observation, gymnasium.spaces.Box):
            raise InvalidInput(f"environment = {name!r}: observation space {observation}: expected a Box")
        self._low, high = action.low.reshape(-1), action.high.reshape(-1)
        self._half_range = 0.5 * (high - self._low)
        self._action_shape = action.shape
        self.n_states, self.n_actions = int(np.prod(observation.shape)), self._low.size
        limit = self.environment.spec.max_episode_steps if self.environment.spec else None
        if limit is None:
            raise InvalidInput(
                f"environment = {name!r}: no time limit: expected one, or episodes may never end"
            )
        self.episode_length = limit

    def reset(self, seed: int) -> Float32:
        """Start an episode; returns the observation (S,)."""
        return self._flat(self.environment.reset(seed=seed)[0])

    def step(self, action: Float32) -> tuple[Float32, float, bool, bool]:
        """Take an action (A,) in [-1, 1]; returns observation (S,), reward, terminated, truncated."""
        scaled = self._low + (action + 1) * self._half_range
        observation, reward, terminated, truncated, _ = self.environment.step(
            scaled.reshape(self._action_shape)
        )
        if not math.isfinite(reward):
            raise InvalidInput(f"environment = {self.name!r}: a reward is {reward}: expected a finite number")
        return self._flat(observation), float(reward), terminated, truncated

    @property
    def frames_per_second(self) -> float:
        """The environment's own speed."""
        return float(self.environment.metadata.get("render_fps", 30))

    def frame(self) -> NDArray[np.uint8]:
        """The current picture, (height, width, 3); the environment must have been made to render."""
        return np.asarray(self.environment.render(), dtype=np.uint8)

    def _flat(self, observation: Any) -> Float32:
        flat = np.asarray(observation, dtype=np.float32).reshape(-1)
        if not np.isfinite(flat).all():
            raise InvalidInput(f"environment = {self.name!r}: an observation holds NaN or infinity")
        return flat


def _silence_mujoco() -> None:
    """Keep MuJoCo from writing its warnings, on the XML of its own environments, to MUJOCO_LOG.TXT."""
    with suppress(ImportError):
        import mujoco

        mujoco.set_mju_user_warning(lambda _: None)


def episode_seed(*key: int) -> int:
    """The seed of one episode, from the run's seed and whatever else tells episodes apart."""
    return int(np.random.SeedSequence(key).generate_state(1)[0])
