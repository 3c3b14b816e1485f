"""Whole runs: probe environments with known answers, interruption and resumption, divergence, bad input."""

import json
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from pandas.testing import assert_frame_equal
from probes import SHORT

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.runs.family import Context
from actor_critic_gap.sac import checkpoint, networks, training
from actor_critic_gap.sac.agent import Agent
from actor_critic_gap.sac.environments import Environment
from actor_critic_gap.sac.settings import SACSettings

ALGORITHMS: list[dict[str, Any]] = [
    {"algorithm": "sac"},
    {"algorithm": "stack-sac"},
    {"algorithm": "res-sac", "res_critic_updates": 4},
]
GAMMA = 0.5


def learn(probe: str, change: dict[str, Any]) -> training.Trainer:
    settings = SACSettings(
        environment=f"probes/{probe}-v0",
        environment_steps=5000,
        warmup_steps=200,
        critic_updates=4,
        hidden_units=32,
        batch_size=64,
        lr=5e-3,
        tau=0.05,
        gamma=GAMMA,
        **change,
    )
    torch.set_num_threads(1)
    run = training.Trainer(settings, 0, None)
    for _ in range(500):
        assert run.iterate()
    return run


def at(observations: list[float]) -> torch.Tensor:
    return torch.tensor(observations)[:, None].repeat_interleave(500, dim=0)


def q_and_soft_value(run: training.Trainer, observations: list[float]) -> tuple[np.ndarray, np.ndarray]:
    """Means over the actor's actions of min Q, of min Q - alpha log pi; at each observation."""
    states = at(observations)
    draw = torch.Generator().manual_seed(0)
    with torch.no_grad():
        noise = torch.randn(len(states), 1, generator=draw)
        actions, log_policy = networks.sample(networks.gaussian(run.agent.actor, states), noise)
        q = networks.values(run.agent.critic.parameters, torch.cat([states, actions], dim=1)).amin(dim=0)
        soft = q - run.agent.log_temperature.exp() * log_policy
    return tuple(x.view(len(observations), -1).mean(dim=1).numpy() for x in (q, soft))  # type: ignore[return-value]


@pytest.mark.parametrize("change", ALGORITHMS, ids=lambda change: change["algorithm"])
class TestProbes:
    def test_constant_reward(self, change: dict[str, Any]) -> None:
        assert q_and_soft_value(learn("Constant", change), [0.0])[0] == pytest.approx([1.0], abs=0.05)

    def test_reward_that_depends_on_the_observation(self, change: dict[str, Any]) -> None:
        q, _ = q_and_soft_value(learn("Observed", change), [-1.0, 1.0])
        assert q == pytest.approx([-1.0, 1.0], abs=0.1)

    def test_delayed_reward_is_discounted_with_the_entropy_on_the_way(self, change: dict[str, Any]) -> None:
        q, soft = q_and_soft_value(learn("Delayed", change), [0.0, 1.0])
        assert q[1] == pytest.approx(1.0, abs=0.1)
        assert q[0] == pytest.approx(GAMMA * soft[1], abs=0.1)

    def test_reward_that_depends_on_the_action(self, change: dict[str, Any]) -> None:
        run = learn("Acted", change)
        assert run.act(np.zeros(1, np.float32)) == pytest.approx(0.5, abs=0.1)

    def test_truncation_bootstraps(self, change: dict[str, Any]) -> None:
        q, soft = q_and_soft_value(learn("CutOff", change), [0.0])
        assert q[0] == pytest.approx(1 + GAMMA * soft[0], abs=0.1)
        assert q[0] > 1.5


def test_an_evaluation_is_the_mean_return_of_the_actors_mean_actions() -> None:
    acted, delayed = (
        training.Trainer(SACSettings(**{**SHORT, "environment": f"probes/{name}-v0"}), 0, None)
        for name in ("Acted", "Delayed")
    )
    action = 2 * acted.act(np.zeros(1, np.float32))  # the bounds are -2 and 2
    assert acted.evaluate() == pytest.approx(-((action[0] - 1) ** 2))
    assert delayed.evaluate() == 1


def test_no_episode_starts_like_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of training, evaluation and predictions, and of two seeds."""
    seeds, reset = [], Environment.reset

    def noted(self: Environment, seed: int) -> Any:
        seeds.append(seed)
        return reset(self, seed)

    monkeypatch.setattr(Environment, "reset", noted)
    for seed in (0, 1):
        training.train(SACSettings(**SHORT, prediction_interval=6), seed, 4.0, Context())
    assert len(seeds) > 2 * (1200 // 200 + 13 * 2 + 2 * 10)
    assert len(set(seeds)) == len(seeds)


@pytest.mark.parametrize("change", ALGORITHMS, ids=lambda change: change["algorithm"])
def test_the_same_seed_is_the_same_run_and_another_seed_another(change: dict[str, Any]) -> None:
    settings = SACSettings(**SHORT, **change)
    first, again, other = (training.train(settings, seed, 4.0, Context()) for seed in (0, 0, 1))
    assert_frame_equal(first.progress, again.progress, check_exact=True)
    assert all((first.policy[name] == again.policy[name]).all() for name in first.policy)
    assert not first.progress["evaluation_return"].equals(other.progress["evaluation_return"])
    assert first.progress["iteration"].tolist() == list(range(0, 121, 10))
    assert first.progress["critic_loss"].isna().tolist() == [True] * 4 + [False] * 9
    assert first.progress["w_mean"].isna().all() == (change["algorithm"] != "res-sac")
    assert first.diverged_at is None


@pytest.mark.parametrize("change", ALGORITHMS, ids=lambda change: change["algorithm"])
def test_a_run_is_the_same_with_and_without_what_is_measured_of_it(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    settings = SACSettings(**SHORT, **change)
    measuring = settings.model_copy(update={"prediction_interval": 6, "angle_interval": 12})
    plain, measured = (training.train(each, 0, 4.0, Context()) for each in (settings, measuring))
    assert_frame_equal(measured.progress[plain.progress.columns], plain.progress, check_exact=True)
    assert all((measured.policy[name] == plain.policy[name]).all() for name in plain.policy)
    assert measured.progress["critic"].notna().to_numpy().nonzero()[0].tolist() == [6, 12]
    assert measured.progress["cosine"].notna().to_numpy().nonzero()[0].tolist() == [12]
    half = measuring.model_copy(update={"environment_steps": 600})
    training.train(half, 0, 4.0, Context(checkpoints=tmp_path, checkpoint_seconds=0.0))
    resumed = training.train(measuring, 0, 4.0, Context(checkpoints=tmp_path))
    assert_frame_equal(resumed.progress, measured.progress, check_exact=True)


TRAIN = """
import sys
from pathlib import Path
from actor_critic_gap.experiment.training import train
from actor_critic_gap.sac.settings import SACSettings

settings = SACSettings(
    environment="HalfCheetah-v4", algorithm="res-sac", critic_updates=2, res_critic_updates=2, clip=6.0,
    hidden_units=32, environment_steps=3000, warmup_steps=500, evaluation_interval=25, evaluation_episodes=1,
)
train(settings, [3], Path(sys.argv[1]), checkpoints=Path(sys.argv[2]), checkpoint_seconds=0.0)
"""


def command(output: Path, checkpoints: Path) -> list[str]:
    return [sys.executable, "-c", TRAIN, str(output), str(checkpoints)]


def test_a_run_killed_twice_at_random_ends_in_the_bytes_of_an_undisturbed_one(tmp_path: Path) -> None:
    whole, broken, checkpoints = tmp_path / "whole", tmp_path / "broken", tmp_path / "checkpoints"
    subprocess.run(command(whole, tmp_path / "other"), check=True, capture_output=True)
    rng = np.random.default_rng()
    for attempt in range(2):
        process = subprocess.Popen(command(broken, checkpoints), stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 60
        seen = (checkpoints / "checkpoint.npz").stat().st_mtime_ns if attempt else 0
        while process.poll() is None and time.monotonic() < deadline:
            current = checkpoints / "checkpoint.npz"
            if current.exists() and current.stat().st_mtime_ns != seen:
                break
            time.sleep(0.01)
        time.sleep(rng.uniform(0, 0.3))
        assert process.poll() is None, "the run ended before it could be killed"
        process.kill()
        process.communicate()
    finished = subprocess.run(command(broken, checkpoints), check=True, capture_output=True, text=True)
    assert "resumed at iteration" in finished.stderr
    for name in ("progress.csv", "policy.npz"):
        assert (whole / name).read_bytes() == (broken / name).read_bytes()
    assert not checkpoints.exists()


def context(folder: Path, checkpoint_seconds: float = 1e9) -> Context:
    return Context(checkpoints=folder, checkpoint_key="identity", checkpoint_seconds=checkpoint_seconds)


def interrupted(settings: SACSettings, folder: Path) -> None:
    """A checkpoint of a run half-way."""
    half = settings.model_copy(update={"environment_steps": settings.environment_steps // 2})
    training.train(half, 0, 4.0, context(folder, 0.0))


def test_a_damaged_checkpoint_is_passed_over_for_the_one_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = SACSettings(**SHORT)
    expected = training.train(settings, 0, 4.0, Context())
    for damaged in (["checkpoint.npz"], ["checkpoint.npz", "previous.npz"]):
        folder = tmp_path / str(len(damaged))
        interrupted(settings, folder)
        for name in damaged:
            path = folder / name
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        capsys.readouterr()
        found = training.train(settings, 0, 4.0, context(folder))
        log = capsys.readouterr().err
        assert "checkpoint.npz: damaged, passed over" in log
        assert ("resumed at iteration 50" in log) == (len(damaged) == 1)
        assert_frame_equal(found.progress, expected.progress, check_exact=True)


@pytest.mark.parametrize("spoiled", ["compressed", "another state", "an array less"])
def test_a_checkpoint_that_no_run_has_written_is_passed_over(
    tmp_path: Path, spoiled: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = SACSettings(**SHORT)
    expected = training.train(settings, 0, 4.0, Context())
    interrupted(settings, tmp_path)
    path, before = tmp_path / checkpoint.NAME, (tmp_path / checkpoint.PREVIOUS).read_bytes()
    state, arrays = checkpoint.load(path, "identity")
    if spoiled == "compressed":  # it could unpack to more than there is memory
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("replay.npy", b"\0" * 10_000_000)
    elif spoiled == "another state":
        digest = json.loads(np.load(path)["meta"].tobytes())["sha256"]
        monkeypatch.setattr(checkpoint, "_hash", lambda *_: digest)
        checkpoint.save(tmp_path, "identity", {**state, "seconds": 1e6}, arrays)
        monkeypatch.undo()
    else:
        checkpoint.save(
            tmp_path, "identity", state, {name: arrays[name] for name in arrays if name != "tensor0"}
        )
    (tmp_path / checkpoint.PREVIOUS).write_bytes(before)
    found = training.train(settings, 0, 4.0, context(tmp_path))
    said = capsys.readouterr().err.splitlines()
    assert f"{path}: damaged, passed over" in said
    assert "resumed at iteration 50" in said
    assert_frame_equal(found.progress, expected.progress, check_exact=True)


def test_whoever_watches_is_told_every_row_also_after_an_interruption(tmp_path: Path) -> None:
    settings = SACSettings(**SHORT)
    interrupted(settings, tmp_path)
    rows: list[Any] = []
    found = training.train(settings, 0, 4.0, context(tmp_path)._replace(on_row=rows.append))
    assert_frame_equal(pd.DataFrame(rows, columns=training.COLUMNS), found.progress, check_exact=True)


def test_a_checkpoint_of_another_run_is_refused(tmp_path: Path) -> None:
    settings = SACSettings(**SHORT)
    interrupted(settings, tmp_path)
    with pytest.raises(InvalidInput, match=r"checkpoint.npz: of a run with other settings or other code"):
        training.train(settings, 0, 4.0, context(tmp_path)._replace(checkpoint_key="another"))


def test_a_run_that_diverges_stops_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    settings = SACSettings(**{**SHORT, "environment": "probes/Exploding-v0", "warmup_steps": 100, "lr": 0.1})
    trained = training.train(settings, 0, None, Context())
    assert trained.diverged_at is not None
    assert trained.progress["iteration"].max() < trained.diverged_at
    assert f"seed 0: diverged: loss not finite at iteration {trained.diverged_at}" in capsys.readouterr().err


def test_an_environment_that_breaks_while_it_is_learned_is_refused() -> None:
    with pytest.raises(InvalidInput, match="an observation holds NaN or infinity"):
        training.train(SACSettings(**{**SHORT, "environment": "probes/Broken-v0"}), 0, None, Context())


@pytest.mark.parametrize("change", ALGORITHMS, ids=lambda change: change["algorithm"])
@pytest.mark.parametrize("environment", ["Pendulum-v1", "probes/Delayed-v0"])
def test_every_algorithm_resumes_exactly_with_a_replay_that_has_wrapped(
    tmp_path: Path, environment: str, change: dict[str, Any]
) -> None:
    settings = SACSettings(**{**SHORT, "environment": environment, "replay_size": 250}, **change)
    expected = training.train(settings, 1, 4.0, Context())
    half = settings.model_copy(update={"environment_steps": 700})
    training.train(half, 1, 4.0, context(tmp_path, 0.0))
    found = training.train(settings, 1, 4.0, context(tmp_path, 0.0))
    assert_frame_equal(found.progress, expected.progress, check_exact=True)
    assert all((found.policy[name] == expected.policy[name]).all() for name in expected.policy)
    assert found.seconds > 0


def test_an_actor_that_is_not_finite_is_divergence_not_a_bad_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    original = Agent.update

    def spoiled(self: Agent, *arguments: Any) -> dict[str, float]:
        statistics = original(self, *arguments)
        self.actor_adam.parameters[0][:] = float("nan")
        return statistics

    monkeypatch.setattr(Agent, "update", spoiled)
    assert training.train(SACSettings(**SHORT), 0, None, Context()).diverged_at == 31


def test_a_run_shorter_than_its_warm_up_is_refused() -> None:
    settings = SACSettings(**{**SHORT, "warmup_steps": None})
    with pytest.raises(
        InvalidInput, match="environment_steps = 1200: expected more than the 2000 steps of warm"
    ):
        training.train(settings, 0, None, Context())
