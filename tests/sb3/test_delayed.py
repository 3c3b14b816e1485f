"""What ResSAC and StackSAC share: they are used as SAC is."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

pytest.importorskip("stable_baselines3")

from sb3.agents import FEATURES, SMALL, Drift, Pictures, assert_same
from stable_baselines3 import HerReplayBuffer
from stable_baselines3.common.callbacks import CheckpointCallback, EvalCallback, StopTrainingOnMaxEpisodes
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.envs import BitFlippingEnv, IdentityEnvBox
from stable_baselines3.common.logger import configure
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.noise import NormalActionNoise
from stable_baselines3.common.vec_env import VecNormalize

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.sb3 import ResSAC, StackSAC

both = pytest.mark.parametrize(
    ("algorithm", "own"),
    [
        (ResSAC, {"critic_updates": 2, "res_critic_updates": 3, "clip": 1.0}),
        (StackSAC, {"critic_updates": 2}),
    ],
    ids=["ResSAC", "StackSAC"],
)


@both
@pytest.mark.parametrize(
    "change",
    [
        {},
        {"train_freq": (1, "episode"), "gradient_steps": -1},
        {"train_freq": 4, "gradient_steps": 2, "target_update_interval": 3},
        {"ent_coef": 0.1},
        {"ent_coef": "auto_0.1", "target_entropy": -1.0},
        {"use_sde": True, "sde_sample_freq": 4},
        {"n_steps": 3},
        {"action_noise": NormalActionNoise(np.zeros(2), np.full(2, 0.1))},
        {"learning_rate": lambda remaining: 1e-3 * remaining},
        {"policy_kwargs": {"net_arch": {"pi": [8], "qf": [8, 8, 8]}, "n_critics": 3}},
        {"policy_kwargs": {"net_arch": [8, 8], "activation_fn": torch.nn.Tanh, "n_critics": 1}},
        {"policy_kwargs": {"optimizer_class": torch.optim.AdamW, "optimizer_kwargs": {"weight_decay": 0.1}}},
    ],
    ids=",".join,
)
def test_learns_under_what_sac_takes(algorithm: Any, own: dict[str, Any], change: dict[str, Any]) -> None:
    agent = algorithm("MlpPolicy", Drift(), **{**SMALL, **own, **change})
    before = agent.predict(np.ones(4, np.float32), deterministic=True)[0]
    after = agent.learn(60).predict(np.ones(4, np.float32), deterministic=True)[0]
    assert agent.action_space.contains(after)
    assert not np.array_equal(before, after)


@both
def test_learns_on_several_normalised_environments(algorithm: Any, own: dict[str, Any]) -> None:
    environments = VecNormalize(make_vec_env(Drift, n_envs=3))
    agent = algorithm("MlpPolicy", environments, **{**SMALL, **own}, gradient_steps=-1)
    agent.learn(90)
    assert agent.num_timesteps == 90
    assert agent._n_updates == 51  # one a step, from the 40th on
    assert agent.predict(environments.reset())[0].shape == (3, 2)


@both
def test_learns_from_hindsight_on_observations_of_several_parts(algorithm: Any, own: dict[str, Any]) -> None:
    environment = BitFlippingEnv(n_bits=3, continuous=True)
    agent = algorithm(
        "MultiInputPolicy", environment, **{**SMALL, **own}, replay_buffer_class=HerReplayBuffer
    )
    assert agent.learn(60).predict(environment.reset()[0])[0].shape == (3,)


@both
def test_same_seed_same_result(algorithm: Any, own: dict[str, Any]) -> None:
    first, second, other = (
        algorithm("MlpPolicy", Drift(), **{**SMALL, **own, "seed": seed}).learn(60) for seed in (1, 1, 2)
    )
    assert_same(first, second)
    with pytest.raises(AssertionError):
        assert_same(first, other)


@both
def test_what_is_saved_predicts_and_goes_on_the_same(
    algorithm: Any, own: dict[str, Any], tmp_path: Path
) -> None:
    agent = algorithm("MlpPolicy", Drift(), **{**SMALL, **own}).learn(60)
    agent.save(tmp_path / "agent")
    agent.save_replay_buffer(tmp_path / "replay")
    loaded = algorithm.load(tmp_path / "agent", Drift(), device="cpu")
    loaded.load_replay_buffer(tmp_path / "replay")
    assert_same(agent, loaded)
    assert {key: getattr(loaded, key) for key in own} == own
    observations = np.random.default_rng(0).normal(size=(9, 4)).astype(np.float32)
    actions = [each.predict(observations, deterministic=True)[0] for each in (agent, loaded)]
    assert np.array_equal(*actions)
    for each in (agent, loaded):
        each.set_env(Drift())
        each.set_random_seed(5)
        each.learn(60, reset_num_timesteps=False)
    assert_same(agent, loaded)


@both
def test_a_parameter_can_be_changed_on_loading(algorithm: Any, own: dict[str, Any], tmp_path: Path) -> None:
    algorithm("MlpPolicy", Drift(), **{**SMALL, **own}).save(tmp_path / "agent")
    assert algorithm.load(tmp_path / "agent", critic_updates=7).critic_updates == 7
    with pytest.raises(InvalidInput, match=f"^{algorithm.__name__}: critic_updates = 0: "):
        algorithm.load(tmp_path / "agent", critic_updates=0)


@both
def test_callbacks_see_the_training(algorithm: Any, own: dict[str, Any], tmp_path: Path) -> None:
    evaluation = EvalCallback(Monitor(Drift()), n_eval_episodes=2, eval_freq=50, verbose=0)
    callbacks = [
        CheckpointCallback(50, str(tmp_path), save_replay_buffer=True),
        evaluation,
        StopTrainingOnMaxEpisodes(5),
    ]
    agent = algorithm("MlpPolicy", Drift(), **{**SMALL, **own}).learn(100_000, callbacks)
    assert agent.num_timesteps < 200
    assert np.isfinite(evaluation.last_mean_reward)
    assert algorithm.load(tmp_path / "rl_model_50_steps").num_timesteps == 50


@both
def test_the_logger_has_what_is_trained(algorithm: Any, own: dict[str, Any], tmp_path: Path) -> None:
    agent = algorithm("MlpPolicy", Drift(), **{**SMALL, **own})
    agent.set_logger(configure(str(tmp_path), ["csv"]))
    agent.learn(100, log_interval=1)
    agent.logger.close()
    table = pd.read_csv(tmp_path / "progress.csv")
    named = {"critic_loss", "td_error", "actor_loss", "ent_coef", "ent_coef_loss", "learning_rate"}
    named |= {"n_updates"}
    if algorithm is ResSAC:
        named |= {"res_critic_loss", "residual", "clipped", "w_mean"}
        assert table["train/residual"].iloc[-1] <= 1  # the clip
    assert {column for column in map(str, table) if column.startswith("train/")} == {
        f"train/{name}" for name in named
    }
    assert table.iloc[-1].notna().all()


@both
@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ("CartPole-v1", "Discrete(2)"),
        (IdentityEnvBox(high=np.inf), "finite lower and upper bound"),
        (lambda: make_vec_env("CartPole-v1", n_envs=2), "Discrete(2)"),
    ],
    ids=["discrete", "unbounded", "discrete, several"],
)
def test_actions_that_sac_does_not_have_are_refused_in_one_line(
    algorithm: Any, own: dict[str, Any], environment: Any, named: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        algorithm("MlpPolicy", environment() if callable(environment) else environment, **own)
    assert str(caught.value).startswith(f"{algorithm.__name__}: ")
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


@both
def test_a_parameter_that_sac_does_not_have_is_refused(algorithm: Any, own: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="'critics_updates'"):
        algorithm("MlpPolicy", Drift(), critics_updates=2)


@pytest.mark.parametrize("shared", [False, True])
def test_res_critics_learn_features_of_their_own(shared: bool) -> None:
    policy = {**FEATURES, "share_features_extractor": shared}
    agent = ResSAC("CnnPolicy", Pictures(), **{**SMALL, "policy_kwargs": policy})
    assert agent.res_critic is not None
    extractor = agent.res_critic.features_extractor
    before = [parameter.clone() for parameter in extractor.parameters()]
    agent.learn(42)
    assert not any(map(torch.equal, before, extractor.parameters()))
    assert extractor is not agent.critic.features_extractor


def test_critics_respond_by_linear_layers_only() -> None:
    policy = {**FEATURES, "share_features_extractor": True}  # which the critics do not train
    assert StackSAC("CnnPolicy", Pictures(), **{**SMALL, "policy_kwargs": policy}).learn(42)._n_updates == 2
    with pytest.raises(InvalidInput, match=r"^StackSAC: policy: .*: expected MlpPolicy$"):
        StackSAC("CnnPolicy", Pictures(), **{**SMALL, "policy_kwargs": FEATURES})
