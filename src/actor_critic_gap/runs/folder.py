"""The folder of a run: progress table, trained policy, and the record that says how they were made."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import ConfigDict

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.files import csv_bytes, json_bytes, mismatch, read_model, sha256, write_atomically
from actor_critic_gap.runs.checkout import GitState, Machine, git_state, lock_hash, machine, versions
from actor_critic_gap.runs.identity import Identity
from actor_critic_gap.tables import read_csv

PROGRESS, POLICY, RECORD = "progress.csv", "policy.npz", "record.json"


class Record(Identity):
    """How a run was made.

    `diverged_at` is the iteration at which a loss stopped being finite and the run ended, None otherwise;
    `sha256` are the hashes of its files.
    """

    model_config = ConfigDict(extra="allow")

    clip: float | None = None
    diverged_at: int | None = None
    git: GitState
    lock: str | None
    versions: dict[str, str]
    machine: Machine
    wall_seconds: float
    sha256: dict[str, str]


@dataclass(frozen=True)
class Run:
    """A finished run as read back."""

    folder: Path
    record: Record
    progress: pd.DataFrame

    @property
    def settings(self) -> dict[str, Any]:
        """Its settings as the record has them."""
        return self.record.settings

    @property
    def seeds(self) -> list[int]:
        """Its seeds."""
        return self.record.seeds


def write_run(
    folder: Path,
    identity: Identity,
    progress: pd.DataFrame,
    policy: Mapping[str, NDArray[Any]],
    wall_seconds: float,
    facts: Mapping[str, Any],
) -> None:
    """Write a run's folder; the record comes last, so a folder with a record is complete.

    `policy` holds the trained tables or networks by name, if any; `facts` go into the record.
    """
    contents = {PROGRESS: csv_bytes(progress)}
    if policy:
        buffer = io.BytesIO()
        np.savez_compressed(buffer, allow_pickle=False, **policy)
        contents[POLICY] = buffer.getvalue()
    (folder / RECORD).unlink(missing_ok=True)
    for name, content in contents.items():
        write_atomically(folder / name, content)
    record = {
        **identity.recorded(),
        **facts,
        "git": git_state().model_dump(),
        "lock": lock_hash(),
        "versions": versions(),
        "machine": machine().model_dump(),
        "wall_seconds": round(wall_seconds, 3),
        "sha256": {name: sha256(folder / name) for name in contents},
    }
    write_atomically(folder / RECORD, json_bytes(record))


def read_record(folder: Path) -> Record:
    """The record of a run's folder.

    Raises:
        InvalidInput: it is missing, or no record.

    """
    return read_model(folder / RECORD, Record, "the record of a finished run")


def record_hash(record: Record) -> str:
    """The sha256 of what a record says of a run, not of when and where it was trained."""
    content = record.model_dump(mode="json", exclude={"git", "lock", "versions", "machine", "wall_seconds"})
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def read_run(folder: Path) -> Run:
    """Read a run back.

    Raises:
        InvalidInput: a file is missing, or is not the one that the record was written for.

    """
    record, path = read_record(folder), folder / PROGRESS
    if PROGRESS not in record.sha256:
        raise InvalidInput(f"{folder / RECORD}: sha256: expected that of {PROGRESS}")
    if wrong := mismatch(path, record.sha256[PROGRESS]):
        raise InvalidInput(f"{wrong[0]} of {RECORD}: expected a finished run; delete its folder to train it")
    return Run(folder, record, read_csv(path))
