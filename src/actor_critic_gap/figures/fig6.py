"""Fig. 6: the absolute TD error of SAC's critics while they train."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from actor_critic_gap.figures import style

LINES = {
    "max_abs_td_error": ("largest", style.COLOURS["SAC-10-0"], (1, 0)),
    "mean_abs_td_error": ("mean", style.CRITIC_COLOUR, (4, 1.5)),
}


def plot(table: pd.DataFrame, environment: dict[str, Any]) -> Figure:
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
    axis.set_title(environment.get("name", ""))
    axis.legend(title=None)
    title = f"TD error of SAC ({style.caption(table)})"
    gone = style.diverged(table.assign(algorithm="SAC"), "algorithm")
    figure.suptitle("\n".join(filter(None, [title, gone])), fontsize=9)
    return figure
