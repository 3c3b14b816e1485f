"""Fig. 7: the actor's update against the policy gradient along training on FourRoom."""

from __future__ import annotations

import matplotlib.figure
import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from actor_critic_gap.figures import style
from actor_critic_gap.figures.figure import Figure, Scene
from actor_critic_gap.tabular.kernels import ALGORITHMS

PANELS = {
    "cosine": "(a) cosine with the policy gradient",
    "walk_cosine": "(b) the same under the states of the walk",
    "relative_bias": "(c) bias / norm of the gradient",
    "relative_std": "(d) spread / norm of the gradient",
}


def plot(table: pd.DataFrame, scene: Scene) -> matplotlib.figure.Figure:
    """Directions above, bias and spread below on a logarithmic axis."""
    table = table.assign(algorithm=table["algorithm"].map(style.NAMES))
    shown = [name for name in style.NAMES.values() if name in set(table["algorithm"])]
    figure, axes = plt.subplots(2, 2, figsize=(7.2, 5.2), sharex=True)
    for axis, (column, label) in zip(axes.flat, PANELS.items(), strict=True):
        sns.lineplot(
            table,
            x="environment_steps",
            y=column,
            hue="algorithm",
            hue_order=shown,
            palette=style.COLOURS,
            estimator="median",
            errorbar=("pi", 50),
            err_kws={"alpha": 0.18, "linewidth": 0},
            legend=column == "cosine",
            ax=axis,
        )
        axis.set(title=label, ylabel="")
        style.thousands(axis)
        if column.startswith("relative"):
            axis.set_yscale("log")
            axis.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axis.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:g}"))
            axis.yaxis.set_minor_formatter(NullFormatter())
            axis.axhline(1, color="0.4", linestyle=":", linewidth=1)
        else:
            axis.set_ylim(None, 1)
            axis.axhline(0, color="0.4", linestyle=":", linewidth=1)
    for axis in axes[0]:
        axis.set_xlabel("")
    handles = axes[0][0].get_legend_handles_labels()
    axes[0][0].get_legend().remove()
    figure.legend(*handles, loc="outside lower center", ncols=len(shown))
    seeds = table["seed"].nunique()
    figure.suptitle(
        f"FourRoom, the gap of the actor's update (median and middle half of {seeds} seeds)", fontsize=9
    )
    return figure


FIGURE = Figure(
    title="The gap: bias and spread of the actor's update",
    caption="Lines are medians over the seeds, bands their middle half.",
    algorithms=ALGORITHMS,
    labels=("algorithm",),
    keys=("seed", "environment_steps"),
    measures=("cosine", "walk_cosine", "relative_bias", "relative_std"),
    plot=plot,
    in_paper=False,
)
