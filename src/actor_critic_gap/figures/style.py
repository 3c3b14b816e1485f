"""What all figures share: sizes, files, and one colour an algorithm (Okabe and Ito, colour-blind safe)."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from actor_critic_gap import captions
from actor_critic_gap.files import json_bytes, write_atomically
from actor_critic_gap.provenance import lineage as passports

matplotlib.use("agg")

NAMES = {label: name.replace("_o", "$_o$").replace("_g", "$_g$") for label, name in captions.NAMES.items()}
"""The paper's names of Algorithms 1-4, with indices."""

COLOURS = {
    "Actor$_o$-Critic": "#E69F00",
    "Actor$_g$-Critic": "#0072B2",
    "Stack-AC": "#009E73",
    "Res-AC": "#D55E00",
    "Policy gradient": "#000000",
    "SAC-1-0": "#999999",
    "SAC-10-0": "#0072B2",
    "SAC-20-0": "#56B4E9",
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


def sac_name(label: str) -> str:
    """The paper's name of an algorithm on continuous control: res-sac-10-10 -> Res-SAC-10-10."""
    return label.replace("stack", "Stack").replace("res", "Res").replace("sac", "SAC")


def caption(table: pd.DataFrame) -> str:
    """What the lines and bands are, with the number of seeds."""
    return f"mean and one standard deviation, {table['seed'].nunique()} seeds"


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
    axis.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x / 1000:g}"))
    axis.set_xlabel("environment steps (thousands)")


def save(figure: Figure, paths: Sequence[Path], passport: Mapping[str, Any]) -> None:
    """Write the figure in the format of each suffix, with its passport in it and beside it.

    No time stamps, so the same figure is the same bytes.
    """
    text = json.dumps(passport)
    written = {}
    for path in paths:
        buffer = io.BytesIO()
        if path.suffix == ".pdf":
            metadata = {"CreationDate": None, "ModDate": None, "Keywords": text}
        else:
            metadata = {"Software": None, passports.KEY: text}
        figure.savefig(buffer, format=path.suffix.removeprefix("."), metadata=metadata)
        write_atomically(path, buffer.getvalue())
        written[path.as_posix()] = hashlib.sha256(buffer.getvalue()).hexdigest()
    write_atomically(passports.beside(paths[0]), json_bytes({**passport, "files": written}))
