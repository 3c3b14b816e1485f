"""What makes a run the run that it is: settings, seeds, the code that decides it, and what it looks up."""

from __future__ import annotations

import hashlib
import json
from typing import Any, NamedTuple

from actor_critic_gap.runs.checkout import versions


class Identity(NamedTuple):
    """The one definition that records, the workflow and checkpoints go by."""

    settings: dict[str, Any]
    seeds: list[int]
    source_hash: str
    """the digest of the code (`Family.source_hash`)"""
    source: dict[str, Any] | None = None
    """settings, seeds and source_hash of the run in which it looks something up, if it does"""

    def recorded(self) -> dict[str, Any]:
        """As a record has it."""
        return {key: value for key, value in self._asdict().items() if value is not None}

    def key(self) -> str:
        """What a checkpoint must have been written for: the identity under the same versions of packages."""
        content = json.dumps([self.recorded(), versions()], sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:16]
