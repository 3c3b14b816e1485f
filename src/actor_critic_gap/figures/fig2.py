"""Fig. 2: what the critic and the res-critic of Res-AC predict, against the true return."""

from __future__ import annotations

import pandas as pd

from actor_critic_gap.figures import style
from actor_critic_gap.figures.figure import CURVES, Drawing, Figure, Room

LINES = {
    "true_return": style.Line("true return", style.TRUE_COLOUR, (1, 0)),
    "critic": style.Line("critic", style.CRITIC_COLOUR, (4, 1.5)),
    "critic_plus_res_critic": style.Line("critic + res-critic", style.COLOURS["Res-AC"], (1.5, 1)),
}


def plot(table: pd.DataFrame, room: Room) -> Drawing:
    """Predictions of the discounted return from the start distribution, and their absolute errors."""
    predictions = {name: line for name, line in LINES.items() if name != "true_return"}
    errors = table.assign(**{name: (table[name] - table["true_return"]).abs() for name in predictions})
    figure, axes = style.subplots(1, 2, figsize=(7.2, 2.9), sharex=True)
    panels = (
        (axes[0], table, LINES, "discounted return from the start"),
        (axes[1], errors, predictions, "absolute error of the prediction"),
    )
    for axis, values, lines, label in panels:
        style.curves_of_columns(axis, values, "environment_steps", lines, legend=values is table)
        axis.set(ylabel=label)
        style.thousands(axis)
    axes[0].legend(title=None, loc="lower right")
    axes[1].set_ylim(0, None)
    style.title(figure, f"FourRoom, predictions in Res-AC ({style.caption(table)})")
    return figure


FIGURE = Figure(
    title="FourRoom, what critic and res-critic predict",
    caption=CURVES,
    algorithms=("res-ac",),
    labels=(),
    keys=("seed", "environment_steps"),
    measures=("true_return", "critic", "critic_plus_res_critic"),
    plot=plot,
)
