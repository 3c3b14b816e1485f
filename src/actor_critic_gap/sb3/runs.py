"""Policies of this project's finished runs in Stable-Baselines3."""

from __future__ import annotations

from pathlib import Path

from gymnasium.spaces import Box
from stable_baselines3.common.torch_layers import FlattenExtractor
from stable_baselines3.sac.policies import Actor
from torch import Tensor

from actor_critic_gap.sac.trained import trained_actor


def from_run(folder: str | Path) -> Actor:
    """The trained policy of a finished run of SAC, Stack-SAC or Res-SAC, without the code that trained it.

    It takes observations and gives actions as the environment has them: `predict`, `evaluate_policy`, `save`
    and `load` work as with any policy of Stable-Baselines3. A run does not keep its critics.

    Raises:
        InvalidInput: the folder does not hold a finished run of SAC with its policy, or its environment
            cannot be made.

    """
    parameters, environment = trained_actor(Path(folder))
    observations, actions = environment.environment.observation_space, environment.environment.action_space
    assert isinstance(actions, Box)
    extractor = FlattenExtractor(observations)
    hidden = parameters[0].shape[1]
    actor = Actor(
        observations,
        actions,
        [hidden, hidden],
        extractor,
        extractor.features_dim,
        normalize_images=False,
    )
    *rest, weights, biases = parameters
    (mean_weights, log_std_weights), (mean_biases, log_std_biases) = (
        p.chunk(2, dim=1) for p in (weights, biases)
    )
    layers = {
        "latent_pi.0": rest[:2],
        "latent_pi.2": rest[2:],
        "mu": (mean_weights, mean_biases),
        "log_std": (log_std_weights, log_std_biases),
    }
    state: dict[str, Tensor] = {}
    for name, (w, b) in layers.items():
        state |= {f"{name}.weight": w.T, f"{name}.bias": b[0]}
    actor.load_state_dict(state)
    actor.set_training_mode(False)
    return actor
