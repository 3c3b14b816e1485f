"""The templates of pages, and what they write numbers, rules and names with."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from actor_critic_gap.figures.verdicts import as_set
from actor_critic_gap.figures.words import named, number


def templates() -> Environment:
    """The templates of the report, the explorer and a comparison."""
    environment = Environment(
        loader=PackageLoader("actor_critic_gap.report"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": number, "as_set": as_set, "named": named}
    return environment
