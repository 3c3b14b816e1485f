"""What all figures share: one look, one colour an algorithm, curves with bands, and files.

Seaborn and matplotlib take a second to import, so they are imported where something is drawn.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from actor_critic_gap.files import sha256, write_atomically
from actor_critic_gap.tabular.kernels import NAMES_AND_COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAMES: dict[str, str] = {algorithm: name for algorithm, (name, _) in NAMES_AND_COLOURS.items()}
"""The paper's names of Algorithms 1-4, with indices."""

COLOURS = {
    **dict(NAMES_AND_COLOURS.values()),
    "Policy gradient": "#000000",
    "SAC-1-0": "#999999",
    "SAC-10-0": "#0072B2",
    "SAC-20-0": "#56B4E9",
    "Stack-SAC-10-0": "#009E73",
    "Res-SAC-10-10": "#D55E00",
}
"""The colour of each algorithm, in every figure (Okabe and Ito, colour-blind safe)."""

TRUE_COLOUR, CRITIC_COLOUR, GOAL_COLOUR = "#000000", "#56B4E9", "#009E73"

BAND = "sd"
"""Half-width of the bands: one sample standard deviation over seeds (ddof = 1)."""


LOOK = {
    "figure.dpi": 100,
    "savefig.dpi": 200,
    "font.size": 9,
    "axes.labelsize": 9,
    "axes.titlesize": 9,
    "figure.titlesize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "legend.title_fontsize": 8,
    "lines.linewidth": 1.4,
    "pdf.fonttype": 42,
    "figure.constrained_layout.use": True,
}
"""What differs from seaborn's looks for papers, as matplotlib's rcParams."""


def subplots(*shape: int, figsize: tuple[float, float], **options: Any) -> tuple[Figure, Any]:
    """An empty figure in the look of all figures, and its axes, see `matplotlib.figure.Figure.subplots`."""
    import seaborn as sns
    from matplotlib.figure import Figure

    sns.set_theme(context="paper", style="ticks", rc=LOOK)
    figure = Figure(figsize)
    return figure, figure.subplots(*shape, **options)


class Line(NamedTuple):
    """How a column is drawn among others."""

    name: str
    colour: str
    dashes: tuple[float, float]


def curves(
    axis: Axes, table: pd.DataFrame, x: str, y: str, hue: str, *, alpha: float = 0.18, **options: Any
) -> None:
    """A line and a band over seeds for each value of `hue`; further options are those of `sns.lineplot`."""
    import seaborn as sns

    shared = {"errorbar": BAND, "err_kws": {"alpha": alpha, "linewidth": 0}, "palette": COLOURS}
    sns.lineplot(table, x=x, y=y, hue=hue, ax=axis, **shared | options)


def curves_of_columns(
    axis: Axes, table: pd.DataFrame, x: str, lines: Mapping[str, Line], **options: Any
) -> None:
    """A curve of each of some columns in a common unit."""
    long = table.melt(["seed", x], list(lines), "column", "value")
    names = [line.name for line in lines.values()]
    curves(
        axis,
        long.assign(column=long["column"].map({column: line.name for column, line in lines.items()})),
        x,
        "value",
        "column",
        hue_order=names,
        style="column",
        style_order=names,
        palette=[line.colour for line in lines.values()],
        dashes=[line.dashes for line in lines.values()],
        **options,
    )


def curves_of_algorithms(axis: Axes, table: pd.DataFrame, y: str, **options: Any) -> None:
    """A curve of each algorithm that learns from samples, over environment steps."""
    there = set(table["algorithm"])
    shown = [name for algorithm, name in NAMES.items() if algorithm in there]
    named = table.assign(algorithm=table["algorithm"].map(NAMES))
    curves(axis, named, "environment_steps", y, "algorithm", hue_order=shown, **options)
    thousands(axis)


def palette(names: Sequence[str], spare: Sequence[str] = ()) -> dict[str, str]:
    """The colour of each name: its own, and of names without one those of `spare`, then others."""
    import seaborn as sns

    left = iter((*spare, *sns.color_palette("husl", len(names)).as_hex()))
    return {name: COLOURS.get(name) or next(left) for name in names}


def sac_name(label: str) -> str:
    """The paper's name of an algorithm on continuous control: res-sac-10-10 -> Res-SAC-10-10."""
    return label.replace("stack", "Stack").replace("res", "Res").replace("sac", "SAC")


def title(figure: Figure, what: str, *notes: str) -> None:
    """The head of a figure, with notes below it, if there are any."""
    figure.suptitle("\n".join(filter(None, [what, *notes])))


def caption(table: pd.DataFrame) -> str:
    """What the lines and bands are, with the number of seeds."""
    return f"mean and one standard deviation, {n_seeds(table)}"


def n_seeds(table: pd.DataFrame) -> str:
    """How many seeds there are, where they differ by environment on each."""
    if "environment" not in table:
        return f"{table['seed'].nunique()} seeds"
    numbers = table.groupby("environment", sort=False)["seed"].nunique()
    if (numbers == numbers.iloc[0]).all():
        return f"{numbers.iloc[0]} seeds"
    return ", ".join(f"{number} seeds on {environment}" for environment, number in numbers.items())


def diverged(table: pd.DataFrame, label: str) -> str:
    """Which runs ended early because a loss was not finite, in words; empty where none did."""
    early = table[table["diverged"] == 1]
    last = early.groupby([label, "seed"], as_index=False)["iteration"].max()[[label, "seed", "iteration"]]
    return "; ".join(
        f"{name} seed {seed} diverged after iteration {at:,}" for name, seed, at in last.to_numpy()
    )


def iterations(table: pd.DataFrame) -> str:
    """The x axis of the SAC figures, with the environment steps of an iteration."""
    steps = table["environment_steps"].max() / table["iteration"].max()
    return f"iteration ({steps:g} environment steps)"


def thousands(axis: Axes) -> None:
    """Label the x axis, in environment steps, in thousands."""
    from matplotlib.ticker import FuncFormatter

    axis.xaxis.set_major_formatter(FuncFormatter(lambda steps, _: f"{steps / 1000:g}"))
    axis.set_xlabel("environment steps (thousands)")


def logarithmic(axis: Axes) -> None:
    """A logarithmic y axis with plain numbers at 1, 2 and 5 times the powers of ten."""
    from matplotlib.ticker import LogLocator, NullFormatter

    axis.set_yscale("log")
    axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.yaxis.set_major_formatter("{x:g}")
    axis.yaxis.set_minor_formatter(NullFormatter())


def legend_below(figure: Figure, axis: Axes, ncols: int | None = None) -> None:
    """The legend of one of the axes below all of them, in one row or so many columns."""
    handles, names = axis.get_legend_handles_labels()
    if own := axis.get_legend():
        own.remove()
    figure.legend(handles, names, loc="outside lower center", ncols=ncols or len(names))


def save(figure: Figure, paths: Sequence[Path], notes: Mapping[str, str]) -> dict[str, str]:
    """Write the figure in the format of each suffix, and return the files' sha256.

    `notes` stand in the metadata: in a PNG's by their keys, among a PDF's keywords. There are no time stamps,
    so the same figure is the same bytes.
    """
    written = {}
    for path in paths:
        metadata: dict[str, str | None] = {"Software": None, **notes}
        if path.suffix == ".pdf":
            metadata = {"CreationDate": None, "ModDate": None, "Keywords": " ".join(notes.values())}
        buffer = io.BytesIO()
        figure.savefig(buffer, format=path.suffix.removeprefix("."), metadata=metadata)
        write_atomically(path, buffer.getvalue())
        written[path.as_posix()] = sha256(path)
    return written
