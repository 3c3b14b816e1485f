"""Fig. 4: the FourRoom map (a), and learning with r and P known: objective (b) and critic loss (c)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from actor_critic_gap.figures import style
from actor_critic_gap.figures.figure import CURVES, Axes, Drawing, Figure, Room

ACTORS = {"actor-o": "Actor$_o$-Critic", "actor-g": "Actor$_g$-Critic", "pg": "Policy gradient"}
CRITICS = {"td": "TD", "br": "BR"}


def plot(table: pd.DataFrame, room: Room) -> Drawing:
    """The map with its goal, J(theta) with the optimum, and J_q on a logarithmic axis."""
    table = table.assign(actor=table["actor"].map(ACTORS), critic=table["critic"].map(CRITICS))
    figure, axes = style.subplots(1, 3, figsize=(9.6, 3.1), width_ratios=(0.8, 1, 1))
    _map(axes[0], room)
    panels = (
        (axes[1], "objective", r"(b) objective $J(\theta)$", "reward per step"),
        (axes[2], "critic_objective", r"(c) critic objective $J_q$", "squared reward"),
    )
    for axis, column, title, label in panels:
        style.curves(
            axis,
            table,
            "iteration",
            column,
            "actor",
            style="critic",
            hue_order=[name for name in ACTORS.values() if name in set(table["actor"])],
            style_order=[name for name in CRITICS.values() if name in set(table["critic"])],
            alpha=0.12,
            legend=column == "objective",
        )
        axis.set(title=title, ylabel=label)
    axes[1].axhline(room["optimal_objective"], color="0.4", linestyle=":", linewidth=1)
    axes[1].set_ylim(0, None)
    handles, labels = axes[1].get_legend_handles_labels()
    shown = [(h, name) for h, name in zip(handles, labels, strict=True) if name not in ("actor", "critic")]
    axes[1].legend(*zip(*shown, strict=True), loc="lower right")
    means = table.groupby(["actor", "critic", "iteration"])["critic_objective"].mean()
    axes[2].set(yscale="log", ylim=(means.min() / 3, means.max() * 2))
    style.title(figure, f"FourRoom with known dynamics ({style.caption(table)}; dotted: the optimum)")
    return figure


def _map(axis: Axes, room: Room) -> None:
    from matplotlib.patches import Rectangle

    walls = np.array([[cell == "#" for cell in row] for row in room["layout"]])
    row, column = room["goal"]
    axis.imshow(np.where(walls, 0.25, 1.0), cmap="gray", vmin=0, vmax=1)
    axis.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, color=style.GOAL_COLOUR))
    axis.text(column, row, "G", color="white", ha="center", va="center", fontweight="bold", fontsize=7)
    axis.set(
        title="(a) map and goal (G)",
        xticks=np.arange(walls.shape[1] + 1) - 0.5,
        yticks=np.arange(walls.shape[0] + 1) - 0.5,
        xticklabels=[],
        yticklabels=[],
    )
    axis.grid(color="0.85", linewidth=0.4)
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)


FIGURE = Figure(
    title="FourRoom with known dynamics",
    caption=CURVES,
    algorithms=("dynamic-programming",),
    labels=("actor", "critic"),
    keys=("seed", "iteration"),
    measures=("objective", "critic_objective"),
    plot=plot,
    needs_room=True,
)
