"""What agents of Stable-Baselines3 predict, held against the general measurement."""

from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pandas as pd
import pytest
import torch

pytest.importorskip("stable_baselines3")

from sb3.agents import SMALL, Drift
from stable_baselines3 import SAC
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.vec_env import VecNormalize

from actor_critic_gap import diagnose
from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.sb3 import ResSAC, StackSAC, prediction_errors

FEW: dict[str, Any] = {"pairs": 20, "episode_length": 25}


class Endless(Drift):
    """The same without an end."""

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        observation, reward, _, truncated, about = super().step(action)
        return observation, reward, False, truncated, about


class Plain(gymnasium.RewardWrapper[Any, Any]):
    """A wrapper that does not say how it was made."""

    def reward(self, reward: Any) -> float:
        return float(reward)


@pytest.mark.parametrize(
    "change", [{}, {"residual_of": "min"}, {"residual_of": "mean", "res_critics": 2}], ids=str
)
def test_the_sum_is_what_the_actor_climbs(change: dict[str, Any]) -> None:
    agent = ResSAC("MlpPolicy", Endless(), **SMALL, gamma=0.8, ent_coef=0.3, **change).learn(60)
    res_critic = agent.res_critic
    assert res_critic is not None

    def policy(states: Any) -> tuple[Any, Any]:
        actions, log_policy = agent.actor.action_log_prob(torch.as_tensor(states))
        return agent.policy.unscale_action(actions.detach().numpy()), log_policy.detach().numpy()

    def critics(states: Any, actions: Any) -> tuple[Any, Any]:
        pair = torch.as_tensor(states), torch.as_tensor(agent.policy.scale_action(actions)).float()
        q, w = (torch.cat(each(*pair), dim=1).detach().numpy() for each in (agent.critic, res_critic))
        both = (q + w).min(axis=1) if agent.residual_of == "own" else q.min(axis=1) + w.min(axis=1)
        return q.min(axis=1), both - q.min(axis=1)

    torch.manual_seed(3)
    expected = diagnose.prediction_errors(
        policy,
        lambda *pair: critics(*pair)[0],
        Endless(),
        gamma=0.8,
        temperature=0.3,
        res_critic=lambda *pair: critics(*pair)[1],
        **FEW,
    )
    torch.manual_seed(3)
    found = prediction_errors(agent, Endless(), **FEW)
    pd.testing.assert_frame_equal(found, expected, rtol=1e-4)
    assert list(found["target"]) == ["soft", "plain"]


@pytest.mark.parametrize("algorithm", [SAC, StackSAC])
def test_an_agent_without_res_critic_has_one_row(algorithm: Any) -> None:
    agent = algorithm("MlpPolicy", "Pendulum-v1", **{**SMALL, "gamma": 0.8}).learn(60)
    table = prediction_errors(agent, pairs=10)  # on a Pendulum of its own
    assert table["prediction"].tolist() == ["critic"]
    assert np.isfinite(table["rmse"]).all()


def test_who_sees_normalised_rewards_or_an_environment_without_name_is_refused() -> None:
    agent = SAC("MlpPolicy", VecNormalize(make_vec_env(Drift)), **SMALL)
    with pytest.raises(InvalidInput, match="model: in a VecNormalize: expected observations and rewards as"):
        prediction_errors(agent)
    with pytest.raises(InvalidInput, match="model: its environment has no spec: expected one as the second"):
        prediction_errors(SAC("MlpPolicy", Drift(), **SMALL))


@pytest.mark.parametrize(
    ("wrapper", "words"),
    [
        (gymnasium.wrappers.NormalizeObservation, "in a NormalizeObservation, of which a new one is another"),
        (gymnasium.wrappers.NormalizeReward, "in a NormalizeReward, of which a new one is another"),
        (Plain, "Plain wrapper does not inherit"),
    ],
)
def test_an_environment_that_cannot_be_made_again_must_be_given(wrapper: Any, words: str) -> None:
    agent = SAC("MlpPolicy", wrapper(gymnasium.make("Pendulum-v1")), **SMALL)
    with pytest.raises(InvalidInput, match=f"model: .*{words}.*: expected one as the second argument"):
        prediction_errors(agent)


def test_noise_that_depends_on_states_is_drawn_anew() -> None:
    agent = SAC("MlpPolicy", "Pendulum-v1", use_sde=True, **SMALL).learn(60)
    tables = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        tables.append(prediction_errors(agent, **FEW))
    assert not tables[0].equals(tables[1])


def test_an_agent_of_another_kind_is_not_loaded(tmp_path: Path) -> None:
    SAC("MlpPolicy", gymnasium.make("Pendulum-v1"), **SMALL).save(tmp_path / "sac")
    with pytest.raises(InvalidInput, match="sac: expected an agent saved by ResSAC, with as many"):
        ResSAC.load(tmp_path / "sac")
    ResSAC("MlpPolicy", gymnasium.make("Pendulum-v1"), **SMALL).save(tmp_path / "own")
    with pytest.raises(InvalidInput, match="own: expected an agent saved by ResSAC, with as many") as error:
        ResSAC.load(tmp_path / "own", residual_of="min")
    assert "\n" not in str(error.value)
