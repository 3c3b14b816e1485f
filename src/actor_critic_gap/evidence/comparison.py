"""Two experiments held against each other: curve by curve and claim by claim, with intervals of differences.

Seeds that both have are compared with themselves, as runs of a seed start alike; curves as far as both go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from actor_critic_gap.evidence.claims import ALL, STATISTICS, THEORY, Claim, area_mean, size_learned
from actor_critic_gap.evidence.curves import Curves, Group, curves_of
from actor_critic_gap.evidence.statistics import Array, Interval, final_values, jackknife

Tables = Mapping[str, pd.DataFrame]


class Difference(NamedTuple):
    """A number of each experiment, and the second minus the first, over common seeds, with its 95 % interval.

    The interval is not a number where there is none: with fewer than two seeds, or where an estimate is none.
    """

    first: float
    second: float
    estimate: float
    low: float = np.nan
    high: float = np.nan

    @property
    def same(self) -> bool:
        """Whether both are the same number, or both are none."""
        return self.first == self.second or bool(np.isnan(self.first) and np.isnan(self.second))

    @property
    def told_apart(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low > 0 or self.high < 0


class CurvesCompared(NamedTuple):
    """A measure of a group of runs in both experiments."""

    figure: str
    runs: str
    measure: str
    n_seeds: int
    until: float
    """the last step that both have"""
    final: Difference
    """of the final values"""
    area: Difference
    """of the mean heights of the curves"""
    same: bool
    """whether all that was compared is the same number for number"""


class ClaimCompared(NamedTuple):
    """A case of a claim in both experiments."""

    claim: str
    case: str
    place: str
    statement: str
    statistic: str
    verdicts: tuple[str, str]
    rules: tuple[str, str]
    units: tuple[str, str]
    estimate: Difference

    @property
    def same(self) -> bool:
        """Whether verdict, rule, unit and estimate are the same."""
        pairs = (self.verdicts, self.rules, self.units)
        return all(one == other for one, other in pairs) and self.estimate.same


def compare_curves(
    figure: str, tables: tuple[pd.DataFrame, pd.DataFrame], labels: Sequence[str], measures: Sequence[str]
) -> Iterator[CurvesCompared]:
    """Each measure of each group of runs that both tables of a figure have.

    Args:
        figure: its name.
        tables: of the first and of the second experiment.
        labels: the columns that tell groups apart.
        measures: the columns to compare.

    Raises:
        InvalidInput: a table lacks a seed or a row.

    """
    groups = [groups_of(table, labels) for table in tables]
    for values in groups[0]:
        if values not in groups[1]:
            continue
        group = dict(zip(labels, values, strict=True))
        for measure in measures:
            found = _of_both(tables, [group], [measure])
            if found is None:
                continue
            (one, other), n_seeds = found
            statistics = (lambda curves, x: final_values(curves).mean(), area_mean)
            final, area = (_difference(statistic, one, other) for statistic in statistics)
            yield CurvesCompared(
                figure,
                " ".join(values) or "all",
                measure,
                n_seeds,
                float(one.x[-1]),
                final,
                area,
                _alike(one, other),
            )


def groups_of(table: pd.DataFrame, labels: Sequence[str]) -> list[tuple[str, ...]]:
    """The values of the labels of each group of runs."""
    if not labels:
        return [()]
    return [tuple(values) for values in table[list(labels)].astype(str).drop_duplicates().to_numpy()]


def compare_claims(
    verdicts: tuple[pd.DataFrame, pd.DataFrame],
    claims: Sequence[Claim],
    tables: tuple[Tables, Tables],
    optima: tuple[float, float],
) -> list[ClaimCompared]:
    """Each case of each claim on which both experiments have a verdict.

    Args:
        verdicts: as `claims.judge` gave them.
        claims: the rules, for the intervals of differences; a claim that is not there has none.
        tables: the tidy tables by figure.
        optima: J* of FourRoom in each.

    Raises:
        InvalidInput: a table lacks a seed or a row.

    """
    both = verdicts[0].merge(verdicts[1], on=["claim", "case"], suffixes=("", "_2"))
    both = both.fillna({"unit": "", "unit_2": ""})
    known = {claim.id: claim for claim in claims}
    compared = []
    for row in both.to_dict("records"):
        judged, rules = (row["estimate"], row["estimate_2"]), known.get(row["claim"])
        units = (row["unit"], row["unit_2"])
        alike = units[0] == units[1]
        estimate = Difference(*judged, judged[1] - judged[0] if alike else np.nan)
        if rules is not None and rules.figure != THEORY and row["case"] != ALL and alike:
            found = _difference_of_claim(rules, row["case"], tables, optima)
            estimate = found._replace(first=judged[0], second=judged[1]) if found else estimate
        compared.append(
            ClaimCompared(
                claim=row["claim"],
                case=row["case"],
                place=row["place"],
                statement=row["statement"],
                statistic=row["statistic"],
                verdicts=(row["verdict"], row["verdict_2"]),
                rules=(asked(row), asked(row, "_2")),
                units=units,
                estimate=estimate,
            )
        )
    return compared


def asked(row: Mapping[Any, Any], suffix: str = "") -> str:
    """What a row of the table of verdicts asks for, of the estimate and of the number of seeds."""
    return f"{row[f'rule{suffix}']}, n >= {row[f'seeds_needed{suffix}']}"


def _difference_of_claim(
    claim: Claim, case: str, tables: tuple[Tables, Tables], optima: tuple[float, float]
) -> Difference | None:
    if not all(claim.figure in each for each in tables):
        return None
    pair = (tables[0][claim.figure], tables[1][claim.figure])
    if pair[0].equals(pair[1]):
        return None
    groups = claim.cases_in(pair[0]).get(case)
    found = groups and _of_both(pair, groups, claim.columns_of(case), whole=True)
    if not found:
        return None
    one, other = (
        Curves(each.x, [curves / (optimum if claim.unit == "optimum" else 1.0) for curves in each.curves])
        for each, optimum in zip(found[0], optima, strict=True)
    )
    statistic = partial(STATISTICS[claim.statistic], **claim.parameters)

    def measured(*curves: Array, x: Array) -> float:
        unit = size_learned(curves[-1]) if claim.unit == "learned" else 1.0
        return _number(statistic(*curves, x=x)) / unit

    return _difference(measured, one, other)


def _of_both(
    tables: tuple[pd.DataFrame, pd.DataFrame],
    groups: Sequence[Group],
    columns: Sequence[str],
    *,
    whole: bool = False,
) -> tuple[tuple[Curves, Curves], int] | None:
    """The curves of the seeds that both have, and, if not `whole`, as far as both go; None without any."""
    first, second = (curves_of(table, groups, columns) for table in tables)
    if first is None or second is None:
        return None
    n_seeds = min(len(each.curves[0]) for each in (first, second))
    end = np.inf if whole else min(first.x[-1], second.x[-1])
    one, other = (
        Curves(each.x[each.x <= end], [curves[:n_seeds, each.x <= end] for curves in each.curves])
        for each in (first, second)
    )
    return None if not len(one.x) or not len(other.x) else ((one, other), n_seeds)


def _alike(one: Curves, other: Curves) -> bool:
    """Whether curves are the same number for number."""
    pairs = zip([one.x, *one.curves], [other.x, *other.curves], strict=True)
    return all(np.array_equal(*pair) for pair in pairs)


def _difference(statistic: Callable[..., Any], one: Curves, other: Curves) -> Difference:
    """The statistic of the curves of each, and the interval of their difference over seeds."""
    k = len(one.curves)
    if _alike(one, other):
        value = _number(statistic(*one.curves, x=one.x))
        return Difference(value, value, 0.0, 0.0, 0.0)
    first, second = (_number(statistic(*each.curves, x=each.x)) for each in (one, other))
    if len(one.curves[0]) < 2 or not np.isfinite([first, second]).all():
        return Difference(first, second, second - first)

    def difference(*samples: Array) -> float:
        return _number(statistic(*samples[k:], x=other.x)) - _number(statistic(*samples[:k], x=one.x))

    found = jackknife(difference, [*one.curves, *other.curves])
    return Difference(first, second, found.estimate, found.low, found.high)


def _number(found: float | Interval) -> float:
    """What a statistic gives, without an interval of its own."""
    return found.estimate if isinstance(found, Interval) else float(found)
