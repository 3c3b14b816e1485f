"""The families of runs that there are."""

from __future__ import annotations

from typing import Any

from actor_critic_gap.errors import InvalidInput, did_you_mean
from actor_critic_gap.evidence.robustness import ROBUSTNESS
from actor_critic_gap.runs.family import Family, RunSettings
from actor_critic_gap.sac.family import SAC
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


def read_settings(data: Any, where: str) -> tuple[Family[Any], RunSettings]:
    """The settings of a run as data, with their family.

    Raises:
        InvalidInput: they are not those of a run.

    """
    family = family_of(data.get("algorithm") if isinstance(data, dict) else None, where)
    return family, validated(family.settings, data, where)
