"""Fig. 6: the absolute TD error of SAC's critics while they train."""

from __future__ import annotations

import matplotlib.figure
import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns

from actor_critic_gap.figures import style
from actor_critic_gap.figures.figure import CURVES, SAC_KEYS, Figure, Scene

LINES = {
    "max_abs_td_error": ("largest", style.COLOURS["SAC-10-0"], (1, 0)),
    "mean_abs_td_error": ("mean", style.CRITIC_COLOUR, (4, 1.5)),
}


def plot(table: pd.DataFrame, scene: Scene) -> matplotlib.figure.Figure:
    """Largest and mean absolute TD error over both critics and all minibatches of an interval."""
    long = table.melt(["seed", "iteration"], list(LINES), "statistic", "value")
    names = {column: LINES[column][0] for column in LINES}
    figure, axis = plt.subplots(figsize=(4.2, 3))
    sns.lineplot(
        long.assign(statistic=long["statistic"].map(names)),
        x="iteration",
        y="value",
        hue="statistic",
        style="statistic",
        palette=[colour for _, colour, _ in LINES.values()],
        dashes=[dash for _, _, dash in LINES.values()],
        errorbar=style.BAND,
        err_kws={"alpha": 0.18, "linewidth": 0},
        ax=axis,
    )
    axis.set(xlabel=style.iterations(table), ylabel="absolute TD error (reward)", yscale="log")
    axis.yaxis.set_major_formatter("{x:g}")
    axis.set_title(scene.environments)
    axis.legend(title=None)
    title = f"TD error of SAC ({style.caption(table)})"
    gone = style.diverged(table.assign(algorithm="SAC"), "algorithm")
    figure.suptitle("\n".join(filter(None, [title, gone])), fontsize=9)
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
