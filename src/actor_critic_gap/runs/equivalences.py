"""Code that was proved equivalent: drawn runs, trained again by it, were the same bytes.

A run's record names the code that trained it. Where that is not today's, a chain of such proofs can lead from
one to the other, and the run is as good as one of today's code.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

from actor_critic_gap.files import json_bytes, mismatch, read_model, write_atomically
from actor_critic_gap.runs.family import Family
from actor_critic_gap.runs.folder import PROGRESS, Record
from actor_critic_gap.validation import Digest, Hash, Strict

NAME = "equivalences.json"


class Equivalence(BaseModel):
    """One proof: runs of `from_` came out the same by the code `to`."""

    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=True)

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


class Equivalences(Strict):
    """The proofs that an experiment has."""

    equivalences: list[Equivalence] = Field([])
    _results: Path = PrivateAttr(Path())
    _holding: dict[int, bool] = PrivateAttr(default_factory=dict)

    @classmethod
    def of(cls, results: Path) -> Equivalences:
        """Those of an experiment's folder, none where it has no file of them.

        Raises:
            InvalidInput: the file is something else.

        """
        path = results / NAME
        found = read_model(path, cls, "proofs of equivalence") if path.is_file() else cls()
        found._results = results
        return found

    def write(self, results: Path) -> None:
        """Write them into an experiment's folder."""
        write_atomically(results / NAME, json_bytes(self.model_dump(by_alias=True)))

    def chain(self, family: Family[Any], record: Record) -> list[Equivalence] | None:
        """The proofs that lead from the code of a record to today's, in order; None where none do.

        A proof counts for its family and arms only, and as long as the runs that it compared are what they
        were.
        """
        chains: dict[str, list[Equivalence]] = {record.source_hash: []}
        todo = [record.source_hash]
        own = arm(record)
        for code in todo:  # which grows meanwhile
            if code == family.source_hash:
                return chains[code]
            for i, proof in enumerate(self.equivalences):
                fits = (proof.family, proof.from_) == (family.name, code) and own in proof.arms
                if fits and proof.to not in chains and self._holds(i):
                    chains[proof.to] = [*chains[code], proof]
                    todo.append(proof.to)
        return None

    def _holds(self, position: int) -> bool:
        """Whether the runs that a proof compared are still there as they were compared."""
        if position not in self._holding:
            results = self._results.resolve()
            runs = self.equivalences[position].runs
            files = {(results / folder / PROGRESS).resolve(): digest for folder, digest in runs.items()}
            self._holding[position] = bool(files) and all(
                path.is_relative_to(results) and not mismatch(path, digest) for path, digest in files.items()
            )
        return self._holding[position]


def results_of(folder: Path) -> Path:
    """The results that a run's folder is of, which have the proofs that it is current."""
    return next((parent.parent for parent in folder.parents if parent.name == "runs"), folder.parent)


def arm(record: Record) -> str:
    """What runs share that differ in their seeds only: a hash of their settings."""
    return hashlib.sha256(json.dumps(record.settings, sort_keys=True).encode()).hexdigest()[:16]


def add(results: Path, proof: Equivalence) -> None:
    """Add a proof to those of an experiment, in place of one of the same codes.

    Raises:
        InvalidInput: the file of them is something else.

    """
    every = [*Equivalences.of(results).equivalences, proof]
    by_codes = {(each.family, each.from_, each.to): each for each in every}
    Equivalences(equivalences=list(by_codes.values())).write(results)
