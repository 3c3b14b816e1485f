"""Fig. 3: SAC, Stack-SAC and Res-SAC on continuous control."""

from __future__ import annotations

import numpy as np
import pandas as pd

from actor_critic_gap.evidence.curves import to_the_end
from actor_critic_gap.figures import style
from actor_critic_gap.figures.figure import CURVES, DIVERGED, SAC_KEYS, Axes, Drawing, Figure, Room


def plot(table: pd.DataFrame, room: Room) -> Drawing:
    """The evaluation return over iterations, one panel an environment."""
    table = table.assign(algorithm=table["algorithm"].map(style.sac_name))
    shown = list(dict.fromkeys(table["algorithm"]))
    environments = table.groupby("environment", sort=False)
    size = (3.2 * environments.ngroups + 1.2, 2.9)
    figure, axes = style.subplots(1, environments.ngroups, figsize=size, squeeze=False)
    notes = []
    for axis, (environment, rows) in zip(axes[0], environments, strict=True):
        drawn = to_the_end(rows, ["algorithm"], ["evaluation_return"])
        style.curves(
            axis,
            drawn,
            "iteration",
            "evaluation_return",
            "algorithm",
            hue_order=shown,
            palette=style.palette(shown),
            legend=axis is axes[0][-1],
        )
        axis.set(title=environment, xlabel=style.iterations(rows), ylabel="")
        axis.locator_params(axis="x", nbins=4)
        _leave_out_the_start(axis, drawn)
        gone = style.diverged(rows, "algorithm")
        notes.append(f"{environment}: {gone}" if gone else "")
    axes[0][0].set_ylabel("return of an evaluation episode")
    axes[0][-1].legend(title=None, loc="center left", bbox_to_anchor=(1, 0.5))
    style.title(figure, f"Continuous control ({style.caption(table)})", *notes)
    return figure


def _leave_out_the_start(axis: Axes, rows: pd.DataFrame) -> None:
    """Where untrained policies lie below all that follows, fit the axis to that and name their return."""
    bands = [path.vertices for band in axis.collections for path in band.get_paths()]
    drawn = np.concatenate([*bands, *(line.get_xydata() for line in axis.lines)])
    after = drawn[drawn[:, 0] > 0, 1]
    low, high = after.min(), after.max()
    untrained = rows.loc[rows["iteration"] == 0, "evaluation_return"].mean()
    if untrained < low:
        margin = 0.05 * (high - low)
        axis.set_ylim(low - margin, high + margin)
        text = rf"$\downarrow$ untrained: ${untrained:.0f}$"
        axis.text(0.07, 0.03, text, transform=axis.transAxes, fontsize=8)


FIGURE = Figure(
    title="Continuous control",
    caption=f"{CURVES} {DIVERGED} Where untrained policies lie below all that follows, their mean return is "
    "written instead.",
    algorithms=("sac", "stack-sac", "res-sac"),
    labels=("environment", "algorithm"),
    keys=SAC_KEYS,
    measures=("evaluation_return",),
    plot=plot,
    others=("training_return", "diverged"),
)
