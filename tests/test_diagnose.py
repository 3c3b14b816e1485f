"""Fig. 12 for agents whose answer is known, and what it cannot be made for."""

from typing import Any

import gymnasium
import numpy as np
import pytest
import torch
from probes import CutOff

from actor_critic_gap.diagnose import COLUMNS, prediction_errors
from actor_critic_gap.errors import InvalidInput

GAMMA, LOG_POLICY = 0.5, -np.log(4)


def uniform(observations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Actions in [-2, 2], of density 1/4."""
    return np.zeros((len(observations), 1), np.float32), np.full(len(observations), LOG_POLICY)


def constant(value: float) -> Any:
    return lambda observations, actions: np.full(len(observations), value)


@pytest.fixture
def environment() -> gymnasium.Env[Any, Any]:
    return gymnasium.make("probes/CutOff-v0", disable_env_checker=True)  # reward 1 for ever


PLAIN = 1 / (1 - GAMMA)
SOFT = PLAIN - 0.3 * LOG_POLICY * GAMMA / (1 - GAMMA)


def test_critics_that_are_right_have_no_error(environment: gymnasium.Env[Any, Any]) -> None:
    table = prediction_errors(
        uniform, constant(SOFT), environment, gamma=GAMMA, temperature=0.3, res_critic=constant(PLAIN - SOFT)
    )
    assert list(table) == COLUMNS
    assert table["prediction"].tolist() == ["critic", "critic plus res-critic"]
    assert table["target"].tolist() == ["soft", "plain"]
    assert table["mean_return"].to_numpy() == pytest.approx([SOFT, PLAIN], rel=2e-3)
    assert table["bias"].to_numpy() == pytest.approx([0, 0], abs=5e-3)
    both = prediction_errors(
        uniform,
        constant(SOFT),
        environment,
        gamma=GAMMA,
        temperature=0.3,
        res_critic=constant(1.0),
        residual_entropy=True,
    )
    assert both["target"].tolist() == ["soft", "soft"]
    assert both["bias"].iloc[1] == pytest.approx(1, abs=5e-3)


def test_without_temperature_the_critic_is_held_against_the_plain_return(
    environment: gymnasium.Env[Any, Any],
) -> None:
    table = prediction_errors(uniform, constant(PLAIN + 3), environment, gamma=GAMMA, pairs=50)
    assert table[["pairs", "bias", "rmse"]].to_numpy()[0] == pytest.approx([50, 3, 3], abs=5e-3)


def test_the_walk_goes_on_past_the_time_limit() -> None:
    def ranked(observations: np.ndarray, actions: np.ndarray) -> Any:
        """The negative square of the angle and speed, by which the returns of doing nothing are ranked."""
        theta = np.arctan2(observations[:, 1], observations[:, 0])
        return np.asarray(-(theta**2) - observations[:, 2] ** 2)

    environment = gymnasium.make("Pendulum-v1", max_episode_steps=20)
    table = prediction_errors(uniform, ranked, environment, gamma=0.99)
    assert table["mean_return"].iloc[0] < -20 * 3  # 20 steps alone cannot cost as much in the mean
    again = prediction_errors(uniform, ranked, environment, gamma=0.99)
    assert table.equals(again)


class Monitor(gymnasium.Wrapper[Any, Any, Any, Any]):
    """As Stable-Baselines3's is called."""


class Raises(CutOff):
    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        if self.time > 0:
            raise RuntimeError("needs reset")
        return super().step(action)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"environment": Raises(), "episode_length": 5},
            "'Raises': needs reset: expected one that goes on past",
        ),
        ({"environment": CutOff()}, "'CutOff': no time limit: expected episode_length"),
        (
            {"environment": gymnasium.wrappers.Autoreset(CutOff()), "episode_length": 5},
            "'Autoreset': starts anew by itself, or is none: expected a single gymnasium.Env",
        ),
        ({"environment": "Pendulum-v1"}, "'str': starts anew by itself, or is none: expected a single gym"),
        ({"environment": Monitor(CutOff())}, "'Monitor': a Monitor does not step .* environment in it"),
        ({"policy": lambda states: np.zeros((len(states), 1))}, "policy: expected a pair, actions"),
        ({"policy": lambda states: (np.zeros((1, 1)), None)}, "policy: expected a pair, actions"),
        (
            {"policy": lambda states: (torch.zeros(1, 1, requires_grad=True), [0.0])},
            r"policy: expected a pair, .*: Can't call numpy\(\) on Tensor that requires grad",
        ),
        (
            {"policy": lambda states: (np.zeros((1, 1)), [np.nan])},
            "policy: an action or its log-prob.* not fin",
        ),
        (
            {"policy": lambda states: (np.zeros((1, 3)), [0.0])},
            r"policy: an action of shape \(3,\): expected \(1,\)",
        ),
        (
            {"critic": lambda states, actions: torch.zeros(100, requires_grad=True)},
            "critic: expected an array of",
        ),
        ({"critic": constant(np.nan)}, "critic: 100 of 100 predictions are not finite"),
        ({"res_critic": constant(np.inf)}, "res_critic: 100 of 100 predictions are not finite"),
        (
            {"critic": lambda states, actions: np.zeros(3)},
            r"critic: values of shape \(3,\): expected \(100,\)",
        ),
        ({"gamma": 1.0}, "gamma = 1.0: expected"),
        ({"gamma": "0.9"}, "gamma = '0.9': expected"),
        ({"temperature": -1.0}, "temperature = -1.0: expected"),
        ({"temperature": "auto"}, "temperature = 'auto': expected"),
        ({"pairs": 1}, "pairs = 1: expected a whole number of at least 2"),
        ({"pairs": 2.5}, r"pairs = 2\.5: expected a whole number"),
        ({"episode_length": 0}, "episode_length = 0: expected a whole number of at least 1"),
        ({"seed": -1}, "seed = -1: expected a whole number of at least 0"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_diagnosed_is_refused_in_one_line(
    environment: gymnasium.Env[Any, Any], change: dict[str, Any], message: str
) -> None:
    arguments: dict[str, Any] = {
        "policy": uniform,
        "critic": constant(1.0),
        "environment": environment,
        "gamma": 0.5,
    }
    with pytest.raises(InvalidInput, match=message) as error:
        prediction_errors(**{**arguments, **change})
    assert "\n" not in str(error.value)
