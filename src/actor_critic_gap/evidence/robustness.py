"""The tabular figures under other choices where the paper leaves one open, judged alike (Fig. 9)."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import pandas as pd
from pydantic import Field

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.files import read_yaml
from actor_critic_gap.mdp.four_room import AtGoal, FourRoom
from actor_critic_gap.runs.family import Context, Family, RunSettings, Trained, run_name
from actor_critic_gap.tabular.settings import TabularSettings
from actor_critic_gap.validation import Deviation, LearningRate, Length, validated

if TYPE_CHECKING:
    from actor_critic_gap.evidence.claims import Claim

CHOICES = ("critic_init", "at_goal", "actor_lr", "goal")
"""What a run makes one choice of; `res_critic_init` varies within it, so Res-AC alone is trained anew."""


class _Shared(RunSettings):
    algorithm: Literal["robustness"] = "robustness"
    iterations: Annotated[Length, Field(description="of the runs with known dynamics")]
    res_critic_init: Annotated[list[Deviation], Field(min_length=1, description="reading T2")]


class RobustnessSettings(_Shared):
    """The tabular figures under one set of choices that the paper leaves open, judged (Fig. 9)."""

    critic_init: Annotated[Deviation, Field(description="reading T1")]
    at_goal: Annotated[AtGoal, Field(description="reading T5")]
    actor_lr: Annotated[LearningRate, Field(description="reading T4")]
    goal: Annotated[tuple[int, int], Field(strict=False, description="reading T6")]
    runs: Annotated[
        dict[str, list[TabularSettings]],
        Field(min_length=1, description="of each figure, before the choices are made"),
    ]
    claims_digest: Annotated[
        str, Field(description="hash of the claims on these figures that are judged")
    ] = ""


class _Grid(_Shared):
    """Every combination of these is a column of Fig. 9."""

    critic_init: Annotated[list[Deviation], Field(min_length=1)]
    at_goal: Annotated[list[AtGoal], Field(min_length=1)]
    actor_lr: Annotated[list[LearningRate], Field(min_length=1)]
    goal: Annotated[list[Annotated[tuple[int, int], Field(strict=False)]], Field(min_length=1)]


def train(settings: RobustnessSettings, seeds: Sequence[int], context: Context) -> Trained:
    """Train and judge, see `verdicts`; only the verdicts are kept.

    Raises:
        InvalidInput: there are fewer than two seeds, or the claims are others than the settings name.

    """
    from actor_critic_gap.evidence.claims import read_claims

    if len(seeds) < 2:
        raise InvalidInput(f"seeds = {list(seeds)}: expected at least 2")
    digest = claims_digest(context.claims, settings.runs)
    if settings.claims_digest not in ("", digest):
        raise InvalidInput(f"{context.claims}: claims of digest {digest}: expected {settings.claims_digest}")
    return Trained(verdicts(settings, read_claims(context.claims), seeds), {})


def verdicts(settings: RobustnessSettings, claims: Sequence[Claim], seeds: Sequence[int]) -> pd.DataFrame:
    """The claims on these figures, judged once for each `res_critic_init`.

    Returns a row for each of them and each claim: res_critic_init, claim, verdict, estimate, ci_low, ci_high
    and n_seeds as in the table of verdicts, of the row over all cases where a claim has several.
    """
    from actor_critic_gap.evidence.claims import judge
    from actor_critic_gap.mdp.finite_mdp import optimal_objective
    from actor_critic_gap.tabular.training import train

    trained: dict[TabularSettings, pd.DataFrame] = {}
    tables = []
    judged = [claim for claim in claims if claim.figure in settings.runs]
    for res_critic_init in settings.res_critic_init:
        figures = {}
        for figure, runs in settings.runs.items():
            labels = {label for claim in judged if claim.figure == figure for label in claim.labels}
            varied = [vary(run, settings, res_critic_init) for run in runs]
            for run in varied:
                if run not in trained:
                    print(f"{run.algorithm}: {len(seeds)} seeds", file=sys.stderr)
                    trained[run], _ = train(run, seeds)
            shown = [trained[run].assign(**{label: run.shown(label) for label in labels}) for run in varied]
            figures[figure] = pd.concat(shown, ignore_index=True)
        optimum = optimal_objective(FourRoom.of(varied[0]).mdp)
        whole = judge(judged, figures, optimum).groupby("claim", sort=False).tail(1)
        tables.append(whole.assign(res_critic_init=res_critic_init))
    columns = ["res_critic_init", "claim", "verdict", "estimate", "ci_low", "ci_high", "n_seeds"]
    return pd.concat(tables, ignore_index=True)[columns]


def vary(run: TabularSettings, settings: RobustnessSettings, res_critic_init: float) -> TabularSettings:
    """The run with the choices made, as far as it has them."""
    choices = {key: getattr(settings, key) for key in CHOICES}
    if run.algorithm == "res-ac":
        choices["res_critic_init"] = res_critic_init
    if run.algorithm == "dynamic-programming":
        choices["iterations"] = settings.iterations
    return run.model_copy(update=choices)


def claims_digest(path: Path, figures: Collection[str]) -> str:
    """A hash of what the claims on these figures say in a YAML file, however they are written there.

    Raises:
        InvalidInput: the file is missing or holds no list of claims.

    """
    claims = read_yaml(path, "a list of claims")
    try:
        found = [claim for claim in claims if claim["figure"] in figures]
    except (KeyError, TypeError):
        raise InvalidInput(f"{path}: expected a list of claims") from None
    return hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()[:16]


def _with_claims(settings: RobustnessSettings, claims: Path) -> RobustnessSettings:
    return settings.model_copy(update={"claims_digest": _digest_once(claims, tuple(settings.runs))})


@cache
def _digest_once(path: Path, figures: tuple[str, ...]) -> str:
    """`claims_digest`, of which all runs of an experiment have the same."""
    return claims_digest(path, figures)


def _expand(config: Any, entry: Mapping[str, Any], where: str) -> list[tuple[str, RobustnessSettings]]:
    """One run a combination of `CHOICES`."""
    grid = validated(_Grid, entry, where)
    runs = config.tabular_runs()
    if not runs:
        raise InvalidInput(f"{where}: no runs to judge: expected one of the paper's FourRoom figures too")
    found = []
    for values in product(*(getattr(grid, name) for name in CHOICES)):
        cell = dict(zip(CHOICES, values, strict=True))
        FourRoom(cell["goal"], cell["at_goal"], config.four_room.gamma, config.four_room.layout)
        shared = {"iterations": grid.iterations, "res_critic_init": grid.res_critic_init}
        settings = {**cell, **shared, "runs": runs}
        found.append((f"robustness/{run_name(cell)}", validated(RobustnessSettings, settings, where)))
    return found


ROBUSTNESS = Family(
    "robustness",
    RobustnessSettings,
    train,
    ("evidence.robustness.train", "files.csv_bytes"),
    _expand,
    with_claims=_with_claims,
)
