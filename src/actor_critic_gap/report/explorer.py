"""The explorer: a page to make the choices that the paper leaves open, and to see what hangs on them.

It shows every figure that has choices: of a table of verdicts the verdicts and effect sizes under each
combination, of a table of runs their curves and what they come to.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import vl_convert

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.evidence.curves import curves_of
from actor_critic_gap.evidence.statistics import Array, area_under_curve, final_values
from actor_critic_gap.experiment.families import FAMILIES
from actor_critic_gap.experiment.tables import read_claims_table
from actor_critic_gap.figures import FIGURES, notation, style, words
from actor_critic_gap.figures.figure import Figure
from actor_critic_gap.figures.verdicts import COLOURS, as_set, region
from actor_critic_gap.report.page import templates
from actor_critic_gap.runs.family import plain
from actor_critic_gap.tables import read_table

MOST_POINTS = 80
"""Of a curve: longer ones are thinned."""

DIGITS = 5
"""Of the numbers on the page."""


def build(results: Path) -> str:
    """The explorer of a finished experiment as HTML that needs nothing but itself.

    Args:
        results: folder with claims.csv and the figures' tables.

    Raises:
        InvalidInput: one of them is something else, or no table has choices.

    """
    claims = (
        read_claims_table(results / "claims.csv").drop_duplicates("claim", keep="last").set_index("claim")
    )
    figures = []
    for name, shown in FIGURES.items():
        path = results / f"{name}.csv"
        if shown.choices and path.is_file():
            figures.append(
                {"name": name, **_explored(shown, read_table(path, shown.columns, shown.numbers), claims)}
            )
    if not figures:
        having = ", ".join(name for name, shown in FIGURES.items() if shown.choices)
        raise InvalidInput(f"{results}: no figure with choices: expected the table of one of {having}")
    content = {"figures": figures, "colours": COLOURS, "charts": _charts()}
    page = (
        templates()
        .get_template("explorer.html")
        .render(
            name=results.name,
            figures=figures,
            content=_in_script(json.dumps(content, separators=(",", ":"), allow_nan=False)),
            library=_in_script(vl_convert.javascript_bundle(vl_version=_vega_lite())),
        )
    )
    return notation.html(page)


def _vega_lite() -> str:
    """The version that altair writes charts for, as the bundle names it: 6.1."""
    return ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])


def _in_script(text: str) -> str:
    """Text that cannot end the element that it stands in."""
    return text.replace("</", r"<\/").replace("<!--", r"<\!--")


def _explored(shown: Figure, table: pd.DataFrame, claims: pd.DataFrame) -> dict[str, Any]:
    defaults = _defaults()
    choices = []
    for column, meaning in shown.choices.items():
        values = [plain(value) for value in sorted(table[column].unique())]
        default = defaults.get(column)
        choices.append(
            {
                "key": column,
                "words": meaning,
                "values": values,
                "default": default if default in values else None,
            }
        )
    found: dict[str, Any] = {"title": shown.title, "choices": choices, "verdicts": None, "runs": None}
    if {"claim", "verdict"} <= set(shown.columns):
        found["verdicts"] = _verdicts(shown, table, claims)
    if shown.measures:
        found["runs"] = _runs(shown, table)
    return found


def _defaults() -> dict[str, str]:
    """The reading that is taken of each setting, as tables write it."""
    found: dict[str, str] = {}
    for family in FAMILIES:
        for name, field in family.settings.model_fields.items():
            if not field.is_required():
                found.setdefault(name, plain(field.get_default(call_default_factory=True)))
    return found


def _verdicts(shown: Figure, table: pd.DataFrame, claims: pd.DataFrame) -> dict[str, Any]:
    """Each claim with its rule, and a row a combination and claim."""
    ids = list(dict.fromkeys(table["claim"]))
    unknown = [name for name in ids if name not in claims.index]
    if unknown:
        raise InvalidInput(f"claim {unknown[0]}: has no row in claims.csv")
    listed = []
    for name in ids:
        claim = claims.loc[name]
        low, high = (bound if np.isfinite(bound) else None for bound in region(str(claim["rule"])))
        listed.append(
            {
                "id": name,
                "statement": claim["statement"],
                "statistic": str(claim["statistic"]).replace("_", " "),
                "rule": as_set(str(claim["rule"])),
                "low": low,
                "high": high,
            }
        )
    rows = [
        {
            "made": [plain(row[column]) for column in shown.choices],
            "claim": ids.index(row["claim"]),
            "verdict": row["verdict"],
            **{column: _short(row[column]) for column in ("estimate", "ci_low", "ci_high")},
        }
        for row in table.to_dict("records")
    ]
    return {"claims": listed, "rows": rows}


def _runs(shown: Figure, table: pd.DataFrame) -> dict[str, Any]:
    """The curves of every group of runs, and what each measure comes to."""
    panels = [label for label in shown.labels if label not in shown.choices and label != "algorithm"]
    groups = dict(iter(table.groupby(list(shown.labels), sort=False)))
    labels = pd.DataFrame(list(groups), columns=list(shown.labels))
    fixed = [*panels, *(["algorithm"] if "algorithm" in labels else [])]
    alike = labels.groupby(fixed) if fixed else labels.groupby(lambda _: 0)
    varied = alike[list(shown.choices)].transform("nunique") > 1
    spare = iter(_spare_colours(len(labels)))
    lines = []
    for i, (made, rows) in enumerate(groups.items()):
        of = dict(zip(shown.labels, made, strict=True))
        own = [column for column in shown.choices if varied[column][i]]
        algorithm = str(of.get("algorithm", ""))
        name = words.named(algorithm)
        different = ", ".join(f"{column.replace('_', ' ')} {plain(of[column])}" for column in own)
        known = None if own else style.COLOURS.get(style.NAMES.get(algorithm, name))
        lines.append(
            {
                "name": ": ".join(filter(None, [name, different])),
                "colour": known or next(spare),
                "panel": [plain(of[panel]) for panel in panels],
                "made": [plain(of[column]) if column in own else None for column in shown.choices],
                "measures": {measure: _measured(rows, measure) for measure in shown.measures},
            }
        )
    values = [{"key": panel, "values": list(dict.fromkeys(map(plain, table[panel])))} for panel in panels]
    return {"panels": values, "measures": list(shown.measures), "lines": lines}


def _spare_colours(n: int) -> list[str]:
    """Colours for so many groups that have none of their own."""
    import seaborn as sns

    return list(sns.color_palette("husl", n).as_hex())


def _measured(rows: pd.DataFrame, measure: str) -> dict[str, Any]:
    """The thinned curve, with one standard deviation over seeds, and final value and mean height."""
    found = curves_of(rows, [{}], [measure])
    assert found is not None
    (curves,), x = found.curves, found.x
    kept = np.unique(np.linspace(0, len(x) - 1, MOST_POINTS).round().astype(int))
    mean, deviation = curves.mean(axis=0)[kept], curves.std(axis=0, ddof=1)[kept]
    return {
        "x": x[kept].tolist(),
        "mean": list(map(_short, mean)),
        "low": list(map(_short, mean - deviation)),
        "high": list(map(_short, mean + deviation)),
        "final": _interval(final_values(curves)),
        "area": _interval(area_under_curve(curves, x)),
    }


def _interval(values: Array) -> list[float | None]:
    """The mean of a number a run, with its interval."""
    table = pd.DataFrame({"seed": range(len(values)), "iteration": 0, "value": values})
    return [_short(number) for number in words.estimated(_mean, table, "value", {}) or ()]


def _mean(values: Array, *, x: Array) -> float:
    return float(values.mean())


def _short(value: float) -> float | None:
    return float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None


def _charts() -> dict[str, Any]:
    """The charts without their data, which the page gives them."""
    verdict = alt.Color(
        "verdict:N", scale=alt.Scale(domain=list(COLOURS), range=list(COLOURS.values())), title=None
    ).legend(orient="top")
    rows = alt.Chart(alt.NamedData("rows")).encode(
        x=alt.X(
            "order:Q", title="combinations, by estimate", axis=alt.Axis(labels=False, ticks=False, grid=False)
        ),
        color=verdict,
        opacity=alt.condition("datum.chosen", alt.value(1), alt.value(0.15)),
        tooltip=["choices:N", "verdict:N", "estimate:Q", "ci_low:Q", "ci_high:Q"],
    )
    shade = alt.Chart(alt.NamedData("region")).mark_rect(color="#DCE9F2").encode(y="low:Q", y2="high:Q")
    estimate = alt.Y("estimate:Q", title="estimate, 95 % interval")
    effects = shade + rows.mark_rule(strokeWidth=1.5).encode(y=alt.Y("ci_low:Q", title=None), y2="ci_high:Q")
    effects += rows.mark_point(filled=True, size=40, cursor="pointer").encode(y=estimate)
    steps = alt.X("x:Q", title="environment steps or iterations", axis=alt.Axis(format="~s"))
    colour = alt.Color("colour:N", scale=None)
    points = alt.Chart(alt.NamedData("curves")).encode(x=steps, color=colour, detail="name:N")
    band = points.mark_area(opacity=0.15).encode(y=alt.Y("low:Q", title=None), y2="high:Q")
    line = points.mark_line(strokeWidth=2).encode(
        y=alt.Y("mean:Q", title="mean, one standard deviation", scale=alt.Scale(zero=False)),
        tooltip=["name:N", "x:Q", "mean:Q"],
    )
    comes_to = alt.Chart(alt.NamedData("summaries")).encode(
        y=alt.Y("name:N", title=None, sort=None, axis=alt.Axis(labelLimit=260, grid=True)), color=colour
    )
    scale = alt.Scale(zero=False)
    interval = comes_to.mark_rule(strokeWidth=2).encode(
        x=alt.X("low:Q", title=None, scale=scale), x2="high:Q"
    )
    interval += comes_to.mark_point(filled=True, size=70).encode(
        x=alt.X("mean:Q", title="mean, 95 % interval", scale=scale),
        tooltip=["name:N", "mean:Q", "low:Q", "high:Q"],
    )
    drawn = {"effects": effects, "curves": band + line, "summaries": interval}
    sizes = {"effects": 320, "curves": 320, "summaries": alt.Step(22)}
    return {
        name: chart.properties(width="container", height=sizes[name])
        .configure_axis(labelFontSize=12, titleFontSize=12, titleFontWeight="normal")
        .configure_legend(labelFontSize=12)
        .to_dict()
        for name, chart in drawn.items()
    }
