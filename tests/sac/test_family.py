"""Which runs an entry of a config stands for, and what bounds their residual."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from records import record_of

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.runs.family import Context
from actor_critic_gap.runs.folder import Run
from actor_critic_gap.sac.family import SAC, bound_on_residual, looked_up
from actor_critic_gap.sac.settings import SACSettings

CONFIG = SimpleNamespace(
    sac=SACSettings(hidden_units=64, eta=0.25),
    environments={
        "Pendulum-v1": {"environment_steps": 50_000, "clip": 6.0},
        "Reacher-v4": {"environment_steps": 200_000, "clip": 1.0},
    },
)
FROM_SAC = SACSettings(algorithm="res-sac", environment="Pendulum-v1", clip="from-sac")


def expand(**entry: Any) -> dict[str, SACSettings]:
    return dict(SAC.expand(CONFIG, entry, "fig3[0]"))


def sac_run(diverged_at: int | None = None, seed: int = 0, **settings: Any) -> Run:
    used = SACSettings(**{"environment": "Pendulum-v1", "environment_steps": 1000, **settings})
    record = record_of(used.model_dump(), [seed], diverged_at=diverged_at)
    return Run(Path("sac"), record, pd.DataFrame())


def test_an_entry_stands_for_a_run_on_each_environment_with_its_settings() -> None:
    runs = expand(algorithm="res-sac", critic_updates=5)
    assert list(runs) == ["Pendulum-v1/res-sac-5-10+clip=6", "Reacher-v4/res-sac-5-10+clip=1"]
    reacher = runs["Reacher-v4/res-sac-5-10+clip=1"]
    assert (reacher.clip, reacher.environment_steps, reacher.hidden_units) == (1.0, 200_000, 64)
    (name,) = expand(algorithm="sac", environment="Reacher-v4", lr=0.001)
    assert name == "Reacher-v4/sac-10-0+lr=0.001"


def test_settings_that_an_algorithm_does_not_use_are_no_part_of_its_run() -> None:
    (sac,) = expand(algorithm="sac", environment="Pendulum-v1").values()
    assert (sac.clip, sac.eta) == ("none", SACSettings().eta)
    (stack_sac,) = expand(algorithm="stack-sac", environment="Pendulum-v1").values()
    assert (stack_sac.clip, stack_sac.eta) == ("none", 0.25)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"algorithm": "sac", "clip": 1.0}, r"^fig3\[0\]: clip has no effect on sac: expected res-sac$"),
        (
            {"algorithm": "sac", "environment": "Hopper-v5"},
            "environment = 'Hopper-v5': expected one of",
        ),
        (
            {"algorithm": "sac", "environment": 3},
            "environment = 3: expected one of environments:",
        ),
        ({"algorithm": "res-sac", "clip": "from-sac", "lr": 0.1}, "clip = from-sac: expected no other keys"),
        ({"algorithm": "sac", "speed": 1}, r"fig3\[0\]: unknown key 'speed'"),
    ],
)
def test_entries_that_mean_nothing_are_refused(entry: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        expand(**entry)


def test_a_clip_from_sac_is_looked_up_in_the_sac_run_with_as_many_critic_updates() -> None:
    (name, settings), *_ = expand(algorithm="res-sac", critic_updates=5, clip="from-sac").items()
    assert name == "Pendulum-v1/res-sac-5-10+clip=from-sac"
    found = looked_up(CONFIG, settings, "fig5")
    assert found is not None
    assert found[0] == "Pendulum-v1/sac-5-0"
    assert found[1] == expand(algorithm="sac", critic_updates=5, environment="Pendulum-v1")[found[0]]
    assert looked_up(CONFIG, found[1], "fig5") is None


def test_the_bound_is_the_clip_as_a_number(tmp_path: Path) -> None:
    assert bound_on_residual(SACSettings(algorithm="res-sac", clip=4.0), 0, None) == 4.0
    assert bound_on_residual(SACSettings(algorithm="res-sac", clip="none"), 0, None) is None
    assert bound_on_residual(SACSettings(algorithm="sac"), 0, None) is None
    progress = {"mean_abs_td_error_summed": [np.nan, 3.0, 2.5], "max_abs_td_error": [np.nan, 3.0, 7.5]}
    pd.DataFrame(progress).to_csv(tmp_path / "progress.csv", index=False)
    source = replace(sac_run(), folder=tmp_path)
    assert bound_on_residual(FROM_SAC, 0, source) == 3.0
    largest = FROM_SAC.model_copy(update={"td_error": "max_abs_td_error"})
    assert bound_on_residual(largest, 0, source) == 7.5
    pd.DataFrame(progress).head(1).to_csv(tmp_path / "progress.csv", index=False)
    with pytest.raises(InvalidInput, match=r"progress.csv: max_abs_td_error: expected a number above 0"):
        bound_on_residual(largest, 0, source)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (None, "clip = from-sac: expected --source, the folder of a SAC run"),
        (sac_run(algorithm="stack-sac"), "'algorithm': 'stack-sac'.* expected .*'algorithm': 'sac'"),
        (sac_run(environment="Reacher-v4"), "'environment': 'Reacher-v4'"),
        (sac_run(reward_scale=0.1), "'reward_scale': 0.1.* expected .*'reward_scale': 1.0"),
        (sac_run(critic_updates=1), "'critic_updates': 1,"),
        (sac_run(seed=1), r"seeds \[1\].*expected .* seed 0, not diverged"),
        (sac_run(diverged_at=40), "diverged at 40: expected .*not diverged"),
    ],
)
def test_a_look_up_in_another_run_is_refused(source: Run | None, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        bound_on_residual(FROM_SAC, 0, source)


def test_a_run_has_one_seed() -> None:
    with pytest.raises(InvalidInput, match=r"seeds = \[0, 1\]: a run of sac has one: expected one seed"):
        SAC.train(SACSettings(), [0, 1], Context())
