"""Fig. 5: Res-SAC under different bounds on the residual."""

from __future__ import annotations

import pandas as pd

from actor_critic_gap.evidence.curves import to_the_end
from actor_critic_gap.figures import style
from actor_critic_gap.figures.figure import CURVES, DIVERGED, SAC_KEYS, Drawing, Figure, Room


def plot(table: pd.DataFrame, room: Room) -> Drawing:
    """The evaluation return over iterations, one colour a clip value, darker for larger."""
    import seaborn as sns

    values = list(dict.fromkeys(table["clip"]))
    numbers = sorted((value for value in values if value not in ("none", "from-sac")), key=float)
    palette = dict(zip(numbers, sns.color_palette("viridis_r", len(numbers)).as_hex(), strict=True))
    palette |= {"none": "#D55E00", "from-sac": "#CC79A7"}
    # from-sac on top, and dotted: where nothing reaches its bound, it is the unclipped run
    order = [*numbers, *(value for value in ("none", "from-sac") if value in values)]
    figure, axis = style.subplots(figsize=(4.8, 3.2))
    style.curves(
        axis,
        to_the_end(table, ["clip"], ["evaluation_return"]),
        "iteration",
        "evaluation_return",
        "clip",
        hue_order=order,
        style="clip",
        style_order=order,
        dashes=dict.fromkeys(numbers, (1, 0)) | {"none": (3, 1.2), "from-sac": (1, 1.5)},
        palette=palette,
        alpha=0.12,
    )
    axis.set(xlabel=style.iterations(table), ylabel="return of an evaluation episode")
    axis.set_title(table["environment"].iloc[0])
    axis.legend(title="clip value c", loc="center left", bbox_to_anchor=(1, 0.5))
    style.title(figure, f"Res-SAC, clipped residual ({style.caption(table)})", style.diverged(table, "clip"))
    return figure


FIGURE = Figure(
    title="Res-SAC under bounds on the residual",
    caption=f"{CURVES} {DIVERGED}",
    algorithms=("res-sac",),
    labels=("environment", "clip"),
    keys=SAC_KEYS,
    measures=("evaluation_return",),
    plot=plot,
    others=("training_return", "diverged"),
    same=("environment", "algorithm"),
)
