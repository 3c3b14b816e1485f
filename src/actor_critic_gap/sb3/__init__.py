"""Res-SAC and Stack-SAC for Stable-Baselines3, and trained policies of this project in it (extra `sb3`)."""

from importlib.util import find_spec

if find_spec("stable_baselines3") is None:
    raise ImportError(
        "stable-baselines3 is not installed: expected the extra sb3: pip install -e '.[sb3]' in the checkout"
    )

from actor_critic_gap.sb3.diagnosis import prediction_errors
from actor_critic_gap.sb3.res_sac import ResSAC
from actor_critic_gap.sb3.runs import from_run
from actor_critic_gap.sb3.stack_sac import StackSAC

__all__ = ["ResSAC", "StackSAC", "from_run", "prediction_errors"]
