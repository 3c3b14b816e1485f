"""Checkpoints that can be read but are not what a run would have written: what they hold, held against it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.sac import checkpoint
from actor_critic_gap.sac.settings import SACSettings
from actor_critic_gap.sac.training import COLUMNS, Trainer, columns
from actor_critic_gap.validation import Strict, validated

Natural = Annotated[int, Field(ge=0)]


class _State(Strict):
    iteration: Natural
    rows: list[dict[str, float]]
    episode: Natural
    added: Natural
    seconds: Annotated[float, Field(ge=0)]
    streams: list[dict[str, Any]]


def discard_damaged(settings: SACSettings, seed: int, folder: Path, identity: str) -> None:
    """Remove the checkpoints that are damaged or that a run with these settings cannot have written.

    Raises:
        InvalidInput: one belongs to a run with other settings or other code.

    """
    for path in list(checkpoint.candidates(folder)):
        try:
            whole = _possible(Trainer(settings, seed, None), *checkpoint.load(path, identity))
        except checkpoint.Damaged:
            whole = False
        if not whole:
            print(f"{path}: damaged, passed over", file=sys.stderr)
            path.unlink()


def _possible(trainer: Trainer, state: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bool:
    """Whether the trainer can come to this state: the types, shapes and numbers that it would write."""
    try:
        found = validated(_State, state, "checkpoint")
    except InvalidInput:
        return False
    settings, replay = trainer.settings, trainer.replay
    logged = range(0, found.iteration + 1, settings.evaluation_interval)
    shapes = {name: array.shape for name, array in arrays.items()}
    expected = {f"tensor{i}": tuple(tensor.shape) for i, tensor in enumerate(trainer.agent.state)}
    expected["replay"] = (min(found.added, len(replay.rows)), replay.rows.shape[1])
    expected["state"] = trainer.state.shape
    expected["actions"] = (*shapes.get("actions", ())[:1], trainer.environment.n_actions)
    return (
        found.iteration * settings.iteration_steps == found.added <= settings.environment_steps
        and [row.get("iteration") for row in found.rows] == list(logged)
        and all(set(COLUMNS[:4]) <= set(row) <= set(columns(settings)) for row in found.rows)
        and shapes == expected
        and all(array.dtype == np.float32 and np.isfinite(array).all() for array in arrays.values())
        and len(arrays["actions"]) < trainer.environment.episode_length
    )
