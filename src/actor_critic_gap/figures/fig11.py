"""Fig. 11: which unstated choice decides on continuous control, verdicts and effects under each reading."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.evidence.claims import (
    INCONCLUSIVE,
    NOT_REPRODUCED,
    REPRODUCED,
    STATISTICS,
    Rule,
    interval_of,
)
from actor_critic_gap.evidence.curves import Group, curves_of
from actor_critic_gap.evidence.statistics import Interval
from actor_critic_gap.figures import style
from actor_critic_gap.figures.fig6 import PUBLISHED
from actor_critic_gap.figures.fig9 import TILES
from actor_critic_gap.figures.figure import DIVERGED, SAC_KEYS, Axes, Drawing, Figure, Room

READINGS = {
    "critics": "the number of critics",
    "residual_of": "the critic whose residual it is",
    "residual_entropy": "entropy in the residual",
    "res_critics": "the number of res-critics",
    "clip": "the bound on the residual",
}
"""Each with its name in words."""


class Question(NamedTuple):
    """What is asked of an algorithm against SAC-10-0 of the same critics."""

    claim: str
    of: str
    statistic: str
    rule: Rule
    words: str
    marker: str


QUESTIONS = (
    Question("6", "res-sac", "area_difference", Rule(more_than=0), "learns faster", "o"),
    Question("7", "res-sac", "final_difference", Rule(more_than=0), "ends higher", "D"),
    Question("9", "stack-sac", "final_difference", Rule(within=0.1), "ends where SAC ends", "D"),
)


class Answer(NamedTuple):
    """The answer to a question under one reading."""

    environment: str
    reading: str
    choices: Mapping[str, str]
    """the algorithm and its `READINGS`, with the number of res-critics that there are"""
    question: Question
    interval: Interval
    """of the difference in units of what SAC learned"""
    effect: Interval
    """of the difference in return"""
    of_seeds: list[float]
    """the difference in return in each seed, whose mean is the effect's estimate"""

    @property
    def verdict(self) -> str:
        """By the question's rule."""
        low, high = self.interval.ends()
        return INCONCLUSIVE if np.isnan((low, high)).any() else self.question.rule.verdict(low, high)


def plot(table: pd.DataFrame, room: Room) -> Drawing:
    """A row a reading; of each environment the verdicts, and beside them the effects with their intervals."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    found = list(answers(table))
    if not found:
        raise InvalidInput("fig11: expected runs of sac-10-0 with as many critics, and of another algorithm")
    readings = list(dict.fromkeys(answer.reading for answer in found))
    environments = list(dict.fromkeys(answer.environment for answer in found))
    claims = sorted({answer.question.claim for answer in found})
    size = (3.2 + 3.0 * len(environments), 1.5 + 0.27 * len(readings))
    widths = [0.28 * len(claims), 2.0] * len(environments)
    figure, axes = style.subplots(
        1, 2 * len(environments), figsize=size, sharey=True, squeeze=False, width_ratios=widths
    )
    for i, environment in enumerate(environments):
        tiles, effects = axes[0][2 * i : 2 * i + 2]
        for answer in (answer for answer in found if answer.environment == environment):
            y = readings.index(answer.reading)
            _tile(tiles, claims.index(answer.question.claim), y, TILES[answer.verdict])
            _effect(effects, answer, y)
        tiles.set(
            xlim=(-0.5, len(claims) - 0.5), xticks=range(len(claims)), xticklabels=claims, xlabel="claim"
        )
        tiles.tick_params(length=0)
        tiles.spines[:].set_visible(False)
        effects.axvline(0, color="0.4", linestyle=":", linewidth=1)
        effects.set(title=environment, xlabel="difference (return)")
        effects.grid(axis="y", color="0.92", linewidth=0.6)
        effects.tick_params(axis="y", length=0)
    axes[0][0].set_yticks(range(len(readings)), readings)
    axes[0][0].set_ylim(len(readings) - 0.5, -0.5)
    handles: list[Any] = [Patch(color=colour, label=name) for name, colour in reversed(TILES.items())]
    handles += [
        Line2D([], [], marker="o", color="0.3", linestyle="none", label="area under the curve"),
        Line2D([], [], marker="D", color="0.3", linestyle="none", markerfacecolor="w", label="final value"),
        Line2D([], [], marker="|", color="0.3", linestyle="none", label="one seed"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
    notes = style.diverged(table.assign(run=table["environment"] + " " + variants(table)), "run")
    style.title(
        figure, f"Continuous control under each reading ({style.n_seeds(table)}; 95 % intervals)", notes
    )
    return figure


def _tile(axis: Axes, x: int, y: int, colour: str) -> None:
    from matplotlib.patches import Rectangle

    axis.add_patch(Rectangle((x - 0.46, y - 0.44), 0.92, 0.88, color=colour, linewidth=0))


def _effect(axis: Axes, answer: Answer, y: int) -> None:
    area = answer.question.marker == "o"
    colour = style.COLOURS["Stack-SAC-10-0" if answer.question.of == "stack-sac" else "Res-SAC-10-10"]
    low, high = answer.effect.ends()
    middle = answer.effect.estimate
    height = y - 0.17 if area else y + 0.17
    heights = [height] * len(answer.of_seeds)
    axis.plot(answer.of_seeds, heights, "|", color=colour, alpha=0.5, markersize=6, markeredgewidth=0.8)
    axis.errorbar(
        [middle],
        [height],
        xerr=np.abs([[middle - low], [high - middle]]),
        fmt=answer.question.marker,
        markersize=3.5,
        markerfacecolor=colour if area else "white",
        color=colour,
        linewidth=1,
    )


def variants(table: pd.DataFrame) -> pd.Series[str]:
    """The reading of each row: the algorithm, of Res-SAC whose residual, and what differs from S6, S8, S20.

    Numbers of updates are named where they are others than 10, the clip where an environment has several and
    it is another than Table 3's.
    """
    res_sac = table["algorithm"].str.startswith("res-sac")
    clips = table["clip"].where(res_sac)
    several = clips.groupby(table["environment"]).transform("nunique") > 1
    other = pd.to_numeric(clips, errors="coerce") != table["environment"].map(PUBLISHED)
    names = table["algorithm"].map(style.sac_name).str.replace(r"-10-(?:0|10)$", "", regex=True)
    names = names.where(~res_sac, names + " " + table["residual_of"])
    for changed, text in (
        (table["critics"] == "1", " + single critic"),
        (res_sac & (table["residual_entropy"] == "True"), " + entropy"),
        (res_sac & (table["res_critics"] == "2"), " + twin W"),
        (res_sac & several & other, " + clip " + table["clip"]),
    ):
        names = names.where(~changed, names + text)
    return names


def answers(table: pd.DataFrame) -> Iterator[Answer]:
    """Each question under each reading on each environment, against SAC-10-0 of as many critics."""
    table = table.assign(reading=variants(table))
    for environment, rows in table.groupby("environment", sort=False):
        for reading, runs in rows.groupby("reading", sort=False):
            algorithm = str(runs["algorithm"].iloc[0])
            asked = [question for question in QUESTIONS if algorithm.startswith(question.of)]
            choices = {choice: str(runs[choice].iloc[0]) for choice in ("algorithm", *READINGS)}
            if choices["residual_of"] == "own":
                choices["res_critics"] = choices["critics"]
            elif choices["res_critics"] == "None":
                choices["res_critics"] = "1"
            groups: tuple[Group, Group] = (
                {"reading": str(reading)},
                {"algorithm": "sac-10-0", "critics": choices["critics"]},
            )
            found = curves_of(rows, groups, ["evaluation_return"]) if asked else None
            if found is None:
                continue
            for question in asked:
                statistic = STATISTICS[question.statistic]
                interval, effect = (
                    interval_of(statistic, found.x, found.curves, unit) for unit in ("learned", None)
                )
                pairs = zip(*(group[:, None] for group in found.curves), strict=True)
                of_seeds = [statistic(*pair, x=found.x) for pair in pairs]
                yield Answer(str(environment), str(reading), choices, question, interval, effect, of_seeds)


def findings(table: pd.DataFrame) -> list[str]:
    """Of each claim on each environment whether it is robust, or under which readings it holds."""
    found = list(answers(table))
    sentences = []
    for question in QUESTIONS:
        asked = [answer for answer in found if answer.question is question]
        for environment in dict.fromkeys(answer.environment for answer in asked):
            here = [answer for answer in asked if answer.environment == environment]
            name = style.sac_name(question.of)
            head = f"Claim {question.claim}, {name} {question.words}, {environment}"
            sentences.append(f"{head}: {_which(here)}.")
    return sentences


def _which(here: list[Answer]) -> str:
    by_verdict: dict[str, list[str]] = {}
    for answer in here:
        by_verdict.setdefault(answer.verdict, []).append(answer.reading)
    order = [verdict for verdict in (REPRODUCED, INCONCLUSIVE, NOT_REPRODUCED) if verdict in by_verdict]
    if len(order) > 1:
        listed = [f"{verdict} under {', '.join(by_verdict[verdict])}" for verdict in order]
    elif order == [INCONCLUSIVE]:
        listed = [f"{INCONCLUSIVE} under all {len(here)} readings"]
    else:
        return f"robust, {order[0]} under all {len(here)} readings"
    return "; ".join([*listed, *_most_moved(here)])


def _most_moved(here: list[Answer]) -> list[str]:
    """The choice that changes the effect most, between readings that differ in it only."""
    changes: dict[str, list[float]] = {}
    for one, other in combinations(here, 2):
        differ = [choice for choice in one.choices if one.choices[choice] != other.choices[choice]]
        if len(differ) == 1 and differ[0] in READINGS:
            change = abs(one.interval.estimate - other.interval.estimate)
            changes.setdefault(differ[0], []).append(change)
    if not changes:
        return []
    means = {choice: float(np.mean(found)) for choice, found in changes.items()}
    most = max(means, key=lambda choice: means[choice])
    pairs = "one pair" if len(changes[most]) == 1 else f"{len(changes[most])} pairs, in the mean,"
    return [
        f"most moved by {READINGS[most]}, by {means[most]:.2g} ({pairs} of readings that differ in it only)"
    ]


FIGURE = Figure(
    title="Which unstated choice decides on continuous control",
    caption="Tiles are answers under a reading, by the rules of claims 6, 7 and 9 with as many seeds as "
    "there are, against SAC-10-0 of as many critics; points are the effects that they rest on, in return, "
    f"with their 95 % intervals, strokes seeds. {DIVERGED}",
    algorithms=("sac", "stack-sac", "res-sac"),
    labels=("environment", "algorithm", *READINGS),
    keys=SAC_KEYS,
    measures=("evaluation_return",),
    plot=plot,
    others=("diverged",),
    in_paper=False,
    findings=findings,
    choices=READINGS,
)
