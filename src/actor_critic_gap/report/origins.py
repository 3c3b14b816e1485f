"""Where runs come from: which code trained them on which machines, and how that leads to today's code."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from actor_critic_gap.experiment.families import family_of
from actor_critic_gap.runs.equivalences import Equivalence, Equivalences
from actor_critic_gap.runs.folder import RECORD, Record


def origins(results: Path, records: Mapping[Path, Record]) -> tuple[list[dict[str, Any]], list[Equivalence]]:
    """The origins of runs, the commonest first, and the proofs by which they lead to today's code.

    Args:
        results: folder of the experiment.
        records: of its runs, by their folders.

    Returns:
        Of each origin commit, dirty, lock, cpu and versions; `runs`, how many it trained; and `today`, how
        many of them are of today's code, by one proof, by none, ….

    Raises:
        InvalidInput: a record or the file of proofs is something else.

    """
    proofs, used = Equivalences.of(results), list[Equivalence]()
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for folder, record in records.items():
        chain = proofs.chain(family_of(record.settings.get("algorithm"), str(folder / RECORD)), record)
        origin = {**record.git.model_dump(), "cpu": record.machine.cpu}
        origin |= record.model_dump(include={"lock", "versions"})
        counted[json.dumps(origin)][_reached(chain)] += 1
        used += [proof for proof in chain or [] if proof not in used]
    commonest = sorted(counted.items(), key=lambda item: -item[1].total())
    return [{**json.loads(key), "runs": today.total(), "today": today} for key, today in commonest], used


def _reached(chain: list[Equivalence] | None) -> str:
    if not chain:
        return "by none" if chain is None else "of it"
    return f"by {len(chain)} proof{'s' if len(chain) > 1 else ''}"
