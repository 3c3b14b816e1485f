"""How files are written: whole or not at all, and the same content as the same bytes."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: to a temporary file beside it, flushed to disk, then renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def csv_bytes(table: pd.DataFrame) -> bytes:
    """A tidy table as CSV, 12 significant digits."""
    return table.to_csv(index=False, float_format="%.12g", lineterminator="\n").encode()


def json_bytes(content: Mapping[str, Any]) -> bytes:
    """A mapping as readable JSON."""
    return (json.dumps(content, indent=1) + "\n").encode()
