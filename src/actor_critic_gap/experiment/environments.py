"""What the settings of a SAC run come to on its environment: warm-up and memory, checked before it is run."""

from __future__ import annotations

from functools import cache

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.sac.environments import Environment
from actor_critic_gap.sac.settings import SACSettings

MOST_MEGABYTES = 32_000
"""That the replay buffer of a run may take."""

environment = cache(Environment)


def check(settings: SACSettings, where: str) -> None:
    """Refuse what training would refuse once it has started.

    Raises:
        InvalidInput: the environment is none for SAC, see `Environment`; the run ends within its warm-up, or
            its replay buffer needs more than `MOST_MEGABYTES`.

    """
    try:
        needed, warmup = replay_megabytes(settings), warmup_steps(settings)
    except InvalidInput as error:
        raise InvalidInput(f"{where}: {error}") from None
    if warmup >= settings.environment_steps:
        raise InvalidInput(
            f"{where}: environment_steps = {settings.environment_steps}: expected more than the {warmup} "
            f"steps of warm-up on {settings.environment}"
        )
    if needed > MOST_MEGABYTES:
        raise InvalidInput(
            f"{where}: replay_size = {settings.replay_size}: the replay buffer needs {needed:.0f} MB: "
            f"expected at most {MOST_MEGABYTES} MB"
        )


def warmup_steps(settings: SACSettings) -> int:
    """Steps of uniform actions before the first update (reading S3)."""
    if settings.warmup_steps is None:
        return 10 * environment(settings.environment).episode_length
    return settings.warmup_steps


def replay_megabytes(settings: SACSettings) -> float:
    """A full replay buffer, and twice again while it is written into a checkpoint."""
    made = environment(settings.environment)
    rows = min(settings.replay_size, settings.environment_steps)
    return 3 * rows * (2 * made.n_states + made.n_actions + 2) * 4 / 1e6
