"""What an experiment costs before it is run: from shipped benchmarks, scaled to this machine."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import yaml
from numpy.typing import NDArray
from scipy.optimize import nnls
from snakemake.utils import update_config  # type: ignore[import-untyped]

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.experiment.config import (
    Config,
    DynamicProgrammingSettings,
    RobustnessSettings,
    RunSettings,
    SACSettings,
    SampledSettings,
    family,
)
from actor_critic_gap.provenance.lineage import read
from actor_critic_gap.runs.folder import RECORD
from actor_critic_gap.sac import training
from actor_critic_gap.sac.environments import Environment
from actor_critic_gap.tables import read_csv
from actor_critic_gap.tabular import training as tabular
from actor_critic_gap.validation import validated

REFERENCE = "calibration.json"
"""Beside the runs: what `calibrate` took on the machine that they come from."""


class Benchmark(NamedTuple):
    """A finished job of training: its settings, number of seeds, CPU seconds and memory in MB."""

    settings: RunSettings
    n_seeds: int
    seconds: float
    memory: float


class Cost(NamedTuple):
    """Of jobs with one core each."""

    jobs: int
    core_seconds: float
    memory: float
    """of the largest job, in MB"""


def read_config(paths: Sequence[Path]) -> Config:
    """The config that Snakemake makes of YAML files, each on top of those before it.

    Raises:
        InvalidInput: a file is missing or not YAML, or the whole is no config.

    """
    merged: dict[str, Any] = {}
    for path in paths:
        try:
            update_config(merged, yaml.safe_load(path.read_text()))
        except (OSError, UnicodeDecodeError, yaml.YAMLError, AttributeError) as error:
            raise InvalidInput(f"{path}: {' '.join(str(error).split())}: expected a config") from None
    return validated(Config, merged, " + ".join(map(str, paths)))


def read_calibration(results: Path) -> float:
    """Seconds that `calibrate` took on the machine that the benchmarks come from.

    Raises:
        InvalidInput: they are missing or no positive number.

    """
    path = results / REFERENCE
    seconds = read(path, {"seconds"})["seconds"]
    if not isinstance(seconds, float) or not seconds > 0:
        raise InvalidInput(f"{path}: seconds = {seconds!r}: expected a positive number")
    return seconds


def calibrate() -> float:
    """Seconds that a fixed amount of training takes here, of FourRoom and of SAC; about ten with the rest."""
    exact = DynamicProgrammingSettings(iterations=40_000, log_interval=40_000)
    sampled = SampledSettings(episodes=20_000, log_interval=20_000)
    sac = SACSettings(
        environment="Pendulum-v1",
        environment_steps=5000,
        warmup_steps=200,
        evaluation_interval=500,
        evaluation_episodes=1,
    )
    tabular.train(exact.model_copy(update={"iterations": 20, "log_interval": 20}), [0])  # to compile
    tabular.train(sampled.model_copy(update={"episodes": 10, "log_interval": 10}), [0])
    training.train(sac.model_copy(update={"environment_steps": 500, "evaluation_interval": 50}), 0, None)
    started = time.process_time()
    tabular.train(exact, [0])
    tabular.train(sampled, [0])
    training.train(sac, 0, None)
    return time.process_time() - started


def work(settings: RunSettings, n_seeds: int) -> NDArray[np.float64]:
    """What the cost of a job is a sum of, each with its own price per unit.

    A start; FourRoom's episodes with and without Stackelberg correction, measured batches, exact iterations,
    and judged cells; SAC's iterations, updates of critic and res-critic, responses, and evaluated episodes.
    """
    units = np.zeros(10)
    units[0] = 1
    if isinstance(settings, SampledSettings):
        units[2 if settings.algorithm == "stack-ac" else 1] = n_seeds * settings.episodes
        units[3] = n_seeds * settings.rows * settings.gap_batches
    elif isinstance(settings, DynamicProgrammingSettings):
        units[4] = n_seeds * settings.iterations
    elif isinstance(settings, RobustnessSettings):
        units[5] = len(settings.res_critic_init)
        for runs in settings.runs.values():
            for run in runs:
                again = len(settings.res_critic_init) if run.algorithm == "res-ac" else 1
                units[1:5] += again * work(run, n_seeds)[1:5]
    else:
        iterations = settings.environment_steps / settings.iteration_steps
        units[6] = iterations
        units[7] = iterations * (settings.critic_updates + settings.res_critic_updates)
        units[8] = iterations if settings.algorithm == "stack-sac" else 0
        units[9] = iterations / settings.evaluation_interval * settings.evaluation_episodes
    return units


def read_benchmarks(results: Path) -> list[Benchmark]:
    """Those that Snakemake kept of finished runs.

    Raises:
        InvalidInput: there are none.

    """
    folder, found = results / "benchmarks" / "train", []
    for path in sorted(folder.rglob("*.tsv")):
        record_path = results / "runs" / path.relative_to(folder).with_suffix("") / RECORD
        record = read(record_path, {"settings", "seeds"})
        model = family(record["settings"].get("algorithm"))
        settings = validated(model, record["settings"], str(record_path))
        measured = read_csv(path, sep="\t").iloc[0]
        seconds, memory = float(measured["cpu_time"]), float(measured["max_rss"])
        found.append(Benchmark(settings, len(record["seeds"]), seconds, memory))
    if not found:
        raise InvalidInput(f"{folder}: no benchmarks: expected those of finished runs")
    return found


def prices(benchmarks: Sequence[Benchmark]) -> NDArray[np.float64]:
    """CPU seconds per unit of `work`, none of them negative, that fit the benchmarks best, relatively."""
    units = np.stack([work(job.settings, job.n_seeds) for job in benchmarks])
    seconds = np.array([job.seconds for job in benchmarks])
    found, _ = nnls(units / seconds[:, None], np.ones(len(seconds)))
    return np.asarray(found)


def estimate(config: Config, benchmarks: Sequence[Benchmark], scale: float) -> dict[str, Cost]:
    """The cost of all training runs of a config by kind: robustness, FourRoom, or environment.

    Args:
        config: the experiment.
        benchmarks: as read.
        scale: seconds here for one second there.

    """
    price = prices(benchmarks)
    dearness = _dearness(benchmarks, price)
    found: dict[str, Cost] = {}
    for run, (settings, n_seeds) in config.all_runs().items():
        alike = [job.memory for job in benchmarks if type(job.settings) is type(settings)]
        memory = max(alike or [job.memory for job in benchmarks])
        jobs, dear = 1, 1.0
        if isinstance(settings, SACSettings):
            jobs, n_seeds, dear = n_seeds, 1, dearness.get(settings.environment, 1.0)
            memory += replay_megabytes(settings)
        kind = run.partition("/")[0]
        so_far = found.get(kind, Cost(0, 0.0, 0.0))
        seconds = jobs * scale * float(work(settings, n_seeds) @ price) * dear
        found[kind] = Cost(so_far.jobs + jobs, so_far.core_seconds + seconds, max(so_far.memory, memory))
    return found


def _dearness(benchmarks: Sequence[Benchmark], price: NDArray[np.float64]) -> dict[str, float]:
    """How many times the prices runs on an environment took, by the median: its steps have a price too."""
    ratios: dict[str, list[float]] = {}
    for job in benchmarks:
        if isinstance(job.settings, SACSettings):
            fitted = float(work(job.settings, job.n_seeds) @ price)
            ratios.setdefault(job.settings.environment, []).append(job.seconds / fitted)
    return {environment: float(np.median(each)) for environment, each in ratios.items()}


def replay_megabytes(settings: SACSettings) -> float:
    """A full replay buffer, and twice again while it is written into a checkpoint."""
    n_states, n_actions = _dimensions(settings.environment)
    rows = min(settings.replay_size, settings.environment_steps)
    return 3 * rows * (2 * n_states + n_actions + 2) * 4 / 1e6


@cache
def _dimensions(environment: str) -> tuple[int, int]:
    made = Environment(environment)
    return made.n_states, made.n_actions


def table(costs: Mapping[str, Cost], cores: int) -> list[str]:
    """Lines to read: jobs, core-hours, memory of the largest job, and hours and memory on so many cores."""
    lines = [f"{'':16}{'jobs':>6}{'core-hours':>12}{'memory, MB':>12}"]
    lines += [
        f"{kind:16}{cost.jobs:6}{cost.core_seconds / 3600:12.2f}{cost.memory:12.0f}"
        for kind, cost in costs.items()
    ]
    total = sum(cost.core_seconds for cost in costs.values()) / 3600
    most = max(cost.memory for cost in costs.values())
    lines.append(f"{'all':16}{sum(cost.jobs for cost in costs.values()):6}{total:12.2f}{most:12.0f}")
    lines.append(f"with --cores {cores} about {total / cores:.1f} hours and at most {cores * most:.0f} MB")
    return lines
