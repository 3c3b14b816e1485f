"""What an experiment costs before it is run, from the finished runs that are most alike."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.evidence.robustness import RobustnessSettings
from actor_critic_gap.experiment.config import read_config
from actor_critic_gap.experiment.environments import replay_megabytes, warmup_steps
from actor_critic_gap.experiment.families import read_settings
from actor_critic_gap.runs.family import Family, RunSettings
from actor_critic_gap.runs.folder import RECORD, read_record
from actor_critic_gap.sac.settings import SACSettings
from actor_critic_gap.tables import read_csv
from actor_critic_gap.tabular.settings import SampledSettings

LENGTHS = {"environment_steps", "episodes", "iterations", "claims_digest"}
"""The settings that do not change what a step costs."""


class FinishedRun(NamedTuple):
    """What a run took: wall seconds, and MB of memory at most (NaN where it was not measured)."""

    family: Family[Any]
    settings: RunSettings
    n_seeds: int
    seconds: float
    memory: float


class Likeness(NamedTuple):
    """How two runs of a family differ; the less, the more alike."""

    environment: bool
    algorithm: bool
    """as algorithm-x-y"""
    updates: float
    """factor in updates per environment step, as its logarithm"""
    others: int
    """how many other settings, apart from `LENGTHS`"""

    def __str__(self) -> str:
        words = ("another environment", "another algorithm", "", "same algorithm")
        return next((word for word, differs in zip(words, self, strict=True) if word and differs), "same settings")


def finished_runs(results: Path) -> list[FinishedRun]:
    """The runs below <results>/*/runs, but those that diverged; memory as benchmarked by Snakemake.

    Raises:
        InvalidInput: a record is none.

    """
    found = []
    for path in sorted(results.glob(f"*/runs/**/{RECORD}")):
        record = read_record(path.parent)
        if record.diverged_at is None:
            family, settings = read_settings(record.settings, str(path))
            config, _, *run = path.parent.relative_to(results).parts
            benchmark = results.joinpath(config, "benchmarks", "train", *run[:-1], f"{run[-1]}.tsv")
            memory = float(read_csv(benchmark, sep="\t")["max_rss"].max()) if benchmark.is_file() else math.nan
            found.append(FinishedRun(family, settings, len(record.seeds), record.wall_seconds, memory))
    return found


def work(settings: RunSettings) -> float:
    """What the time of one seed grows with: episodes, exact iterations, or critic updates of SAC."""
    if isinstance(settings, SACSettings):
        return (settings.environment_steps - warmup_steps(settings)) * _updates(settings)
    if isinstance(settings, RobustnessSettings):
        runs = [run for shown in settings.runs.values() for run in shown]
        again = [len(settings.res_critic_init) if run.algorithm == "res-ac" else 1 for run in runs]
        lengths = [work(run) if isinstance(run, SampledSettings) else settings.iterations for run in runs]
        return float(np.dot(again, lengths))
    return float(settings.episodes if isinstance(settings, SampledSettings) else settings.iterations)


def likeness(first: RunSettings, second: RunSettings) -> Likeness:
    """How two runs of a family differ."""
    mine, others = first.model_dump(exclude=LENGTHS), second.model_dump(exclude=LENGTHS)
    different = {key for key in mine if mine[key] != others[key]}
    updates = abs(math.log(_updates(first) / _updates(second)))
    labels = {"algorithm", "critic_updates", "res_critic_updates"}
    rest = different - labels - {"environment"}
    return Likeness("environment" in different, bool(different & labels), updates, len(rest))


def estimate_lines(configs: Sequence[Path], results: Path, cores: int) -> list[str]:
    """Jobs, core-hours and memory of each kind of run, and which finished runs they were taken from.

    Args:
        configs: YAML files, each on top of those before it.
        results: the folder with the results of experiments.
        cores: that share the jobs, of one core each.

    Raises:
        InvalidInput: the config or a record is none, or there is no finished run of a family.

    """
    planned, finished = read_config(configs).all_runs(), finished_runs(results)
    costs = pd.DataFrame([_cost(run.name, run.family, run.settings, len(run.seeds), finished) ...])
    return lines


def _updates(settings: RunSettings) -> float:
    """Updates of critic and res-critic per environment step; 1 for the tabular runs."""
