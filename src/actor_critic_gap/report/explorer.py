"""The explorer: a page to make the choices that the paper leaves open, and to see what hangs on them.

It shows every figure that has choices: of a table of verdicts the verdicts and effect sizes under each
combination, of a table of runs their curves and what they come to.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import vl_convert

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.evidence.curves import curves_of
from actor_critic_gap.evidence.statistics import Array, area_under_curve, final_values, jackknife
from actor_critic_gap.experiment.tables import read_claims_table
from actor_critic_gap.figures import FIGURES, notation, style, words
from actor_critic_gap.figures.figure import Figure
from actor_critic_gap.figures.verdicts import COLOURS, as_set
from actor_critic_gap.provenance.lineage import records
from actor_critic_gap.report.charts import VEGA_LITE, charts
from actor_critic_gap.report.templating import templates
from actor_critic_gap.tables import in_order, plain, read_table

MOST_POINTS = 80
"""Of a curve: longer ones are thinned."""

DIGITS = 5
"""Of the numbers on the page."""

EMBED = "window.vegaEmbed = vegaEmbed;"
"""What the page calls of the library."""

YES_NO = {"True": "yes", "False": "no"}


def build(results: Path) -> str:
    """The explorer of a finished experiment as HTML that needs nothing but itself.

    Args:
        results: folder with claims.csv and the figures' tables, with their sidecars.

    Raises:
        InvalidInput: one of them is something else, or no table has choices.

    """
    claims = (
        read_claims_table(results / "claims.csv").drop_duplicates("claim", keep="last").set_index("claim")
    )
    figures, taken = [], _taken(results)
    for name, shown in FIGURES.items():
        path = results / f"{name}.csv"
        if shown.choices and path.is_file():
            table = read_table(path, shown.columns, shown.numbers)
            try:
                figures.append({"name": name, **_explored(shown, table, claims, taken)})
            except InvalidInput as error:
                raise InvalidInput(f"{path}: {error}") from None
    if not figures:
        having = ", ".join(name for name, shown in FIGURES.items() if shown.choices)
        raise InvalidInput(f"{results}: no figure with choices: expected the table of one of {having}")
    content = {"figures": figures, "colours": COLOURS, "charts": charts()}
    page = (
        templates()
        .get_template("explorer.html")
        .render(
            name=results.name,
            figures=figures,
            content=json.dumps(content, separators=(",", ":"), allow_nan=False).replace("<", r"\u003c"),
            library=_in_script(vl_convert.javascript_bundle(EMBED, VEGA_LITE)),
        )
    )
    return notation.html(page)


def _in_script(text: str) -> str:
    """Text that cannot end the element that it stands in."""
    return re.sub("(?i)<(?=!--|script)", r"\\x3c", re.sub("(?i)</(?=script)", r"<\\/", text))


def _explored(
    shown: Figure, table: pd.DataFrame, claims: pd.DataFrame, taken: Mapping[str, set[str]]
) -> dict[str, Any]:
    choices, defaults = [], dict[str, str | None]()
    for column, meaning in shown.choices.items():
        values = [plain(value) for value in sorted(table[column].unique(), key=in_order)]
        everywhere = taken.get(column, set()) if len(taken.get(column, ())) == 1 else set()
        defaults[column] = next((value for value in values if value in everywhere), None)
        choice = {"key": column, "words": meaning, "values": values, "default": defaults[column]}
        choices.append(choice)
    found: dict[str, Any] = {"title": shown.title, "choices": choices, "verdicts": None, "runs": None}
    if {"claim", "verdict"} <= set(shown.columns):
        found["verdicts"] = _verdicts(shown, table, claims)
    if shown.measures:
        found["runs"] = _runs(shown, table, defaults)
    return found


def _taken(results: Path) -> dict[str, set[str]]:
    """The values of each setting in the runs of the paper's figures, as tables write them."""
    found: dict[str, set[str]] = {}
    for name, shown in FIGURES.items():
        if shown.in_paper and (results / f"{name}.csv").is_file():
            for record in records(results / f"{name}.csv").values():
                for key, value in record.settings.items():
                    found.setdefault(key, set()).add(plain(value))
    return found


def _verdicts(shown: Figure, table: pd.DataFrame, claims: pd.DataFrame) -> dict[str, Any]:
    """Each claim with its rule, and a row a combination and claim."""
    ids = list(dict.fromkeys(map(str, table["claim"])))
    for name in ids:
        if name not in claims.index:
            raise InvalidInput(f"claim = {name}: expected one of {', '.join(claims.index)}")
    listed = []
    for name in ids:
        claim: dict[Any, Any] = claims.loc[name].to_dict()
        low, high = (None if pd.isna(claim[end]) else float(claim[end]) for end in ("rule_low", "rule_high"))
        listed.append(
            {
                "id": name,
                "statement": notation.html(html.escape(str(claim["statement"]))),
                "statistic": str(claim["statistic"]).replace("_", " "),
                "rule": as_set(str(claim["rule"])),
                "low": low,
                "high": high,
            }
        )
    rows = [
        {
            "made": [plain(row[column]) for column in shown.choices],
            "claim": ids.index(str(row["claim"])),
            "verdict": row["verdict"],
            **{column: _short(row[column]) for column in ("estimate", "ci_low", "ci_high")},
        }
        for row in table.to_dict("records")
    ]
    return {"claims": listed, "rows": rows}


def _runs(shown: Figure, table: pd.DataFrame, defaults: Mapping[str, str | None]) -> dict[str, Any]:
    """The curves of every group of runs, and what each measure comes to."""
    panels = [label for label in shown.labels if label not in shown.choices and label != "algorithm"]
    groups = dict(iter(table.groupby(list(shown.labels), sort=False)))
    labels = pd.DataFrame(list(groups), columns=list(shown.labels))
    fixed = [*panels, *(["algorithm"] if "algorithm" in labels else [])]
    alike = labels.groupby(fixed) if fixed else labels.groupby(lambda _: 0)
    varied = alike[list(shown.choices)].transform("nunique") > 1
    most = int(labels.groupby(panels).size().max()) if panels else len(labels)
    spare: dict[Any, Iterator[str]] = {}
    lines = []
    for i, (made, rows) in enumerate(groups.items()):
        of = {label: plain(value) for label, value in zip(shown.labels, made, strict=True)}
        panel = [of[label] for label in panels]
        own = [column for column in shown.choices if varied[column][i]]
        algorithm = of.get("algorithm", "")
        name = words.named(algorithm)
        told = {
            column: YES_NO.get(of[column], of[column]) for column in own if of[column] != defaults[column]
        }
        different = [f"{column.replace('_', ' ')} {value}" for column, value in told.items()]
        known = None if told else style.COLOURS.get(style.NAMES.get(algorithm, name))
        others = spare.setdefault(tuple(panel), iter(_spare_colours(most)))
        lines.append(
            {
                "name": ", ".join([name, *different]),
                "colour": known or next(others),
                "panel": panel,
                "made": [of[column] if column in own else None for column in shown.choices],
                "measures": {measure: _measured(rows, measure) for measure in shown.measures},
            }
        )
    values = [{"key": panel, "values": list(dict.fromkeys(map(plain, table[panel])))} for panel in panels]
    return {"panels": values, "measures": list(shown.measures), "lines": lines}


def _spare_colours(n: int) -> list[str]:
    """Colours for so many groups that have none of their own."""
    import seaborn as sns

    return list(sns.color_palette("tab10" if n <= 10 else "husl", n).as_hex())


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
    found = jackknife(np.mean, [values])
    return [_short(number) for number in (found.estimate, found.low, found.high)]


def _short(value: float) -> float | None:
    return float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None
