"""Fig. 8: Stack-AC against its regulariser eta, for both estimators of the cross term."""

from __future__ import annotations

import numpy as np
import pandas as pd

from actor_critic_gap.evidence.claims import final_difference
from actor_critic_gap.evidence.statistics import final_values
from actor_critic_gap.figures import style, words
from actor_critic_gap.figures.figure import Drawing, Figure, Room
from actor_critic_gap.tabular.kernels import ALGORITHMS

ESTIMATORS = {"score": "score function (T10)", "sum": "sum over next actions"}
MARKERS, DASHES = ["o", "s"], ["-", "--"]
COLOURS = [style.COLOURS["Stack-AC"], "#CC79A7"]


def plot(table: pd.DataFrame, room: Room) -> Drawing:
    """Final objective, with the algorithms that have no eta as lines, and the mean `stackelberg_factor`."""
    import seaborn as sns

    runs = ["algorithm", "eta", "stack_next_action", "seed"]
    groups = table.astype({"eta": float}).groupby(runs, as_index=False)
    values = groups.agg({"objective": _final, "stackelberg_factor": "mean"})
    figure, axes = style.subplots(1, 2, figsize=(7.2, 3.0))
    panels = (
        (axes[0], "objective", r"final objective $J(\theta)$ (reward per step)"),
        (axes[1], "stackelberg_factor", "mean share of the response kept"),
    )
    for axis, column, label in panels:
        stack = values[values["algorithm"] == "stack-ac"].sort_values("eta")
        shown = [name for name in ESTIMATORS if name in set(stack["stack_next_action"])]
        sns.pointplot(
            stack.assign(stack_next_action=stack["stack_next_action"].map(ESTIMATORS)),
            x="eta",
            y=column,
            hue="stack_next_action",
            hue_order=[ESTIMATORS[name] for name in shown],
            palette=COLOURS[: len(shown)],
            markers=MARKERS[: len(shown)],
            linestyles=DASHES[: len(shown)],
            errorbar=style.BAND,
            dodge=0.15 if len(shown) > 1 else False,
            legend=column == "objective",
            linewidth=1.2,
            ax=axis,
        )
        axis.set(xlabel=r"regulariser $\eta$", ylabel=label)
    for name, rows in values[values["algorithm"] != "stack-ac"].groupby("algorithm"):
        mean, shown_as = rows["objective"].mean(), style.NAMES[str(name)]
        axes[0].axhline(mean, color=style.COLOURS[shown_as], linestyle=":", linewidth=1.2, label=shown_as)
    axes[0].set_ylim(0, None)
    axes[0].legend(title=None, loc="lower right")
    axes[1].set_ylim(0, 1.05)
    style.title(figure, f"FourRoom, Stack-AC ({style.caption(table)})")
    return figure


def _final(curve: pd.Series[float]) -> float:
    return float(final_values(np.asarray(curve, np.float64)[None])[0])


def findings(table: pd.DataFrame) -> list[str]:
    """The share of the response that each eta keeps, and where it ends against Actor_o-Critic."""
    stack = table[table["algorithm"] == "stack-ac"]
    sentences = []
    for estimator, of_estimator in stack.groupby("stack_next_action"):
        for eta in sorted(of_estimator["eta"].unique(), key=float):
            rows = of_estimator[of_estimator["eta"] == eta]
            early = rows[rows["environment_steps"] <= rows["environment_steps"].max() / 10]
            factor, early_factor = (some["stackelberg_factor"].mean() for some in (rows, early))
            sentence = (
                f"{estimator}, eta = {float(eta):g}: mean factor {factor:.2f} over training, "
                f"{early_factor:.2f} in its first tenth"
            )
            group = {"algorithm": "stack-ac", "stack_next_action": str(estimator), "eta": str(eta)}
            other = {"algorithm": "actor-o-critic"}
            if against := words.estimated(final_difference, table, "objective", group, other, unit="learned"):
                sentence += f"; final J against {words.NAMES['actor-o-critic']} {words.difference(against)}"
            sentences.append(f"{sentence}.")
    return sentences


FIGURE = Figure(
    title="Stack-AC and its regulariser eta",
    caption="Points are means over the seeds, bars one sample standard deviation (ddof = 1).",
    algorithms=ALGORITHMS,
    labels=("algorithm", "eta", "stack_next_action"),
    keys=("seed", "environment_steps"),
    measures=("episode_return", "objective", "stackelberg_factor"),
    plot=plot,
    in_paper=False,
    choices={"eta": "the regulariser eta", "stack_next_action": "the cross term of the response"},
    findings=findings,
)
