"""Runs -> one tidy table a figure. A seed that is missing, short or not finite is an error, never dropped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.experiment.families import read_settings
from actor_critic_gap.figures import FIGURES
from actor_critic_gap.runs.folder import PROGRESS, RECORD, Run
from actor_critic_gap.tables import MAY_BE_EMPTY


def tidy(
    figure: str, runs: Sequence[Run], seeds: int, seeds_on: Mapping[str, int] | None = None
) -> pd.DataFrame:
    """The figure's table, see `FIGURES`: a row for each run, seed and logging interval.

    A run that diverged has the rows up to there. A run that is not whole does not get here: `read_run`
    refuses it.

    Args:
        figure: its name.
        runs: its runs.
        seeds: how many of them there are of the same settings, with seeds from 0 on.
        seeds_on: the same on environments with a number of their own.

    Raises:
        InvalidInput: a run is not one that the figure can show, lacks one of the seeds or has another, a seed
            is shorter than the others without having diverged, a column is missing, a number is not finite,
            or `seeds_on` names an environment without runs.

    """
    shown, tables = FIGURES[figure], []
    shown_on: set[str] = set()
    shared: dict[str, str] = {}
    for run in runs:
        _, settings = read_settings(run.settings, str(run.folder / RECORD))
        if settings.algorithm not in shown.algorithms:
            expected = " or ".join(shown.algorithms)
            found = f"{run.folder}: algorithm = {settings.algorithm}"
            raise InvalidInput(f"{found}: expected {expected} for {figure}")
        for key in shown.same:
            if (found := settings.shown(key)) != shared.setdefault(key, found):
                raise InvalidInput(f"{run.folder}: {key} = {found}: expected {shared[key]}, as in the others")
        labels = {label: settings.shown(label) for label in shown.labels}
        table = run.progress.assign(**labels, diverged=int(run.record.diverged_at is not None))
        missing = [column for column in shown.columns if column not in table]
        if missing:
            raise InvalidInput(f"{run.folder / PROGRESS}: {figure} needs column {missing[0]}")
        table = table[shown.columns]
        if table.empty:
            raise InvalidInput(f"{run.folder / PROGRESS}: no rows: expected one an interval")
        last = table.iloc[-1]
        table = shown.rows(table)
        if table.empty:
            step = shown.keys[-1]
            ends = f"ends at {step} {last[step]}, before {figure} measures anything"
            expected = "expected a longer run"
            if run.record.diverged_at is not None:
                ends = f"diverged and {ends}"
                expected = "expected other settings, or a config without the figure"
            raise InvalidInput(f"{run.folder / PROGRESS}: {ends}: {expected}")
        numbers = table.drop(columns=[*shown.labels, *shown.texts, *MAY_BE_EMPTY], errors="ignore")
        finite = np.isfinite(numbers.apply(pd.to_numeric, errors="coerce").to_numpy()).all(axis=1)
        if not finite.all():
            key = shown.keys[0]
            raise InvalidInput(
                f"{run.folder / PROGRESS}: {key} {table[key][~finite].iloc[0]} has a value that is not a "
                "finite number"
            )
        environment = getattr(settings, "environment", "FourRoom")
        n_seeds = (seeds_on or {}).get(environment, seeds)
        tables.append(table.assign(_folder=str(run.folder), _seeds=n_seeds))
        shown_on.add(environment)
    if unknown := set(seeds_on or {}) - shown_on:
        expected = f"expected one of {', '.join(sorted(shown_on))}"
        raise InvalidInput(f"{figure}: seeds on {min(unknown)}: there are no runs: {expected}")
    whole = pd.concat(tables, ignore_index=True)
    twice = whole[whole.duplicated([*shown.labels, *shown.keys])]
    if not twice.empty:
        key = shown.keys[0]
        raise InvalidInput(f"{twice['_folder'].iloc[0]}: {key} {twice[key].iloc[0]} is there already")
    if "seed" not in shown.keys:
        return whole[shown.columns]
    groups = whole.groupby(list(shown.labels), sort=False) if shown.labels else [((), whole)]
    for _, group in groups:
        _check_seeds(group, range(group["_seeds"].iloc[0]))
    return whole[shown.columns]


def _check_seeds(group: pd.DataFrame, seeds: Sequence[int]) -> None:
    lengths = group["seed"].value_counts()
    where = group["_folder"].iloc[0]
    absent, extra = sorted(set(seeds) - set(lengths.index)), sorted(set(lengths.index) - set(seeds))
    if absent or extra:
        raise InvalidInput(
            f"{where}: seeds missing: {absent or 'none'}, not asked for: {extra or 'none'}; "
            f"expected {len(seeds)} seeds"
        )
    diverged = group.get("diverged", pd.Series(0, group.index)) == 1
    complete = lengths.drop(group.loc[diverged, "seed"].unique())
    if not complete.empty and complete.min() != lengths.max():
        raise InvalidInput(
            f"{where}: seed {complete.idxmin()} has {complete.min()} rows, expected {lengths.max()}"
        )
