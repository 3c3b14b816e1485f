"""The tidy tables of an experiment by the figure that they belong to, which their names say."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from actor_critic_gap.errors import InvalidInput, did_you_mean
from actor_critic_gap.evidence.claims import Claim, read_claims
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
            hint = did_you_mean(path.stem, columns)
            raise InvalidInput(f"{path}: {hint}expected a table named {', '.join(columns)}")
        if path.stem in found:
            raise InvalidInput(f"{path}: expected one table of {path.stem}")
        found[path.stem] = read_table(path, *columns[path.stem])
    return found


def read_known_claims(path: Path) -> list[Claim]:
    """The claims of a YAML file, each on a table that there is and on columns of it.

    Raises:
        InvalidInput: one is on something else, or the file is not one of claims.

    """
    claims = read_claims(path)
    for claim in claims:
        where = f"{path}: claim {claim.id}"
        if claim.figure not in (*FIGURES, THEORY):
            known = ", ".join((*FIGURES, THEORY))
            raise InvalidInput(f"{where}: figure = {claim.figure!r}: expected one of {known}")
        shown = FIGURES.get(claim.figure)
        labels = ["identity"] if shown is None else list(shown.labels)
        measures = ["largest_error"] if shown is None else shown.numbers
        for wrong in sorted(claim.labels - set(labels)):
            known = ", ".join(labels) or "none"
            raise InvalidInput(f"{where}: {wrong}: expected a label of {claim.figure}: {known}")
        for wrong in sorted(set(claim.columns) - set(measures)):
            raise InvalidInput(f"{where}: value = {wrong!r}: expected one of {', '.join(measures)}")
    return claims
