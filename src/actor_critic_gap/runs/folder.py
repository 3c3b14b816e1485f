"""The folder of a run: progress table, trained policy, and the record that says how they were made."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import ConfigDict, Field

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.files import (
    csv_bytes,
    json_bytes,
    mismatch,
    read_arrays,
    read_model,
    sha256,
    write_atomically,
)
from actor_critic_gap.runs.checkout import GitState, Machine, git_state, lock_hash, machine, versions
from actor_critic_gap.runs.identity import Identity
from actor_critic_gap.tables import read_csv
from actor_critic_gap.validation import Hash

PROGRESS, POLICY, RECORD = "progress.csv", "policy.npz", "record.json"


class Record(Identity):
    """How a run was made.

    `diverged_at` is the iteration at which a loss stopped being finite and the run ended, None otherwise;
    `sha256` are the hashes of its files.
    """

    model_config = ConfigDict(extra="allow")

    clip: Annotated[float, Field(gt=0)] | None = None
    diverged_at: Annotated[int, Field(ge=0)] | None = None
    git: GitState
    lock: str | None
    versions: dict[str, str]
    machine: Machine
    wall_seconds: Annotated[float, Field(ge=0, le=1e9)]
    sha256: dict[str, Hash]


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


def run_name(folder: Path) -> str:
    """A run's name: its folder's below `runs`, if it is there, without that of its seed."""
    parts = folder.resolve().parts
    below = parts[len(parts) - parts[::-1].index("runs") :] if "runs" in parts else ()
    named = below or parts[-1:]
    return "/".join(named[:-1] if named[-1].startswith("seed-") and len(named) > 1 else named)


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
    record = read_record(folder)
    return Run(folder, record, read_csv(_as_recorded(folder, PROGRESS, record)))


def read_policy(run: Run) -> dict[str, NDArray[Any]]:
    """The trained tables or networks of a run, by name; raises InvalidInput as `read_run`."""
    if POLICY in run.record.sha256 and not (run.folder / POLICY).is_file():
        expected = "expected the policy of the run; of SAC's runs only seed 0's are shipped"
        raise InvalidInput(f"{run.folder / POLICY}: missing: {expected}")
    return read_arrays(_as_recorded(run.folder, POLICY, run.record), "a trained policy")


def _as_recorded(folder: Path, name: str, record: Record) -> Path:
    """A file of a run, which is the one that the record was written for."""
    if name not in record.sha256:
        raise InvalidInput(f"{folder / RECORD}: sha256: expected that of {name}")
    if wrong := mismatch(folder / name, record.sha256[name]):
        raise InvalidInput(f"{wrong[0]} of {RECORD}: expected a finished run; delete its folder to train it")
    return folder / name
