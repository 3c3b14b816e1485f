"""Whether a finished run is the one that the workflow would train, also in a clone.

Snakemake remembers the parameters of the jobs that it ran in a folder, so in a fresh clone it would take
every run that is there. A stamp is a small input file of a run's rule that holds a digest of what the run
depends on. Where the run's record says that it was trained so, the stamp is older than everything; otherwise
it is newer than the run, and Snakemake trains it again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from actor_critic_gap.runs.folder import RECORD

OLD = 1
"""A time before every file's, in seconds since 1970."""


def is_current(folder: Path, settings: Mapping[str, Any], seeds: Sequence[int], source: str) -> bool:
    """Whether the record of a run's folder names these settings, seeds and this hash of the code."""
    try:
        record = json.loads((folder / RECORD).read_text())
    except (FileNotFoundError, json.JSONDecodeError, UnicodeDecodeError):
        return False
    expected = {"settings": dict(settings), "seeds": list(seeds), "source_hash": source}
    return isinstance(record, dict) and {key: record.get(key) for key in expected} == expected


def stamp(path: Path, content: str, current: bool, record: Path | None = None) -> None:
    """Write a stamp where its content has changed; make it old, or where not current newer than `record`."""
    text = hashlib.sha256(content.encode()).hexdigest() + "\n"
    if not path.is_file() or path.read_text() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    if current:
        os.utime(path, (OLD, OLD))
    elif path.stat().st_mtime <= (record.stat().st_mtime if record and record.is_file() else OLD):
        os.utime(path)
