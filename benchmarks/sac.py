"""Speed of SAC and Res-SAC side by side with CleanRL-style code, Stable-Baselines3 and SBX.

    python benchmarks/sac.py peers  [--rounds 5] [--steps 1500] [--environment HalfCheetah-v4]
    python benchmarks/sac.py growth [--rounds 3] ...

`peers` compares; `growth` shows how time grows with the numbers of updates, the width of the networks, the
batch, and the number of runs at a time. Whole loop: acting, stepping, storing, sampling, updating,
statistics; no evaluation. Unless varied: two hidden layers of 128, minibatches of 128, 10 environment steps
an iteration. Each contestant is a process of its own with one thread; rounds alternate between contestants;
medians with minima and maxima. The peers are installed into .venv-benchmark, which is made at the first call.

Floor: the floating-point operations of the matrix products of an iteration's updates, over the rate of the
fastest product seen on this CPU (one thread; torch's and this project's).
"""

import argparse
import json
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from actor_critic_gap.runs.checkout import machine, versions
from actor_critic_gap.sac import compiled
from actor_critic_gap.sac.environments import Environment
from actor_critic_gap.sac.settings import SACSettings
from actor_critic_gap.validation import validated

ROOT = Path(__file__).parent.parent
VENV = ROOT / ".venv-benchmark"

Settings = dict[str, Any]

ENGINE: dict[str, Settings] = {
    "SAC-1-0": {"critic_updates": 1},
    "SAC-10-0": {},
    "SAC-10-0, backend torch": {"backend": "torch"},
    "Stack-SAC-10-0": {"algorithm": "stack-sac"},
    "Res-SAC-10-10": {"algorithm": "res-sac"},
    "Res-SAC-10-10, residual of the mean": {"algorithm": "res-sac", "residual_of": "mean"},
    "Res-SAC-10-10, residual of the minimum": {"algorithm": "res-sac", "residual_of": "min"},
}
PEERS = {
    "CleanRL style": "10 critic, 1 actor",
    "CleanRL style, 10 actor updates": "10 critic, 10 actor",
    "SB3, same schedule": "10 critic, 1 actor",
    "SB3 as it comes": "10 critic, 10 actor",
    "SBX, policy_delay 10": "10 critic, 1 actor",
}
"""Updates per iteration of 10 environment steps."""

BASELINE = "SAC-10-0"
GROWTH: dict[str, Settings] = {
    **{f"x = {x}": {"critic_updates": x} for x in (1, 5, 10, 20)},
    **{f"Res-SAC, y = {y}": {"algorithm": "res-sac", "res_critic_updates": y} for y in (1, 5, 10, 20)},
    **{f"width {width}": {"hidden_units": width} for width in (32, 64, 100, 256)},
    **{f"batch {batch}": {"batch_size": batch} for batch in (32, 64, 256, 512)},
}
PARALLEL = (1, 2, 4)


def peers_python() -> str:
    python = VENV / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
        requirements = str(ROOT / "benchmarks" / "peers.txt")
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", "-r", requirements], check=True)
    return str(python)


def start(contestant: str, environment: str, steps: int) -> "subprocess.Popen[str]":
    python = peers_python() if contestant.startswith("SB") else sys.executable
    worker = [python, str(ROOT / "benchmarks" / "sac_worker.py"), contestant, environment, "1000", str(steps)]
    return subprocess.Popen(worker, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def measure(contestant: str, environment: str, steps: int, at_a_time: int = 1) -> tuple[float, float]:
    """Milliseconds per iteration of 10 environment steps, whole and in updates; mean of those at a time."""
    processes = [start(contestant, environment, steps) for _ in range(at_a_time)]
    whole, updates = [], []
    for process in processes:
        output, errors = process.communicate()
        if process.returncode != 0:
            raise SystemExit(f"{contestant}: {errors.strip().splitlines()[-1]}")
        result = json.loads(output.strip().splitlines()[-1])
        whole.append(10_000 * result["seconds"] / result["steps"])
        updates.append(10_000 * result.get("update_seconds", np.nan) / result["steps"])
    return statistics.mean(whole), statistics.mean(updates)


def operations(settings: SACSettings, n_states: int, n_actions: int) -> float:
    """Floating-point operations of the matrix products of one iteration's updates."""
    x, y, width = settings.critic_updates, settings.res_critic_updates, settings.hidden_units
    first, second = (n_states + n_actions) * width, width**2 + width
    critic = first + second
    policy = n_states * width + width**2 + 2 * n_actions * width
    critic_update = (
        2 * critic + first + 2 * second
    )  # target, forward, and both gradients of all but the first
    total = settings.critics * x * critic_update + (x + y) * policy
    total += y * (settings.n_res_critics * critic_update + 4 * critic)  # with the residual from both twins
    played = settings.critics + settings.n_res_critics
    total += 3 * policy + played * 2 * critic
    return 2.0 * settings.batch_size * total


def peak() -> float:
    """Floating-point operations a second of the fastest product of this CPU, on one thread."""
    torch.set_num_threads(1)
    best = 0.0
    for size in (32, 64, 128, 256, 512):
        a, b, c = (np.ones((size, size), np.float32) for _ in range(3))
        tensors = [torch.from_numpy(m) for m in (a, b, c)]
        for _ in range(200 if size < 512 else 20):
            for function in (
                lambda: compiled.product(a, b, c),  # noqa: B023
                lambda: torch.mm(tensors[0], tensors[1], out=tensors[2]),  # noqa: B023
            ):
                started = time.perf_counter()
                function()
                best = max(best, 2 * size**3 / (time.perf_counter() - started))
    return best


def rounds(contestants: dict[str, tuple[str, int]], options: argparse.Namespace) -> dict[str, np.ndarray]:
    """Times (rounds, 2) of each contestant: (what the worker takes, how many at a time)."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in contestants}
    for _ in range(options.rounds):
        for name, (contestant, at_a_time) in contestants.items():
            times[name].append(measure(contestant, options.environment, options.steps, at_a_time))
    return {name: np.array(values) for name, values in times.items()}


def peers(options: argparse.Namespace) -> None:
    names = options.only or [*ENGINE, *PEERS]
    contestants = {name: (json.dumps(ENGINE[name]) if name in ENGINE else name, 1) for name in names}
    times = rounds(contestants, options)
    rate = peak()
    environment = Environment(options.environment)
    print(f"Fastest product: {rate / 1e9:.0f} GFLOP/s\n")
    print(
        "| | updates an iteration | ms/iteration | min-max | ratio | updates, ms | floor, ms | over floor |"
    )
    print("|---|---|---|---|---|---|---|---|")
    base = np.median(times[BASELINE][:, 0]) if BASELINE in times else np.nan
    for name, values in times.items():
        whole, updates = np.median(values, axis=0)
        text = f"{whole:.1f} | {values[:, 0].min():.1f}-{values[:, 0].max():.1f} | {whole / base:.2f}"
        if name in ENGINE:
            settings = validated(SACSettings, ENGINE[name], name)
            x, y = settings.critic_updates, settings.res_critic_updates
            does = f"{x} critic, " + (f"{y} res-critic, " if y else "") + "1 actor"
            floor = 1000 * operations(settings, environment.n_states, environment.n_actions) / rate
            print(f"| {name} | {does} | {text} | {updates:.1f} | {floor:.1f} | {updates / floor:.2f} |")
        else:
            print(f"| {name} | {PEERS[name]} | {text} | | | |")


def growth(options: argparse.Namespace) -> None:
    contestants = {name: (json.dumps(settings), 1) for name, settings in GROWTH.items()}
    contestants |= {f"{k} at a time": (json.dumps(ENGINE[BASELINE]), k) for k in PARALLEL}
    print("| | ms/iteration | min-max | iterations/s, all runs |")
    print("|---|---|---|---|")
    for name, values in rounds(contestants, options).items():
        whole = values[:, 0]
        rate = 1000 * contestants[name][1] / np.median(whole)
        print(f"| {name} | {np.median(whole):.1f} | {whole.min():.1f}-{whole.max():.1f} | {rate:.0f} |")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("table", choices=["peers", "growth"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--environment", default="HalfCheetah-v4")
    parser.add_argument("--only", nargs="+", choices=[*ENGINE, *PEERS], help="contestants of `peers`")
    options = parser.parse_args()
    print(f"{options.environment}, {platform.platform()}, {machine().cpu}, {versions()}")
    print((ROOT / "benchmarks" / "peers.txt").read_text("utf-8"))
    print(f"{options.rounds} rounds of {options.steps} environment steps; ratio: time over {BASELINE}'s\n")
    (peers if options.table == "peers" else growth)(options)


if __name__ == "__main__":
    main()
