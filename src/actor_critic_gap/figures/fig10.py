"""Fig. 10: Res-SAC taken apart, by the area under the evaluation curve."""

from __future__ import annotations

from typing import Any

import matplotlib.figure
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns

from actor_critic_gap.evidence.curves import area, to_the_end
from actor_critic_gap.evidence.statistics import bootstrap
from actor_critic_gap.figures import style
from actor_critic_gap.figures.figure import DIVERGED, SAC_KEYS, Figure, Scene

RES_SAC_COLOUR = style.COLOURS["Res-SAC-10-10"]


def plot(table: pd.DataFrame, scene: Scene) -> matplotlib.figure.Figure:
    """One panel an environment: each run's area, and the mean of a variant with its 95 % interval."""
    table = table.assign(variant=variants(table))
    shown = list(dict.fromkeys(table["variant"]))
    palette = {name: style.COLOURS.get(name, RES_SAC_COLOUR) for name in shown}
    environments = list(dict.fromkeys(table["environment"]))
    figure, axes = plt.subplots(
        1, len(environments), figsize=(1.6 + 2.9 * len(environments), 3.2), sharey=True, squeeze=False
    )
    for axis, panel in zip(axes[0], environments, strict=True):
        rows = to_the_end(table[table["environment"] == panel], ["variant"], ["evaluation_return"])
        areas = rows.groupby(["variant", "seed"], sort=False).apply(area).reset_index(name="area")
        shared: dict[str, Any] = {"y": "variant", "x": "area", "order": shown, "hue": "variant", "ax": axis}
        shared |= {"hue_order": shown, "palette": palette, "legend": False}
        sns.stripplot(areas, size=3.5, alpha=0.4, jitter=False, **shared)
        sns.pointplot(areas, errorbar=_interval, linestyle="none", marker="|", markersize=10, **shared)
        axis.set(title=panel, xlabel="mean evaluation return over training", ylabel="")
        axis.grid(axis="y", color="0.9", linewidth=0.6)
    seeds = table["seed"].nunique()
    notes = style.diverged(table.assign(run=table["environment"] + " " + table["variant"]), "run")
    title = f"Res-SAC taken apart ({seeds} seeds; mean and its 95 % interval)"
    figure.suptitle("\n".join(filter(None, [title, notes])), fontsize=9)
    return figure


def variants(table: pd.DataFrame) -> pd.Series[str]:
    """The name of each row's variant: algorithm-x-y, and how it differs from Res-SAC as we read it."""
    of_res_sac = table["algorithm"].str.startswith("res-sac")
    bounds = table["clip"].where(of_res_sac & (table["clip"] != "none"))
    several = bounds.groupby(table["environment"]).transform("nunique") > 1
    changes = (
        (table["residual_entropy"].astype(str) == "True", ", entropy"),
        (table["res_critics"].astype(int) == 2, ", twin"),
        (table["clip"] == "none", ", no clip"),
        (several & bounds.notna(), ", clip " + table["clip"]),
    )
    names = table["algorithm"].map(style.sac_name)
    for changed, text in changes:
        names = names.where(~(of_res_sac & changed), names + text)
    return names


def _interval(values: pd.Series[float]) -> tuple[float, float]:
    drawn = bootstrap(np.mean, [np.asarray(values, np.float64)], np.random.default_rng(0))
    return drawn.low, drawn.high


FIGURE = Figure(
    title="Where Res-SAC's gain comes from",
    caption=f"Dots are runs, bars the means over the seeds with their 95 % intervals. {DIVERGED}",
    algorithms=("sac", "res-sac"),
    labels=("environment", "algorithm", "clip", "residual_entropy", "res_critics"),
    keys=SAC_KEYS,
    measures=("evaluation_return",),
    plot=plot,
    others=("diverged",),
    in_paper=False,
)
