"""Checkpoints of a run in one file, written atomically; the one before is kept until the next is whole."""

from __future__ import annotations

import io
import json
import os
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.files import write_atomically

NAME, PREVIOUS = "checkpoint.npz", "previous.npz"


def save(folder: Path, identity: str, state: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write a checkpoint; `identity` says which run it belongs to, `state` is what JSON can hold."""
    buffer = io.BytesIO()
    meta = np.frombuffer(json.dumps({"identity": identity, "state": state}).encode(), np.uint8)
    np.savez(buffer, allow_pickle=False, meta=meta, **arrays)
    with suppress(FileNotFoundError):
        os.replace(folder / NAME, folder / PREVIOUS)
    write_atomically(folder / NAME, buffer.getvalue())


class Damaged(ValueError):
    """A checkpoint that is not what `save` wrote."""


def candidates(folder: Path) -> Iterator[Path]:
    """The checkpoints that there are, the newest first."""
    yield from (path for path in (folder / NAME, folder / PREVIOUS) if path.is_file())


def load(path: Path, identity: str) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """The state and arrays of a checkpoint.

    Raises:
        Damaged: it cannot be read.
        InvalidInput: it belongs to a run with other settings or other code.

    """
    try:
        with path.open("rb") as content, np.load(content) as file:
            arrays = {name: file[name] for name in file.files}
        meta = json.loads(arrays.pop("meta").tobytes())
        found, state = meta["identity"], dict(meta["state"])
    except DAMAGED as error:
        raise Damaged(str(error)) from None
    if found != identity:
        raise InvalidInput(
            f"{path}: of a run with other settings or other code: expected {identity}, found {found!r}"
        )
    return state, arrays


DAMAGED = (
    AttributeError,
    EOFError,
    IndexError,
    KeyError,
    MemoryError,
    NotImplementedError,
    OverflowError,
    RecursionError,
    RuntimeError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What reading a file of another kind, or restoring a run from it, can raise."""


def clear(folder: Path) -> None:
    """Remove the checkpoints of a finished run, and what a killed process had half written."""
    for name in (NAME, PREVIOUS, f".{NAME}.part"):
        (folder / name).unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()
