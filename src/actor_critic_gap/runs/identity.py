"""What makes a run the run that it is: settings, seeds, the code that decides it, and what it looks up."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pydantic import BaseModel, ConfigDict

from actor_critic_gap.runs.checkout import decisive, versions
from actor_critic_gap.validation import Digest, Seeds


class Identity(BaseModel):
    """The one definition that plans, records and checkpoints go by.

    `source_hash` is the digest of the code (`Family.source_hash`); `source` is the identity of the run in
    which it looks something up, if it does.
    """

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    settings: dict[str, Any]
    seeds: Seeds
    source_hash: Digest
    source: dict[str, Any] | None = None

    def recorded(self) -> dict[str, Any]:
        """As a record has it."""
        return {key: getattr(self, key) for key in Identity.model_fields if getattr(self, key) is not None}

    def key(self) -> str:
        """What a checkpoint must have been written for: the identity, and the versions of other packages."""
        content = json.dumps([self.recorded(), decisive(versions())], sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:16]
