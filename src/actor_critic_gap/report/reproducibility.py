"""What ACM's badges for artifacts ask for, and where it is met or is not."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from actor_critic_gap.evidence.claims import REPRODUCED
from actor_critic_gap.provenance.crate import NAME


def reproducibility(
    results: Path, docs: Path, counts: Mapping[str, int], origins: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """What the section shows.

    Args:
        results: folder of the experiment, in which the report lies.
        docs: folder of the documentation, which the evidence is in.
        counts: how many claims have each verdict.
        origins: where the runs come from (`origins.origins`).

    """
    runs = sum(origin["runs"] for origin in origins)
    return {
        "docs": Path(os.path.relpath(docs, results)).as_posix(),
        "crate": NAME,
        "claims": sum(counts.values()),
        "reproduced": counts[REPRODUCED],
        "runs": runs,
        "other_code": sum(origin["today"].get("by none", 0) for origin in origins),
    }
