"""What the settings of a SAC run come to on its environment, checked before it is run."""

from __future__ import annotations

from functools import cache

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.sac.environments import Environment
from actor_critic_gap.sac.settings import SACSettings

environment = cache(Environment)


def check(settings: SACSettings, where: str) -> None:
    """Refuse what training would refuse once it has started.

    Raises:
        InvalidInput: the environment is none for SAC, see `Environment`, or the run ends within its warm-up.

    """
    try:
        warmup = warmup_steps(settings)
    except InvalidInput as error:
        raise InvalidInput(f"{where}: {error}") from None
    if warmup >= settings.environment_steps:
        raise InvalidInput(
            f"{where}: environment_steps = {settings.environment_steps}: expected more than the {warmup} "
            f"steps of warm-up on {settings.environment}"
        )


def warmup_steps(settings: SACSettings) -> int:
    """Steps of uniform actions before the first update (reading S3)."""
    if settings.warmup_steps is None:
        return 10 * environment(settings.environment).episode_length
    return settings.warmup_steps
