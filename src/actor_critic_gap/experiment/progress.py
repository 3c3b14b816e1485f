"""How far an experiment is: what of it is done, under way and left, and what is left costs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from actor_critic_gap.experiment.config import PlannedRun, read_config
from actor_critic_gap.experiment.estimate import estimate, finished_runs
from actor_critic_gap.experiment.plans import Experiment, RunFolder

RECENT = 600.0
"""Seconds; a run whose checkpoint is no older is under way: it writes one every minute."""


def progress_line(configs: Sequence[Path], claims: Path, results: Path, cores: int) -> str:
    """How many runs of an experiment are done, under way and left, and the hours that those left take.

    Args:
        configs: YAML files, each on top of those before it.
        claims: the claims, in YAML.
        results: a folder with finished experiments, or of one, whose runs say what runs cost.
        cores: that share the jobs.

    Raises:
        InvalidInput: the config or a record is none, or there is no finished run of a family.

    """
    config = read_config(configs)
    experiment = Experiment(config, claims, Path(".snakemake", "plans"))
    planned = config.all_runs()
    left = {name: [run for run in runs if not run.current] for name, runs in experiment.runs.items()}
    n_runs, n_left = (sum(map(len, runs.values())) for runs in (experiment.runs, left))
    if not n_left:
        return f"{config.name}: all {n_runs} runs done"
    under_way = sum(_under_way(run, experiment.results) for runs in left.values() for run in runs)
    costs = estimate(
        [
            PlannedRun(name, planned[name].family, planned[name].settings, _seeds(runs))
            for name, runs in left.items()
            if runs
        ],
        finished_runs(results),
    )
    hours = costs["seconds"].sum() / 3600
    return (
        f"{config.name}: {n_runs - n_left} of {n_runs} runs done, {under_way} under way, {n_left} left, "
        f"about {hours:.2f} core-hours: with --cores {cores} about {hours / cores:.2f} hours"
    )


def _seeds(runs: Sequence[RunFolder]) -> list[int]:
    return [seed for run in runs for seed in run.identity.seeds]


def _under_way(run: RunFolder, results: Path) -> bool:
    """Whether a run has written a checkpoint lately; runs on FourRoom, of seconds, write none."""
    checkpoints = results / "checkpoints" / run.folder.relative_to(results / "runs") / run.identity.key()
    return any(time.time() - _written(path) < RECENT for path in checkpoints.glob("*"))


def _written(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # the run that wrote it goes on
        return 0.0
