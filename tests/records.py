"""Records of runs that nobody trained."""

from collections.abc import Mapping
from typing import Any

from actor_critic_gap.runs.folder import Record

NOWHERE = {
    "source_hash": "0" * 16,
    "git": {"commit": "c" * 40, "dirty": False},
    "lock": "f" * 64,
    "versions": {"numpy": "2.0"},
    "machine": {"host": "vm", "platform": "Linux", "cpu": "x86"},
    "wall_seconds": 1.0,
    "sha256": {},
}


def record_of(settings: Mapping[str, Any], seeds: list[int], **entries: Any) -> Record:
    """A record of these settings and seeds, with further entries."""
    return Record.model_validate({**NOWHERE, "settings": dict(settings), "seeds": seeds, **entries})
