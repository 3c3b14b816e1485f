"""The paper's claims, judged: tidy tables and rules as data -> a verdict on each claim.

A claim names a statistic of this module, which compares groups of runs. Its interval over seeds decides:
where every value in it satisfies the rule the claim is reproduced, where none does it is not, otherwise the
data are inconclusive; and so they are with fewer seeds than the claim asks for.

A statistic takes an array (seeds, rows) of each group, and as `x` the steps of the rows (rows,).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
import pandas as pd
import scipy
from pydantic import Field, model_validator

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.evidence.curves import Group, curves_of, select
from actor_critic_gap.evidence.statistics import (
    RESAMPLES,
    Array,
    Interval,
    area_under_curve,
    bootstrap,
    final_values,
    probability_of_improvement,
    restricted_mean,
    steps_to_threshold,
)
from actor_critic_gap.files import read_yaml
from actor_critic_gap.validation import Strict, validated

COLUMNS = [
    "claim",
    "case",
    "figure",
    "place",
    "statement",
    "statistic",
    "estimate",
    "ci_low",
    "ci_high",
    "n_seeds",
    "rule",
    "verdict",
]
REPRODUCED, NOT_REPRODUCED, INCONCLUSIVE = "reproduced", "not reproduced", "inconclusive"
ALL = "all"


def _learned(reference: Array) -> float:
    """How much the reference learned, the unit of differences: its mean final minus its mean first value."""
    learned = abs(float(final_values(reference).mean() - reference[:, 0].mean()))
    return learned if learned > 0 else np.nan


def _arrivals(groups: Sequence[Array], x: Array, threshold: float) -> list[float]:
    """The mean step at which the curves of each group reach the threshold.

    One that never does is censored at the last step. Not a number where none of any group does.
    """
    times = [steps_to_threshold(curves, x, threshold) for curves in groups]
    if not any(np.isfinite(group).any() for group in times):
        return [np.nan] * len(times)
    return [restricted_mean(group, x[-1]) for group in times]


def lead(first: Array, second: Array, *, x: Array, share: float) -> float:
    """How many steps earlier the first group's mean curve has made `share` of what the second learns.

    A curve that never does is censored at the last step.
    """
    start = float(second[:, 0].mean())
    threshold = start + share * (float(final_values(second).mean()) - start)
    means = [curves.mean(axis=0, keepdims=True) for curves in (first, second)]
    one, other = _arrivals(means, x, threshold)
    return other - one


def delay(first: Array, second: Array, *, x: Array, threshold: float) -> float:
    """How many steps later, in the mean over runs, the first group's runs reach the threshold.

    A run that never does is censored at the last step.
    """
    one, other = _arrivals([first, second], x, threshold)
    return one - other


def final_difference(first: Array, second: Array, *, x: Array) -> float:
    """The first group's mean final value minus the second's, in units of what the second learned."""
    difference = float(final_values(first).mean() - final_values(second).mean())
    return difference / _learned(second)


def area_difference(first: Array, second: Array, *, x: Array) -> float:
    """The first group's mean area under the curve minus the second's, in units of what the second learned."""
    difference = float(area_under_curve(first, x).mean() - area_under_curve(second, x).mean())
    return difference / _learned(second)


def improvement(first: Array, second: Array, *, x: Array) -> float:
    """The probability that a run of the first group has the larger area under its curve."""
    return probability_of_improvement(area_under_curve(first, x), area_under_curve(second, x))


def value_at(curves: Array, *, x: Array, at: float) -> float:
    """The mean at step `at`, or at the last logged one before it; not a number where runs end earlier."""
    if at > x[-1]:
        return float("nan")
    return float(curves[:, np.searchsorted(x, at, side="right") - 1].mean())


def largest_difference(first: Array, second: Array, *, x: Array) -> float:
    """The largest absolute difference of the two mean curves at any step."""
    return float(np.abs(first.mean(axis=0) - second.mean(axis=0)).max())


def largest_value(curves: Array, *, x: Array) -> float:
    """The mean over runs of the largest value of each."""
    return float(curves.max(axis=1).mean())


def share_closer(curves: Array, *, x: Array) -> float:
    """The share of steps at which the second of three columns is closer to the first than the third is.

    In the mean over runs; curves of shape (seeds, rows, 3).
    """
    target, first, second = np.moveaxis(curves, 2, 0)
    gaps = [np.abs(prediction - target).mean(axis=0) for prediction in (first, second)]
    return float((gaps[0] < gaps[1]).mean())


def _drawdown(curves: Array) -> float:
    """The mean over runs of the largest fall below what the run had reached before."""
    return float((np.maximum.accumulate(curves, axis=1) - curves).max(axis=1).mean())


def drawdown_difference(first: Array, second: Array, *, x: Array) -> float:
    """How much further the first group's runs fall below what they had reached than the second's.

    The largest fall of each run, in the mean over runs, in units of what the second group learned.
    """
    return (_drawdown(first) - _drawdown(second)) / _learned(second)


def drawdown_trend(first: Array, second: Array, *others: Array, x: Array) -> float:
    """Spearman's correlation of the groups' order with their largest falls, below 0 where later fall less.

    Each group's drawdown is in units of what it learned itself, or who learns nothing would seem steady.
    """
    groups = (first, second, *others)
    drawdowns = [_drawdown(group) / _learned(group) for group in groups]
    if np.ptp(drawdowns) == 0:
        return 0.0
    return float(scipy.stats.spearmanr(np.arange(len(groups)), drawdowns).statistic)


STATISTICS: dict[str, Callable[..., float]] = {
    function.__name__: function
    for function in (
        lead,
        delay,
        final_difference,
        area_difference,
        improvement,
        value_at,
        largest_difference,
        largest_value,
        share_closer,
        drawdown_difference,
        drawdown_trend,
    )
}
THEORY, LARGEST_ERROR = "theory", "largest_error"
"""The statistic of the theory table, which has no seeds: its largest error."""


class Rule(Strict):
    """What an estimate must satisfy; one of these."""

    at_least: float | None = None
    more_than: float | None = None
    at_most: float | None = None
    less_than: float | None = None
    within: Annotated[float | None, Field(ge=0, description="of zero")] = None
    between: Annotated[tuple[float, float] | None, Field(strict=False)] = None

    @model_validator(mode="after")
    def _check_one(self) -> Self:
        given = [name for name in type(self).model_fields if getattr(self, name) is not None]
        if len(given) != 1 or len(self.model_fields_set) != 1:
            raise ValueError(f"expected one of {', '.join(type(self).model_fields)}")
        if self.between is not None and self.between[0] > self.between[1]:
            raise ValueError(f"between = {list(self.between)}: expected the smaller number first")
        return self

    @property
    def _bounds(self) -> tuple[float, float]:
        if self.between is not None:
            return self.between
        if self.within is not None:
            return -self.within, self.within
        low = self.at_least if self.more_than is None else self.more_than
        high = self.at_most if self.less_than is None else self.less_than
        return -np.inf if low is None else low, np.inf if high is None else high

    def verdict(self, low: float, high: float) -> str:
        """Whether all, some or no values between low and high satisfy the rule."""
        least, most = self._bounds
        if self.more_than is not None:
            inside, outside = low > least, high <= least
        elif self.less_than is not None:
            inside, outside = high < most, low >= most
        else:
            inside, outside = least <= low and high <= most, high < least or low > most
        return REPRODUCED if inside else NOT_REPRODUCED if outside else INCONCLUSIVE

    def __str__(self) -> str:
        (name,) = self.model_fields_set
        value = getattr(self, name)
        if name == "between":
            return f"{value[0]:g} to {value[1]:g}"
        signs = {"at_least": ">=", "more_than": ">", "at_most": "<=", "less_than": "<", "within": "+-"}
        return f"{signs[name]} {value:g}"


class Case(Strict):
    """What a case has of its own."""

    groups: Annotated[list[dict[str, str]], Field(min_length=1)]


class Claim(Strict):
    """A claim of the paper, where it stands, and how it is judged (config/claims.yaml)."""

    id: str
    figure: str
    place: str
    statement: str
    statistic: str
    parameters: Annotated[dict[str, float], Field(default_factory=dict)]
    value: str | list[str]
    of: Literal["optimum"] | None = None
    groups: Annotated[list[dict[str, str]], Field(default_factory=lambda: [{}], min_length=1)]
    cases: Annotated[dict[str, Case], Field(min_length=1)] | None = None
    each: (
        Annotated[dict[str, Annotated[list[str], Field(min_length=1)]], Field(min_length=1, max_length=1)]
        | None
    ) = None
    rule: Rule
    seeds: Annotated[int, Field(ge=2)]

    @model_validator(mode="after")
    def _check(self) -> Self:
        known = [LARGEST_ERROR] if self.figure == THEORY else list(STATISTICS)
        if self.statistic not in known:
            raise ValueError(f"statistic = {self.statistic!r}: expected one of {', '.join(known)}")
        if self.cases is not None and self.each is not None:
            raise ValueError("cases and each: expected one of them")
        if self.figure == THEORY:
            if self.parameters or self.of or self.cases:
                raise ValueError("parameters, of and cases: expected none, of the theory")
            return self
        if len(self.columns) != (3 if self.statistic == share_closer.__name__ else 1):
            raise ValueError(f"value = {self.value}: expected one column, or three of share_closer")
        for groups in [case.groups for case in (self.cases or {}).values()] or [self.groups]:
            try:
                inspect.signature(STATISTICS[self.statistic]).bind(*groups, x=(), **self.parameters)
            except TypeError as error:
                raise ValueError(f"groups and parameters of {self.statistic}: {error}") from None
        return self

    def cases_in(self, table: pd.DataFrame) -> dict[str, list[Group]]:
        """The groups of each case of the claim, and after them of further values of `each` in the table."""
        if self.cases is not None:
            return {name: list(case.groups) for name, case in self.cases.items()}
        if self.each is not None:
            ((column, values),) = self.each.items()
            found = dict.fromkeys([*values, *table[column].astype(str)])
            return {value: [{**group, column: value} for group in self.groups] for value in found}
        return {"": list(self.groups)}

    @property
    def n_cases(self) -> int:
        """How many cases the claim has; those that come after them do not count for it."""
        if self.each is not None:
            ((_, values),) = self.each.items()
            return len(values)
        return len(self.cases or [""])

    @property
    def labels(self) -> set[str]:
        """The columns by which its groups are told apart."""
        groups = [*self.groups, *(group for case in (self.cases or {}).values() for group in case.groups)]
        return {label for group in groups for label in group} | set(self.each or {})

    @property
    def columns(self) -> list[str]:
        """The columns of the table that are measured."""
        return [self.value] if isinstance(self.value, str) else self.value


def read_claims(path: Path) -> list[Claim]:
    """The claims of a YAML file.

    Raises:
        InvalidInput: the file is missing or not a list of claims, or a claim is there twice.

    """
    data = read_yaml(path, "a list of claims")
    if not isinstance(data, list):
        raise InvalidInput(f"{path}: expected a list of claims")
    claims = []
    for position, item in enumerate(data):
        name = item.get("id") if isinstance(item, dict) else f"[{position}]"
        claims.append(validated(Claim, item, f"{path}: claim {name}"))
    ids = [claim.id for claim in claims]
    for name in ids:
        if ids.count(name) > 1:
            raise InvalidInput(f"{path}: claim {name} twice")
    return claims


def judge(
    claims: Sequence[Claim], tables: Mapping[str, pd.DataFrame], optimum: float, resamples: int = RESAMPLES
) -> pd.DataFrame:
    """The verdicts, see `COLUMNS`: a row per case, and one over all where there are several.

    Args:
        claims: as read.
        tables: the tidy tables by figure, and the one of `theory`. What a claim needs and is not there makes
            it inconclusive with no seeds.
        optimum: J* of FourRoom.
        resamples: of the bootstrap.

    Raises:
        InvalidInput: a table lacks a column or a seed, or a run is short without having diverged.

    """
    rows = []
    for claim in claims:
        if claim.figure not in tables:
            rows.append(_row(claim, "", None, 0, INCONCLUSIVE))
        else:
            try:
                rows += _judge(claim, tables[claim.figure], optimum, resamples)
            except InvalidInput as error:
                raise InvalidInput(f"{claim.figure}.csv: claim {claim.id}: {error}") from None
    return pd.DataFrame(rows, columns=COLUMNS)


def _judge(claim: Claim, table: pd.DataFrame, optimum: float, resamples: int) -> list[tuple[Any, ...]]:
    lacking = {*claim.columns, *(claim.each or [])} - set(table)
    if lacking:
        raise InvalidInput(f"column {min(lacking)} is missing")
    rows = []
    for case, groups in claim.cases_in(table).items():
        if claim.figure == THEORY:
            rows.append(_judge_errors(claim, case, select(table, groups[0])))
        else:
            rows.append(_judge_case(claim, case, table, groups, optimum, resamples))
    if len(rows) > 1:
        rows.append(_over_all(claim, rows[: claim.n_cases]))
    return rows


def _judge_case(
    claim: Claim, case: str, table: pd.DataFrame, groups: Sequence[Group], optimum: float, resamples: int
) -> tuple[Any, ...]:
    found = curves_of(table, groups, claim.columns)
    if found is None:
        return _row(claim, case, None, 0, INCONCLUSIVE)
    unit = optimum if claim.of == "optimum" else 1.0
    curves = [group / unit for group in found.curves]
    statistic = partial(STATISTICS[claim.statistic], x=found.x, **claim.parameters)
    rng = np.random.default_rng(list(f"{claim.id} {case}".encode()))
    interval = bootstrap(statistic, curves, rng, resamples=resamples)
    n_seeds = len(curves[0])
    enough = n_seeds >= claim.seeds and np.isfinite(interval).all()
    verdict = claim.rule.verdict(interval.low, interval.high) if enough else INCONCLUSIVE
    return _row(claim, case, interval, n_seeds, verdict)


def _judge_errors(claim: Claim, case: str, table: pd.DataFrame) -> tuple[Any, ...]:
    errors = table[claim.columns[0]].to_numpy(float)
    if not len(errors):
        return _row(claim, case, None, 0, INCONCLUSIVE)
    largest, n = float(errors.max()), int(table["n_problems"].sum())
    verdict = claim.rule.verdict(largest, largest) if n >= claim.seeds else INCONCLUSIVE
    return _row(claim, case, Interval(largest, largest, largest), n, verdict)


def _over_all(claim: Claim, rows: Sequence[tuple[Any, ...]]) -> tuple[Any, ...]:
    """The row of a claim that is made of each case: the mean (of errors the largest) and the verdict."""
    table = pd.DataFrame(rows, columns=COLUMNS)
    verdicts = set(table["verdict"])
    verdict = next((v for v in (NOT_REPRODUCED, INCONCLUSIVE) if v in verdicts), REPRODUCED)
    estimates = table["estimate"].astype(float)
    estimate = estimates.max() if claim.figure == THEORY else estimates.mean(skipna=False)
    whole = Interval(estimate, np.nan, np.nan)
    return _row(claim, ALL, whole, int(table["n_seeds"].min()), verdict)


def _row(claim: Claim, case: str, interval: Interval | None, n_seeds: int, verdict: str) -> tuple[Any, ...]:
    numbers = interval or (None, None, None)
    rule = f"{claim.rule}, n >= {claim.seeds}"
    about = (claim.id, case, claim.figure, claim.place, claim.statement, claim.statistic)
    return (*about, *numbers, n_seeds, rule, verdict)
