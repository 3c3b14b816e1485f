"""Speed of SAC and Res-SAC side by side with CleanRL-style code, Stable-Baselines3 and SBX.

    python benchmarks/sac.py [--rounds 5] [--steps 1500] [--environment HalfCheetah-v4]

Whole loop: acting, stepping, storing, sampling, updating, statistics; no evaluation. Two hidden layers of
128, minibatches of 128, 10 environment steps and 10 critic updates an iteration. Each contestant is a process
of its own with one thread; rounds alternate between contestants; medians with minima and maxima. The peers
are installed into .venv-benchmark, which is made at the first call.
"""

import argparse
import json
import platform
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PEERS = ROOT / ".venv-benchmark"
BASELINE = "SAC-10-0"

DOES = {
    "SAC-1-0": "1 critic, 1 actor",
    "SAC-10-0": "10 critic, 1 actor",
    "Stack-SAC-10-0": "10 critic, 1 actor with the follower's response",
    "Res-SAC-10-10": "10 critic, 10 res-critic (single W), 1 actor",
    "CleanRL style": "10 critic, 1 actor",
    "CleanRL style, 10 actor updates": "10 critic, 10 actor",
    "SB3, same schedule": "10 critic, 1 actor",
    "SB3 as it comes": "10 critic, 10 actor",
    "SBX, policy_delay 10": "10 critic, 1 actor",
}
"""Updates per iteration of 10 environment steps."""


def peers_python() -> str:
    python = PEERS / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(PEERS)], check=True)
        install = [
            str(python),
            "-m",
            "pip",
            "install",
            "--quiet",
            "-r",
            str(ROOT / "benchmarks" / "peers.txt"),
        ]
        subprocess.run(install, check=True)
    return str(python)


def measure(contestant: str, environment: str, steps: int) -> float:
    """Milliseconds per iteration of 10 environment steps."""
    python = peers_python() if contestant.startswith("SB") else sys.executable
    worker = [python, str(ROOT / "benchmarks" / "sac_worker.py"), contestant, environment, "1000", str(steps)]
    finished = subprocess.run(worker, capture_output=True, text=True)
    if finished.returncode != 0:
        raise SystemExit(f"{contestant}: {finished.stderr.strip().splitlines()[-1]}")
    result = json.loads(finished.stdout.strip().splitlines()[-1])
    return 10_000 * float(result["seconds"]) / float(result["steps"])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--environment", default="HalfCheetah-v4")
    parser.add_argument("--only", nargs="+", choices=list(DOES), default=list(DOES))
    options = parser.parse_args()
    times: dict[str, list[float]] = {name: [] for name in options.only}
    for _ in range(options.rounds):
        for name in options.only:
            times[name].append(measure(name, options.environment, options.steps))
    print(f"{options.environment}, {platform.platform()}, Python {platform.python_version()}")
    print(
        f"{options.rounds} rounds of {options.steps} environment steps; ratio: time over that of {BASELINE}\n"
    )
    print("| | updates an iteration | ms/iteration | min-max | steps/s | critic updates/s | ratio |")
    print("|---|---|---|---|---|---|---|")
    base = statistics.median(times[BASELINE]) if BASELINE in times else float("nan")
    for name, values in times.items():
        median = statistics.median(values)
        critics = 1 if name == "SAC-1-0" else 10
        print(
            f"| {name} | {DOES[name]} | {median:.1f} | {min(values):.1f}-{max(values):.1f} | "
            f"{10_000 / median:,.0f} | {1000 * critics / median:,.0f} | {median / base:.2f} |"
        )


if __name__ == "__main__":
    main()
