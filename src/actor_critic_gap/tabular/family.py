"""The runs on FourRoom as families: from samples, and with known dynamics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from actor_critic_gap.mdp.four_room import FourRoomSettings
from actor_critic_gap.runs.family import Context, Family, Trained, run_name
from actor_critic_gap.tabular.settings import DynamicProgrammingSettings, SampledSettings, TabularSettings
from actor_critic_gap.validation import validated

FOLDER = "four-room"


def train(settings: TabularSettings, seeds: Sequence[int], context: Context) -> Trained:
    """Train a learner a seed; see `training.train`."""
    from actor_critic_gap.tabular import training

    return Trained(*training.train(settings, seeds))


def _expand_sampled(config: Any, entry: Mapping[str, Any], where: str) -> list[tuple[str, SampledSettings]]:
    return [_expanded(SAMPLED, config.sampled, config.four_room, entry, where)]


def _expand_exact(
    config: Any, entry: Mapping[str, Any], where: str
) -> list[tuple[str, DynamicProgrammingSettings]]:
    return [_expanded(DYNAMIC_PROGRAMMING, config.dynamic_programming, config.four_room, entry, where)]


def _expanded(
    family: Family[Any],
    section: TabularSettings,
    room: FourRoomSettings,
    entry: Mapping[str, Any],
    where: str,
) -> tuple[str, Any]:
    shared = {**room.model_dump(exclude_unset=True), **section.model_dump(exclude_unset=True)}
    settings = validated(family.settings, family.used({**shared, **entry}, entry), where)
    family.check_used(entry, settings.algorithm, where)
    own = {key: entry[key] for key in sorted(entry) if key != "algorithm"}
    return f"{FOLDER}/{run_name(own, str(entry.get('algorithm', 'default')))}", settings


ROOTS = ("tabular.family.train", "files.csv_bytes")

SAMPLED = Family(
    "sampled",
    SampledSettings,
    train,
    ROOTS,
    _expand_sampled,
    used_by={
        "res_critic_lr": ("res-ac",),
        "res_critic_init": ("res-ac",),
        "initial_state_batch": ("actor-o-critic", "stack-ac"),
        "stack_next_action": ("stack-ac",),
        "stack_value_derivative": ("stack-ac",),
        "stack_discounted_start": ("stack-ac",),
        "eta": ("stack-ac",),
    },
    every_policy_is_shipped=True,
)

DYNAMIC_PROGRAMMING = Family(
    "dynamic-programming",
    DynamicProgrammingSettings,
    train,
    ROOTS,
    _expand_exact,
    every_policy_is_shipped=True,
)
