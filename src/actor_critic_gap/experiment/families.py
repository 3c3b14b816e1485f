"""The families of runs that there are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from actor_critic_gap.errors import InvalidInput, did_you_mean
from actor_critic_gap.evidence.robustness import ROBUSTNESS
from actor_critic_gap.runs.family import Family, RunSettings
from actor_critic_gap.runs.folder import RECORD, Record
from actor_critic_gap.sac.family import SAC, refuse_module
from actor_critic_gap.sac.settings import SACSettings
from actor_critic_gap.tabular.family import DYNAMIC_PROGRAMMING, SAMPLED
from actor_critic_gap.validation import validated

FAMILIES: tuple[Family[Any], ...] = (SAMPLED, DYNAMIC_PROGRAMMING, SAC, ROBUSTNESS)

ALGORITHMS = {algorithm: family for family in FAMILIES for algorithm in family.algorithms}


def family_of(algorithm: object, where: str) -> Family[Any]:
    """The family that an algorithm is of.

    Raises:
        InvalidInput: there is no such algorithm.

    """
    if isinstance(algorithm, str) and algorithm in ALGORITHMS:
        return ALGORITHMS[algorithm]
    hint = did_you_mean(str(algorithm), ALGORITHMS)
    raise InvalidInput(f"{where}: algorithm = {algorithm!r}: {hint}expected one of {', '.join(ALGORITHMS)}")


def recorded_settings(record: Record, folder: Path) -> tuple[Family[Any], RunSettings]:
    """The settings of a run that somebody else may have trained, from its folder's record, with their family.

    Raises:
        InvalidInput: as `read_settings`, or its environment would import a module.

    """
    where = str(folder / RECORD)
    family, settings = read_settings(record.settings, where)
    if isinstance(settings, SACSettings):
        refuse_module(settings.environment, where)
    return family, settings


def read_settings(data: Any, where: str) -> tuple[Family[Any], RunSettings]:
    """The settings of a run as data, with their family.

    Raises:
        InvalidInput: they are not those of a run.

    """
    family = family_of(data.get("algorithm") if isinstance(data, dict) else None, where)
    return family, validated(family.settings, data, where)
