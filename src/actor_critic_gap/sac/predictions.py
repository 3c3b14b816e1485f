"""What critics predict, against the returns that the policy then has (Fig. 12).

A critic Q of SAC bootstraps on r + gamma (Q(s', a') - alpha log pi(a'|s')): its fixed point is the soft
return

    sum_i gamma^i r_i - alpha sum_{i >= 1} gamma^i log pi(a_i|s_i),

without the entropy of the first action. The res-critic's fixed point is the discounted sum of the residuals
along the policy. Under reading S6 these have no entropy, delta = r + gamma Q(s', a') - Q(s, a), and the sum
telescopes: whatever Q is, Q + W is the plain return sum_i gamma^i r_i. With the entropy in the residual it
telescopes to the soft return.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.sac import losses, networks

if TYPE_CHECKING:
    from actor_critic_gap.sac.agent import Agent
    from actor_critic_gap.sac.networks import Float32

Float64 = NDArray[np.float64]

REMAINING = 1e-3
"""The weight gamma^T below which a return is cut off."""

PAIRS_A_WALK = 10

ERRORS = ("bias", "rmse", "rank_correlation")
PREDICTIONS = ("critic", "critic_plus_res_critic")
COLUMNS = [
    "plain_return",
    "soft_return",
    *PREDICTIONS,
    *(f"{prediction}_{error}" for prediction in PREDICTIONS for error in ERRORS),
]
"""Means over the pairs of the returns and of what is predicted, and the errors of each prediction."""


class Walk(NamedTuple):
    """Steps of a policy from a start of the environment."""

    states: NDArray[np.floating]
    """(T, S)"""
    actions: NDArray[np.floating]
    """(T, A)"""
    log_policy: NDArray[np.floating]
    """log pi(a|s) (T,)"""
    rewards: Float64
    """(T,)"""


class Pairs(NamedTuple):
    """State-action pairs of a policy with the discounted returns that followed, one sample each."""

    states: NDArray[np.floating]
    """(n, S)"""
    actions: NDArray[np.floating]
    """(n, A)"""
    plain: Float64
    """sums of rewards (n,)"""
    soft: Float64
    """with the entropy bonus of all actions but the first (n,)"""


class Steps(Protocol):
    """What a walk needs of an environment, see `sac.environments.Environment`."""

    name: str

    def reset(self, seed: int) -> Float32:
        """Start an episode; returns the observation (S,)."""

    def step(self, action: Float32) -> tuple[Float32, float, bool, bool]:
        """Take an action (A,); returns observation (S,), reward, terminated, truncated."""


def horizon(gamma: float) -> int:
    """The least number T of steps with gamma^T < `REMAINING`."""
    return 1 if gamma == 0 else math.floor(math.log(REMAINING) / math.log(gamma)) + 1


def returns(
    rewards: Float64, log_policy: NDArray[np.floating], gamma: float, temperature: float
) -> tuple[Float64, Float64]:
    """The plain and the soft discounted return from each step (T,) of a walk to its end, (T,) each."""
    plain, soft = np.empty(len(rewards)), np.empty(len(rewards))
    after = soft_after = 0.0
    for i in reversed(range(len(rewards))):
        plain[i] = after = rewards[i] + gamma * after
        soft[i] = rewards[i] + gamma * soft_after
        soft_after = soft[i] - temperature * log_policy[i]
    return plain, soft


def steps_past_limit(
    environment: Steps, act: Callable[[Float32], Float32], seed: int, steps: int
) -> Iterator[tuple[Float32, Float32, float]]:
    """State, action and reward of up to `steps` steps from a start, on past the time limit.

    Raises:
        InvalidInput: the environment fails when it is stepped past its limit.

    """
    state, limit = environment.reset(seed), 0
    for step in range(steps):
        action = act(state)
        try:
            following, reward, terminated, truncated = environment.step(action)
        except Exception as error:
            if isinstance(error, InvalidInput) or not limit:
                raise
            raise InvalidInput(
                f"environment = {environment.name!r}: {' '.join(str(error).split())}: expected one that goes "
                f"on past its limit of {limit} steps"
            ) from None
        yield state, action, reward
        if terminated:
            return
        if truncated and not limit:
            limit = step + 1
        state = following


def on_policy_pairs(
    walk: Callable[[int, int], Walk],
    n: int,
    episode_length: int,
    gamma: float,
    temperature: float,
    rng: np.random.Generator,
) -> Pairs:
    """`n` pairs from the first `episode_length` steps of walks, with returns over `horizon` steps or more.

    Times are spread evenly over an episode with a random offset, so every step before the time limit has the
    same chance, as in the replay buffer.

    Args:
        walk: (number of the walk, steps) -> that many steps, or fewer where the environment terminates.
        n: how many pairs.
        episode_length: of an episode under the time limit.
        gamma: discount.
        temperature: alpha.
        rng: draws the offsets.

    """
    stride = max(episode_length / PAIRS_A_WALK, 1.0)
    chosen: list[Pairs] = []
    found = 0
    while found < n:
        times = np.arange(rng.uniform(0, stride), episode_length, stride).astype(int)
        steps = walk(len(chosen), int(times[-1]) + horizon(gamma))
        plain, soft = returns(steps.rewards, steps.log_policy, gamma, temperature)
        times = times[times < len(plain)]
        chosen.append(Pairs(steps.states[times], steps.actions[times], plain[times], soft[times]))
        found += len(times)
    return Pairs(*(np.concatenate(parts)[:n] for parts in zip(*chosen, strict=True)))


def errors(predicted: NDArray[np.floating], truth: Float64) -> dict[str, float]:
    """Bias, root mean square error and Spearman's rank correlation of predictions (n,), see `ERRORS`.

    The truth is one sample of a return a pair, so its spread is part of the root mean square error. The
    correlation is 0 where all predictions or all returns are equal.
    """
    difference = predicted.astype(np.float64) - truth
    first, second = (pd.Series(values).rank().to_numpy(np.float64) for values in (predicted, truth))
    constant = np.ptp(first) == 0 or np.ptp(second) == 0
    rank_correlation = 0.0 if constant else float(np.corrcoef(first, second)[0, 1])
    return {
        "bias": float(difference.mean()),
        "rmse": float(np.sqrt((difference**2).mean())),
        "rank_correlation": rank_correlation,
    }


def measured(
    agent: Agent, environment: Steps, episode_length: int, seed: tuple[int, ...]
) -> dict[str, float]:
    """The predictions of an agent's critics on its own pairs, see `COLUMNS`.

    The critic is held against the soft return; critic plus res-critic against the plain one, or the soft one
    where the residual has the entropy or there is no res-critic, which makes it the critic.

    Args:
        agent: is left as it is.
        environment: of its own, so that the run's is left alone.
        episode_length: the time limit in steps.
        seed: of everything random here.

    """
    settings, actor = agent.settings, agent.actor
    root = np.random.SeedSequence(seed)
    rng = np.random.default_rng(root)
    act = agent.backend.actor(actor)

    def walk(number: int, steps: int) -> Walk:
        noise = rng.standard_normal((steps, agent.n_actions), dtype=np.float32)
        left = iter(noise)
        start = int(np.random.SeedSequence((*seed, number)).generate_state(1)[0])
        taken = list(steps_past_limit(environment, lambda state: act(state, next(left)), start, steps))
        states, actions, rewards = map(np.array, zip(*taken, strict=True))
        with torch.no_grad():
            distribution = networks.gaussian(actor, torch.from_numpy(states))
            _, log_policy = networks.sample(distribution, torch.from_numpy(noise[: len(states)]))
        return Walk(states, actions, log_policy.numpy(), settings.reward_scale * rewards)

    temperature = float(agent.log_temperature.exp())
    n = settings.prediction_pairs
    pairs = on_policy_pairs(walk, n, episode_length, settings.gamma, temperature, rng)
    inputs = torch.from_numpy(np.concatenate([pairs.states, pairs.actions], axis=1))
    with torch.no_grad():
        q = networks.values(agent.critic.parameters, inputs)
        w = None if agent.res_critic is None else networks.values(agent.res_critic.parameters, inputs)
    own = settings.residual_of == "own"
    predicted = {
        "critic": losses.effective_values(q, None, own=False).numpy(),
        "critic_plus_res_critic": losses.effective_values(q, w, own).numpy(),
    }
    of_sum = pairs.soft if w is None or settings.residual_entropy else pairs.plain
    truths = {"critic": pairs.soft, "critic_plus_res_critic": of_sum}
    row = {"plain_return": float(pairs.plain.mean()), "soft_return": float(pairs.soft.mean())}
    row |= {name: float(values.mean(dtype=np.float64)) for name, values in predicted.items()}
    for name, values in predicted.items():
        row |= {f"{name}_{error}": value for error, value in errors(values, truths[name]).items()}
    return row
