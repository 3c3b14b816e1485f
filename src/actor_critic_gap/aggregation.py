"""Runs -> one tidy table a figure. A seed that is missing, short or not finite is an error, never dropped."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.runs import PROGRESS, Run

LABELS = {"fig1": ["algorithm"], "fig2": [], "fig4": ["actor", "critic"]}
"""The settings that tell a figure's runs apart; they become columns."""

COLUMNS = {
    "fig1": ["algorithm", "seed", "environment_steps", "episode_return", "objective"],
    "fig2": ["seed", "environment_steps", "true_return", "critic", "critic_plus_res_critic"],
    "fig4": ["actor", "critic", "seed", "iteration", "objective", "critic_objective"],
}


def tidy(figure: str, runs: Sequence[Run], seeds: Sequence[int]) -> pd.DataFrame:
    """The figure's table, see `COLUMNS`: a row for each run, seed and logging interval.

    Raises:
        InvalidInput: a run lacks one of `seeds` or has another, its seeds differ in length, a column is
            missing, or a number is not finite.

    """
    tables = []
    for run in runs:
        table = run.progress.assign(**{label: run.settings[label] for label in LABELS[figure]})
        missing = [column for column in COLUMNS[figure] if column not in table]
        if missing:
            raise InvalidInput(f"{run.folder / PROGRESS}: {figure} needs column {missing[0]}")
        table = table[COLUMNS[figure]]
        _check_seeds(run, seeds)
        numbers = table.drop(columns=LABELS[figure]).apply(pd.to_numeric, errors="coerce")
        bad = table["seed"][~np.isfinite(numbers.to_numpy()).all(axis=1)]
        if not bad.empty:
            raise InvalidInput(
                f"{run.folder / PROGRESS}: seed {bad.iloc[0]} has a value that is not a finite number"
            )
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def _check_seeds(run: Run, seeds: Sequence[int]) -> None:
    lengths = run.progress["seed"].value_counts()
    if set(lengths.index) != set(seeds):
        absent, extra = sorted(set(seeds) - set(lengths.index)), sorted(set(lengths.index) - set(seeds))
        raise InvalidInput(
            f"{run.folder / PROGRESS}: seeds missing: {absent or 'none'}, not asked for: {extra or 'none'}; "
            f"expected {len(seeds)} seeds"
        )
    if lengths.min() != lengths.max():
        short = lengths.idxmin()
        raise InvalidInput(
            f"{run.folder / PROGRESS}: seed {short} has {lengths.min()} rows, expected {lengths.max()}"
        )
