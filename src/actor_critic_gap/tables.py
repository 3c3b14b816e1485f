"""CSV tables as they are read back, checked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from actor_critic_gap.errors import InvalidInput

MAY_BE_EMPTY = {"training_return", "estimate", "ci_low", "ci_high"}
"""Columns that are empty where no episode ended in a row's interval, or where a claim has no number."""


MOST_SEEDS = 10_000
"""What a config can ask for."""


def read_csv(path: Path, **options: Any) -> pd.DataFrame:
    """A table by `pandas.read_csv`, or InvalidInput where the file is missing or not a table."""
    try:
        table: pd.DataFrame = pd.read_csv(path, **options)
    except FileNotFoundError:
        raise InvalidInput(f"{path}: missing: expected a table") from None
    except (pd.errors.EmptyDataError, pd.errors.ParserError, UnicodeDecodeError):
        raise InvalidInput(f"{path}: not a CSV table") from None
    return table


def read_table(path: Path, columns: Sequence[str], numbers: Sequence[str]) -> pd.DataFrame:
    """A tidy table as written with these columns, some of them numbers; clip values are text.

    Raises:
        InvalidInput: the file is missing or not a table, lacks a column or all rows, has an empty cell or
            one that should be a finite number.

    """
    table = read_csv(path, dtype={"clip": str}, keep_default_na=False, na_values=[""])
    missing = [column for column in columns if column not in table]
    if missing or table.empty or table.drop(columns=MAY_BE_EMPTY, errors="ignore").isna().any(axis=None):
        problem = f"lacks column {missing[0]}" if missing else "is empty or has empty cells"
        raise InvalidInput(f"{path}: {problem}; expected {', '.join(columns)}")
    for column in numbers:
        values = pd.to_numeric(table[column], errors="coerce")
        wrong = table[column][~np.isfinite(values) & table[column].notna()]
        if not wrong.empty:
            raise InvalidInput(f"{path}: {column} = {wrong.iloc[0]}: expected a finite number")
        table[column] = values
    if "seed" in numbers:
        wrong = table["seed"][(table["seed"] % 1 != 0) | ~table["seed"].between(0, MOST_SEEDS - 1)]
        if not wrong.empty:
            raise InvalidInput(f"{path}: seed = {wrong.iloc[0]:g}: expected one of 0, 1, 2, …")
        table["seed"] = table["seed"].astype(int)
    return table
