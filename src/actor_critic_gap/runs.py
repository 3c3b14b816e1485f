"""The folder of a run: progress table, trained policy, and the record that says how they were made."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.files import csv_bytes, json_bytes, write_atomically
from actor_critic_gap.provenance import git_state, lock_hash, machine, sha256, versions
from actor_critic_gap.tables import read_csv

PROGRESS, POLICY, RECORD = "progress.csv", "policy.npz", "record.json"


@dataclass(frozen=True)
class Run:
    """A finished run as read back.

    `diverged_at` is the iteration at which a loss stopped being finite and the run ended, None otherwise;
    `source_hash` is that of the code that trained it.
    """

    folder: Path
    settings: dict[str, Any]
    seeds: list[int]
    progress: pd.DataFrame
    diverged_at: int | None = None
    source_hash: str = ""


def write_run(
    folder: Path,
    settings: Mapping[str, Any],
    seeds: Sequence[int],
    source_hash: str,
    progress: pd.DataFrame,
    policy: Mapping[str, NDArray[Any]],
    wall_seconds: float,
    **more: Any,
) -> None:
    """Write a run's folder; the record comes last, so a folder with a record is complete.

    `policy` holds the trained tables or networks by name, if any; `more` goes into the record.
    """
    contents = {PROGRESS: csv_bytes(progress)}
    if policy:
        buffer = io.BytesIO()
        np.savez_compressed(buffer, allow_pickle=False, **policy)
        contents[POLICY] = buffer.getvalue()
    with suppress(FileNotFoundError):
        (folder / RECORD).unlink()
    for name, content in contents.items():
        write_atomically(folder / name, content)
    record = {
        "settings": dict(settings),
        "seeds": list(seeds),
        **more,
        "source_hash": source_hash,
        "git": git_state(),
        "lock": lock_hash(),
        "versions": versions(),
        "machine": machine(),
        "wall_seconds": round(wall_seconds, 3),
        "sha256": {name: sha256(folder / name) for name in contents},
    }
    write_atomically(folder / RECORD, json_bytes(record))


def read_run(folder: Path) -> Run:
    """Read a run back.

    Raises:
        InvalidInput: a file is missing, or is not the one that the record was written for.

    """
    try:
        record = json.loads((folder / RECORD).read_text())
        settings, seeds, source, hashes = (
            record[key] for key in ("settings", "seeds", "source_hash", "sha256")
        )
        diverged_at = record.get("diverged_at")
        if not isinstance(settings, dict) or not isinstance(seeds, list) or not isinstance(source, str):
            raise TypeError
        if not all(isinstance(seed, int) for seed in seeds) or not isinstance(hashes[PROGRESS], str):
            raise TypeError
        if sha256(folder / PROGRESS) != hashes[PROGRESS]:
            raise InvalidInput(
                f"{folder / PROGRESS}: truncated or changed: expected the file with sha256 "
                f"{hashes[PROGRESS][:16]}… of {RECORD}; delete the folder to train it again"
            )
    except FileNotFoundError as error:
        raise InvalidInput(f"{error.filename}: missing: expected a finished run") from None
    except (json.JSONDecodeError, KeyError, TypeError):
        raise InvalidInput(f"{folder / RECORD}: not the record of a finished run") from None
    return Run(folder, settings, seeds, read_csv(folder / PROGRESS), diverged_at, source)
