"""Sentences on tables whose answer is known."""

from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from actor_critic_gap.figures import FIGURES, fig6, fig7, fig8, fig9, fig10, fig11, fig12, fig13

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
    def fits(row: dict[str, Any]) -> bool:
        return bool((row["critic_init"] == "1") == (row["goal"] == "9-9"))

    robust = fig9_table("A", lambda row: "inconclusive")
    decided = fig9_table("B", lambda row: "reproduced" if row["critic_init"] == "1" else "inconclusive")
    never = fig9_table("C", lambda row: "not reproduced" if row["goal"] == "9-9" else "inconclusive")
    both = fig9_table("D", lambda row: "reproduced" if fits(row) else "inconclusive")
    assert fig9.findings(pd.concat([robust, decided, never, both])) == [
        "Claim A: inconclusive in 16 of 16 combinations.",
        "Claim B: reproduced in 8 of 16; it hangs most on the critic's initial table (0: 0 %, 1: 100 %).",
        "Claim C: not reproduced in 8 of 16; it hangs most on the goal cell (3-3: 0 %, 9-9: 100 %).",
        "Claim D: reproduced in 8 of 16; it hangs on no choice by itself.",
    ]


def fig10_table(areas: dict[str, float]) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        [
            {"environment": "Pendulum-v1", "algorithm": name, "clip": clip, "residual_entropy": False}
            | {"res_critics": 1, "seed": seed, "iteration": step, "environment_steps": 10 * step}
            | {"evaluation_return": step * area / 5 + 1e-4 * rng.normal(), "diverged": 0}
            for (name, area), seed, step in product(areas.items(), N, range(11))
            for clip in ["4" if name.startswith("res") else "none"]
        ],
        columns=FIGURES["fig10"].columns,
    )


def test_where_the_gain_comes_from_is_said() -> None:
    answers = {
        (1.0, 1.2, 1.5): ("0.1 [0.1, 0.1], better", "the res-critic helps more than as many updates of the"),
        (1.0, 1.5, 1.2): ("0.25 [0.25, 0.25], better", "as many updates of the critic help more than the"),
        (1.0, 1.3, 1.3): ("0.15 [0.15, 0.15], better", "Res-SAC gains on SAC-10-0, but is not shown to gain"),
        (1.0, 1.0, 1.0): ("", "no gain of Res-SAC that these seeds show"),
    }
    for areas, (of_updates, answer) in answers.items():
        names = ("sac-10-0", "sac-20-0", "res-sac-10-10")
        table = fig10_table(dict(zip(names, areas, strict=True)))
        res_sac = table[table["algorithm"] == "res-sac-10-10"]
        fifth_more = res_sac.assign(
            residual_entropy=True, evaluation_return=1.2 * res_sac["evaluation_return"]
        )
        listed, said = fig10.findings(pd.concat([table, fifth_more]))
        assert answer in said
        assert f"SAC-20-0 against SAC-10-0 {of_updates}" in listed
        assert listed.endswith("with entropy in the residual 0.1 [0.1, 0.1], better.")
        assert "SAC-1-0" not in listed


def fig11_table(gains: dict[tuple[str, str], float]) -> pd.DataFrame:
    """SAC learns 1; Res-SAC of a reading that residual, with entropy or without, what is given."""
    arms = [("sac-10-0", "own", "False", 1.0)] + [
        ("res-sac-10-10", *key, gain) for key, gain in gains.items()
    ]
    rows = [
        {"algorithm": name, "residual_of": of, "residual_entropy": entropy, "seed": seed, "iteration": step}
        | {"evaluation_return": step * gain + 0.01 * seed}
        for (name, of, entropy, gain), seed, step in product(arms, N, range(11))
    ]
    same: dict[str, Any] = {
        "environment": "Reacher-v4",
        "critics": "2",
        "res_critics": "None",
        "clip": "1",
        "diverged": 0,
    }
    return pd.DataFrame(rows).assign(**same, environment_steps=lambda table: 10 * table["iteration"])


def test_a_claim_on_control_is_robust_or_the_choice_that_moves_it_is_named() -> None:
    faster, higher = fig11.findings(
        fig11_table(
            {("mean", "False"): 1.2, ("mean", "True"): 1.3, ("min", "False"): 0.5, ("min", "True"): 0.6}
        )
    )
    assert faster.startswith(
        "Claim 6, Res-SAC learns faster, Reacher-v4: reproduced under Res-SAC mean, Res-SAC mean + entropy; "
        "not reproduced under Res-SAC min, Res-SAC min + entropy; "
    )
    moved = (
        "most moved by the critic whose residual it is, by 0.7 (2 pairs, in the mean, of readings that differ"
    )
    assert moved in higher
    apart, _ = fig11.findings(fig11_table({("own", "False"): 1.2, ("min", "False"): 0.5}))
    assert "moved" not in apart  # `own` has two res-critics
    robust, _ = fig11.findings(fig11_table({("own", "False"): 1.2, ("own", "True"): 1.3}))
    assert robust == "Claim 6, Res-SAC learns faster, Reacher-v4: robust, reproduced under all 2 readings."


def fig12_table(of_sum: float) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        [
            {"environment": "Reacher-v4", "algorithm": name, "seed": seed, "iteration": step}
            | {"environment_steps": 10 * step, "diverged": 0, "critic_bias": 3.0}
            | {"critic_rmse": 4.0 + 0.01 * rng.normal(), "critic_plus_res_critic_rmse": of_sum}
            for name, seed, step in product(("sac-10-0", "res-sac-10-10"), N, (10, 20))
        ],
        columns=FIGURES["fig12"].columns,
    )


def test_whether_the_res_critic_repairs_the_critic_is_said() -> None:
    for of_sum, answer in (
        (2.0, "0.5 [0.499, 0.501] times as much as the critic, the res-critic repairs the critic."),
        (4.0, "no difference shown."),
        (6.0, "the res-critic makes it worse."),
    ):
        bias, error, said = fig12.findings(fig12_table(of_sum))
        assert bias == (
            "Reacher-v4, bias of the critic, mean over training: SAC-10-0 3 [3, 3], Res-SAC-10-10 3 [3, 3]."
        )
        assert error.startswith("Reacher-v4, root mean square error of the critic, mean over training: SAC")
        assert said.startswith("Reacher-v4, Res-SAC-10-10: critic plus res-critic errs ")
        assert said.endswith(answer)


def test_whose_update_is_closer_to_the_gradient_is_said() -> None:
    cosines = {("sac-10-0", "own"): 0.4, ("res-sac-10-10", "own"): 0.6, ("res-sac-10-10", "min"): 0.2}
    table = pd.DataFrame(
        [
            {"algorithm": name, "residual_of": of, "seed": seed, "iteration": step, "diverged": 0}
            | {"environment_steps": 10 * step, "cosine": cosine, "cosine_on_policy": 1 - cosine}
            | {"gradient_standard_error": 0.125}
            for ((name, of), cosine), seed, step in product(cosines.items(), N, (10, 20))
        ],
        columns=FIGURES["fig13"].columns,
    )
    cosine, on_policy, own, least, error = fig13.findings(table)
    assert "closest first: Res-SAC-10-10, residual of own 0.6 [0.6, 0.6], SAC-10-0 0.4" in cosine
    assert "closest first: Res-SAC-10-10, residual of min 0.8" in on_policy
    assert own == "Res-SAC-10-10, residual of own, cosine minus SAC-10-0's: 0.2 [0.2, 0.2], better."
    assert least.endswith("-0.2 [-0.2, -0.2], worse.")
    assert "0.12 of its norm" in error


def test_the_papers_figures_but_one_are_left_to_their_claims() -> None:
    assert [name for name, figure in FIGURES.items() if figure.findings is not FIGURES["fig1"].findings] == [
        "fig6",
        "fig7",
        "fig8",
        "fig9",
        "fig10",
        "fig11",
        "fig12",
        "fig13",
        "fig15",
    ]
    assert FIGURES["fig1"].findings(pd.DataFrame()) == []


def test_fig6_lists_the_maximum_over_training_by_definition() -> None:
    measures = dict.fromkeys(FIGURES["fig6"].measures, 1.0)
    rows = [
        {"environment": "Reacher-v4", "algorithm": "sac-10-0", "seed": seed, "iteration": step, **measures}
        for seed in range(2)
        for step in range(3)
    ]
    table = pd.DataFrame(rows)
    table.loc[(table["seed"] == 1) & (table["iteration"] == 1), "max_abs_td_error"] = 5.0
    found = fig6.maxima(table).set_index("definition")
    numbers = found[["maximum", "least", "most", "n_seeds"]].to_numpy()
    assert numbers[found.index == "max_abs_td_error"].tolist() == [[3, 1, 5, 2]]
    assert found["published"].tolist() == [1.0] * 6
    first, *others = fig6.findings(table)
    assert first == "Largest of a sample, largest over training, mean over seeds: Reacher-v4 SAC-10-0 3."
    assert len(others) == 5
