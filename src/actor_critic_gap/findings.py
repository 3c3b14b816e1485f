"""What Figs. 7-10 show, in sentences that are made from their tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import pandas as pd

from actor_critic_gap.captions import NAMES, plain
from actor_critic_gap.evidence.claims import (
    NOT_REPRODUCED,
    REPRODUCED,
    Group,
    area_difference,
    curves_of,
    final_difference,
)
from actor_critic_gap.evidence.statistics import Interval, area_under_curve, bootstrap


def findings(figure: str, table: pd.DataFrame) -> list[str]:
    """The sentences on a figure; none on those that the claims are about."""
    return SENTENCES[figure](table) if figure in SENTENCES else []


def _mean_over_training(table: pd.DataFrame, algorithm: str, measure: str) -> Interval:
    found = curves_of(table, [{"algorithm": algorithm}], [measure])
    assert found is not None
    areas = area_under_curve(found.curves[0], found.x)
    return bootstrap(np.median, [areas], np.random.default_rng(0))


def _gap(table: pd.DataFrame) -> list[str]:
    measures = {
        "cosine": "Cosine of the expected update with the policy gradient",
        "walk_cosine": "The same with both under the states of the walks, so that only the critics count",
        "relative_bias": "Bias in units of the gradient's norm",
        "relative_std": "Spread in the same units",
    }
    shown = [name for name in NAMES if name in set(table["algorithm"])]
    sentences = []
    for measure, words in measures.items():
        means = {name: _mean_over_training(table, name, measure) for name in shown}
        order = sorted(shown, key=lambda name: means[name].estimate, reverse="cosine" in measure)
        listed = ", ".join(f"{NAMES[name]} {_interval(means[name])}" for name in order)
        sentences.append(f"{words}, mean over training, median over seeds, best first: {listed}.")
    return sentences


def _eta(table: pd.DataFrame) -> list[str]:
    stack = table[table["algorithm"] == "stack-ac"]
    sentences = []
    for (estimator, eta), rows in stack.groupby(["stack_next_action", "eta"]):
        sentence = (
            f"{estimator}, eta = {eta:g}: mean factor {rows['stackelberg_factor'].mean():.2f} over training, "
            f"{_first_tenth(rows)['stackelberg_factor'].mean():.2f} in its first tenth"
        )
        group = {"algorithm": "stack-ac", "stack_next_action": str(estimator), "eta": str(eta)}
        compared = _compared(final_difference, table, group, {"algorithm": "actor-o-critic"}, "objective")
        if compared is not None:
            sentence += f"; final J against Actor_o-Critic {_interval(compared)}, {_judged(compared)}"
        sentences.append(f"{sentence}.")
    return sentences


def _first_tenth(table: pd.DataFrame) -> pd.DataFrame:
    early: pd.DataFrame = table[table["environment_steps"] <= table["environment_steps"].max() / 10]
    return early


CHOICES = {
    "critic_init": "the critic's initial table",
    "res_critic_init": "the res-critic's initial table",
    "at_goal": "what follows the goal",
    "actor_lr": "the actor's learning rate",
    "goal": "the goal cell",
}
ROBUST = 0.95
"""A verdict that is the same in this share of the combinations is called robust."""


def _robustness(table: pd.DataFrame) -> list[str]:
    return [_hangs_on(str(claim), rows) for claim, rows in table.groupby("claim", sort=False)]


def _hangs_on(claim: str, rows: pd.DataFrame) -> str:
    """Robust, or the choice that explains most of the variance of "reproduced"."""
    counts = rows["verdict"].value_counts()
    most, n = str(counts.index[0]), len(rows)
    if counts.iloc[0] >= ROBUST * n:
        return f"Claim {claim}: robust, {most} in {counts.iloc[0]} of {n} combinations."
    held = rows["verdict"] == REPRODUCED
    subject = REPRODUCED
    if not held.any():
        held, subject = rows["verdict"] == NOT_REPRODUCED, NOT_REPRODUCED
    shares = {choice: held.groupby(rows[choice]).mean() for choice in CHOICES}
    explained = {choice: held.groupby(rows[choice]).transform("mean").var() for choice in CHOICES}
    order = sorted(CHOICES, key=lambda choice: explained[choice], reverse=True)
    listed = [
        f"{CHOICES[choice]} ({', '.join(f'{plain(v)}: {100 * s:.0f} %' for v, s in shares[choice].items())})"
        for choice in order[:2]
        if explained[choice] > 0
    ]
    return f"Claim {claim}: {subject} in {held.sum()} of {n}; it hangs most on {', then on '.join(listed)}."


def _parts(table: pd.DataFrame) -> list[str]:
    table = table.astype({"residual_entropy": str, "res_critics": str})
    plain = {"residual_entropy": "False", "res_critics": "1"}
    sentences = []
    for environment, rows in table.groupby("environment", sort=False):
        of_res_sac = rows[rows["algorithm"] == "res-sac-10-10"]
        clips = [clip for clip in of_res_sac["clip"].unique() if clip != "none"]
        res_sac: Group = {"algorithm": "res-sac-10-10", **plain, "clip": clips[0] if clips else "none"}
        comparisons: list[tuple[str, Group, Group]] = [
            ("SAC-20-0 against SAC-10-0", {"algorithm": "sac-20-0"}, {"algorithm": "sac-10-0"}),
            ("Res-SAC-10-10 against SAC-10-0", res_sac, {"algorithm": "sac-10-0"}),
            ("Res-SAC-10-10 against SAC-20-0", res_sac, {"algorithm": "sac-20-0"}),
            ("Res-SAC-1-1 against SAC-1-0", {"algorithm": "res-sac-1-1"}, {"algorithm": "sac-1-0"}),
            ("Res-SAC-1-10 against SAC-1-0", {"algorithm": "res-sac-1-10"}, {"algorithm": "sac-1-0"}),
            ("with entropy in the residual", {**res_sac, "residual_entropy": "True"}, res_sac),
            ("with a twin res-critic", {**res_sac, "res_critics": "2"}, res_sac),
        ]
        if clips:
            comparisons.append(("without a clip", {**res_sac, "clip": "none"}, res_sac))
        found = {
            words: _compared(area_difference, rows, first, second, "evaluation_return")
            for words, first, second in comparisons
        }
        listed = [f"{words} {_interval(x)}, {_judged(x)}" for words, x in found.items() if x is not None]
        unit = "area under the curve, in units of what the second has learned"
        sentences.append(f"{environment}, {unit}: {'; '.join(listed)}.")
        sentences += _source(str(environment), found)
    return sentences


def _source(environment: str, found: Mapping[str, Interval | None]) -> list[str]:
    """Whether the res-critic helps or merely the updates, as far as the intervals say."""
    updates, gain, over = (
        found[f"{first} against {second}"]
        for first, second in (
            ("SAC-20-0", "SAC-10-0"),
            ("Res-SAC-10-10", "SAC-10-0"),
            ("Res-SAC-10-10", "SAC-20-0"),
        )
    )
    if updates is None or gain is None or over is None:
        return []
    if over.low > 0:
        answer = "the res-critic helps more than as many updates of the critic do"
    elif over.high < 0:
        answer = "as many updates of the critic help more than the res-critic does"
    elif gain.low > 0:
        answer = "Res-SAC gains on SAC-10-0, but is not shown to gain more than as many updates do"
    else:
        answer = "no gain of Res-SAC that these seeds show"
    return [f"{environment}: {answer}."]


def _compared(
    statistic: Callable[..., float], table: pd.DataFrame, first: Group, second: Group, column: str
) -> Interval | None:
    found = curves_of(table, [first, second], [column])
    if found is None:
        return None
    return bootstrap(partial(statistic, x=found.x), found.curves, np.random.default_rng(0))


def _judged(interval: Interval) -> str:
    if interval.low > 0:
        return "better"
    return "worse" if interval.high < 0 else "no difference shown"


def _interval(interval: Interval) -> str:
    return f"{interval.estimate:.3g} [{interval.low:.3g}, {interval.high:.3g}]"


SENTENCES: dict[str, Callable[[pd.DataFrame], list[str]]] = {
    "fig7": _gap,
    "fig8": _eta,
    "fig9": _robustness,
    "fig10": _parts,
}
