"""What an experiment costs before it is run, from the finished runs that are most alike."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.evidence.robustness import RobustnessSettings
from actor_critic_gap.experiment.config import PlannedRun, read_config
from actor_critic_gap.experiment.environments import check, warmup_steps
from actor_critic_gap.experiment.families import recorded_settings
from actor_critic_gap.experiment.memory import replay_megabytes
from actor_critic_gap.runs.family import Family, RunSettings
from actor_critic_gap.runs.folder import RECORD, read_record
from actor_critic_gap.sac.settings import SACSettings
from actor_critic_gap.tables import read_benchmark
from actor_critic_gap.tabular.settings import DynamicProgrammingSettings, SampledSettings

NO_PART_OF_A_STEP = {"environment_steps", "episodes", "iterations", "claims_digest"}
"""The settings that do not change what a step costs."""


class FinishedRun(NamedTuple):
    """What a run took: wall seconds, and MB of memory at most, NaN where that was not measured."""

    family: Family[Any]
    settings: RunSettings
    n_seeds: int
    seconds: float
    memory: float


class Difference(NamedTuple):
    """How two runs of a family differ, what weighs most first."""

    environment: bool
    algorithm: bool
    """as algorithm-x-y"""
    updates: float
    """the factor in updates per environment step, as its logarithm"""
    others: int
    """how many other settings, without `NO_PART_OF_A_STEP`"""

    def __str__(self) -> str:
        if self.environment:
            return "another environment"
        if self.algorithm:
            return "another algorithm"
        return "same algorithm" if self.others else "same settings"


def finished_runs(results: Path) -> list[FinishedRun]:
    """The runs of experiments below a folder but those that diverged; memory is from Snakemake's benchmarks.

    Raises:
        InvalidInput: a record or benchmark is none.

    """
    found = []
    for path in sorted(results.glob(f"**/runs/**/{RECORD}")):
        record = read_record(path.parent)
        family, settings = recorded_settings(record, path.parent)
        if isinstance(settings, SACSettings):
            check(settings, str(path))
        runs = next(folder for folder in path.parents if folder.name == "runs")
        benchmark = runs.with_name("benchmarks") / "train" / f"{path.parent.relative_to(runs)}.tsv"
        memory = read_benchmark(benchmark, ["max_rss"])["max_rss"].max() if benchmark.is_file() else math.nan
        if record.diverged_at is None:
            found.append(FinishedRun(family, settings, len(record.seeds), record.wall_seconds, memory))
    return found


def difference(first: RunSettings, second: RunSettings) -> Difference:
    """How two runs of a family differ."""
    compared = set(type(first).model_fields) - NO_PART_OF_A_STEP
    differ = {key for key in compared if getattr(first, key) != getattr(second, key)}
    label = {"algorithm", "critic_updates", "res_critic_updates"}
    updates = abs(math.log(_updates(first) / _updates(second)))
    others = len(differ - label - {"environment"})
    return Difference("environment" in differ, not label.isdisjoint(differ), updates, others)


def work(settings: RunSettings) -> float:
    """What the time of a seed grows with: updates of each of SAC's critics, episodes, or exact iterations."""
    if isinstance(settings, SACSettings):
        return (settings.environment_steps - warmup_steps(settings)) * _updates(settings)
    if isinstance(settings, RobustnessSettings):
        runs = [run for shown in settings.runs.values() for run in shown]
        times = [len(settings.res_critic_init) if run.algorithm == "res-ac" else 1 for run in runs]
        lengths = [work(run) if isinstance(run, SampledSettings) else settings.iterations for run in runs]
        return float(np.dot(times, lengths))
    assert isinstance(settings, SampledSettings | DynamicProgrammingSettings)
    return float(settings.episodes if isinstance(settings, SampledSettings) else settings.iterations)


def _updates(settings: RunSettings) -> float:
    """Updates of SAC's critics per environment step."""
    if isinstance(settings, SACSettings):
        updates = settings.critic_updates * settings.critics
        updates += settings.res_critic_updates * settings.n_res_critics
        return updates / settings.iteration_steps
    return 1.0


def estimate(planned: Sequence[PlannedRun], finished: Sequence[FinishedRun]) -> pd.DataFrame:
    """The cost of planned runs, a row each.

    Returns the columns kind, jobs, seconds (of all jobs, of one core each), memory (of a job, MB),
    alike (see `Difference`) and runs (positions of the finished runs that it was taken from).

    Raises:
        InvalidInput: there is no finished run of a family.

    """
    rows = []
    for run in planned:
        differences = {
            i: difference(run.settings, done.settings)
            for i, done in enumerate(finished)
            if done.family is run.family
        }
        if not differences:
            raise InvalidInput(
                f"{run.name}: no finished run of the family {run.family.name}: expected finished runs in the "
                "folder of results"
            )
        least = min(differences.values())
        alike = [i for i, found in differences.items() if found == least]
        done_work = sum(finished[i].n_seeds * work(finished[i].settings) for i in alike)
        price = sum(finished[i].seconds for i in alike) / done_work
        memory = pd.Series([finished[i].memory for i in differences]).max()
        if isinstance(run.settings, SACSettings):
            memory += replay_megabytes(run.settings)
        seconds = price * len(run.seeds) * work(run.settings)
        jobs = len(run.seeds) if run.family.folder_per_seed else 1
        rows.append((run.name.rpartition("/")[0], jobs, seconds, memory, str(least), alike))
    return pd.DataFrame(rows, columns=["kind", "jobs", "seconds", "memory", "alike", "runs"])


def estimate_lines(configs: Sequence[Path], results: Path, cores: int) -> list[str]:
    """Jobs, core-hours and memory of each kind of run, and which finished runs say so.

    Args:
        configs: YAML files, each on top of those before it.
        results: a folder with finished experiments, or of one.
        cores: that share the jobs.

    Raises:
        InvalidInput: the config or a record is none, or there is no finished run of a family.

    """
    finished = finished_runs(results)
    costs = estimate(list(read_config(configs).all_runs().values()), finished)
    lines = [f"{'':16}{'jobs':>6}{'core-hours':>12}{'memory, MB':>12}  from finished runs of"]
    for kind, group in costs.groupby("kind", sort=False):
        used = group.explode("runs").groupby("alike", sort=False)["runs"].nunique()
        sources = ", ".join(f"{alike} ({n})" for alike, n in used.items())
        lines.append(f"{kind:16}{_columns(group)}  {sources}")
    lines.append(f"{'all':16}{_columns(costs)}")
    hours, memory = costs["seconds"].sum() / 3600 / cores, cores * costs["memory"].max()
    known = "" if np.isnan(memory) else f" and at most {memory:.0f} MB"
    lines.append(f"with --cores {cores} about {hours:.1f} hours{known}")
    return lines


def _columns(costs: pd.DataFrame) -> str:
    hours = costs["seconds"].sum() / 3600
    return f"{costs['jobs'].sum():6}{hours:12.2f}{costs['memory'].max():12.0f}"
