"""Sentences on tables whose answer is known."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from actor_critic_gap.figures import FIGURES, fig7, fig8, fig9, fig10

N = range(6)


def test_the_gap_is_ranked_from_the_best() -> None:
    rows = [
        {"algorithm": name, "seed": seed, "environment_steps": step, "cosine": c, "walk_cosine": c / 2}
        | {"relative_bias": 1 - c, "relative_std": 10 * c}
        for (name, c), seed, step in product((("res-ac", 0.5), ("actor-g-critic", 0.75)), N, (300, 600))
    ]
    first, second, third, fourth = fig7.findings(pd.DataFrame(rows))
    assert first.endswith("best first: Actor_g-Critic 0.75 [0.75, 0.75], Res-AC 0.5 [0.5, 0.5].")
    assert "Actor_g-Critic 0.375" in second
    assert third.endswith("best first: Actor_g-Critic 0.25 [0.25, 0.25], Res-AC 0.5 [0.5, 0.5].")
    assert fourth.endswith("best first: Res-AC 5 [5, 5], Actor_g-Critic 7.5 [7.5, 7.5].")


def test_an_eta_is_compared_with_actor_o_critic() -> None:
    finals = {"actor-o-critic": (0.5, 1.0), "stack-ac": (0.0, 2.0)}
    rows = [
        {"algorithm": name, "eta": eta, "stack_next_action": "score", "seed": seed, "environment_steps": step}
        | {"objective": final * step / 20 + 0.01 * seed, "stackelberg_factor": step / 40}
        for (name, (eta, final)), seed, step in product(finals.items(), N, range(2, 21, 2))
    ]
    (sentence,) = fig8.findings(pd.DataFrame(rows))
    assert sentence.startswith(
        "score, eta = 0: mean factor 0.28 over training, 0.05 in its first tenth; final J "
    )
    assert sentence.endswith(", better.")


def fig9_table(claim: str, verdict_of: Callable[[dict[str, Any]], str]) -> pd.DataFrame:
    levels: dict[str, list[Any]] = {
        "critic_init": ["0", "1"],
        "res_critic_init": [0.0, 1.0],
        "at_goal": ["continue", "reset"],
        "actor_lr": ["0.01"],
        "goal": ["9-9", "3-3"],
    }
    assert set(levels) == set(fig9.CHOICES)
    rows = [dict(zip(levels, values, strict=True)) for values in product(*levels.values())]
    return pd.DataFrame([{**row, "claim": claim, "verdict": verdict_of(row)} for row in rows])


def test_a_claim_is_robust_or_hangs_on_the_choice_that_decides_it() -> None:
    robust = fig9_table("A", lambda row: "inconclusive")
    decided = fig9_table("B", lambda row: "reproduced" if row["critic_init"] == "1" else "inconclusive")
    never = fig9_table("C", lambda row: "not reproduced" if row["goal"] == "9-9" else "inconclusive")
    assert fig9.findings(pd.concat([robust, decided, never])) == [
        "Claim A: robust, inconclusive in 16 of 16 combinations.",
        "Claim B: reproduced in 8 of 16; it hangs most on the critic's initial table (0: 0 %, 1: 100 %).",
        "Claim C: not reproduced in 8 of 16; it hangs most on the goal cell (3-3: 0 %, 9-9: 100 %).",
    ]


def fig10_table(areas: dict[str, float]) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        [
            {"environment": "Pendulum-v1", "algorithm": name, "clip": clip, "residual_entropy": False}
            | {"res_critics": 1, "seed": seed, "iteration": step, "environment_steps": 10 * step}
            | {"evaluation_return": step * area / 5 + 0.01 * rng.normal(), "diverged": 0}
            for (name, area), seed, step in product(areas.items(), N, range(11))
            for clip in ["4" if name.startswith("res") else "none"]
        ],
        columns=FIGURES["fig10"].columns,
    )


def test_where_the_gain_comes_from_is_said() -> None:
    answers = {
        (1.0, 1.2, 1.5): "the res-critic helps more than as many updates of the critic do",
        (1.0, 1.5, 1.2): "as many updates of the critic help more than the res-critic does",
        (1.0, 1.3, 1.3): "Res-SAC gains on SAC-10-0, but is not shown to gain more than as many updates",
        (1.0, 1.0, 1.0): "no gain of Res-SAC that these seeds show",
    }
    for areas, answer in answers.items():
        names = ("sac-10-0", "sac-20-0", "res-sac-10-10")
        listed, said = fig10.findings(fig10_table(dict(zip(names, areas, strict=True))))
        assert answer in said
        assert "SAC-20-0 against SAC-10-0" in listed
        assert "SAC-1-0" not in listed


def test_the_papers_figures_are_left_to_their_claims() -> None:
    assert [name for name, figure in FIGURES.items() if figure.findings is not FIGURES["fig1"].findings] == [
        "fig7",
        "fig8",
        "fig9",
        "fig10",
    ]
    assert FIGURES["fig1"].findings(pd.DataFrame()) == []
