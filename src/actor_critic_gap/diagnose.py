"""How well any critic predicts: Fig. 12 for a policy, a critic and a gymnasium environment of your own."""

from __future__ import annotations

import math
from collections.abc import Callable
from numbers import Real
from typing import Any

import gymnasium
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.sac.predictions import Walk, errors, on_policy_pairs, steps_past_limit

Floats = NDArray[np.floating]
Policy = Callable[[Floats], tuple[Any, Any]]
"""observations (n, ...) -> actions (n, ...) in the environment's units, and their log-probabilities (n,)"""
Critic = Callable[[Floats, Floats], Any]
"""observations (n, ...), actions (n, ...) -> Q (n,)"""

COLUMNS = [
    "prediction",
    "target",
    "pairs",
    "mean_return",
    "mean_prediction",
    "bias",
    "rmse",
    "rank_correlation",
]


def prediction_errors(
    policy: Policy,
    critic: Critic,
    environment: gymnasium.Env[Any, Any],
    *,
    gamma: float,
    temperature: float = 0.0,
    res_critic: Critic | None = None,
    residual_entropy: bool = False,
    pairs: int = 100,
    episode_length: int | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Hold what a critic predicts against the returns that its policy then has.

    The policy walks on past the environment's time limit until gamma^T < 0.001, from state-action pairs that
    it meets before the limit. The critic should equal the soft return, with -temperature log pi of every
    action but the first; without temperature that is the plain return. Critic plus res-critic should equal
    the plain return, with `residual_entropy` the soft one.

    Args:
        policy: samples actions.
        critic: the value that the actor sees, such as the smaller of two.
        environment: with a Box of observations; it is reset with seeds, and left where it ends.
        gamma: discount of the critic, 0 <= gamma < 1.
        temperature: alpha of the critic's entropy bonus.
        res_critic: W, whose sum with the critic is a second prediction.
        residual_entropy: whether W's residual has the entropy bonus.
        pairs: how many state-action pairs, at least 2.
        episode_length: the steps from which pairs are taken; by default the environment's time limit.
        seed: of the environment's resets and the pairs; the policy's own randomness is yours to seed.

    Returns:
        A row for each prediction, see `COLUMNS`: bias and root mean square error in discounted reward, and
        Spearman's rank correlation. The error holds the returns' own spread, of one return a pair.

    Raises:
        InvalidInput: the environment cannot go on past its limit or has none, the policy gives no
            log-probabilities, a prediction is not a finite number, or an argument is out of its range.

    """
    if not isinstance(gamma, Real) or not 0 <= gamma < 1:
        raise InvalidInput(f"gamma = {gamma!r}: expected 0 <= gamma < 1")
    if not isinstance(temperature, Real) or not 0 <= temperature < np.inf:
        raise InvalidInput(f"temperature = {temperature!r}: expected a finite number of at least 0")
    _check_whole("pairs", pairs, 2)
    _check_whole("seed", seed, 0)
    if episode_length is not None:
        _check_whole("episode_length", episode_length, 1)
    steps = _Steps(environment)
    length = _time_limit(environment, steps.name) if episode_length is None else episode_length
    rng = np.random.default_rng(seed)

    def walk(number: int, n: int) -> Walk:
        log_policy: list[float] = []

        def act(state: Floats) -> Floats:
            action, log_probability = _acted(policy, state)
            log_policy.append(log_probability)
            return action

        start = int(np.random.SeedSequence((seed, number)).generate_state(1)[0])
        states, actions, rewards = map(np.array, zip(*steps_past_limit(steps, act, start, n), strict=True))
        return Walk(states, actions, np.array(log_policy), rewards)

    found = on_policy_pairs(walk, pairs, length, gamma, temperature, rng)
    predicted = {"critic": _values("critic", critic, found.states, found.actions)}
    targets = {"critic": "soft"}
    if res_critic is not None:
        w = _values("res_critic", res_critic, found.states, found.actions)
        predicted["critic plus res-critic"] = predicted["critic"] + w
        targets["critic plus res-critic"] = "soft" if residual_entropy else "plain"
    rows = []
    for name, values in predicted.items():
        truth = found.soft if targets[name] == "soft" else found.plain
        means = {"mean_return": truth.mean(), "mean_prediction": values.mean()}
        about = {"prediction": name, "target": targets[name], "pairs": pairs}
        rows.append({**about, **means, **errors(values, truth)})
    return pd.DataFrame(rows, columns=COLUMNS)


def _check_whole(name: str, value: Any, least: int) -> None:
    if not isinstance(value, (int, np.integer)) or value < least:
        raise InvalidInput(f"{name} = {value}: expected a whole number of at least {least}")


class _Steps:
    """A gymnasium environment as `steps_past_limit` takes it."""

    def __init__(self, environment: gymnasium.Env[Any, Any]) -> None:
        spec = getattr(environment, "spec", None)
        self.name = spec.id if spec else type(environment).__name__
        wrappers = _wrappers(environment)
        if not isinstance(environment, gymnasium.Env) or gymnasium.wrappers.Autoreset in wrappers:
            raise InvalidInput(
                f"environment = {self.name!r}: starts anew by itself, or is none: expected a single "
                "gymnasium.Env that goes on past its limit"
            )
        if "Monitor" in [wrapper.__name__ for wrapper in wrappers]:
            raise InvalidInput(
                f"environment = {self.name!r}: a Monitor does not step past the limit: expected the "
                "environment in it, monitor.env"
            )
        self.environment = environment

    def reset(self, seed: int) -> Floats:
        return np.asarray(self.environment.reset(seed=seed)[0])

    def step(self, action: Floats) -> tuple[Floats, float, bool, bool]:
        expected = self.environment.action_space.shape
        if action.shape != expected:
            raise InvalidInput(f"policy: an action of shape {action.shape}: expected {expected}")
        observation, reward, terminated, truncated, _ = self.environment.step(action)
        if not math.isfinite(reward):
            raise InvalidInput(f"environment = {self.name!r}: a reward is {reward}: expected a finite number")
        return np.asarray(observation), float(reward), terminated, truncated


def _wrappers(environment: Any) -> list[type]:
    found = []
    while isinstance(environment, gymnasium.Wrapper):
        found.append(type(environment))
        environment = environment.env
    return found


def _time_limit(environment: gymnasium.Env[Any, Any], name: str) -> int:
    limit = environment.spec.max_episode_steps if environment.spec else None
    if limit is None:
        raise InvalidInput(f"environment = {name!r}: no time limit: expected episode_length")
    return limit


def _acted(policy: Policy, state: Floats) -> tuple[Floats, float]:
    """One action and its log-probability."""
    try:
        actions, log_policy = policy(state[None])
        action, log_probability = np.asarray(actions)[0], float(np.asarray(log_policy).reshape(1)[0])
    except (TypeError, ValueError, IndexError, RuntimeError) as error:
        expected = "expected a pair, actions (n, A) and their log-probabilities (n,)"
        raise InvalidInput(f"policy: {expected}: {' '.join(str(error).split())}") from error
    if not (np.isfinite(action).all() and np.isfinite(log_probability)):
        raise InvalidInput("policy: an action or its log-probability is not finite: expected finite numbers")
    return action, log_probability


def _values(name: str, critic: Critic, states: Floats, actions: Floats) -> NDArray[np.float64]:
    try:
        values = np.asarray(critic(states, actions), np.float64)
    except (TypeError, ValueError, RuntimeError) as error:
        said = " ".join(str(error).split())
        raise InvalidInput(f"{name}: expected an array of values ({len(states)},): {said}") from error
    if values.size != len(states):
        raise InvalidInput(f"{name}: values of shape {values.shape}: expected ({len(states)},)")
    wrong = int((~np.isfinite(values)).sum())
    if wrong:
        raise InvalidInput(f"{name}: {wrong} of {len(states)} predictions are not finite: expected numbers")
    return values.reshape(-1)
