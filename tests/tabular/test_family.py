"""Which runs on FourRoom an entry of a config stands for, and what they leave."""

from types import SimpleNamespace
from typing import Any

import pytest

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.mdp.four_room import FourRoomSettings
from actor_critic_gap.runs.family import Context
from actor_critic_gap.tabular import training
from actor_critic_gap.tabular.family import DYNAMIC_PROGRAMMING, SAMPLED
from actor_critic_gap.tabular.settings import DynamicProgrammingSettings, SampledSettings

CONFIG = SimpleNamespace(
    four_room=FourRoomSettings(goal=(3, 3)),
    sampled=SampledSettings(episodes=50, res_critic_updates=3, eta=0.25),
    dynamic_programming=DynamicProgrammingSettings(iterations=40),
)


def sampled(**entry: Any) -> tuple[str, SampledSettings]:
    (run,) = SAMPLED.expand(CONFIG, entry, "fig1[0]")
    return run


def test_a_run_is_named_by_its_entry_and_inherits_what_its_algorithm_uses() -> None:
    name, settings = sampled(algorithm="res-ac", episode_length=30, actor_lr=0.5)
    assert name == "four-room/res-ac+actor_lr=0.5+episode_length=30"
    assert settings == SampledSettings(
        algorithm="res-ac", goal=(3, 3), episodes=50, res_critic_updates=3, episode_length=30, actor_lr=0.5
    )
    name, settings = sampled(algorithm="stack-ac")
    assert name == "four-room/stack-ac"
    assert settings == SampledSettings(
        algorithm="stack-ac", goal=(3, 3), episodes=50, res_critic_updates=3, eta=0.25
    )


def test_known_dynamics_have_a_section_of_their_own() -> None:
    entry = {"algorithm": "dynamic-programming", "actor": "pg", "critic": "br"}
    ((name, settings),) = DYNAMIC_PROGRAMMING.expand(CONFIG, entry, "fig4[0]")
    assert name == "four-room/dynamic-programming+actor=pg+critic=br"
    assert settings == DynamicProgrammingSettings(actor="pg", critic="br", goal=(3, 3), iterations=40)


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (
            {"algorithm": "actor-g-critic", "eta": 0.1},
            "eta has no effect on actor-g-critic: expected stack-ac",
        ),
        (
            {"algorithm": "stack-ac", "res_critic_lr": 0.1},
            "res_critic_lr has no effect on stack-ac: expected",
        ),
        (
            {"algorithm": "res-ac", "initial_state_batch": 5},
            "initial_state_batch has no effect on res-ac: expected actor-o-critic or stack-ac",
        ),
        ({"algorithm": "res-ac", "iterations": 5}, "unknown key 'iterations'"),
        ({"algorithm": "res-ac", "episodes": 55}, "log_interval = 10: expected a divisor of episodes = 55"),
    ],
)
def test_entries_that_mean_nothing_are_refused(entry: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=rf"^fig1\[0\]: {message}"):
        sampled(**entry)


@pytest.mark.parametrize(
    ("family", "settings", "tables"),
    [
        (SAMPLED, SampledSettings(episodes=10), {"logits", "q", "w"}),
        (SAMPLED, SampledSettings(algorithm="stack-ac", episodes=10), {"logits", "q"}),
        (DYNAMIC_PROGRAMMING, DynamicProgrammingSettings(iterations=20), {"logits", "q"}),
    ],
    ids=["res-ac", "stack-ac", "dynamic-programming"],
)
def test_training_leaves_progress_and_the_tables_of_all_seeds(
    family: Any, settings: Any, tables: set[str]
) -> None:
    trained = family.train(settings, [0, 3], Context())
    progress, policy = training.train(settings, [0, 3])
    assert trained.progress.equals(progress)
    assert set(trained.policy) == tables
    assert all((trained.policy[name] == policy[name]).all() for name in tables)
    assert {table.shape for table in trained.policy.values()} == {(2, 104, 4)}


def test_both_families_are_decided_by_the_same_code() -> None:
    assert SAMPLED.source_hash == DYNAMIC_PROGRAMMING.source_hash
    assert not SAMPLED.folder_per_seed
    assert SAMPLED.algorithms == ("actor-o-critic", "actor-g-critic", "stack-ac", "res-ac")
