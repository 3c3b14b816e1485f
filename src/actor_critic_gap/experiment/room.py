"""FourRoom as an experiment has it: the map and the optimum, in a file beside the tables."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.files import read_model
from actor_critic_gap.mdp.finite_mdp import optimal_objective
from actor_critic_gap.mdp.four_room import FourRoom, FourRoomSettings


class Room(FourRoomSettings):
    """FourRoom's settings with the largest objective J, the reward per step of an optimal policy."""

    optimal_objective: Annotated[float, Field(gt=0)]


def describe(settings: FourRoomSettings) -> Room:
    """The room that settings describe, solved; raises InvalidInput where nothing leads to its goal."""
    optimum = optimal_objective(FourRoom.of(settings).mdp)
    if not optimum > 0:
        goal = f"goal = {list(settings.goal)}"
        raise InvalidInput(f"{goal}: no other cell leads there: expected one that is reached")
    return Room(**settings.model_dump(), optimal_objective=optimum)


def read_room(path: Path) -> Room:
    """A room from its file; raises InvalidInput where it is missing or something else."""
    return read_model(path, Room, "FourRoom's map and optimum, as `describe` writes them")
