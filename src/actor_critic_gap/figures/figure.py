"""What a figure is: which runs it shows, its tidy table, and how it is drawn and put into words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import pandas as pd

from actor_critic_gap.tabular.kernels import ALGORITHMS

if TYPE_CHECKING:
    import matplotlib.axes
    import matplotlib.figure

Drawing: TypeAlias = "matplotlib.figure.Figure"
"""What a figure is drawn as."""

Axes: TypeAlias = "matplotlib.axes.Axes"

Room: TypeAlias = Mapping[str, Any]
"""FourRoom's settings and optimal objective; nothing for a figure that does not ask for them."""

TABULAR: tuple[str, ...] = (*ALGORITHMS, "dynamic-programming", "robustness")
"""The algorithms of the runs on FourRoom."""

SAC_KEYS = ("seed", "iteration", "environment_steps")

CURVES = "Lines are means over the seeds, bands one sample standard deviation (ddof = 1)."
DIVERGED = "A run that diverged goes on at its least return, as in the verdicts."


def _as_it_is(table: pd.DataFrame) -> pd.DataFrame:
    return table


def _nothing(table: pd.DataFrame) -> list[str]:
    return []


@dataclass(frozen=True)
class Figure:
    """A figure and its tidy table.

    Attributes:
        title: in the report.
        caption: what its marks are.
        algorithms: those whose runs it can show.
        labels: the settings that tell its runs apart; they are columns. Without any it shows one run.
        keys: seed and position of a row.
        measures: what is measured; the summary has a row for each.
        plot: draws the table, with what is asked for of FourRoom.
        others: further columns.
        texts: those columns besides the labels that do not hold numbers.
        same: the settings that all its runs share.
        in_paper: whether the paper has it.
        needs_room: whether `plot` needs FourRoom's map or optimum.
        rows: the rows of a run's progress that it shows.
        choices: of its columns those that are choices which the paper leaves open, with their names in words:
            what a reader can choose in the explorer.
        findings: what it shows, in sentences made from the table; of figures that no claim is about.
        measured_by: the setting without which, at 0, runs do not measure what it shows.

    """

    title: str
    caption: str
    algorithms: tuple[str, ...]
    labels: tuple[str, ...]
    keys: tuple[str, ...]
    measures: tuple[str, ...]
    plot: Callable[[pd.DataFrame, Room], Drawing]
    others: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    in_paper: bool = True
    needs_room: bool = False
    rows: Callable[[pd.DataFrame], pd.DataFrame] = _as_it_is
    choices: Mapping[str, str] = field(default_factory=dict)
    findings: Callable[[pd.DataFrame], list[str]] = _nothing
    measured_by: str = ""

    @property
    def columns(self) -> list[str]:
        """All columns of the table, in order."""
        return [*self.labels, *self.keys, *self.measures, *self.others]

    @property
    def numbers(self) -> list[str]:
        """The columns that hold numbers."""
        return [column for column in self.columns if column not in (*self.labels, *self.texts)]

    @property
    def tabular(self) -> bool:
        """Whether it shows runs on FourRoom."""
        return set(self.algorithms) <= set(TABULAR)
