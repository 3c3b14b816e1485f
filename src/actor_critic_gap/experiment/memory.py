"""The memory that a run takes at least, so that what cannot be had is refused before anything is written."""

from __future__ import annotations

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.evidence.robustness import RobustnessSettings
from actor_critic_gap.experiment.environments import environment
from actor_critic_gap.mdp.four_room import MOVES
from actor_critic_gap.runs.family import RunSettings
from actor_critic_gap.sac.settings import SACSettings
from actor_critic_gap.tabular.settings import DynamicProgrammingSettings, SampledSettings
from actor_critic_gap.validation import MOST_MEGABYTES

ROW = 1500
"""Bytes of a row of progress, as a mapping and in a table; of an iteration's statistics too."""


def check_memory(settings: RunSettings, n_seeds: int, where: str, most: float = MOST_MEGABYTES) -> None:
    """Refuse a run that takes more memory than there can be.

    Args:
        settings: of the run.
        n_seeds: how many seeds it trains in one process.
        where: they stand.
        most: MB.

    Raises:
        InvalidInput: it takes more; the message says what for.

    """
    needed = megabytes(settings, n_seeds)
    largest = max(needed, key=needed.__getitem__)
    if sum(needed.values()) > most:
        raise InvalidInput(
            f"{where}: {largest} = {getattr(settings, largest, n_seeds)}: the run needs "
            f"{sum(needed.values()):.0f} MB of memory: expected at most {most:.0f} MB"
        )


def megabytes(settings: RunSettings, n_seeds: int) -> dict[str, float]:
    """MB of what takes most, by the settings that say how much."""
    if isinstance(settings, SACSettings):
        return {"replay_size": replay_megabytes(settings), **_of_sac(settings)}
    if isinstance(settings, RobustnessSettings):
        runs = [run for shown in settings.runs.values() for run in shown]
        varied = sum(_rows(run, n_seeds) for run in runs) * len(settings.res_critic_init)
        exact = settings.iterations * n_seeds * ROW / 1e6
        return {"res_critic_init": varied, "iterations": exact}
    assert isinstance(settings, SampledSettings | DynamicProgrammingSettings)
    table = sum(row.count(" ") for row in settings.layout) * len(MOVES) * 8 / 1e6
    needed = {"log_interval": _rows(settings, n_seeds), "seeds": 12 * table * n_seeds}
    if isinstance(settings, SampledSettings):
        needed |= {
            "episodes": 8 * settings.episodes / 1e6,
            "episode_length": 100 * settings.episode_length / 1e6,
            "initial_state_batch": 100 * settings.initial_state_batch / 1e6,
            "gap_batches": 4 * table * settings.gap_batches,
        }
    return needed


def _rows(settings: SampledSettings | DynamicProgrammingSettings, n_seeds: int) -> float:
    return settings.rows * n_seeds * ROW / 1e6


def _of_sac(settings: SACSettings) -> dict[str, float]:
    """Networks with their targets and Adam's means, the minibatches of an iteration, activations and rows."""
    width, hidden = _width(settings), settings.hidden_units
    networks = 5 * (settings.critics + settings.n_res_critics) + 3
    minibatches = max(settings.critic_updates, settings.res_critic_updates) * settings.batch_size
    rows = settings.environment_steps / (settings.iteration_steps * settings.evaluation_interval)
    return {
        "hidden_units": 4 * networks * hidden * (hidden + width) / 1e6,
        "batch_size": 4 * (2 * minibatches * width + 20 * settings.batch_size * hidden) / 1e6,
        "evaluation_interval": ROW * (rows + settings.evaluation_interval) / 1e6,
    }


def _width(settings: SACSettings) -> int:
    """Numbers in a transition: state, action, reward, whether it ended the episode, next state."""
    made = environment(settings.environment)
    return 2 * made.n_states + made.n_actions + 2


def replay_megabytes(settings: SACSettings) -> float:
    """A full replay buffer, and twice again while it is written into a checkpoint."""
    return 3 * min(settings.replay_size, settings.environment_steps) * _width(settings) * 4 / 1e6
