"""Runs in tidy tables as curves, one a seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.evidence.statistics import Array, area_under_curve

Group = Mapping[str, str]
"""Values of labels that tell which runs are meant."""


class Curves(NamedTuple):
    """The curves of groups of runs with the same seeds."""

    x: Array
    """the logged steps (rows,)"""
    curves: list[Array]
    """of each group (seeds, rows) or, of several columns, (seeds, rows, columns)"""


def to_the_end(table: pd.DataFrame, labels: Sequence[str], columns: Sequence[str]) -> pd.DataFrame:
    """The table with the rows that a run lacks which diverged: it stays at the worst value that it had.

    The worst of an error is the largest, of anything else the least. With the seed, `labels` name a run; the
    steps are those of any run. Columns but these are empty there.
    """
    if "diverged" not in table or not (table["diverged"] == 1).any():
        return table
    run = [*labels, "seed"]
    position = [column for column in ("iteration", "environment_steps") if column in table]
    worst = {column: "max" if "error" in column or column.endswith("rmse") else "min" for column in columns}
    lost = table[table["diverged"] == 1].groupby(run, as_index=False).agg(worst)
    whole = lost.merge(table[position].drop_duplicates(), how="cross").assign(diverged=1)
    there = pd.MultiIndex.from_frame(table[[*run, position[0]]])
    rest = whole[~pd.MultiIndex.from_frame(whole[[*run, position[0]]]).isin(there)]
    return pd.DataFrame(pd.concat([table, rest.sort_values(position[0])], ignore_index=True))


def curves_of(table: pd.DataFrame, groups: Sequence[Group], columns: Sequence[str]) -> Curves | None:
    """The columns of the runs whose labels are those of each group; None where a group has no runs.

    A run that diverged falls to the worst value that it had, and stays there.

    Raises:
        InvalidInput: a label's column is missing, groups differ in their seeds or logged steps, or a run is
            short without having diverged.

    """
    unknown = {key for group in groups for key in group} - set(table)
    if unknown:
        raise InvalidInput(f"column {min(unknown)} is missing")
    chosen = [select(table, group) for group in groups]
    if any(rows.empty for rows in chosen):
        return None
    x_name = "environment_steps" if "environment_steps" in table else "iteration"
    numbered = pd.concat([rows.assign(_group=i) for i, rows in enumerate(chosen)], ignore_index=True)
    x = np.unique(numbered[x_name].to_numpy(float))
    n_seeds = numbered["seed"].max() + 1
    runs = dict(iter(to_the_end(numbered, ["_group"], columns).groupby(["_group", "seed"])))
    curves = []
    for i, group in enumerate(groups):
        where = " ".join(group.values()) or "runs"
        found = []
        for seed in range(n_seeds):
            if (i, seed) not in runs:
                raise InvalidInput(f"{where}: seed {seed} is missing")
            run = runs[i, seed].set_index(x_name)[list(columns)]
            if run.index.has_duplicates:
                raise InvalidInput(
                    f"{where}: seed {seed} has step {run.index[run.index.duplicated()][0]} twice"
                )
            if len(run) < len(x):
                raise InvalidInput(f"{where}: seed {seed} has {len(run)} rows, expected {len(x)}")
            found.append(run.to_numpy(float))
        stacked = np.stack(found)
        curves.append(stacked[:, :, 0] if len(columns) == 1 else stacked)
    return Curves(x, curves)


def area(run: pd.DataFrame) -> float:
    """The mean evaluation return of one run over its environment steps."""
    returns, steps = (run[name].to_numpy(float) for name in ("evaluation_return", "environment_steps"))
    return float(area_under_curve(returns[None], steps)[0])


def select(table: pd.DataFrame, group: Group) -> pd.DataFrame:
    """The rows whose labels are those of the group."""
    for column, value in group.items():
        table = table[table[column].astype(str) == value]
    return table
