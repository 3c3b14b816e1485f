"""Speed of the tabular runs, side by side with the plain way to write them; one core.

    python benchmarks/tabular.py

Sampled: the compiled runs against Res-AC as a NumPy loop over the gymnasium environment. Exact: compiled
iterations against the same on `finite_mdp` (dense NumPy). Rounds alternate; medians, minima and maxima.
"""

import contextlib
import io
import os
import platform
import time
from collections.abc import Callable
from functools import partial

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import gymnasium
import numpy as np

from actor_critic_gap.mdp import finite_mdp
from actor_critic_gap.mdp.four_room import FourRoom
from actor_critic_gap.tabular import training as tabular
from actor_critic_gap.tabular.kernels import adam_state, adam_step
from actor_critic_gap.tabular.settings import DynamicProgrammingSettings, SampledSettings, TabularSettings
from actor_critic_gap.validation import validated

ROUNDS = 5


def compiled(settings: TabularSettings) -> None:
    with contextlib.redirect_stderr(io.StringIO()):
        tabular.train(settings, [0])


def numpy_res_ac(episodes: int, length: int = 300, gamma: float = 0.9) -> None:
    environment = gymnasium.make("actor_critic_gap/FourRoom-v0", max_episode_steps=length)
    rng = np.random.default_rng(0)
    logits, q, w = np.zeros((104, 4)), rng.normal(size=(104, 4)), np.zeros((104, 4))
    adam = [adam_state(q.shape) for _ in range(3)]
    for episode in range(episodes):
        policy = finite_mdp.softmax_policy(logits)
        state, _ = environment.reset(seed=episode)
        action = rng.choice(4, p=policy[state])
        batch = []
        for _ in range(length):
            following, reward, _, _, _ = environment.step(action)
            next_action = rng.choice(4, p=policy[following])
            batch.append((state, action, reward, following, next_action))
            state, action = following, next_action
        columns = [np.array(column) for column in zip(*batch, strict=True)]
        s, a, r, s2, a2 = columns
        delta = r + gamma * q[s2, a2] - q[s, a]
        actor, critic, res_critic = (np.zeros_like(q) for _ in range(3))
        values = (q + w)[s, a]
        np.add.at(actor, (s, a), values)
        np.add.at(actor, s, -values[:, None] * policy[s])
        np.add.at(critic, (s, a), -2 * delta)
        np.add.at(res_critic, (s, a), -2 * (delta + gamma * w[s2, a2] - w[s, a]))
        adam_step(logits, -actor / length, adam[0], 1e-2)
        adam_step(q, critic / length, adam[1], 2e-2)
        adam_step(w, res_critic / length, adam[2], 2e-2)


def numpy_dynamic_programming(iterations: int) -> None:
    mdp = FourRoom().mdp
    logits, q = np.zeros(mdp.r.shape), np.random.default_rng(0).normal(size=mdp.r.shape)
    adam = [adam_state(q.shape) for _ in range(2)]
    for _ in range(iterations):
        policy = finite_mdp.softmax_policy(logits)
        actor = finite_mdp.actor_g_gradient(mdp, logits, q)
        critic = finite_mdp.critic_semi_gradient(mdp, policy, q)
        adam_step(logits, -actor, adam[0], 1e-2)
        adam_step(q, critic, adam[1], 2e-2)


def rate(work: Callable[[], None], units: int) -> float:
    started = time.perf_counter()
    work()
    return units / (time.perf_counter() - started)


def compare(title: str, unit: str, candidates: dict[str, tuple[Callable[[], None], int]]) -> None:
    for work, _ in candidates.values():
        work()
    rates: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(ROUNDS):
        for name, (work, units) in candidates.items():
            rates[name].append(rate(work, units))
    slowest = min(float(np.median(values)) for values in rates.values())
    print(f"\n{title}\n{'':32}{unit:>18}{'min':>14}{'max':>14}{'ratio':>9}")
    for name, values in rates.items():
        median = float(np.median(values))
        print(f"{name:32}{median:18,.0f}{min(values):14,.0f}{max(values):14,.0f}{median / slowest:9.1f}")


def main() -> None:
    print(f"{platform.platform()}, Python {platform.python_version()}, NumPy {np.__version__}")
    sampled: dict[str, tuple[Callable[[], None], int]] = {
        algorithm: (
            partial(compiled, validated(SampledSettings, {"algorithm": algorithm}, "benchmark")),
            4000 * 300,
        )
        for algorithm in ("actor-o-critic", "actor-g-critic", "stack-ac", "res-ac")
    }
    sampled["res-ac, NumPy and gymnasium"] = (partial(numpy_res_ac, 20), 20 * 300)
    compare("From samples, all updates and logging included", "environment steps/s", sampled)
    exact: dict[str, tuple[Callable[[], None], int]] = {}
    for actor, critic in (("actor-o", "td"), ("actor-g", "td"), ("pg", "br")):
        data = {"actor": actor, "critic": critic, "iterations": 2000}
        settings = validated(DynamicProgrammingSettings, data, "benchmark")
        exact[f"{actor} + {critic}"] = (partial(compiled, settings), 2000)
    exact["actor-g + td, dense NumPy"] = (partial(numpy_dynamic_programming, 500), 500)
    compare("With known dynamics", "iterations/s", exact)


if __name__ == "__main__":
    main()
