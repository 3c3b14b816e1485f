"""CSV tables as they are read back, checked."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.files import read_text
from actor_critic_gap.validation import MOST_SEEDS

MAY_BE_EMPTY = {"training_return", "estimate", "ci_low", "ci_high"}
"""Columns that are empty where no episode ended in a row's interval, or where a claim has no number."""

MOST_COLUMNS = 1000


def in_order(text: str) -> tuple[float, str]:
    """What sorts values of a setting as text: numbers by size, and after them the rest."""
    try:
        return float(text), text
    except ValueError:
        return float("inf"), text


def plain(value: Any) -> str:
    """A setting as text, a number without needless digits, a list with dashes."""
    if isinstance(value, float):
        return f"{value:g}"
    return "-".join(map(plain, value)) if isinstance(value, (list, tuple)) else str(value)


def short(text: str) -> str:
    """A value to name or to show: as it is, or where it is long the start of its sha256."""
    return text if len(text) <= 40 else hashlib.sha256(text.encode()).hexdigest()[:16]


def read_csv(path: Path, sep: str = ",", **options: Any) -> pd.DataFrame:
    """A table by `pandas.read_csv`.

    Raises:
        InvalidInput: the file is missing, too large, not UTF-8 or not a table, a column stands twice, or a
            row has more or fewer cells than there are columns.

    """
    text = read_text(path, "a table")
    try:
        _check_shape(path, text, sep)
        table = pd.DataFrame(pd.read_csv(io.StringIO(text), sep=sep, low_memory=False, **options))
        for column in table.columns[[kind.kind == "O" for kind in table.dtypes]]:
            pd.to_numeric(table[column], errors="coerce")  # fails on integers beyond all floats
        return table
    except (csv.Error, pd.errors.EmptyDataError, pd.errors.ParserError, OverflowError):
        raise InvalidInput(f"{path}: not a CSV table") from None


def _check_shape(path: Path, text: str, sep: str) -> None:
    """Every row has as many cells as there are columns; pandas would fill or shift them."""
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=sep, strict=True)
    columns = next(rows, [])
    if "\0" in text or not columns:
        raise csv.Error
    if len(columns) > MOST_COLUMNS:
        raise InvalidInput(f"{path}: {len(columns)} columns: expected at most {MOST_COLUMNS}")
    if twice := [column for column in columns if columns.count(column) > 1]:
        raise InvalidInput(f"{path}: column {twice[0]!r} twice")
    for position, row in enumerate(rows, 2):
        if len(row) != len(columns):
            raise InvalidInput(f"{path}: row {position} has {len(row)} cells: expected {len(columns)}")


def read_columns(
    path: Path,
    columns: Sequence[str],
    numbers: Sequence[str],
    may_be_empty: Collection[str] = MAY_BE_EMPTY,
    sep: str = ",",
    empty: Sequence[str] = ("",),
) -> pd.DataFrame:
    """A table with at least these columns, some of them numbers; clip values are text.

    Raises:
        InvalidInput: as `read_csv`; or the table lacks a column or all rows, or has an empty cell or one that
            should be a finite number.

    """
    table = read_csv(path, sep, dtype={"clip": str}, keep_default_na=False, na_values=list(empty))
    missing = [column for column in columns if column not in table]
    if (
        missing
        or table.empty
        or table[columns].drop(columns=may_be_empty, errors="ignore").isna().any(axis=None)
    ):
        problem = f"lacks column {missing[0]}" if missing else "is empty or has empty cells"
        raise InvalidInput(f"{path}: {problem}; expected {', '.join(columns)}")
    for column in numbers:
        values = pd.to_numeric(table[column], errors="coerce")
        wrong = table[column][~np.isfinite(values) & table[column].notna()]
        if not wrong.empty:
            raise InvalidInput(f"{path}: {column} = {wrong.iloc[0]}: expected a finite number")
        table[column] = values
    return table


def read_table(path: Path, columns: Sequence[str], numbers: Sequence[str]) -> pd.DataFrame:
    """A tidy table as written with these columns, some of them numbers and the others labels, which are text.

    Raises:
        InvalidInput: as `read_columns`, or a run lacks a row or has one twice.

    """
    table = read_columns(path, columns, numbers)
    labels = [column for column in columns if column not in numbers]
    table[labels] = table[labels].map(plain)
    if table.duplicated().any():
        raise InvalidInput(f"{path}: row {int(table.duplicated().to_numpy().argmax()) + 2} twice")
    if "seed" in numbers:
        wrong = table["seed"][(table["seed"] % 1 != 0) | ~table["seed"].between(0, MOST_SEEDS - 1)]
        if not wrong.empty:
            raise InvalidInput(f"{path}: seed = {wrong.iloc[0]:g}: expected one of 0, 1, 2, …")
        table["seed"] = table["seed"].astype(int)
        step = "iteration" if "iteration" in numbers else "environment_steps"
        for label, rows in table.groupby(labels, sort=False) if labels else [((), table)]:
            _check_runs(rows, step, f"{path}: {' '.join(map(str, label)) or 'runs'}:")
    return table


def _check_runs(rows: pd.DataFrame, step: str, where: str) -> None:
    """Every seed has the same steps, in order; a run that diverged those before it did."""
    every = np.unique(rows[step])
    for seed in range(rows["seed"].max() + 1):
        run = rows[rows["seed"] == seed]
        if run.empty:
            raise InvalidInput(f"{where} seed {seed} is missing")
        steps = run[step].to_numpy()
        diverged = "diverged" in rows and (run["diverged"] == 1).all()
        expected = every[: len(steps)] if diverged else every
        if len(lacking := np.setdiff1d(expected, steps)):
            raise InvalidInput(f"{where} seed {seed}: {step} {lacking[0]:g} is missing")
        if len(steps) > len(expected):
            raise InvalidInput(f"{where} seed {seed} has {len(steps)} rows: expected {len(expected)}")
        if not (steps == expected).all():
            raise InvalidInput(f"{where} seed {seed}: {step}: expected in order")


def read_benchmark(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """Columns of what Snakemake measured of a job, empty where it was too short; raises as `read_columns`."""
    return read_columns(path, columns, columns, columns, "\t", ("-", "NA", ""))
