"""Code that was proved equivalent: drawn runs, trained again by it, were the same bytes.

A run's record names the code that trained it. Where that is not today's, a chain of such proofs can lead from
one to the other, and the run is as good as one of today's code.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.files import json_bytes, read_model, sha256, write_atomically
from actor_critic_gap.runs.folder import PROGRESS, Record

NAME = "equivalences.json"

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=True)


class Equivalence(_Strict):
    """One proof: runs of `from_` came out the same by the code `to`."""

    family: str
    from_: Annotated[Digest, Field(alias="from")]
    to: Digest
    commit: str | None
    """of the code `to`"""
    cpu: str | None
    lock: Hash | None
    arms: list[Digest]
    """the settings that runs of `from_` have, by their hash; one run of every arm was trained again"""
    runs: dict[str, Hash]
    """the folders, relative to the experiment's, of the compared runs, with the hash of their progress"""
    of: int
    """how many runs of `from_` there were"""
    bounds: str
    """what the draw says of the others"""


class Equivalences(_Strict):
    """The proofs that an experiment has."""

    equivalences: list[Equivalence] = []
    _holding: dict[int, bool] = PrivateAttr(default_factory=dict)

    @classmethod
    def of(cls, results: Path) -> Equivalences:
        """Those of an experiment's folder, none where it has no file of them.

        Raises:
            InvalidInput: the file is something else.

        """
        path = results / NAME
        return read_model(path, cls, "proofs of equivalence") if path.is_file() else cls()

    def write(self, results: Path) -> None:
        """Write them into an experiment's folder."""
        write_atomically(results / NAME, json_bytes(self.model_dump(by_alias=True)))

    def chain(self, results: Path, family: str, record: Record, today: str) -> list[Equivalence] | None:
        """The proofs that lead from the code of a record to today's, in order; None where none do.

        A proof counts for its family and arms only, and as long as the runs that it compared are what they
        were.
        """
        chains: dict[str, list[Equivalence]] = {record.source_hash: []}
        todo = [record.source_hash]
        own = arm(record)
        for code in todo:  # which grows meanwhile
            if code == today:
                return chains[code]
            for i, proof in enumerate(self.equivalences):
                follows = proof.family == family and proof.from_ == code and proof.to not in chains
                if not follows or own not in proof.arms:
                    continue
                if i not in self._holding:
                    self._holding[i] = _holds(proof, results)
                if self._holding[i]:
                    chains[proof.to] = [*chains[code], proof]
                    todo.append(proof.to)
        return None


def arm(record: Record) -> str:
    """What runs share that differ in their seeds only: a hash of their settings."""
    return hashlib.sha256(json.dumps(record.settings, sort_keys=True).encode()).hexdigest()[:16]


def _holds(proof: Equivalence, results: Path) -> bool:
    """Whether the compared runs are still there as they were compared."""
    for folder, digest in proof.runs.items():
        inside = (results / folder / PROGRESS).resolve()
        if not inside.is_relative_to(results.resolve()) or not inside.is_file() or sha256(inside) != digest:
            return False
    return bool(proof.runs)


def add(results: Path, proof: Equivalence) -> None:
    """Add a proof to those of an experiment.

    Raises:
        InvalidInput: the file of them is something else.

    """
    there = Equivalences.of(results).equivalences
    kept = [
        other
        for other in there
        if (other.family, other.from_, other.to) != (proof.family, proof.from_, proof.to)
    ]
    if proof.from_ == proof.to:
        raise InvalidInput(f"{results / NAME}: from = to = {proof.to}: expected two codes")
    Equivalences(equivalences=[*kept, proof]).write(results)
