"""A finished run's policy, read by Stable-Baselines3."""

import json
import subprocess
import sys
from pathlib import Path

import gymnasium
import numpy as np
import pytest

pytest.importorskip("stable_baselines3")

from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.sac.policies import Actor
from tiny import tiny_sac, train_run

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.sac.environments import Environment
from actor_critic_gap.sac.networks import NumpyActor
from actor_critic_gap.sac.trained import trained_actor
from actor_critic_gap.sb3 import from_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    tiny_sac(folder, 0, algorithm="res-sac", critic_updates=1, res_critic_updates=1)
    return folder


def test_it_acts_as_the_run_does(run: Path, tmp_path: Path) -> None:
    policy = from_run(str(run))
    policy.save(str(tmp_path / "policy"))
    parameters, _ = trained_actor(run)
    act, environment = NumpyActor(parameters), Environment("Pendulum-v1")
    state = environment.reset(0)
    for each in (policy, Actor.load(str(tmp_path / "policy"))):
        for _ in range(20):
            action, _ = each.predict(state, deterministic=True)
            assert action == pytest.approx(2 * act(state), abs=1e-5)  # the torque's range is [-2, 2]
            state, *_ = environment.step(act(state))


def test_it_is_evaluated_and_explores(run: Path) -> None:
    policy = from_run(run)
    environment = Monitor(gymnasium.make("Pendulum-v1"))
    mean, _ = evaluate_policy(policy, environment, 2, deterministic=False)
    assert -2000 < float(np.mean(mean)) < 0
    states = np.zeros((5, 3), np.float32)
    assert len(np.unique(policy.predict(states)[0])) == 5
    assert len(np.unique(policy.predict(states, deterministic=True)[0])) == 1


def test_it_needs_no_code_that_trains(run: Path) -> None:
    code = f"""
import json, sys
from actor_critic_gap.sb3 import from_run
from_run({str(run)!r})
print(json.dumps([name for name in sys.modules if name.startswith("actor_critic_gap.")]))
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    used = {name.split(".", 1)[1] for name in json.loads(found.stdout)}
    assert (
        used & {"sac.training", "sac.agent", "sac.compiled", "sac.backends", "sac.td", "sac.losses"} == set()
    )


@pytest.mark.parametrize("kept", [True, False])
def test_a_run_without_policy_is_refused_in_one_line(run: Path, tmp_path: Path, kept: bool) -> None:
    for name in ("record.json", "progress.csv"):
        if kept:
            (tmp_path / name).write_bytes((run / name).read_bytes())
    missing = "policy.npz" if kept else "record.json"
    with pytest.raises(InvalidInput, match=f"^{tmp_path}/{missing}: .*expected.*$"):
        from_run(tmp_path)


def test_a_tabular_run_is_refused_in_one_line(tmp_path: Path) -> None:
    train_run(tmp_path, [0], algorithm="res-ac", episodes=10)
    with pytest.raises(
        InvalidInput, match=r"algorithm = 'res-ac': expected a run of sac, stack-sac, res-sac$"
    ):
        from_run(tmp_path)
