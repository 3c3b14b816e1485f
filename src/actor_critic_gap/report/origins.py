"""Where runs come from: which code trained them on which machines, and how that leads to today's code."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from actor_critic_gap.experiment.families import FAMILIES, family_of
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
    today = {family.name: family.source_hash for family in FAMILIES}
    counted: dict[str, dict[str, Any]] = {}
    for folder, record in records.items():
        family = family_of(record.settings.get("algorithm"), str(folder / RECORD))
        chain = proofs.chain(results, family.name, record, today[family.name])
        origin = {
            "commit": record.git.commit,
            "dirty": record.git.dirty,
            "lock": record.lock,
            "cpu": record.machine.cpu,
            "versions": record.versions,
        }
        key = json.dumps(origin, sort_keys=True)
        entry = counted.setdefault(key, {**origin, "runs": 0, "today": Counter()})
        entry["runs"] += 1
        entry["today"][_reached(chain)] += 1
        used += [proof for proof in chain or [] if proof not in used]
    return sorted(counted.values(), key=lambda origin: -int(origin["runs"])), used


def _reached(chain: list[Equivalence] | None) -> str:
    if not chain:
        return "by none" if chain is None else "of it"
    return f"by {len(chain)} proof{'s' if len(chain) > 1 else ''}"
