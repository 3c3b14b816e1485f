"""All verdicts at a glance: a forest plot of every claim and case, with interval and rule."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from actor_critic_gap.evidence.claims import ALL, INCONCLUSIVE, NOT_REPRODUCED, REPRODUCED
from actor_critic_gap.figures import style
from actor_critic_gap.figures.figure import Axes, Drawing
from actor_critic_gap.figures.notation import mathtext
from actor_critic_gap.figures.words import number

COLOURS = {REPRODUCED: "#0072B2", NOT_REPRODUCED: "#D55E00", INCONCLUSIVE: "#6E6E6E"}
"""Of the verdicts (Okabe and Ito, colour-blind safe); marks differ too."""

MARKERS = {REPRODUCED: "o", NOT_REPRODUCED: "X", INCONCLUSIVE: "D"}
SHADE = "#DCE9F2"

WIDTH, LINE = 10.6, 0.172  # inches
CLAIM, TEXT, CASE, PANEL, ESTIMATE, RULE, SEEDS = 0.1, 1.36, 1.54, (5.1, 7.1), 7.3, 9.4, 10.5
LETTERS = 68
"""Of a statement in one line."""


class Region(NamedTuple):
    """The values that a rule asks for, and where its row is centred."""

    low: float
    high: float

    @property
    def centre(self) -> float:
        """The bound, or the middle of two."""
        bounds = [bound for bound in self if math.isfinite(bound)]
        return sum(bounds) / len(bounds)


def region(claim: Mapping[Any, Any]) -> Region:
    """The values that the rule of a row of the table of verdicts asks for."""
    return Region(*_ends(claim["rule_low"], claim["rule_high"]))


def _ends(low: float, high: float) -> tuple[float, float]:
    """The ends of what a table holds, in which an infinite one is empty."""
    return -math.inf if math.isnan(low) else low, math.inf if math.isnan(high) else high


def as_set(rule: str) -> str:
    """What a rule asks of the estimate, with the signs of mathematics."""
    for sign, mathematical in {">=": "≥", "<=": "≤", "+-": "±", "-": "\N{MINUS SIGN}"}.items():
        rule = rule.replace(sign, mathematical)
    return re.sub(r"(?<![\d.])\d{5,}(?![\d.])", lambda digits: f"{int(digits[0]):,}", rule)


def verdict_counts(claims: pd.DataFrame) -> dict[str, int]:
    """How many claims have each verdict; the row over all cases counts for a claim that has some."""
    whole = claims.groupby("claim", sort=False).tail(1)
    counts = whole["verdict"].value_counts().to_dict()
    return {verdict: counts.get(verdict, 0) for verdict in (REPRODUCED, NOT_REPRODUCED, INCONCLUSIVE)}


@dataclass(frozen=True)
class Row:
    """A line of the plot: the heading of a figure, a claim, a case, or a claim without cases, which is both.

    Attributes:
        top: where it starts, in lines.
        words: what stands there, line by line.
        claim: its name, of a claim.
        verdict: on the claim; empty of a heading and of a case.
        case: the row of the table of verdicts that is drawn, if any.
        half: the largest distance of the claim's values from the centre of its rule.

    """

    top: float
    words: Sequence[str]
    claim: str = ""
    verdict: str = ""
    case: dict[str, Any] | None = None
    half: float = 1.0

    @property
    def bottom(self) -> float:
        """Where it ends."""
        return self.top + len(self.words)


def plot(claims: pd.DataFrame) -> Drawing:
    """Every claim and case with its estimate, its interval and its rule, on a scale of the claim's own.

    Args:
        claims: the verdicts, as of `evidence.claims.judge`.

    """
    rows = list(_rows(claims))
    lines = rows[-1].bottom + 0.3
    height = LINE * (lines + 4.2)
    figure, axis = style.subplots(figsize=(WIDTH, height))
    figure.set_layout_engine("none")
    axis.set_position((0, 1.6 * LINE / height, 1, LINE * lines / height))
    axis.set(xlim=(0, WIDTH), ylim=(lines, 0))
    axis.set_axis_off()
    _heads(axis)
    for row in rows:
        _words(axis, row)
        if row.case is not None:
            _interval(axis, row.case, row.top + 0.5, row.half)
    counts = ", ".join(f"{n} {verdict}" for verdict, n in verdict_counts(claims).items())
    title = f"{claims['claim'].nunique()} claims: {counts}"
    figure.suptitle(title, x=0.5, y=1 - 0.25 * LINE / height, va="top")
    _legend(figure, 0.2 * LINE / height)
    return figure


def _rows(claims: pd.DataFrame) -> Iterator[Row]:
    top, before = 0.0, None
    for name, rows in claims.groupby("claim", sort=False):
        whole = rows.iloc[-1]
        figure = str(whole["figure"])
        if figure != before:
            yield Row(top + 0.3, [f"Fig. {figure[3:]}" if figure.startswith("fig") else figure.capitalize()])
            top, before = top + 1.5, figure
        cases = rows[rows["case"] != ALL]
        asked = region(whole.to_dict())
        bounds = [bound for bound in asked if math.isfinite(bound)]
        values = cases[["estimate", "ci_low", "ci_high"]].to_numpy(float).ravel()
        half = max(abs(value - asked.centre) for value in (*values, *bounds) if math.isfinite(value)) or 1.0
        records: list[dict[str, Any]] = [*cases.T.to_dict().values()]
        words, alone = (
            textwrap.wrap(str(whole["statement"]), LETTERS),
            records[0] if len(records) == 1 else None,
        )
        claim = Row(top, words, str(name), str(whole["verdict"]), alone, half)
        yield claim
        top = claim.bottom
        if alone is None:
            for case in records:
                yield Row(top, [str(case["case"])], case=case, half=half)
                top += 1
        top += 0.3


def _heads(axis: Axes) -> None:
    heads = {
        TEXT: ("claim, and its cases", "left"),
        sum(PANEL) / 2: ("← less   shaded: the rule   more →", "center"),
        ESTIMATE: ("estimate [95 % interval]", "left"),
        RULE: ("rule", "left"),
        SEEDS: ("n", "right"),
    }
    for x, (head, aligned) in heads.items():
        axis.text(x, -0.2, head, color="0.35", fontsize=8, va="bottom", ha=aligned)


def _words(axis: Axes, row: Row) -> None:
    first = row.top + 0.5
    if row.verdict:
        colour = COLOURS[row.verdict]
        axis.text(CLAIM + 0.16, first, row.claim, fontsize=8, va="center", color=colour, fontweight="bold")
        _dot(axis, CLAIM + 0.04, first, row.verdict)
    elif row.case is None:
        axis.text(CLAIM, first, row.words[0], va="center", fontweight="bold")
        axis.plot([CLAIM, SEEDS], [row.top + 1] * 2, color="0.8", linewidth=0.6)
        return
    x, colour = (TEXT, "0") if row.verdict else (CASE, "0.25")
    for line, words in enumerate(row.words):
        axis.text(x, first + line, mathtext(words), fontsize=8, va="center", color=colour)


def _interval(axis: Axes, case: Mapping[str, Any], y: float, half: float) -> None:
    """The rule's region, the interval, and both in numbers."""
    at, middle, reach = region(case), sum(PANEL) / 2, 0.94 * (PANEL[1] - PANEL[0]) / 2

    def x(value: float) -> float:
        return min(max(middle + reach * (value - at.centre) / half, PANEL[0]), PANEL[1])

    left, right = x(at.low), x(at.high)
    margin = max(0.0, 0.03 - (right - left)) / 2  # a region that would be too thin to be seen
    axis.fill_betweenx([y - 0.46, y + 0.46], left - margin, right + margin, color=SHADE, linewidth=0)
    axis.plot([middle, middle], [y - 0.46, y + 0.46], color="0.65", linewidth=0.6, linestyle=":")
    estimate = case["estimate"]
    if math.isfinite(estimate):
        low, high = _ends(case["ci_low"], case["ci_high"])
        colour = COLOURS[case["verdict"]]
        axis.plot([x(low), x(high)], [y, y], color=colour, linewidth=1.6, solid_capstyle="butt")
        _dot(axis, x(estimate), y, case["verdict"])
        numbers = number(estimate) + (f" [{number(low)}, {number(high)}]" if low < high else "")
    else:
        numbers = "not a number" if case["n_seeds"] else "no runs"
    axis.text(ESTIMATE, y, numbers.replace("-", "\N{MINUS SIGN}"), fontsize=8, va="center")
    axis.text(RULE, y, as_set(case["rule"]), fontsize=8, va="center")
    axis.text(SEEDS, y, f"{case['n_seeds']:g}", fontsize=8, va="center", ha="right")


def _dot(axis: Axes, x: float, y: float, verdict: str) -> None:
    looks: dict[str, Any] = {"markersize": 6, "markeredgecolor": "white", "markeredgewidth": 0.5}
    axis.plot(x, y, MARKERS[verdict], color=COLOURS[verdict], **looks)


def _legend(figure: Drawing, y: float) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=COLOURS[name], marker=MARKERS[name], markersize=6, linewidth=1.6, label=name)
        for name in COLOURS
    ]
    figure.legend(handles=handles, loc="lower center", ncols=3, bbox_to_anchor=(0.5, y))
