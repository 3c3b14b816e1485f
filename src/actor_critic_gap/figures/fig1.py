"""Fig. 1: Actor_o-Critic, Actor_g-Critic, Stack-AC and Res-AC on FourRoom, from samples."""

from __future__ import annotations

import pandas as pd

from actor_critic_gap.figures import style
from actor_critic_gap.figures.figure import CURVES, Drawing, Figure, Room
from actor_critic_gap.tabular.kernels import ALGORITHMS


def plot(table: pd.DataFrame, room: Room) -> Drawing:
    """Left, as published, the return of the 300-step episode; right the exact objective J."""
    figure, axes = style.subplots(1, 2, figsize=(7.2, 2.9), sharex=True)
    panels = (
        (axes[0], "episode_return", "mean episode return (sum of rewards)"),
        (axes[1], "objective", r"objective $J(\theta)$ (reward per step)"),
    )
    for axis, column, label in panels:
        style.curves_of_algorithms(axis, table, column, legend=column == "objective")
        axis.set(ylabel=label, ylim=(0, None))
    axes[1].axhline(room["optimal_objective"], color="0.4", linestyle=":", linewidth=1)
    axes[1].annotate(
        "optimum", (0, room["optimal_objective"]), (4, 2), textcoords="offset points", color="0.4"
    )
    axes[1].legend(title=None, loc="lower right")
    style.title(figure, f"FourRoom, learning from samples ({style.caption(table)})")
    return figure


FIGURE = Figure(
    title="FourRoom, learning from samples",
    caption=CURVES,
    algorithms=ALGORITHMS,
    labels=("algorithm",),
    keys=("seed", "environment_steps"),
    measures=("episode_return", "objective"),
    plot=plot,
    needs_room=True,
)
