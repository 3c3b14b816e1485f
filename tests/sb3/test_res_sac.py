"""ResSAC against this project's own losses and regression in float64, and against Stable-Baselines3's SAC."""

from functools import partial
from typing import Any

import numpy as np
import pytest

pytest.importorskip("stable_baselines3")

from sb3.agents import DOUBLE, SMALL, Drift, NormalisedFeatures, assert_same, filled
from sb3.reference import Reference, assert_near
from stable_baselines3 import SAC
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.utils import set_random_seed
from stable_baselines3.common.vec_env import VecNormalize

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.sb3 import ResSAC


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"train_freq": 4, "gradient_steps": 3, "target_update_interval": 2},
        {"ent_coef": 0.2},
        {"use_sde": True},
        {"n_steps": 3},
        {"learning_rate": lambda remaining: 1e-3 * remaining},
        {"policy_kwargs": {"net_arch": [16, 16], "n_critics": 3}},
    ],
    ids=",".join,
)
def test_without_res_critic_updates_it_is_sac_bit_for_bit(change: dict[str, Any]) -> None:
    sac, res_sac = (
        algorithm("MlpPolicy", VecNormalize(make_vec_env(Drift, n_envs=2)), **{**SMALL, **change}).learn(100)
        for algorithm in (SAC, partial(ResSAC, res_critic_updates=0))
    )
    assert_same(sac, res_sac)
    assert res_sac.logger.name_to_value.pop("train/td_error") > 0
    assert sac.logger.name_to_value == res_sac.logger.name_to_value


@pytest.mark.parametrize("n_critics", [1, 2, 3])
@pytest.mark.parametrize(
    "change",
    [
        {"residual_of": "min", "clip": 0.7},
        {"residual_of": "mean"},
        {"residual_of": "mean", "res_critics": 2, "residual_entropy": True, "clip": 2.0},
        {"residual_of": "own"},
        {"residual_of": "own", "residual_entropy": True, "clip": 0.7},
    ],
    ids=str,
)
@pytest.mark.usefixtures("double")
def test_updates_are_those_of_this_projects_losses(change: dict[str, Any], n_critics: int) -> None:
    policy = {**DOUBLE["policy_kwargs"], "n_critics": n_critics}
    settings = {**DOUBLE, "policy_kwargs": policy, "critic_updates": 2, "res_critic_updates": 3}
    agent = filled(ResSAC("MlpPolicy", Drift(), **settings, **change))
    reference = Reference(agent)
    for update in (reference.train, agent.train):
        set_random_seed(1)
        update(5, 16)
    assert_near(agent, reference)
    logged = agent.logger.name_to_value
    assert logged["train/residual"] == pytest.approx(np.mean(reference.residuals))
    assert logged["train/td_error"] == pytest.approx(np.mean(reference.td_errors))
    assert ("train/clipped" in logged) == ("clip" in change)


def test_the_res_critics_rate_follows_the_schedule() -> None:
    agent = ResSAC("MlpPolicy", Drift(), learning_rate=lambda remaining: remaining, **SMALL).learn(80)
    assert agent.res_critic is not None
    assert agent.res_critic.optimizer.param_groups[0]["lr"] == pytest.approx(0, abs=0.02)


def test_the_res_critics_running_statistics_are_tracked() -> None:
    policy = {"net_arch": [8], "features_extractor_class": NormalisedFeatures}
    agent = ResSAC("MlpPolicy", Drift(), **{**SMALL, "policy_kwargs": policy}).learn(60)
    for each in (agent.res_critic, agent.res_critic_target):
        assert each is not None
        assert each.state_dict()["features_extractor.normalise.running_mean"].abs().min() > 0


def test_each_ensemble_has_the_networks_that_it_should() -> None:
    def n(**change: Any) -> int:
        agent = ResSAC("MlpPolicy", Drift(), **{**SMALL, **change})
        assert agent.res_critic is not None
        return agent.res_critic.n_critics

    assert [n(), n(residual_of="min"), n(residual_of="mean", res_critics=3)] == [2, 1, 3]
    assert n(policy_kwargs={"n_critics": 4}, res_critics=4) == 4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"critic_updates": 0}, "critic_updates = 0: input should be greater than 0"),
        ({"res_critic_updates": -1}, "res_critic_updates = -1: input should be greater than or equal to 0"),
        ({"clip": 0.0}, "clip = 0.0: input should be greater than 0"),
        ({"clip": float("nan")}, "clip = nan: "),
        ({"residual_of": "max"}, "residual_of = 'max': input should be 'min', 'mean' or 'own'"),
        ({"residual_entropy": "yes"}, "residual_entropy = 'yes': input should be a valid boolean"),
        ({"res_critics": 0, "residual_of": "min"}, "res_critics = 0: input should be greater than 0"),
        (
            {"res_critics": 1},
            "res_critics = 1: expected None or 2, one for each critic, with residual_of = 'own'",
        ),
    ],
    ids=str,
)
def test_bad_parameters_are_named_in_one_line(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        ResSAC("MlpPolicy", Drift(), **{**SMALL, **change})
    assert str(caught.value).startswith(f"ResSAC: {message}")
    assert "\n" not in str(caught.value)
