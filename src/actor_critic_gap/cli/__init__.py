"""The command line."""

from actor_critic_gap.cli.main import main

__all__ = ["main"]
