"""What all figures share: sizes, files, and one colour an algorithm (Okabe and Ito, colour-blind safe)."""

from __future__ import annotations

import io
from collections.abc import Collection, Sequence
from pathlib import Path

import matplotlib
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.runs import write_atomically

matplotlib.use("agg")

COLOURS = {
    "Actor$_o$-Critic": "#E69F00",
    "Actor$_g$-Critic": "#0072B2",
    "Stack-AC": "#009E73",
    "Res-AC": "#D55E00",
    "Policy gradient": "#000000",
    "SAC-1-0": "#999999",
    "SAC-10-0": "#0072B2",
    "Stack-SAC-10-0": "#009E73",
    "Res-SAC-10-10": "#D55E00",
}
"""The colour of each algorithm, in every figure."""

TRUE_COLOUR, CRITIC_COLOUR, GOAL_COLOUR = "#000000", "#56B4E9", "#009E73"

BAND = "sd"
"""Half-width of the bands: one sample standard deviation over seeds (ddof = 1)."""

sns.set_theme(
    context="paper",
    style="ticks",
    rc={
        "figure.dpi": 100,
        "savefig.dpi": 200,
        "font.size": 9,
        "axes.labelsize": 9,
        "axes.titlesize": 9,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "legend.frameon": False,
        "legend.fontsize": 8,
        "legend.title_fontsize": 8,
        "lines.linewidth": 1.4,
        "pdf.fonttype": 42,
        "figure.constrained_layout.use": True,
    },
)


def caption(table: pd.DataFrame) -> str:
    """What the lines and bands are, with the number of seeds."""
    return f"mean and one standard deviation, {table['seed'].nunique()} seeds"


def diverged(table: pd.DataFrame, label: str) -> str:
    """Which runs ended early because a loss was not finite, in words; empty where none did."""
    last = table.groupby([label, "seed"])["iteration"].max()
    early = last[last < last.max()]
    return "; ".join(
        f"{name} seed {seed} diverged after iteration {at:,}" for (name, seed), at in early.items()
    )


def iterations(table: pd.DataFrame) -> str:
    """The x axis of the SAC figures, with the environment steps of an iteration."""
    steps = table["environment_steps"].max() / table["iteration"].max()
    return f"iteration ({steps:g} environment steps)"


def thousands(axis: Axes) -> None:
    """Label the x axis, in environment steps, in thousands."""
    axis.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x / 1000:g}"))
    axis.set_xlabel("environment steps (thousands)")


def read_table(path: Path, columns: Sequence[str], may_be_empty: Collection[str] = ()) -> pd.DataFrame:
    """A tidy table, or InvalidInput where it lacks a column, a row or a value."""
    try:
        table = pd.read_csv(path, dtype={"clip": str}, keep_default_na=False, na_values=[""])
    except (pd.errors.EmptyDataError, pd.errors.ParserError, UnicodeDecodeError):
        raise InvalidInput(f"{path}: not a CSV table") from None
    missing = [column for column in columns if column not in table]
    if missing or table.empty or table.drop(columns=may_be_empty, errors="ignore").isna().any(axis=None):
        problem = f"lacks column {missing[0]}" if missing else "is empty or has empty cells"
        raise InvalidInput(f"{path}: {problem}; expected {', '.join(columns)}")
    return table


def save(figure: Figure, paths: Sequence[Path]) -> None:
    """Write the figure in the format of each suffix; no time stamps, so the same figure is the same bytes."""
    for path in paths:
        buffer = io.BytesIO()
        dates = {"CreationDate": None, "ModDate": None} if path.suffix == ".pdf" else {"Software": None}
        figure.savefig(buffer, format=path.suffix.removeprefix("."), metadata=dates)
        write_atomically(path, buffer.getvalue())
