"""Fig. 12: what the critics of SAC, Stack-SAC and Res-SAC predict, against the returns that follow."""

from __future__ import annotations

import pandas as pd

from actor_critic_gap.evidence.claims import area_mean, error_ratio
from actor_critic_gap.evidence.curves import to_the_end
from actor_critic_gap.figures import style, words
from actor_critic_gap.figures.figure import CURVES, SAC_KEYS, Drawing, Figure, Room

MEASURES = (
    "plain_return",
    "soft_return",
    *(
        f"{prediction}{error}"
        for prediction in ("critic", "critic_plus_res_critic")
        for error in ("", "_bias", "_rmse", "_rank_correlation")
    ),
)
PANELS = {
    "bias": "bias (discounted reward)",
    "rmse": "root mean square error",
    "rank_correlation": "rank correlation",
}


def plot(table: pd.DataFrame, room: Room) -> Drawing:
    """A row a measure, a column an environment; solid the critic, dashed critic plus res-critic."""
    gone = style.diverged(
        table.assign(run=table["environment"] + " " + table["algorithm"].map(style.sac_name)), "run"
    )
    table = predictions(table)
    shown = list(dict.fromkeys(table["prediction"]))
    algorithms = list(dict.fromkeys(name.partition(",")[0] for name in shown))
    colour = style.palette(algorithms)
    colours = {name: colour[name.partition(",")[0]] for name in shown}
    environments = table.groupby("environment", sort=False)
    size = (2.5 * environments.ngroups + 2.4, 6.0)
    figure, axes = style.subplots(
        len(PANELS), environments.ngroups, figsize=size, sharex="col", squeeze=False
    )
    for column, (environment, rows) in zip(axes.T, environments, strict=True):
        for axis, measure in zip(column, PANELS, strict=True):
            style.curves(
                axis,
                to_the_end(rows, ["prediction"], list(PANELS)),
                "environment_steps",
                measure,
                "prediction",
                hue_order=shown,
                palette=colours,
                style="prediction",
                style_order=shown,
                dashes=[(3, 1.5) if "," in name else (1, 0) for name in shown],
                legend=axis is axes[0][-1],
            )
            if measure != "rmse":
                axis.axhline(float(measure == "rank_correlation"), color="0.4", linestyle=":", linewidth=1)
            # errors fall by orders of magnitude while an agent learns
            if measure == "bias":
                axis.set_yscale("symlog", linthresh=10)
                axis.yaxis.set_major_formatter("{x:g}")
            elif measure == "rmse":
                style.logarithmic(axis)
            axis.set(ylabel=PANELS[measure] if axis in axes[:, 0] else "", xlabel="")
        style.thousands(column[-1])
        column[0].set_title(environment)
    axes[0][-1].legend(title=None, loc="upper left", bbox_to_anchor=(1, 1))
    style.title(figure, f"Predictions of the discounted return ({style.caption(table)})", gone)
    return figure


def predictions(table: pd.DataFrame) -> pd.DataFrame:
    """A row for each prediction: the critic's, and critic plus res-critic where there is a res-critic."""
    keys = ["environment", *SAC_KEYS, "diverged"]
    name = table["algorithm"].map(style.sac_name)
    res_critic = table["algorithm"].str.startswith("res-sac")
    parts = [
        rows[[*keys]].assign(prediction=names, **{error: rows[f"{prediction}_{error}"] for error in PANELS})
        for prediction, rows, names in (
            ("critic", table, name),
            ("critic_plus_res_critic", table[res_critic], name[res_critic] + ", with res-critic"),
        )
    ]
    return pd.concat(parts, ignore_index=True)


def findings(table: pd.DataFrame) -> list[str]:
    """On each environment the error of each algorithm's critic, and what the res-critic makes of it."""
    sentences = []
    for environment, rows in table.groupby("environment", sort=False):
        algorithms = list(dict.fromkeys(rows["algorithm"]))
        for error, meaning in (("bias", "bias"), ("rmse", "root mean square error")):
            found = {
                name: words.estimated(area_mean, rows, f"critic_{error}", {"algorithm": name})
                for name in algorithms
            }
            listed = [
                f"{style.sac_name(name)} {words.interval(each)}" for name, each in found.items() if each
            ]
            sentences.append(
                f"{environment}, {meaning} of the critic, mean over training: {', '.join(listed)}."
            )
        sentences += [
            f"{environment}, {style.sac_name(name)}: {_repaired(rows, name)}."
            for name in algorithms
            if name.startswith("res-sac")
        ]
    return sentences


def _repaired(rows: pd.DataFrame, algorithm: str) -> str:
    columns = ("critic_plus_res_critic_rmse", "critic_rmse")
    found = words.estimated(error_ratio, rows, columns, {"algorithm": algorithm})
    if found is None:
        return "no runs"
    worse = "the res-critic makes it worse" if found.low > 1 else "no difference shown"
    said = "the res-critic repairs the critic" if found.high < 1 else worse
    return f"critic plus res-critic errs {words.interval(found)} times as much as the critic, {said}"


def _measured(progress: pd.DataFrame) -> pd.DataFrame:
    return progress[progress["critic"].notna()]


FIGURE = Figure(
    title="Continuous control, what critics and res-critics predict",
    caption=f"{CURVES} Of pairs of the current policy, against one Monte-Carlo return each: the critic "
    "against the soft return, critic plus res-critic against the plain one, or the soft one where the "
    "residual has the entropy, which are what they should equal.",
    algorithms=("sac", "stack-sac", "res-sac"),
    labels=("environment", "algorithm"),
    keys=SAC_KEYS,
    measures=MEASURES,
    plot=plot,
    others=("diverged",),
    in_paper=False,
    rows=_measured,
    findings=findings,
    measured_by="prediction_interval",
)
