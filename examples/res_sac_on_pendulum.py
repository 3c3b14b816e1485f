"""Res-SAC beside SAC on Pendulum, from one seed each; takes about two minutes.

    pip install -e '.[sb3]'
    python examples/res_sac_on_pendulum.py

Both have the paper's settings, but for a warm-up of 1000 steps: every 10 environment steps 10 updates of the
critics, 10 of the res-critics in Res-SAC, and one of the actor. One seed shows how it is used, not which is
better.
"""

import argparse
from pathlib import Path
from typing import Any

import gymnasium
import matplotlib.pyplot as plt
import numpy as np
from stable_baselines3.common.monitor import Monitor

from actor_critic_gap.sb3 import ResSAC

SETTINGS: dict[str, Any] = {
    "critic_updates": 10,
    "train_freq": 10,
    "batch_size": 128,
    "learning_starts": 1000,
    "policy_kwargs": {"net_arch": [128, 128]},
    "device": "cpu",
}
ALGORITHMS: dict[str, dict[str, Any]] = {
    "SAC-10-0": {"res_critic_updates": 0},
    "Res-SAC-10-10": {"res_critic_updates": 10, "clip": 4.0},
}


def learning_curve(steps: int, seed: int, **changes: Any) -> tuple[np.ndarray, np.ndarray]:
    """Environment steps at the end of each episode of training, and its return."""
    environment = Monitor(gymnasium.make("Pendulum-v1"))
    ResSAC("MlpPolicy", environment, seed=seed, **SETTINGS, **changes).learn(steps)
    return np.cumsum(environment.get_episode_lengths()), np.array(environment.get_episode_rewards())


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--steps", type=int, default=12_000, help="environment steps of each")
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--output", type=Path, default=Path("res_sac_on_pendulum.png"))
arguments = parser.parse_args()

figure, axis = plt.subplots(figsize=(6, 3.5), layout="constrained")
for name, changes in ALGORITHMS.items():
    steps, returns = learning_curve(arguments.steps, arguments.seed, **changes)
    axis.plot(steps, returns, ".-", label=name)
    print(f"{name}: the last 10 episodes return {returns[-10:].mean():.0f} on average", flush=True)
axis.axvspan(0, SETTINGS["learning_starts"], color="0.9", label="uniform actions")
axis.set(xlabel="environment steps", ylabel="return of a training episode", title="Pendulum-v1")
axis.legend(loc="lower right")
figure.savefig(arguments.output, dpi=150)
print(f"wrote {arguments.output}")
