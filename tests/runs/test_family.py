"""What all families of runs promise, and how runs are named and settings shown."""

from typing import Any

import pytest

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.experiment.families import ALGORITHMS, FAMILIES, family_of, read_settings
from actor_critic_gap.runs.digest import digest
from actor_critic_gap.runs.family import Family, run_name
from actor_critic_gap.sac.family import SAC
from actor_critic_gap.sac.settings import SACSettings
from actor_critic_gap.tables import plain
from actor_critic_gap.tabular.family import SAMPLED

by_family = pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)


@by_family
def test_a_family_has_its_own_algorithms_and_settings_that_they_use(family: Family[Any]) -> None:
    assert family.algorithms
    assert all(ALGORITHMS[algorithm] is family for algorithm in family.algorithms)
    assert set(family.used_by) <= set(family.settings.model_fields)
    assert all(set(users) < set(family.algorithms) for users in family.used_by.values())


@by_family
def test_a_family_is_identified_by_its_training_and_how_tables_are_written(family: Family[Any]) -> None:
    assert family.source_hash == digest(*family.roots)
    assert "files.csv_bytes" in family.roots
    assert f"{family.train.__module__.removeprefix('actor_critic_gap.')}.train" in family.roots


def test_what_has_no_effect_is_refused_where_asked_for_and_dropped_where_shared() -> None:
    SAMPLED.check_used(["eta", "actor_lr"], "stack-ac", "here")
    with pytest.raises(InvalidInput, match=r"^here: eta has no effect on res-ac: expected stack-ac$"):
        SAMPLED.check_used(["actor_lr", "eta"], "res-ac", "here")
    shared = {"eta": 0.1, "actor_lr": 0.1, "res_critic_lr": 0.2}
    assert SAMPLED.used(shared, {"algorithm": "res-ac"}) == {"actor_lr": 0.1, "res_critic_lr": 0.2}
    assert SAMPLED.used(shared, {"algorithm": "res-ac", "eta": 0.1}) == shared


@pytest.mark.parametrize(
    ("algorithm", "message"),
    [
        ("res_sac", "^here: algorithm = 'res_sac': did you mean res-sac\\? expected one of actor-o-critic, "),
        ("dqn", "^here: algorithm = 'dqn': expected one of actor-o-critic, "),
        (None, "^here: algorithm = None: expected one of "),
        ([], "^here: algorithm = \\[\\]: expected one of "),
    ],
)
def test_an_unknown_algorithm_is_refused(algorithm: object, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        family_of(algorithm, "here")


def test_settings_are_read_as_those_of_their_family() -> None:
    family, settings = read_settings({"algorithm": "res-sac", "critic_updates": 5}, "here")
    assert family is SAC
    assert isinstance(settings, SACSettings)
    assert settings.shown("algorithm") == "res-sac-5-10"
    broken: list[Any] = [None, [], {}, {"algorithm": "sac", "episodes": 3}]
    for data in broken:
        with pytest.raises(InvalidInput, match=r"^here: "):
            read_settings(data, "here")


def test_a_run_is_named_by_what_differs() -> None:
    assert run_name({"clip": 6.0, "goal": (9, 9)}, "res-sac-10-10") == "res-sac-10-10+clip=6+goal=9-9"
    assert run_name({"lr": 0.003}) == "lr=0.003"
    assert [plain(value) for value in (1.0, 1e-4, True, "none", [0.1, 1.0])] == [
        "1",
        "0.0001",
        "True",
        "none",
        "0.1-1",
    ]
