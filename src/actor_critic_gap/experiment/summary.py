"""Tidy tables -> one row a group of runs: final value and area under the curve, over seeds."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.evidence.comparison import groups_of
from actor_critic_gap.evidence.curves import curves_of
from actor_critic_gap.evidence.statistics import area_under_curve, final_values, interval_of_middle
from actor_critic_gap.figures import FIGURES

COLUMNS = [
    "figure",
    "runs",
    "measure",
    "n_seeds",
    "final_mean",
    "final_sd",
    "final_iqm",
    "iqm_low",
    "iqm_high",
    "area_mean",
    "area_sd",
]
"""Standard deviations are the sample's (ddof = 1); the interval of the interquartile mean is at 95 %."""


def summarise(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The summary of tidy tables by figure, see `COLUMNS`.

    Raises:
        InvalidInput: a table is of no figure.

    """
    rows = []
    for figure, table in tables.items():
        if figure not in FIGURES:
            raise InvalidInput(f"{figure}: has no runs: expected tables of figures")
        labels = FIGURES[figure].labels
        for values in groups_of(table, labels):
            group = dict(zip(labels, values, strict=True))
            name = " ".join(group.values()) or "all"
            for measure in FIGURES[figure].measures:
                found = curves_of(table, [group], [measure])
                assert found is not None
                (curves,) = found.curves
                final, area = final_values(curves), area_under_curve(curves, found.x)
                middle = interval_of_middle(final)
                spreads = (final.mean(), final.std(ddof=1), *middle, area.mean(), area.std(ddof=1))
                rows.append((figure, name, measure, len(final), *spreads))
    return pd.DataFrame(rows, columns=COLUMNS)
