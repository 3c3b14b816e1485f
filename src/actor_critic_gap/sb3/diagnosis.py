"""What an agent's critics predict, against the returns that its policy then has, as in Fig. 12."""

from __future__ import annotations

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
from actor_critic_gap.sb3.delayed import least
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
        with torch.no_grad():
            actions, log_policy = model.actor.action_log_prob(_observed(model, observations))
        return model.policy.unscale_action(actions.cpu().numpy()), log_policy.cpu().numpy()

    def critic(observations: Floats, actions: Floats) -> Floats:
        with torch.no_grad():
            values = least(model.critic(_observed(model, observations), _scaled(model, actions)))
        return np.asarray(values.cpu().numpy()[:, 0])

    res_critic, residual_entropy = None, False
    if isinstance(model, ResSAC) and model.res_critic is not None:
        value, residual_entropy = model.value, model.residual_entropy

        def res_critic(observations: Floats, actions: Floats) -> Floats:
            with torch.no_grad():
                values = value(_observed(model, observations), _scaled(model, actions))
            return np.asarray(values.cpu().numpy()[:, 0]) - critic(observations, actions)

    return diagnose.prediction_errors(
        policy,
        critic,
        environment,
        gamma=model.gamma,
        temperature=float(_temperature(model)),
        res_critic=res_critic,
        residual_entropy=residual_entropy,
        **options,
    )


def _another(model: SAC) -> gymnasium.Env[Any, Any]:
    """An environment as the agent's, but for Stable-Baselines3's Monitor, which stops at the time limit."""
    environments = model.get_env()
    spec = None if environments is None else environments.get_attr("spec")[0]
    if spec is None:
        raise InvalidInput("model: its environment has no spec: expected one as the second argument")
    wrappers = tuple(wrapper for wrapper in spec.additional_wrappers if wrapper.name != "Monitor")
    return gymnasium.make(replace(spec, additional_wrappers=wrappers))


def _observed(model: SAC, observations: Floats) -> Tensor:
    tensor = model.policy.obs_to_tensor(observations)[0]
    assert isinstance(tensor, Tensor)
    return tensor


def _scaled(model: SAC, actions: Floats) -> Tensor:
    return torch.as_tensor(model.policy.scale_action(actions), dtype=torch.float32, device=model.device)


def _temperature(model: SAC) -> Tensor:
    return model.ent_coef_tensor if model.log_ent_coef is None else model.log_ent_coef.detach().exp()
