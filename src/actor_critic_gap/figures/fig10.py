"""Fig. 10: Res-SAC taken apart, by the area under the evaluation curve."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from actor_critic_gap.evidence.claims import area_difference
from actor_critic_gap.evidence.curves import Group, area, to_the_end
from actor_critic_gap.evidence.statistics import Interval, jackknife
from actor_critic_gap.figures import style, words
from actor_critic_gap.figures.figure import DIVERGED, SAC_KEYS, Drawing, Figure, Room

RES_SAC_COLOUR = style.COLOURS["Res-SAC-10-10"]
GAIN, OVER = "Res-SAC-10-10 against SAC-10-0", "Res-SAC-10-10 against SAC-20-0"


def plot(table: pd.DataFrame, room: Room) -> Drawing:
    """One panel an environment: each run's area, and the mean of a variant with its 95 % interval."""
    import seaborn as sns

    table = table.assign(variant=variants(table))
    shown = list(dict.fromkeys(table["variant"]))
    palette = {name: style.COLOURS.get(name, RES_SAC_COLOUR) for name in shown}
    environments = table.groupby("environment", sort=False)
    size = (1.6 + 2.9 * environments.ngroups, 3.2)
    figure, axes = style.subplots(1, environments.ngroups, figsize=size, sharey=True, squeeze=False)
    for axis, (environment, runs) in zip(axes[0], environments, strict=True):
        rows = to_the_end(runs, ["variant"], ["evaluation_return"])
        areas = rows.groupby(["variant", "seed"], sort=False).apply(area).reset_index(name="area")
        shared: dict[str, Any] = {"y": "variant", "x": "area", "order": shown, "hue": "variant", "ax": axis}
        shared |= {"hue_order": shown, "palette": palette, "legend": False}
        sns.stripplot(areas, size=3.5, alpha=0.4, jitter=False, **shared)
        sns.pointplot(areas, errorbar=_interval, linestyle="none", marker="|", markersize=10, **shared)
        axis.set(title=environment, xlabel="mean evaluation return over training", ylabel="")
        axis.grid(axis="y", color="0.9", linewidth=0.6)
    notes = style.diverged(table.assign(run=table["environment"] + " " + table["variant"]), "run")
    style.title(figure, f"Res-SAC taken apart ({style.n_seeds(table)}; mean and its 95 % interval)", notes)
    return figure


def variants(table: pd.DataFrame) -> pd.Series[str]:
    """The name of each row's variant: algorithm-x-y, and how it differs from Res-SAC as we read it."""
    of_res_sac = table["algorithm"].str.startswith("res-sac")
    bounds = table["clip"].where(of_res_sac & (table["clip"] != "none"))
    several = bounds.groupby(table["environment"]).transform("nunique") > 1
    changes = (
        (table["residual_entropy"].astype(str) == "True", ", entropy"),
        (table["clip"] == "none", ", no clip"),
        (several & bounds.notna(), ", clip " + table["clip"]),
    )
    names = table["algorithm"].map(style.sac_name)
    for changed, text in changes:
        names = names.where(~(of_res_sac & changed), names + text)
    return names


def _interval(values: pd.Series[float]) -> tuple[float, float]:
    return jackknife(np.mean, [np.asarray(values, np.float64)]).ends()


def findings(table: pd.DataFrame) -> list[str]:
    """On each environment the variants against each other, and whether the res-critic is what helps."""
    table = table.astype({"residual_entropy": str})
    sentences = []
    for environment, rows in table.groupby("environment", sort=False):
        found = {
            comparison: words.estimated(area_difference, rows, "evaluation_return", *groups, unit="learned")
            for comparison, groups in _comparisons(rows).items()
        }
        listed = [f"{name} {words.difference(each)}" for name, each in found.items() if each]
        unit = "area under the curve, in units of what the second has learned"
        if listed:
            sentences.append(f"{environment}, {unit}: {'; '.join(listed)}.")
        if (gain := found[GAIN]) and (over := found[OVER]):
            sentences.append(f"{environment}: {_source(gain, over)}.")
    return sentences


def _comparisons(rows: pd.DataFrame) -> dict[str, tuple[Group, Group]]:
    """The two groups of runs of each comparison on one environment."""
    clips = rows["clip"][(rows["algorithm"] == "res-sac-10-10") & (rows["clip"] != "none")]
    clip = clips.iloc[0] if len(clips) else "none"
    sac: Group = {"algorithm": "sac-10-0"}
    more_updates: Group = {"algorithm": "sac-20-0"}
    one_update: Group = {"algorithm": "sac-1-0"}
    res_sac = {"algorithm": "res-sac-10-10", "residual_entropy": "False", "clip": clip}
    comparisons: dict[str, tuple[Group, Group]] = {
        "SAC-20-0 against SAC-10-0": (more_updates, sac),
        GAIN: (res_sac, sac),
        OVER: (res_sac, more_updates),
        "Res-SAC-1-1 against SAC-1-0": ({**res_sac, "algorithm": "res-sac-1-1"}, one_update),
        "Res-SAC-1-10 against SAC-1-0": ({**res_sac, "algorithm": "res-sac-1-10"}, one_update),
        "with entropy in the residual": ({**res_sac, "residual_entropy": "True"}, res_sac),
    }
    if clip != "none":
        comparisons["without a clip"] = ({**res_sac, "clip": "none"}, res_sac)
    return comparisons


def _source(gain: Interval, over: Interval) -> str:
    """Whether the res-critic helps or merely the updates, as far as the intervals say."""
    if over.low > 0:
        return "the res-critic helps more than as many updates of the critic do"
    if over.high < 0:
        return "as many updates of the critic help more than the res-critic does"
    if gain.low > 0:
        return "Res-SAC gains on SAC-10-0, but is not shown to gain more than as many updates do"
    return "no gain of Res-SAC that these seeds show"


FIGURE = Figure(
    title="Where Res-SAC's gain comes from",
    caption=f"Dots are runs, bars the means over the seeds with their 95 % intervals. {DIVERGED}",
    algorithms=("sac", "res-sac"),
    labels=("environment", "algorithm", "clip", "residual_entropy"),
    keys=SAC_KEYS,
    measures=("evaluation_return",),
    plot=plot,
    others=("diverged",),
    in_paper=False,
    choices={
        "clip": "the bound on the residual",
        "residual_entropy": "entropy in the residual",
    },
    findings=findings,
)
