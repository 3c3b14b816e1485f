"""What an agent's critics predict, against the returns that its policy then has, as in Fig. 12."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import gymnasium
import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from stable_baselines3 import SAC
from torch import Tensor

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.sb3.delayed import least, temperature_of
from actor_critic_gap.sb3.res_sac import ResSAC

Floats = NDArray[Any]


def prediction_errors(
    model: SAC, environment: gymnasium.Env[Any, Any] | None = None, **options: Any
) -> pd.DataFrame:
    """The table of `diagnose.prediction_errors` for an agent of SAC, ResSAC or StackSAC.

    The critic is min_k Q_k, with the agent's discount and its temperature as it is now. Of ResSAC the sum of
    critic and res-critic is what its actor climbs: with `residual_of` "own" min_k (Q_k + W_k).

    Args:
        model: the agent, whose actor draws from torch's generator.
        environment: as of `diagnose.prediction_errors`; by default a new one of the agent's own kind.
        options: pairs, episode_length and seed of `diagnose.prediction_errors`.

    Raises:
        InvalidInput: as `diagnose.prediction_errors`; or the agent sees normalised observations or rewards.

    """
    from actor_critic_gap import diagnose  # of the training code, which policies of runs do without

    if model.get_vec_normalize_env() is not None:
        raise InvalidInput("model: in a VecNormalize: expected observations and rewards as they are")
    if environment is None:
        environment = _another(model)
    model.policy.set_training_mode(False)

    def policy(observations: Floats) -> tuple[Floats, Floats]:
        if model.use_sde:
            model.actor.reset_noise(len(observations))
        with torch.no_grad():
            actions, log_policy = model.actor.action_log_prob(_observed(model, observations))
        return model.policy.unscale_action(actions.cpu().numpy()), log_policy.cpu().numpy()

    def predicted(value: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Floats, Floats], Floats]:
        def values(observations: Floats, actions: Floats) -> Floats:
            scaled = torch.as_tensor(model.policy.scale_action(actions), dtype=torch.float32)
            with torch.no_grad():
                found = value(_observed(model, observations), scaled.to(model.device))
            return np.asarray(found.cpu().numpy()[:, 0])

        return values

    critic = predicted(lambda observations, actions: least(model.critic(observations, actions)))
    res_critic, residual_entropy = None, False
    if isinstance(model, ResSAC) and model.res_critic is not None:
        climbed, residual_entropy = predicted(model.value), model.residual_entropy

        def res_critic(observations: Floats, actions: Floats) -> Floats:
            return climbed(observations, actions) - critic(observations, actions)

    return diagnose.prediction_errors(
        policy,
        critic,
        environment,
        gamma=model.gamma,
        temperature=float(temperature_of(model)),
        res_critic=res_critic,
        residual_entropy=residual_entropy,
        **options,
    )


def _another(model: SAC) -> gymnasium.Env[Any, Any]:
    """An environment as the agent's, but for Stable-Baselines3's Monitor, which stops at the time limit."""
    environments = model.get_env()
    spec = None if environments is None else environments.get_attr("spec")[0]
    expected = "expected one as the second argument"
    if spec is None:
        raise InvalidInput(f"model: its environment has no spec: {expected}")
    wrappers = tuple(wrapper for wrapper in spec.additional_wrappers if wrapper.name != "Monitor")
    for wrapper in wrappers:
        if wrapper.name in ("NormalizeObservation", "NormalizeReward"):
            raise InvalidInput(f"model: in a {wrapper.name}, of which a new one is another: {expected}")
    try:
        return gymnasium.make(replace(spec, additional_wrappers=wrappers))
    except ValueError as error:  # a wrapper that does not say how it was made
        raise InvalidInput(f"model: {error}: {expected}") from None


def _observed(model: SAC, observations: Floats) -> Tensor:
    tensor = model.policy.obs_to_tensor(observations)[0]
    assert isinstance(tensor, Tensor)
    return tensor
