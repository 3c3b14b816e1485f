"""Fig. 9: a specification curve, the verdict on each tabular claim under each combination of choices."""

from __future__ import annotations

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.patches import Patch

from actor_critic_gap.captions import plain
from actor_critic_gap.figures import style  # noqa: F401 (sets the style)
from actor_critic_gap.figures.figure import Figure, Scene

VERDICTS = {"not reproduced": "#E69F00", "inconclusive": "#D9D9D9", "reproduced": "#0072B2"}
CHOICES = {
    "critic_init": "critic sd",
    "res_critic_init": "res-critic sd",
    "at_goal": "at the goal",
    "actor_lr": "actor lr",
    "goal": "goal",
}


def plot(table: pd.DataFrame, scene: Scene) -> matplotlib.figure.Figure:
    """Above a row a claim, below the choices that make each column."""
    choices = list(CHOICES)
    columns = table[choices].drop_duplicates().sort_values(choices).reset_index(drop=True)
    claims = list(dict.fromkeys(table["claim"]))
    codes = table.assign(code=table["verdict"].map({name: i for i, name in enumerate(VERDICTS)}))
    grid = codes.pivot_table(index="claim", columns=choices, values="code").loc[claims]
    levels = [(choice, value) for choice in choices for value in sorted(columns[choice].unique())]
    made = np.array([columns[choice] == value for choice, value in levels])
    heights = (len(claims), len(levels))
    figure, (above, below) = plt.subplots(
        2, 1, figsize=(9.6, 0.9 + 0.2 * sum(heights)), height_ratios=heights, sharex=True
    )
    colours = ListedColormap(list(VERDICTS.values()))
    above.imshow(grid.to_numpy(), aspect="auto", cmap=colours, vmin=0, vmax=2, interpolation="none")
    above.set_yticks(range(len(claims)), claims)
    below.imshow(np.where(made, 0.25, 1.0), aspect="auto", cmap="gray", vmin=0, vmax=1, interpolation="none")
    below.set_yticks(range(len(levels)), [f"{CHOICES[choice]} {plain(value)}" for choice, value in levels])
    below.set_xlabel(f"{len(columns)} combinations of choices")
    for axis, rows in ((above, range(len(claims))), (below, range(len(levels)))):
        _lines(axis, rows)
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
        handles=[Patch(color=colour, label=name) for name, colour in reversed(VERDICTS.items())],
        loc="outside lower center",
        ncols=3,
    )
    seeds = int(table["n_seeds"].max())
    figure.suptitle(f"Which claims hang on which unstated choice ({seeds} seeds each)", fontsize=9)
    return figure


def _lines(axis: Axes, rows: range) -> None:
    axis.tick_params(length=0, labelsize=7.5)
    axis.set_xticks([])
    axis.set_yticks([row + 0.5 for row in rows[:-1]], minor=True)
    axis.tick_params(which="minor", length=0)
    axis.grid(which="minor", axis="y", color="white", linewidth=1)
    axis.spines[:].set_visible(False)


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
)
