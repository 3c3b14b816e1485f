"""What figures' findings share: comparisons of runs with their intervals, as text."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from actor_critic_gap.evidence.curves import Group, curves_of
from actor_critic_gap.evidence.statistics import Interval, bootstrap
from actor_critic_gap.figures import style

NAMES = {algorithm: name.replace("$", "") for algorithm, name in style.NAMES.items()}
"""The paper's names of Algorithms 1-4 in plain text."""


def compared(
    statistic: Callable[..., float], table: pd.DataFrame, first: Group, second: Group, column: str
) -> Interval | None:
    """A statistic of two groups of runs with its interval; None where one of them has no runs."""
    found = curves_of(table, [first, second], [column])
    if found is None:
        return None
    return bootstrap(partial(statistic, x=found.x), found.curves, np.random.default_rng(0))


def judged(difference: Interval) -> str:
    """Which side of zero the interval of a difference lies on."""
    if difference.low > 0:
        return "better"
    return "worse" if difference.high < 0 else "no difference shown"


def interval(found: Interval) -> str:
    """An estimate with its interval."""
    return f"{found.estimate:.3g} [{found.low:.3g}, {found.high:.3g}]"
