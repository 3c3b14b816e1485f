"""Fig. 6: the absolute TD error of SAC's critics while they train."""

from __future__ import annotations

import pandas as pd

from actor_critic_gap.figures import style
from actor_critic_gap.figures.figure import CURVES, SAC_KEYS, Drawing, Figure, Scene

LINES = {
    "max_abs_td_error": style.Line("largest", style.COLOURS["SAC-10-0"], (1, 0)),
    "mean_abs_td_error": style.Line("mean", style.CRITIC_COLOUR, (4, 1.5)),
}


def plot(table: pd.DataFrame, scene: Scene) -> Drawing:
    """Largest and mean absolute TD error over both critics and all minibatches of an interval."""
    figure, axis = style.subplots(figsize=(4.2, 3))
    style.curves_of_columns(axis, table, "iteration", LINES)
    axis.set(xlabel=style.iterations(table), ylabel="absolute TD error (reward)", yscale="log")
    axis.yaxis.set_major_formatter("{x:g}")
    axis.set_title(scene.environments)
    axis.legend(title=None)
    gone = style.diverged(table.assign(algorithm="SAC"), "algorithm")
    style.title(figure, f"TD error of SAC ({style.caption(table)})", gone)
    return figure


def _from_the_first_update(progress: pd.DataFrame) -> pd.DataFrame:
    return progress[progress["max_abs_td_error"].notna().cummax()]


FIGURE = Figure(
    title="The TD error of SAC",
    caption=f"{CURVES} Largest and mean are over both critics and all minibatches since the row before.",
    algorithms=("sac",),
    labels=(),
    keys=SAC_KEYS,
    measures=("max_abs_td_error", "mean_abs_td_error"),
    plot=plot,
    others=("diverged",),
    rows=_from_the_first_update,
)
