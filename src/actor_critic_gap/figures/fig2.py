"""Fig. 2: what the critic and the res-critic of Res-AC predict, against the true return."""

from __future__ import annotations

import matplotlib.figure
import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns

from actor_critic_gap.figures import style
from actor_critic_gap.figures.figure import CURVES, Figure, Scene

LINES = {
    "true_return": ("true return", style.TRUE_COLOUR, (1, 0)),
    "critic": ("critic", style.CRITIC_COLOUR, (4, 1.5)),
    "critic_plus_res_critic": ("critic + res-critic", style.COLOURS["Res-AC"], (1.5, 1)),
}


def plot(table: pd.DataFrame, scene: Scene) -> matplotlib.figure.Figure:
    """Predictions of the discounted return from the start distribution, and their absolute errors."""
    errors = table.assign(
        **{name: (table[name] - table["true_return"]).abs() for name in LINES if name != "true_return"}
    ).drop(columns="true_return")
    figure, axes = plt.subplots(1, 2, figsize=(7.2, 2.9), sharex=True)
    panels = (
        (axes[0], table, "discounted return from the start"),
        (axes[1], errors, "absolute error of the prediction"),
    )
    for axis, wide, label in panels:
        shown = [name for name in LINES if name in wide]
        long = wide.melt(["seed", "environment_steps"], shown, "prediction", "value")
        sns.lineplot(
            long.assign(prediction=long["prediction"].map({name: LINES[name][0] for name in LINES})),
            x="environment_steps",
            y="value",
            hue="prediction",
            style="prediction",
            hue_order=[LINES[name][0] for name in shown],
            style_order=[LINES[name][0] for name in shown],
            palette=[LINES[name][1] for name in shown],
            dashes=[LINES[name][2] for name in shown],
            errorbar=style.BAND,
            err_kws={"alpha": 0.18, "linewidth": 0},
            legend=wide is table,
            ax=axis,
        )
        axis.set(ylabel=label)
        style.thousands(axis)
    axes[0].legend(title=None, loc="lower right")
    axes[1].set_ylim(0, None)
    figure.suptitle(f"FourRoom, predictions in Res-AC ({style.caption(table)})", fontsize=9)
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
