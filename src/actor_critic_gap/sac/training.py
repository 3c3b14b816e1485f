"""A training run of SAC, Stack-SAC or Res-SAC from its first step to its trained policy (Algorithm 5)."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple, get_args

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.runs.family import Context
from actor_critic_gap.sac import angle, checkpoint, predictions
from actor_critic_gap.sac.agent import Agent
from actor_critic_gap.sac.environments import Environment, episode_seed
from actor_critic_gap.sac.networks import Float32
from actor_critic_gap.sac.replay_buffer import ReplayBuffer
from actor_critic_gap.sac.settings import SACSettings, TDError

COLUMNS = [
    "seed",
    "iteration",
    "environment_steps",
    "evaluation_return",
    "training_return",
    "critic_loss",
    "res_critic_loss",
    "actor_loss",
    "temperature",
    *get_args(TDError),
    "q_mean",
    "w_mean",
]
"""The progress table. A row holds means over the iterations since the row before, of TD errors that are the
largest of something the largest; it is empty where there was none: no update yet, no episode finished, no
res-critic."""

TRAINING, EVALUATION, PREDICTION, ANGLE = 0, 1, 2, 3
CAMPAIGN = 2
"""Part of every seed: the runs that led to the default readings had other streams than today's."""


class Trained(NamedTuple):
    """What a run leaves.

    Progress, the actor's parameters, the iteration at which it diverged, if so, and its wall time in seconds
    over all its processes.
    """

    progress: pd.DataFrame
    policy: dict[str, Float32]
    diverged_at: int | None
    seconds: float


class TrainerStreams(NamedTuple):
    """One generator for each use of chance."""

    initialisation: np.random.Generator
    actions: np.random.Generator
    replay: np.random.Generator
    noise: np.random.Generator


class Trainer:
    """All that changes while a run trains; `save` and `restore` make it survive the process."""

    def __init__(self, settings: SACSettings, seed: int, clip: float | None) -> None:
        self.settings, self.seed = settings, seed
        self.environment = Environment(settings.environment)
        self.evaluation_environment = Environment(settings.environment)
        self.entropy = (CAMPAIGN, seed)
        spawned = np.random.SeedSequence(self.entropy).spawn(len(TrainerStreams._fields))
        self.streams = TrainerStreams(*(np.random.default_rng(child) for child in spawned))
        n_states, n_actions = self.environment.n_states, self.environment.n_actions
        self.agent = Agent(settings, n_states, n_actions, clip, self.streams.initialisation)
        self.act = self.agent.backend.actor(self.agent.actor)
        capacity = min(settings.replay_size, settings.environment_steps)
        self.replay = ReplayBuffer(capacity, n_states, n_actions)
        self.warmup_steps = self._warmup_steps()
        self.iteration = 0
        self.seconds = 0.0
        self.rows: list[dict[str, float]] = []
        self.returns: list[float] = []
        self.statistics: list[dict[str, float]] = []
        self.episode = -1
        self._start_episode()

    def _warmup_steps(self) -> int:
        steps = self.settings.warmup_steps
        if steps is None:
            steps = 10 * self.environment.episode_length
        if steps >= self.settings.environment_steps:
            raise InvalidInput(
                f"environment_steps = {self.settings.environment_steps}: expected more than the {steps} "
                f"steps of warm-up on {self.environment.name}"
            )
        return steps

    def _start_episode(self) -> None:
        self.episode += 1
        self.episode_actions: list[Float32] = []
        self.episode_return = 0.0
        self.state = self.environment.reset(episode_seed(*self.entropy, TRAINING, self.episode))

    def collect(self) -> None:
        """The environment steps of one iteration, stored in the replay buffer."""
        n_actions = self.environment.n_actions
        for _ in range(self.settings.iteration_steps):
            if self.replay.added < self.warmup_steps:
                action = self.streams.actions.uniform(-1, 1, n_actions).astype(np.float32)
            else:
                noise = self.streams.actions.standard_normal(n_actions, dtype=np.float32)
                action = self.act(self.state, noise)
            following, reward, terminated, truncated = self.environment.step(action)
            self.replay.add(self.state, action, reward, terminated, following)
            self.state = following
            self.episode_actions.append(action)
            self.episode_return += reward
            if terminated or truncated:
                self.returns.append(self.episode_return)
                self._start_episode()

    def iterate(self) -> bool:
        """One iteration of Algorithm 5; false where a loss or the actor is no longer finite."""
        self.iteration += 1
        self.collect()
        if self.replay.added <= self.warmup_steps:
            return True
        statistics = self.agent.update(self.replay, self.streams.replay, self.streams.noise)
        self.statistics.append(statistics)
        return math.isfinite(sum(statistics.values())) and self.agent.acts_finitely()

    def evaluate(self) -> float:
        """Mean return of the evaluation episodes with the mean action (reading S15)."""
        total = 0.0
        for episode in range(self.settings.evaluation_episodes):
            state = self.evaluation_environment.reset(
                episode_seed(*self.entropy, EVALUATION, self.iteration, episode)
            )
            done = False
            while not done:
                state, reward, terminated, truncated = self.evaluation_environment.step(self.act(state))
                total += reward
                done = terminated or truncated
        return total / self.settings.evaluation_episodes

    def log(self) -> None:
        """Close an interval with a row of the progress table."""
        row = {
            "seed": self.seed,
            "iteration": self.iteration,
            "environment_steps": self.iteration * self.settings.iteration_steps,
            "evaluation_return": self.evaluate(),
        }
        if self.returns:
            row["training_return"] = float(np.mean(self.returns))
        for name in self.statistics[0] if self.statistics else ():
            reduce = np.max if name.startswith(("max_", "minibatch_")) else np.mean
            row[name] = float(reduce([statistics[name] for statistics in self.statistics]))
        self.rows.append(row | self._measured(len(self.rows)))
        self.returns, self.statistics = [], []

    def _measured(self, number: int) -> dict[str, float]:
        """What is measured of the agent at some rows, by streams of its own: the run is the same without."""
        settings, seed = self.settings, (*self.entropy, PREDICTION, self.iteration)
        row: dict[str, float] = {}
        if _due(number, settings.prediction_interval):
            environment = Environment(settings.environment)
            row |= predictions.measured(self.agent, environment, environment.episode_length, seed)
        if _due(number, settings.angle_interval):
            rng = np.random.default_rng((*self.entropy, ANGLE, self.iteration))
            row |= angle.measured(self.agent, self.replay, rng)._asdict()
        return row

    def save(self, folder: Path, identity: str) -> None:
        """Write a checkpoint, after a row."""
        state = {
            "iteration": self.iteration,
            "rows": self.rows,
            "episode": self.episode,
            "added": self.replay.added,
            "seconds": self.seconds,
            "streams": [generator.bit_generator.state for generator in self.streams],
        }
        arrays: dict[str, Any] = {f"tensor{i}": t.detach().numpy() for i, t in enumerate(self.agent.state)}
        arrays["replay"] = self.replay.rows[: len(self.replay)]
        n_actions = self.environment.n_actions
        arrays["actions"] = np.array(self.episode_actions, np.float32).reshape(-1, n_actions)
        arrays["state"] = self.state
        checkpoint.save(folder, identity, state, arrays)

    def restore(self, state: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        """Become the run that a checkpoint holds.

        The environment is brought back by its seed and the actions of its current episode.

        Raises:
            InvalidInput: the environment does not repeat its episode.

        """
        self.iteration, self.rows, self.seconds = state["iteration"], state["rows"], state["seconds"]
        for generator, saved in zip(self.streams, state["streams"], strict=True):
            generator.bit_generator.state = saved
        with torch.no_grad():
            for i, tensor in enumerate(self.agent.state):
                tensor.copy_(torch.from_numpy(arrays[f"tensor{i}"]))
        self.replay.added = state["added"]
        self.replay.rows[: len(self.replay)] = arrays["replay"]
        self.episode = state["episode"] - 1
        self._start_episode()
        for action in arrays["actions"]:
            self.state, reward, _, _ = self.environment.step(action)
            self.episode_actions.append(action)
            self.episode_return += reward
        if not np.array_equal(self.state, arrays["state"]):
            raise InvalidInput(
                f"environment = {self.environment.name!r}: its episode does not repeat under the same "
                "seed and actions, so the run cannot be resumed; delete the checkpoint to start again"
            )


def _due(number: int, interval: int) -> bool:
    """Whether something is measured at a row; never at the first, of an untrained agent."""
    return number > 0 and interval > 0 and number % interval == 0


def columns(settings: SACSettings) -> list[str]:
    """The columns of a run's progress table."""
    of_predictions = predictions.COLUMNS if settings.prediction_interval else ()
    return [*COLUMNS, *of_predictions, *(angle.COLUMNS if settings.angle_interval else ())]


def resumed(settings: SACSettings, seed: int, clip: float | None, context: Context) -> Trainer:
    """The run as its newest whole checkpoint has it, or from its start; damaged ones are passed over."""
    folder = context.checkpoints
    for path in list(checkpoint.candidates(folder)) if folder is not None else ():
        trainer = Trainer(settings, seed, clip)
        try:
            trainer.restore(*checkpoint.load(path, context.checkpoint_key))
        except InvalidInput:
            raise
        except checkpoint.DAMAGED:
            print(f"{path}: damaged, passed over", file=sys.stderr)
            path.unlink()  # or the next save would put it in the place of the good one
            continue
        print(f"resumed at iteration {trainer.iteration}", file=sys.stderr)
        return trainer
    return Trainer(settings, seed, clip)


def train(settings: SACSettings, seed: int, clip: float | None, context: Context) -> Trained:
    """Train one agent; a run that is interrupted and started again ends in the same bytes.

    Args:
        settings: see `SACSettings`.
        seed: of everything random in the run.
        clip: the bound on the residual; `settings.clip` as a number, with "from-sac" looked up.
        context: where checkpoints go, and who is told of rows.

    """
    torch.set_num_threads(1)
    run = resumed(settings, seed, clip, context)
    for row in run.rows:
        context.on_row(row)
    if run.iteration == 0 and not run.rows:
        run.log()
        context.on_row(run.rows[-1])
    total = settings.environment_steps // settings.iteration_steps
    started = saved = counted = time.monotonic()
    first = run.iteration
    diverged_at = None
    while run.iteration < total:
        if not run.iterate():
            diverged_at = run.iteration
            print(f"seed {seed}: diverged: loss not finite at iteration {diverged_at}", file=sys.stderr)
            break
        if run.iteration % settings.evaluation_interval == 0:
            run.log()
            context.on_row(run.rows[-1])
            now = time.monotonic()
            _report(run.rows[-1], total, (now - started) / (run.iteration - first))
            if context.checkpoints is not None and now - saved >= context.checkpoint_seconds:
                run.seconds, counted = run.seconds + now - counted, now
                run.save(context.checkpoints, context.checkpoint_key)
                saved = time.monotonic()
    names = [f"{kind}{layer}" for layer in (1, 2, 3) for kind in ("weights", "biases")]
    policy = {name: tensor.detach().numpy() for name, tensor in zip(names, run.agent.actor, strict=True)}
    seconds = run.seconds + time.monotonic() - counted
    return Trained(pd.DataFrame(run.rows, columns=columns(settings)), policy, diverged_at, seconds)


def _report(row: dict[str, float], total: int, seconds: float) -> None:
    """A line in a log, one line over and over on a terminal."""
    iteration = int(row["iteration"])
    bar = "#" * (30 * iteration // total)
    left = time.strftime("%H:%M:%S", time.gmtime(seconds * (total - iteration)))
    text = (
        f"[{bar:30}] iteration {iteration:,}/{total:,}  evaluation return "
        f"{row['evaluation_return']:.1f}  {1000 * seconds:.2f} ms/iteration  {left} left"
    )
    end = "\r" if sys.stderr.isatty() and iteration < total else "\n"
    print(text, file=sys.stderr, end=end, flush=True)
