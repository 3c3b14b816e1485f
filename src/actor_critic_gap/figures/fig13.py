"""Fig. 13: the update of SAC's, Stack-SAC's and Res-SAC's actor against the policy gradient on Pendulum."""

from __future__ import annotations

import pandas as pd

from actor_critic_gap.evidence.claims import area_difference, area_mean
from actor_critic_gap.figures import style, words
from actor_critic_gap.figures.figure import SAC_KEYS, Drawing, Figure, Room

PANELS = {
    "cosine": "(a) cosine with the policy gradient",
    "cosine_on_policy": r"(b) the same under the states of $d_\theta$",
    "relative_bias": "(c) bias / norm of the gradient",
    "relative_std": "(d) spread / norm of the gradient",
}
MEASURES = {
    "cosine": "Cosine of the mean update with the policy gradient",
    "cosine_on_policy": "The same under the states of d_theta, so that only the critics count",
}


def plot(table: pd.DataFrame, room: Room) -> Drawing:
    """Directions above, bias and spread below on a logarithmic axis."""
    table = table.assign(variant=variants(table))
    shown = list(dict.fromkeys(table["variant"]))
    colours = style.palette(shown, ["#D55E00", "#CC79A7", "#E69F00"])
    figure, axes = style.subplots(2, 2, figsize=(7.4, 5.4), sharex=True)
    for axis, (column, label) in zip(axes.flat, PANELS.items(), strict=True):
        style.curves(
            axis,
            table,
            "environment_steps",
            column,
            "variant",
            hue_order=shown,
            palette=colours,
            estimator="median",
            errorbar=("pi", 50),
            legend=column == "cosine",
        )
        logarithmic = column.startswith("relative")
        axis.axhline(float(logarithmic), color="0.4", linestyle=":", linewidth=1)
        axis.set(title=label, ylabel="")
        if logarithmic:
            style.logarithmic(axis)
        style.thousands(axis)
    for axis in axes[0]:
        axis.set_ylim(None, 1)
        axis.set_xlabel("")
    style.legend_below(figure, axes[0][0], ncols=3)
    gone = style.diverged(table, "variant")
    shown_are = f"median and middle half of {style.n_seeds(table)}"
    style.title(figure, f"Pendulum, the gap of the actor's update ({shown_are})", gone)
    return figure


def variants(table: pd.DataFrame) -> pd.Series[str]:
    """The name of each row's variant: algorithm-x-y, of Res-SAC with whose residual it takes."""
    names = table["algorithm"].map(style.sac_name)
    of_res_sac = table["algorithm"].str.startswith("res-sac")
    return names.where(~of_res_sac, names + ", residual of " + table["residual_of"])


def findings(table: pd.DataFrame) -> list[str]:
    """The variants by their angle, closest first, and whether Res-SAC's is closer than SAC's."""
    table = table.assign(variant=variants(table))
    names = list(dict.fromkeys(table["variant"]))
    sentences = []
    for measure, meaning in MEASURES.items():
        found = {name: words.estimated(area_mean, table, measure, {"variant": name}) for name in names}
        means = {name: mean for name, mean in found.items() if mean is not None}
        order = sorted(means, key=lambda name: means[name].estimate, reverse=True)
        listed = ", ".join(f"{name} {words.interval(means[name])}" for name in order)
        sentences.append(f"{meaning}, mean over training, closest first: {listed}.")
    for name in names:
        groups = ({"variant": name}, {"variant": "SAC-10-0"})
        difference = words.estimated(area_difference, table, "cosine", *groups)
        if name.startswith("Res-SAC-10") and difference is not None:
            sentences.append(f"{name}, cosine minus SAC-10-0's: {words.difference(difference)}.")
    worst = table["gradient_standard_error"].median()
    sentences.append(f"The gradient itself is known to {worst:.2g} of its norm (median).")
    return sentences


def _measured(progress: pd.DataFrame) -> pd.DataFrame:
    return progress[progress["cosine"].notna()]


FIGURE = Figure(
    title="Pendulum, the gap: the actor's update against the policy gradient",
    caption="Lines are medians over the seeds, bands their middle half. The gradient of the soft objective "
    "is solved for on a grid of Pendulum's states.",
    algorithms=("sac", "stack-sac", "res-sac"),
    labels=("algorithm", "residual_of"),
    keys=SAC_KEYS,
    measures=(*PANELS, "gradient_standard_error"),
    plot=plot,
    others=("diverged",),
    same=("environment",),
    in_paper=False,
    rows=_measured,
    findings=findings,
    measured_by="angle_interval",
)
