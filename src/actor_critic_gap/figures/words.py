"""What figures' findings share: comparisons of runs with their intervals, as text."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from actor_critic_gap.evidence.claims import interval_of
from actor_critic_gap.evidence.curves import Group, curves_of
from actor_critic_gap.evidence.statistics import Interval
from actor_critic_gap.figures import style

NAMES = {algorithm: name.replace("$", "") for algorithm, name in style.NAMES.items()}
"""The paper's names of Algorithms 1-4 in plain text."""


def named(text: str) -> str:
    """Text in which algorithms have the paper's names: stack-sac-10-0, eta 0.5 -> Stack-SAC-10-0, eta 0.5."""
    text = re.sub("|".join(map(re.escape, NAMES)), lambda found: NAMES[found[0]], text)
    return re.sub(r"\b(?:stack-|res-)?sac-\d+-\d+", lambda found: style.sac_name(found[0]), text)


def estimated(
    statistic: Callable[..., float],
    table: pd.DataFrame,
    columns: str | Sequence[str],
    *groups: Group,
    unit: str | None = None,
) -> Interval | None:
    """A statistic of groups of runs in a claim's unit with its interval; None where one has no runs."""
    found = curves_of(table, groups, [columns] if isinstance(columns, str) else columns)
    if found is None:
        return None
    return interval_of(statistic, found.x, found.curves, unit)


def interval(found: Interval) -> str:
    """An estimate with its interval."""
    return with_ends(found.estimate, found.low, found.high)


def with_ends(estimate: float, low: float, high: float) -> str:
    """An estimate with the ends of its interval, which are left out where there are none."""
    return f"{estimate:.3g}" if pd.isna(low) else f"{estimate:.3g} [{low:.3g}, {high:.3g}]"


def difference(found: Interval) -> str:
    """A difference with its interval, and on which side of zero that lies."""
    worse = "worse" if found.high < 0 else "no difference shown"
    return f"{interval(found)}, {'better' if found.low > 0 else worse}"


def number(value: Any) -> str:
    """A number for reading: four significant digits, or two where it is small; a dash for none."""
    if value is None or value == "" or pd.isna(value):
        return "–"
    if value in (math.inf, -math.inf):
        return "∞" if value > 0 else "-∞"
    if value == 0 or 1e-3 <= abs(value) < 1e3:
        return f"{value:.4g}"
    return f"{value:,.0f}" if abs(value) >= 1e3 else f"{value:.1e}"
