"""Fig. 6: the absolute TD error of SAC's critics while they train."""

from __future__ import annotations

from typing import get_args

import pandas as pd

from actor_critic_gap.figures import style
from actor_critic_gap.figures.figure import CURVES, SAC_KEYS, Drawing, Figure, Room
from actor_critic_gap.sac.settings import TDError

SHOWN, CLIP = "sac-10-0", "paper's clip"
LINES = {
    "max_abs_td_error": style.Line("largest of a sample", style.COLOURS["SAC-10-0"], (1, 0)),
    "mean_abs_td_error_summed": style.Line("mean, summed over the critics", style.CRITIC_COLOUR, (4, 1.5)),
}
PUBLISHED = {"HalfCheetah-v4": 6.0, "Reacher-v4": 1.0, "Pendulum-v1": 4.0}
"""The clips of Table 3, which the paper calls the largest absolute TD error of SAC (App. D.2.2)."""


def plot(table: pd.DataFrame, room: Room) -> Drawing:
    """The largest and the summed mean of an interval, one panel an environment, with the paper's clip."""
    wanted = table["algorithm"] == SHOWN
    rows = table[wanted | ~wanted.groupby(table["environment"]).transform("any")]
    environments = rows.groupby("environment", sort=False)
    size = (2.6 * environments.ngroups + 2.2, 2.8)
    figure, axes = style.subplots(1, environments.ngroups, figsize=size, squeeze=False)
    for axis, (name, part) in zip(axes[0], environments, strict=True):
        environment = str(name)
        last = axis is axes[0][-1]
        style.curves_of_columns(axis, part, "iteration", LINES, legend=last)
        axis.set(title=environment, xlabel=style.iterations(part), ylabel="")
        style.logarithmic(axis)
        if environment in PUBLISHED:
            axis.axhline(PUBLISHED[environment], color="black", linewidth=0.8, linestyle=":", label=CLIP)
    axes[0][0].set_ylabel("absolute TD error (reward)")
    handles = {
        line.get_label(): line for axis in axes[0][::-1] for line in axis.get_legend_handles_labels()[0]
    }
    axes[0][-1].legend(handles=list(handles.values()), loc="center left", bbox_to_anchor=(1, 0.5))
    gone = style.diverged(rows.assign(run=rows["environment"]), "run")
    names = ", ".join(map(style.sac_name, dict.fromkeys(rows["algorithm"])))
    style.title(figure, f"TD error of {names} ({style.caption(rows)})", gone)
    return figure


def findings(table: pd.DataFrame) -> list[str]:
    """By each definition the maximum over training, of each algorithm on each environment."""
    found = maxima(table)
    sentences = []
    for definition, rows in found.groupby("definition", sort=False):
        columns = (rows[name] for name in ("environment", "algorithm", "maximum"))
        listed = [f"{on} {style.sac_name(name)} {most:.3g}" for on, name, most in zip(*columns, strict=True)]
        sentences.append(
            f"{WORDS[str(definition)]}, largest over training, mean over seeds: {', '.join(listed)}."
        )
    return sentences


WORDS = {
    "max_abs_td_error": "Largest of a sample",
    "max_abs_td_error_summed": "Largest of a sample, summed over the critics",
    "minibatch_abs_td_error": "Largest mean of a minibatch",
    "minibatch_abs_td_error_summed": "Largest mean of a minibatch, summed over the critics",
    "mean_abs_td_error": "Mean",
    "mean_abs_td_error_summed": "Mean, summed over the critics",
}


def maxima(table: pd.DataFrame) -> pd.DataFrame:
    """The maximum over training by each definition, over the runs of an algorithm on an environment.

    Columns: definition, environment, algorithm, maximum (mean over runs), least, most, n_seeds, published.
    """
    labels = ["environment", "algorithm"]
    runs = table.groupby([*labels, "seed"], sort=False)[list(get_args(TDError))].max()
    long = runs.reset_index().melt([*labels, "seed"], var_name="definition", value_name="maximum")
    found = long.groupby(["definition", *labels], sort=False)["maximum"]
    summary = found.agg(["mean", "min", "max", "size"]).reset_index()
    summary.columns = ["definition", *labels, "maximum", "least", "most", "n_seeds"]
    return summary.assign(published=summary["environment"].map(PUBLISHED))


def _from_the_first_update(progress: pd.DataFrame) -> pd.DataFrame:
    return progress[progress["max_abs_td_error"].notna().cummax()]


FIGURE = Figure(
    title="The TD error of SAC",
    caption=f"{CURVES} Both are over all minibatches since the row before, the mean of the sum over the "
    "critics, as in their common loss. Dotted: the paper's clip (Table 3).",
    algorithms=("sac",),
    labels=("environment", "algorithm"),
    keys=SAC_KEYS,
    measures=get_args(TDError),
    plot=plot,
    others=("diverged",),
    rows=_from_the_first_update,
    findings=findings,
)
