"""The charts of the explorer, as Vega-Lite has them."""

from __future__ import annotations

from typing import Any

import altair as alt

from actor_critic_gap.figures.verdicts import COLOURS, SHADE

VEGA_LITE = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
"""The version that the charts are written for."""


def charts() -> dict[str, Any]:
    """The charts without their data, which the page gives them."""
    verdict = alt.Color(
        "verdict:N", scale=alt.Scale(domain=list(COLOURS), range=list(COLOURS.values())), title=None
    ).legend(orient="top")
    rows = alt.Chart(alt.NamedData("rows")).encode(
        x=alt.X(
            "order:Q",
            title="combinations, by estimate",
            scale=alt.Scale(nice=False, zero=False, padding=8),
            axis=alt.Axis(labels=False, ticks=False, grid=False),
        ),
        color=verdict,
        opacity=alt.condition("datum.chosen", alt.value(1), alt.value(0.25)),
        tooltip=["choices:N", "verdict:N", "estimate:Q", "ci_low:Q", "ci_high:Q"],
    )
    effect = "estimate, 95 % interval"
    shade = (
        alt.Chart(alt.NamedData("region"))
        .mark_rect(color=SHADE)
        .encode(y=alt.Y("low:Q", title=effect), y2="high:Q")
    )
    effects = shade + rows.mark_rule(strokeWidth=1.5).encode(
        y=alt.Y("ci_low:Q", title=effect), y2="ci_high:Q"
    )
    effects += rows.mark_point(filled=True, size=40, cursor="pointer").encode(
        y=alt.Y("estimate:Q", title=effect)
    )
    steps = alt.X("x:Q", title="steps", axis=alt.Axis(format="~s"))
    colour = alt.Color("colour:N", scale=None)
    points = alt.Chart(alt.NamedData("curves")).encode(x=steps, color=colour, detail="name:N")
    band = points.mark_area(opacity=0.15).encode(y=alt.Y("low:Q", title="mean"), y2="high:Q")
    line = points.mark_line(strokeWidth=2).encode(
        y=alt.Y("mean:Q", title="mean", scale=alt.Scale(zero=False)),
        tooltip=["name:N", "x:Q", "mean:Q"],
    )
    comes_to = alt.Chart(alt.NamedData("summaries")).encode(
        y=alt.Y("name:N", title=None, sort=None, axis=alt.Axis(labelLimit=320, grid=True)), color=colour
    )
    scale = alt.Scale(zero=False)
    interval = comes_to.mark_rule(strokeWidth=2).encode(
        x=alt.X("low:Q", title="mean, 95 % interval", scale=scale), x2="high:Q"
    )
    interval += comes_to.mark_point(filled=True, size=70).encode(
        x=alt.X("mean:Q", title="mean, 95 % interval", scale=scale),
        tooltip=["name:N", "mean:Q", "low:Q", "high:Q"],
    )
    drawn = {"effects": effects, "curves": band + line, "summaries": interval}
    return {
        name: chart.properties(width="container", height=320)
        .configure_axis(labelFontSize=12, titleFontSize=12, titleFontWeight="normal")
        .configure_legend(labelFontSize=12)
        .to_dict()
        for name, chart in drawn.items()
    }
