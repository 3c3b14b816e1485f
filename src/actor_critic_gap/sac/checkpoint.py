"""Checkpoints of a run in one file, written atomically; the one before is kept until the next is whole."""

from __future__ import annotations

import hashlib
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
    content = json.dumps(dict(state))
    meta = json.dumps({"identity": identity, "state": content, "sha256": _hash(content, arrays)})
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, meta=np.frombuffer(meta.encode(), np.uint8), **arrays)
    with suppress(FileNotFoundError):
        os.replace(folder / NAME, folder / PREVIOUS)
    write_atomically(folder / NAME, buffer.getvalue())


def _hash(state: str, arrays: Mapping[str, NDArray[Any]]) -> str:
    """Of all that a checkpoint holds of a run."""
    total = hashlib.sha256(state.encode())
    for name, array in sorted(arrays.items()):
        total.update(f"{name} {array.dtype.str} {array.shape}".encode())
        total.update(np.ascontiguousarray(array).data)
    return total.hexdigest()


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
    content = io.BytesIO(path.read_bytes())
    try:
        with zipfile.ZipFile(content) as archive:
            # none is compressed: one could hold more than there is memory
            if any(entry.compress_type != zipfile.ZIP_STORED for entry in archive.infolist()):
                raise Damaged("compressed")
        content.seek(0)
        with np.load(content) as file:
            arrays = {name: file[name] for name in file.files}
        meta = json.loads(arrays.pop("meta").tobytes())
        found, state = meta["identity"], meta["state"]
        if _hash(state, arrays) != meta["sha256"]:
            raise Damaged("not what was written")
        state = dict(json.loads(state))
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
