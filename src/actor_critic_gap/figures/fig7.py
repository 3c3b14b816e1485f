"""Fig. 7: the actor's update against the policy gradient along training on FourRoom."""

from __future__ import annotations

import pandas as pd

from actor_critic_gap.evidence.curves import curves_of
from actor_critic_gap.evidence.statistics import area_under_curve, interval_of_median
from actor_critic_gap.figures import style, words
from actor_critic_gap.figures.figure import Drawing, Figure, Room
from actor_critic_gap.tabular.kernels import ALGORITHMS

PANELS = {
    "cosine": "(a) cosine with the policy gradient",
    "walk_cosine": "(b) the same under the states of the walk",
    "relative_bias": "(c) bias / norm of the gradient",
    "relative_std": "(d) spread / norm of the gradient",
}
MEASURES = {
    "cosine": "Cosine of the expected update with the policy gradient",
    "walk_cosine": "The same with both under the states of the walks, so that only the critics count",
    "relative_bias": "Bias in units of the gradient's norm",
    "relative_std": "Spread in the same units",
}


def plot(table: pd.DataFrame, room: Room) -> Drawing:
    """Directions above, bias and spread below on a logarithmic axis."""
    figure, axes = style.subplots(2, 2, figsize=(7.2, 5.2), sharex=True)
    for axis, (column, label) in zip(axes.flat, PANELS.items(), strict=True):
        style.curves_of_algorithms(
            axis, table, column, estimator="median", errorbar=("pi", 50), legend=column == "cosine"
        )
        axis.set(title=label, ylabel="")
        logarithmic = column.startswith("relative")
        axis.axhline(float(logarithmic), color="0.4", linestyle=":", linewidth=1)
        if logarithmic:
            style.logarithmic(axis)
        else:
            axis.set_ylim(None, 1)
    for axis in axes[0]:
        axis.set_xlabel("")
    style.legend_below(figure, axes[0][0])
    seeds = table["seed"].nunique()
    style.title(figure, f"FourRoom, the gap of the actor's update (median and middle half of {seeds} seeds)")
    return figure


def findings(table: pd.DataFrame) -> list[str]:
    """The algorithms by each measure, best first."""
    sentences = []
    for measure, meaning in MEASURES.items():
        medians = {}
        for algorithm, name in words.NAMES.items():
            if found := curves_of(table, [{"algorithm": algorithm}], [measure]):
                medians[name] = interval_of_median(area_under_curve(found.curves[0], found.x))
        order = sorted(medians, key=lambda name: medians[name][0], reverse="cosine" in measure)
        listed = ", ".join(f"{name} {words.with_ends(*medians[name])}" for name in order)
        sentences.append(f"{meaning}, mean over training, median over seeds, best first: {listed}.")
    return sentences


FIGURE = Figure(
    title="The gap: bias and spread of the actor's update",
    caption="Lines are medians over the seeds, bands their middle half.",
    algorithms=ALGORITHMS,
    labels=("algorithm",),
    keys=("seed", "environment_steps"),
    measures=tuple(PANELS),
    plot=plot,
    in_paper=False,
    findings=findings,
    measured_by="gap_batches",
)
