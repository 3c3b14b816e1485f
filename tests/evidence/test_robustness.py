"""Fig. 9's cells: the choices are made where they apply, and the verdicts are those of `judge`."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.evidence.claims import Claim, judge, read_claims
from actor_critic_gap.evidence.robustness import (
    RobustnessSettings,
    claims_digest,
    train,
    vary,
    verdicts,
)
from actor_critic_gap.mdp.finite_mdp import optimal_objective
from actor_critic_gap.mdp.four_room import FourRoom
from actor_critic_gap.runs.family import Context
from actor_critic_gap.tabular import training
from actor_critic_gap.tabular.settings import DynamicProgrammingSettings, SampledSettings
from actor_critic_gap.validation import validated

CLAIMS = Path(__file__).parents[2] / "config" / "claims.yaml"
SEEDS = [0, 1]
SHORT: dict[str, Any] = {"episodes": 20, "episode_length": 30}
CELL: dict[str, Any] = {
    "iterations": 40,
    "critic_init": 0.1,
    "res_critic_init": [0.0, 1.0],
    "at_goal": "reset",
    "actor_lr": 0.03,
    "goal": [3, 3],
    "runs": {
        "fig1": [
            {"algorithm": name, **SHORT}
            for name in ("actor-o-critic", "actor-g-critic", "stack-ac", "res-ac")
        ]
    },
}


def cell(**changes: Any) -> RobustnessSettings:
    return validated(RobustnessSettings, {**CELL, **changes}, "cell")


def claims() -> list[Claim]:
    return read_claims(CLAIMS)


def test_a_choice_changes_the_runs_that_have_it_and_nothing_else() -> None:
    base = SampledSettings(algorithm="res-ac", eta=0.25, critic_lr=0.5)
    varied = vary(base, cell(), 0.7)
    changes = {"critic_init": 0.1, "at_goal": "reset", "actor_lr": 0.03, "goal": (3, 3)}
    assert varied == base.model_copy(update={**changes, "res_critic_init": 0.7})
    other = SampledSettings(algorithm="stack-ac")
    assert vary(other, cell(), 0.7) == other.model_copy(update=changes)
    exact = DynamicProgrammingSettings(actor="pg")
    assert vary(exact, cell(), 0.7) == exact.model_copy(update={**changes, "iterations": 40})


def test_verdicts_are_those_of_the_varied_runs() -> None:
    found = verdicts(cell(), claims(), SEEDS)
    varied = [vary(run, cell(), 1.0) for run in cell().runs["fig1"]]
    table = pd.concat([training.train(run, SEEDS)[0].assign(algorithm=run.algorithm) for run in varied])
    optimum = optimal_objective(FourRoom(goal=(3, 3), at_goal="reset").mdp)
    on_fig1 = [claim for claim in claims() if claim.figure == "fig1"]
    expected = judge(on_fig1, {"fig1": table}, optimum).groupby("claim", sort=False).tail(1)
    columns = ["claim", "verdict", "estimate", "ci_low", "ci_high", "n_seeds"]
    actual = found[found["res_critic_init"] == 1.0]
    assert_frame_equal(actual[columns].reset_index(drop=True), expected[columns].reset_index(drop=True))
    assert found.groupby("res_critic_init").size().tolist() == [len(on_fig1)] * 2


def test_the_claims_must_be_those_that_were_asked_for(tmp_path: Path) -> None:
    known = claims_digest(CLAIMS, ["fig1"])
    changed = tmp_path / "claims.yaml"
    changed.write_text("# a comment\n" + CLAIMS.read_text().replace("ends where", "stops where"))
    assert claims_digest(changed, ["fig4"]) == claims_digest(CLAIMS, ["fig4"])
    with pytest.raises(InvalidInput, match=rf"claims.yaml: claims of digest .*: expected {known}$"):
        train(cell(claims_digest=known), SEEDS, Context(claims=changed))


def test_one_seed_has_no_interval() -> None:
    with pytest.raises(InvalidInput, match=r"seeds = \[3\]: expected at least 2"):
        train(cell(), [3], Context(claims=CLAIMS))


@pytest.mark.parametrize("text", ["1", "- 1", "- {}", "a: 1", "- ["])
def test_the_digest_of_what_is_no_list_of_claims_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "claims.yaml"
    path.write_text(text)
    with pytest.raises(InvalidInput, match="expected a list of claims"):
        claims_digest(path, ["fig1"])


def test_only_res_ac_is_trained_anew_for_another_res_critic(monkeypatch: pytest.MonkeyPatch) -> None:
    trained = []
    original = training.train

    def counted(run: Any, seeds: Any) -> Any:
        trained.append(run.algorithm)
        return original(run, seeds)

    monkeypatch.setattr("actor_critic_gap.tabular.training.train", counted)
    verdicts(cell(), claims(), SEEDS)
    assert sorted(trained) == ["actor-g-critic", "actor-o-critic", "res-ac", "res-ac", "stack-ac"]
