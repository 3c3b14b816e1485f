"""Fig. 9: a specification curve, the verdict on each tabular claim under each combination of choices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.evidence.claims import INCONCLUSIVE, NOT_REPRODUCED, REPRODUCED
from actor_critic_gap.figures import style
from actor_critic_gap.figures.figure import Axes, Drawing, Figure, Room
from actor_critic_gap.figures.verdicts import COLOURS
from actor_critic_gap.tables import in_order, plain

TILES = {
    NOT_REPRODUCED: COLOURS[NOT_REPRODUCED],
    INCONCLUSIVE: "#D9D9D9",  # paler than a mark, as it fills an area
    REPRODUCED: COLOURS[REPRODUCED],
}
CHOICES = {
    "critic_init": ("critic sd", "the critic's initial table"),
    "res_critic_init": ("res-critic sd", "the res-critic's initial table"),
    "at_goal": ("at the goal", "what follows the goal"),
    "actor_lr": ("actor lr", "the actor's learning rate"),
    "goal": ("goal", "the goal cell"),
}
"""Each with its name in the figure and in words."""

ROBUST = 0.95
"""A verdict that is the same in this share of the combinations is called robust."""


def plot(table: pd.DataFrame, room: Room) -> Drawing:
    """Above a row a claim, below the choices that make each column."""
    from matplotlib.colors import ListedColormap
    from matplotlib.patches import Patch

    choices = list(CHOICES)
    values = {choice: sorted(table[choice].unique(), key=in_order) for choice in choices}
    columns = table[choices].drop_duplicates()
    columns = columns.sort_values(choices, key=lambda column: column.map(values[str(column.name)].index))
    if not (known := table["verdict"].isin(list(TILES))).all():
        wrong = table["verdict"][~known].iloc[0]
        raise InvalidInput(f"fig9: verdict = {wrong!r}: expected one of {', '.join(TILES)}")
    claims = list(dict.fromkeys(table["claim"]))
    codes = table.assign(code=table["verdict"].map({name: i for i, name in enumerate(TILES)}))
    grid = codes.pivot_table(index="claim", columns=choices, values="code")
    grid = grid.loc[claims, list(columns.itertuples(index=False, name=None))]
    levels = [(choice, value) for choice in choices for value in values[choice]]
    made = np.array([columns[choice] == value for choice, value in levels])
    heights = (len(claims), len(levels))
    figure, (above, below) = style.subplots(
        2, 1, figsize=(9.6, 0.9 + 0.2 * sum(heights)), height_ratios=heights, sharex=True
    )
    choice_names = [f"{CHOICES[choice][0]} {plain(value)}" for choice, value in levels]
    colours = ListedColormap(list(TILES.values()))
    _cells(above, grid.to_numpy(), claims, cmap=colours, vmax=2)
    _cells(below, np.where(made, 0.25, 1.0), choice_names, cmap="gray", vmax=1)
    below.set_xlabel(f"{len(columns)} combinations of choices")
    for row, claim in enumerate(claims):
        held = int((grid.loc[claim] == 2).sum())
        above.annotate(
            f"{held}",
            (1, row),
            (4, 0),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            va="center",
        )
    above.annotate(
        "reproduced in", (1, 1), (-4, 3), xycoords="axes fraction", textcoords="offset points", fontsize=8
    )
    above.set_ylabel("claim")
    figure.legend(
        handles=[Patch(color=colour, label=name) for name, colour in reversed(TILES.items())],
        loc="outside lower center",
        ncols=3,
    )
    seeds = int(table["n_seeds"].max())
    style.title(figure, f"Which claims hang on which unstated choice ({seeds} seeds each)")
    return figure


def _cells(axis: Axes, values: NDArray[Any], rows: Sequence[str], **colours: Any) -> None:
    axis.imshow(values, aspect="auto", vmin=0, interpolation="none", **colours)
    axis.tick_params(length=0, labelsize=7.5)
    axis.set_xticks([])
    axis.set_yticks(range(len(rows)), rows)
    axis.set_yticks(np.arange(len(rows) - 1) + 0.5, minor=True)
    axis.tick_params(which="minor", length=0)
    axis.grid(which="minor", axis="y", color="white", linewidth=1)
    axis.spines[:].set_visible(False)


def findings(table: pd.DataFrame) -> list[str]:
    """Of each claim whether it is robust, or on which choices it hangs."""
    return [_hangs_on(str(claim), rows) for claim, rows in table.groupby("claim", sort=False)]


def _hangs_on(claim: str, rows: pd.DataFrame) -> str:
    """Robust, or the choice that explains most of the variance of "reproduced"."""
    counts = rows["verdict"].value_counts()
    most, n = str(counts.index[0]), len(rows)
    if counts.iloc[0] >= ROBUST * n:
        robust = "" if most == INCONCLUSIVE else "robust, "
        return f"Claim {claim}: {robust}{most} in {counts.iloc[0]} of {n} combinations."
    subject = REPRODUCED if REPRODUCED in counts else NOT_REPRODUCED
    held = rows["verdict"] == subject
    shares = {choice: held.groupby(rows[choice]).mean() for choice in CHOICES}
    explained = {choice: held.groupby(rows[choice]).transform("mean").var() for choice in CHOICES}
    order = sorted(CHOICES, key=lambda choice: explained[choice], reverse=True)
    listed = []
    for choice in order[:2]:
        if explained[choice] > 0:
            values = (f"{plain(value)}: {100 * share:.0f} %" for value, share in shares[choice].items())
            listed.append(f"{CHOICES[choice][1]} ({', '.join(values)})")
    hangs = f"it hangs most on {', then on '.join(listed)}" if listed else "it hangs on no choice by itself"
    return f"Claim {claim}: {subject} in {held.sum()} of {n}; {hangs}."


FIGURE = Figure(
    title="Which claims hang on which unstated choice",
    caption="A row is a claim, a column one combination of choices.",
    algorithms=("robustness",),
    labels=("critic_init", "at_goal", "actor_lr", "goal"),
    keys=("res_critic_init", "claim"),
    measures=(),
    plot=plot,
    others=("verdict", "estimate", "ci_low", "ci_high", "n_seeds"),
    texts=("claim", "verdict"),
    in_paper=False,
    choices={name: words for name, (_, words) in CHOICES.items()},
    findings=findings,
)
