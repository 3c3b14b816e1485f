"""The tidy tables of an experiment by the figure that they belong to, which their names say."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.figures import FIGURES
from actor_critic_gap.tables import read_table

THEORY = "theory"
"""The table of the identities, which claims are about too."""


def read_tables(paths: Sequence[Path]) -> dict[str, pd.DataFrame]:
    """Tables of figures, and that of the identities, by name.

    Raises:
        InvalidInput: a table has another name, a name stands twice, or a table is not as written.

    """
    columns = {name: (figure.columns, figure.numbers) for name, figure in FIGURES.items()}
    errors = ["n_problems", "largest_error"]
    columns[THEORY] = (["identity", *errors], errors)
    found: dict[str, pd.DataFrame] = {}
    for path in paths:
        if path.stem not in columns:
            near = difflib.get_close_matches(path.stem, columns, 1)
            hint = f"did you mean {near[0]}? " if near else ""
            raise InvalidInput(f"{path}: {hint}expected a table named {', '.join(columns)}")
        if path.stem in found:
            raise InvalidInput(f"{path}: expected one table of {path.stem}")
        found[path.stem] = read_table(path, *columns[path.stem])
    return found
