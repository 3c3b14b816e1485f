"""The tidy tables of an experiment by the figure that they belong to, which their names say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args, get_origin

import pandas as pd

from actor_critic_gap.errors import InvalidInput, did_you_mean
from actor_critic_gap.evidence.claims import COLUMNS as CLAIM_COLUMNS
from actor_critic_gap.evidence.claims import Claim, read_claims
from actor_critic_gap.experiment.families import ALGORITHMS
from actor_critic_gap.figures import FIGURES
from actor_critic_gap.figures.figure import Figure
from actor_critic_gap.figures.verdicts import COLOURS
from actor_critic_gap.files import read_yaml
from actor_critic_gap.sac.family import SAC
from actor_critic_gap.tables import read_columns, read_table
from actor_critic_gap.validation import check_numbers, check_size

THEORY = "theory"
"""The table of the identities, which claims are about too."""
RULE = r"(?:>=|>|<=|<|\+-) [-+.e\d]+|[-+.e\d]+ to [-+.e\d]+"
"""How a table of verdicts writes what an estimate must be."""


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


def read_claims_table(path: Path) -> pd.DataFrame:
    """The verdicts as `claims.judge` gave them; an empty case stays the empty string.

    Raises:
        InvalidInput: the table is not as written, or holds an unknown unit, verdict or rule.

    """
    numbers = ["estimate", "ci_low", "ci_high", "detectable", "rule_low", "rule_high"]
    claims = read_columns(
        path, CLAIM_COLUMNS, [*numbers, "n_seeds", "seeds_needed"], [*numbers, "case", "unit"]
    )
    names = ["claim", "case", "unit"]
    claims[names] = pd.read_csv(path, usecols=names, dtype=str, keep_default_na=False)[names]
    for column, known in (("unit", ["", "learned", "optimum", "steps"]), ("verdict", list(COLOURS))):
        unknown = claims[column][~claims[column].isin(known)]
        if not unknown.empty:
            listed = ", ".join(name or "nothing" for name in known)
            raise InvalidInput(f"{path}: {column} = {unknown.iloc[0]!r}: expected one of {listed}")
    wrong = claims["rule"][~claims["rule"].astype(str).str.fullmatch(RULE)]
    if not wrong.empty:
        raise InvalidInput(f"{path}: rule = {wrong.iloc[0]!r}: expected one such as '>= 0.99'")
    low, high = claims["rule_low"], claims["rule_high"]
    wrong = claims["rule"][(low > high) | (low.isna() & high.isna())]
    if not wrong.empty:
        raise InvalidInput(f"{path}: rule = {wrong.iloc[0]!r}: expected rule_low or rule_high, in order")
    return claims


def read_known_claims(path: Path) -> list[Claim]:
    """The claims of a YAML file, each on a table that there is, on columns of it and on groups it can have.

    Raises:
        InvalidInput: one is on something else, or the file is not one of claims.

    """
    content = read_yaml(path, "a list of claims")
    check_size(content, str(path))
    for item in content if isinstance(content, list) else ():
        if isinstance(item, dict):
            numbers = {key: item.get(key) for key in ("rule", "parameters", "seeds")}
            check_numbers(numbers, f"{path}: claim {item.get('id')}: ")
    claims = read_claims(path)
    for claim in claims:
        where = f"{path}: claim {claim.id}"
        judged = [*(name for name, figure in FIGURES.items() if "seed" in figure.keys), THEORY]
        if claim.figure not in judged:
            known = ", ".join(judged)
            raise InvalidInput(f"{where}: figure = {claim.figure!r}: expected one of {known}")
        shown = FIGURES.get(claim.figure)
        labels = ["identity"] if shown is None else list(shown.labels)
        measures = ["largest_error"] if shown is None else shown.numbers
        for wrong in sorted(claim.labels - set(labels)):
            known = ", ".join(labels) or "none"
            raise InvalidInput(f"{where}: {wrong}: expected a label of {claim.figure}: {known}")
        for case in claim.cases or [""]:
            columns = claim.columns_of(case)
            for wrong in sorted(set(columns) - set(measures)):
                raise InvalidInput(f"{where}: value = {wrong!r}: expected one of {', '.join(measures)}")
            if claim.unit == "optimum" and columns != ["objective"]:
                raise InvalidInput(f"{where}: unit = 'optimum': expected value = objective")
            n = len(claim.columns) or 1
            if len(columns) != n:
                many = "1 column" if n == 1 else f"{n} columns"
                raise InvalidInput(f"{where}: value = {columns}: expected {many} in a case, as in the claim")
        if shown is not None:
            for label, value in claim.label_values:
                _check_group(shown, label, value, where)
    return claims


def _check_group(shown: Figure, label: str, value: str, where: str) -> None:
    """Refuse a value that no run of the figure can have."""
    algorithms = list(shown.algorithms)
    known = algorithms if label == "algorithm" else _choices(algorithms[0], label)
    name = re.sub(r"-\d+-\d+$", "", value) if algorithms[0] in SAC.algorithms else value
    if known and name not in known:
        hint = did_you_mean(name, known)
        raise InvalidInput(f"{where}: {label} = {value!r}: {hint}expected one of {', '.join(known)}")
    if label == "algorithm" and name == value and name in SAC.algorithms:
        raise InvalidInput(f"{where}: algorithm = {value!r}: expected its updates too, such as {value}-10-0")


def _choices(algorithm: str, key: str) -> list[str]:
    """The values of a setting that has but some."""
    field = ALGORITHMS[algorithm].settings.model_fields.get(key)
    if field is not None and field.annotation is bool:
        return ["True", "False"]
    if field is None or get_origin(field.annotation) is not Literal:
        return []
    return list(map(str, get_args(field.annotation)))
