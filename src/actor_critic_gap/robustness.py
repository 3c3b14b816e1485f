"""The tabular figures under other choices where the paper leaves one open, judged alike (Fig. 9)."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from actor_critic_gap.aggregation import tidy
from actor_critic_gap.catalogue import FIGURES
from actor_critic_gap.claims import Claim, judge
from actor_critic_gap.finite_mdp import optimal_objective
from actor_critic_gap.four_room import FourRoom
from actor_critic_gap.runs import Run
from actor_critic_gap.tabular import train

if TYPE_CHECKING:
    from actor_critic_gap.settings import RobustnessSettings, TabularSettings

RESAMPLES = 1000
"""Of the bootstrap: fewer than for the verdicts proper, of which there are a hundred times fewer."""


def verdicts(settings: RobustnessSettings, claims: Sequence[Claim], seeds: Sequence[int]) -> pd.DataFrame:
    """The claims on these figures, judged once for each `res_critic_init`.

    Returns a row for each of them and each claim: res_critic_init, claim, verdict, estimate, ci_low, ci_high
    and n_seeds as in the table of verdicts, of the row over all cases where a claim has several.
    """
    trained: dict[TabularSettings, pd.DataFrame] = {}
    tables = []
    for res_critic_init in settings.res_critic_init:
        figures = {}
        for figure, runs in settings.runs.items():
            varied = [vary(run, settings, res_critic_init) for run in runs]
            for run in varied:
                if run not in trained:
                    print(f"{run.algorithm}: {len(seeds)} seeds", file=sys.stderr)
                    trained[run], _ = train(run, seeds)
            shown = [Run(Path(), run.model_dump(mode="json"), list(seeds), trained[run]) for run in varied]
            figures[figure] = tidy(figure, shown, seeds)
        optimum = optimal_objective(FourRoom.of(varied[0]).mdp)
        judged = judge([claim for claim in claims if claim.figure in figures], figures, optimum, RESAMPLES)
        whole = judged.groupby("claim", sort=False).tail(1)
        tables.append(whole.assign(res_critic_init=res_critic_init))
    columns = ["res_critic_init", "claim", "verdict", "estimate", "ci_low", "ci_high", "n_seeds"]
    return pd.concat(tables, ignore_index=True)[columns]


def vary(run: TabularSettings, settings: RobustnessSettings, res_critic_init: float) -> TabularSettings:
    """The run with the choices made, as far as it has them."""
    choices = {key: getattr(settings, key) for key in FIGURES["fig9"].labels}
    if run.algorithm == "res-ac":
        choices["res_critic_init"] = res_critic_init
    if run.algorithm == "dynamic-programming":
        choices["iterations"] = settings.iterations
    return run.model_copy(update=choices)
