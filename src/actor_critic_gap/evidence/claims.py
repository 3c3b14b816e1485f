"""The paper's claims, judged: tidy tables and rules as data -> a verdict on each claim.

A claim names a statistic of this module, which compares groups of runs. Its interval over seeds decides:
where every value in it satisfies the rule the claim is reproduced, where none does it is not, otherwise the
data are inconclusive; and so they are with fewer seeds than the claim asks for. Over several cases a claim is
reproduced where each is, and not reproduced where one is not by an interval of 1 - 5 % / (number of cases),
as in the first step of Holm (1979); where it takes any of them, the other way round.

A statistic takes an array (seeds, rows) of each group, and as `x` the steps of the rows (rows,).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.evidence.curves import Group, curves_of, select
from actor_critic_gap.evidence.statistics import (
    LEVEL,
    Array,
    Interval,
    area_under_curve,
    difference_of_shares,
    final_values,
    jackknife,
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
    "unit",
    "estimate",
    "ci_low",
    "ci_high",
    "detectable",
    "n_seeds",
    "rule",
    "rule_low",
    "rule_high",
    "seeds_needed",
    "verdict",
]
REPRODUCED, NOT_REPRODUCED, INCONCLUSIVE = "reproduced", "not reproduced", "inconclusive"
ALL = "all"


def learned(reference: Array) -> float:
    """How much the reference learned: its mean final minus its mean first value; 0 for rounding errors."""
    difference = float(final_values(reference).mean() - reference[:, 0].mean())
    return difference if abs(difference) > 1e-12 * np.abs(reference).max() else 0.0


def size_learned(reference: Array) -> float:
    """The size of what the reference learned, a unit; not a number where it is nothing."""
    return abs(learned(reference)) or np.nan


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
    """The first group's mean final value minus the second's."""
    return float(final_values(first).mean() - final_values(second).mean())


def area_mean(curves: Array, *, x: Array) -> float:
    """The mean area under the curves: what was measured, in the mean over training."""
    return float(area_under_curve(curves, x).mean())


def area_difference(first: Array, second: Array, *, x: Array) -> float:
    """The first group's mean area under the curve minus the second's: who learns faster."""
    return area_mean(first, x=x) - area_mean(second, x=x)


def error_ratio(curves: Array, *, x: Array) -> float:
    """The first of two columns over the second, each in the mean over training and runs.

    Curves of shape (seeds, rows, 2).
    """
    first, second = (area_mean(column, x=x) for column in np.moveaxis(curves, 2, 0))
    return first / second if second > 0 else np.nan


def value_at(curves: Array, *, x: Array, at: float) -> float:
    """The mean at step `at`, or at the last logged one before it; not a number where no run is there."""
    if not x[0] <= at <= x[-1]:
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


def _drawdowns(curves: Array) -> Array:
    """The largest fall of each run below what it had reached before: (seeds, rows) -> (seeds,)."""
    return np.asarray((np.maximum.accumulate(curves, axis=1) - curves).max(axis=1))


def drawdown_trend(first: Array, second: Array, *others: Array, x: Array) -> float:
    """By how much the drawdown changes from one group to the next: the slope of a straight line.

    Each group's mean drawdown is in units of what it learned itself, or who learns nothing would seem steady.
    """
    groups = (first, second, *others)
    drawdowns = [_drawdowns(group).mean() / size_learned(group) for group in groups]
    return float(np.polyfit(np.arange(len(groups)), drawdowns, 1)[0])


def collapse_difference(first: Array, second: Array, *, x: Array) -> Interval:
    """The share of runs that collapse in the first group minus that in the second.

    A run collapses where it falls, below what it had reached, by more than half of what the second group
    learned.
    """
    half = size_learned(second) / 2
    if np.isnan(half):
        return Interval(np.nan, np.nan, np.nan, np.inf)
    return difference_of_shares(_drawdowns(first) > half, _drawdowns(second) > half)


STATISTICS: dict[str, Callable[..., Any]] = {
    function.__name__: function
    for function in (
        lead,
        delay,
        final_difference,
        area_difference,
        error_ratio,
        value_at,
        largest_difference,
        largest_value,
        share_closer,
        drawdown_trend,
        collapse_difference,
    )
}
"""Each gives a number, of which the interval is the jackknife's, or an interval."""
_LINEAR = {final_difference.__name__, area_difference.__name__}
"""Those that can be measured in units of what was learned."""
_IN_STEPS = {lead.__name__, delay.__name__}
"""Those that count steps."""
_N_COLUMNS = {share_closer.__name__: 3, error_ratio.__name__: 2}
"""How many columns a statistic takes, where not one."""
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
    def bounds(self) -> tuple[float, float]:
        """The least and the most of the values that it asks for; infinite where there is none."""
        if self.between is not None:
            return self.between
        if self.within is not None:
            return -self.within, self.within
        low = self.at_least if self.more_than is None else self.more_than
        high = self.at_most if self.less_than is None else self.less_than
        return -np.inf if low is None else low, np.inf if high is None else high

    def verdict(self, low: float, high: float) -> str:
        """Whether all, some or no values between low and high satisfy the rule."""
        least, most = self.bounds
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
    """What a case has of its own; what it has not is the claim's."""

    groups: Annotated[list[dict[str, str]], Field(min_length=1)] | None = None
    value: str | None = None


class Claim(Strict):
    """A claim of the paper, where it stands, and how it is judged (config/claims.yaml)."""

    id: str
    figure: str
    place: str
    statement: str
    statistic: str
    parameters: Annotated[dict[str, float], Field(default_factory=dict)]
    value: str | list[str]
    holds: Literal["each", "any"] = "each"
    unit: Literal["learned", "optimum"] | None = None
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
        if self.unit == "learned" and self.statistic not in _LINEAR:
            raise ValueError(f"unit = 'learned': expected with {' or '.join(sorted(_LINEAR))}")
        if self.figure == THEORY:
            if self.parameters or self.unit or self.cases:
                raise ValueError("parameters, unit and cases: expected none, of the theory")
            return self
        if len(self.columns) != (expected := _N_COLUMNS.get(self.statistic, 1)):
            raise ValueError(f"value = {self.value}: expected {expected} of {self.statistic}")
        for groups in [case.groups or self.groups for case in (self.cases or {}).values()] or [self.groups]:
            try:
                inspect.signature(STATISTICS[self.statistic]).bind(*groups, x=(), **self.parameters)
            except TypeError as error:
                raise ValueError(f"groups and parameters of {self.statistic}: {error}") from None
        return self

    def cases_in(self, table: pd.DataFrame) -> dict[str, list[Group]]:
        """The groups of each case of the claim, and after them of further values of `each` in the table."""
        if self.cases is not None:
            return {name: list(case.groups or self.groups) for name, case in self.cases.items()}
        if self.each is not None:
            ((column, values),) = self.each.items()
            found = dict.fromkeys([*values, *table[column].astype(str)])
            return {value: [{**group, column: value} for group in self.groups] for value in found}
        return {"": list(self.groups)}

    @property
    def label_values(self) -> list[tuple[str, str]]:
        """The labels of all its groups, with their values."""
        own = [case.groups or [] for case in (self.cases or {}).values()]
        groups = [self.groups, *own] if not all(own) or not own else own
        each = [(label, value) for label, values in (self.each or {}).items() for value in values]
        return [*each, *(item for found in groups for group in found for item in group.items())]

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
        return {label for label, _ in self.label_values}

    @property
    def columns(self) -> list[str]:
        """The columns of the table that are measured, where a case has none of its own."""
        return [self.value] if isinstance(self.value, str) else self.value

    def columns_of(self, case: str) -> list[str]:
        """The columns of the table that are measured in a case."""
        own = self.cases[case].value if self.cases is not None else None
        return self.columns if own is None else [own]


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


def judge(claims: Sequence[Claim], tables: Mapping[str, pd.DataFrame], optimum: float) -> pd.DataFrame:
    """The verdicts, see `COLUMNS`: a row per case, and one over all where there are several.

    Args:
        claims: as read.
        tables: the tidy tables by figure, and the one of `theory`. What a claim needs and is not there makes
            it inconclusive with no seeds.
        optimum: J* of FourRoom.

    Raises:
        InvalidInput: a table lacks a column or a seed, or a run is short without having diverged.

    """
    rows = []
    for claim in claims:
        if claim.figure not in tables:
            rows.append(_Judged(claim, "").row)
        else:
            try:
                rows += _judge(claim, tables[claim.figure], optimum)
            except InvalidInput as error:
                raise InvalidInput(f"{claim.figure}.csv: claim {claim.id}: {error}") from None
    return pd.DataFrame(rows, columns=COLUMNS)


class _Judged(NamedTuple):
    """A case of a claim, judged."""

    claim: Claim
    case: str
    interval: Interval | None = None
    n_seeds: int = 0

    def verdict(self, level: float = LEVEL) -> str:
        """By the interval of a level."""
        if self.interval is None or self.n_seeds < self.claim.seeds:
            return INCONCLUSIVE
        ends = self.interval.ends(level)
        return INCONCLUSIVE if np.isnan(ends).any() else self.claim.rule.verdict(*ends)

    @property
    def row(self) -> tuple[Any, ...]:
        """As a row of the table."""
        found = self.interval
        numbers = (found.estimate, *found.ends(), found.detectable) if found else (None,) * 4
        return _row(self.claim, self.case, numbers, self.n_seeds, self.verdict())


def _judge(claim: Claim, table: pd.DataFrame, optimum: float) -> list[tuple[Any, ...]]:
    own = [case.value for case in (claim.cases or {}).values() if case.value is not None]
    lacking = {*claim.columns, *own, *(claim.each or [])} - set(table)
    if lacking:
        raise InvalidInput(f"column {min(lacking)} is missing")
    judged = [
        _judge_errors(claim, case, select(table, groups[0]))
        if claim.figure == THEORY
        else _judge_case(claim, case, table, groups, optimum)
        for case, groups in claim.cases_in(table).items()
    ]
    rows = [each.row for each in judged]
    return [*rows, _over_all(claim, judged[: claim.n_cases])] if len(rows) > 1 else rows


def _judge_case(
    claim: Claim, case: str, table: pd.DataFrame, groups: Sequence[Group], optimum: float
) -> _Judged:
    found = curves_of(table, groups, claim.columns_of(case))
    if found is None:
        return _Judged(claim, case)
    curves = [group / optimum for group in found.curves] if claim.unit == "optimum" else found.curves
    statistic = partial(STATISTICS[claim.statistic], **claim.parameters)
    return _Judged(claim, case, interval_of(statistic, found.x, curves, claim.unit), len(curves[0]))


def interval_of(
    statistic: Callable[..., Any], x: Array, curves: Sequence[Array], unit: str | None = None
) -> Interval:
    """A statistic of groups of curves with its interval, for `learned` in units of what the last learned."""
    measured = partial(statistic, x=x)
    found = measured(*curves)
    if isinstance(found, Interval):
        return found
    return jackknife(measured, curves, (lambda *groups: learned(groups[-1])) if unit == "learned" else None)


def _judge_errors(claim: Claim, case: str, table: pd.DataFrame) -> _Judged:
    errors = table[claim.columns[0]].to_numpy(float)
    if not len(errors):
        return _Judged(claim, case)
    largest = float(errors.max())
    return _Judged(claim, case, Interval(largest, largest, 0.0, np.inf), int(table["n_problems"].sum()))


def _over_all(claim: Claim, cases: Sequence[_Judged]) -> tuple[Any, ...]:
    """The row of a claim that is made of cases: the mean (of errors the largest) and the verdict."""
    stricter = 1 - (1 - LEVEL) / len(cases)
    needed, enough = (REPRODUCED, NOT_REPRODUCED) if claim.holds == "each" else (NOT_REPRODUCED, REPRODUCED)
    verdict = INCONCLUSIVE
    if all(case.verdict() == needed for case in cases):
        verdict = needed
    elif any(case.verdict(stricter) == enough for case in cases):
        verdict = enough
    estimates = [np.nan if case.interval is None else case.interval.estimate for case in cases]
    estimate = float(np.max(estimates) if claim.figure == THEORY else np.mean(estimates))
    n_seeds = min(case.n_seeds for case in cases)
    return _row(claim, ALL, (estimate, None, None, None), n_seeds, verdict)


def _row(
    claim: Claim, case: str, numbers: Sequence[float | None], n_seeds: int, verdict: str
) -> tuple[Any, ...]:
    unit = "steps" if claim.statistic in _IN_STEPS else claim.unit
    about = (claim.id, case, claim.figure, claim.place, claim.statement, claim.statistic, unit)
    finite = (np.nan if number is None or np.isinf(number) else number for number in numbers)
    bounds = (bound if np.isfinite(bound) else np.nan for bound in claim.rule.bounds)
    return (*about, *finite, n_seeds, str(claim.rule), *bounds, claim.seeds, verdict)
