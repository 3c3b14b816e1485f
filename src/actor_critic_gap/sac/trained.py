"""The actor of a finished run, read back without anything that trains."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.runs.folder import POLICY, RECORD, Run, read_policy, read_run
from actor_critic_gap.sac.environments import Environment
from actor_critic_gap.sac.family import SAC, refuse_module
from actor_critic_gap.sac.networks import Parameters
from actor_critic_gap.sac.settings import SACSettings
from actor_critic_gap.validation import validated


def trained_actor(folder: Path, **arguments: Any) -> tuple[Parameters, Environment]:
    """The actor's parameters (as `networks.actor`) and the environment that it was trained on.

    `arguments` go to `gymnasium.make`.

    Raises:
        InvalidInput: the folder does not hold a finished run of SAC with its policy, or its environment
            cannot be made.

    """
    run = read_run(folder)
    algorithm = run.settings.get("algorithm")
    if algorithm not in SAC.algorithms:
        expected = f"expected a run of {', '.join(SAC.algorithms)}"
        raise InvalidInput(f"{folder}: algorithm = {algorithm!r}: {expected}")
    settings = validated(SACSettings, run.settings, str(folder / RECORD))
    refuse_module(settings.environment, str(folder / RECORD))
    environment = Environment(settings.environment, **arguments)
    return _parameters(run, settings.hidden_units, environment), environment


def _parameters(run: Run, hidden: int, environment: Environment) -> Parameters:
    """The parameters of a run's actor, if its policy is one on the environment."""
    policy = read_policy(run)
    layers = [(environment.n_states, hidden), (hidden, hidden), (hidden, 2 * environment.n_actions)]
    shapes = [shape for inputs, outputs in layers for shape in ((inputs, outputs), (1, outputs))]
    found = [array.shape for array in policy.values()]
    if found != shapes or not all(
        array.dtype == np.float32 and np.isfinite(array).all() for array in policy.values()
    ):
        raise InvalidInput(f"{run.folder / POLICY}: arrays of {found}: expected finite float32 of {shapes}")
    return [torch.from_numpy(array) for array in policy.values()]
