"""Checkpoints of a run in one file, written atomically; the one before is kept until the next is whole."""

from __future__ import annotations

import io
import json
import os
import sys
import zipfile
import zlib
from collections.abc import Mapping
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
    _remove_partial(folder)
    with suppress(FileNotFoundError):
        os.replace(folder / NAME, folder / PREVIOUS)
    write_atomically(folder / NAME, buffer.getvalue())


def load(folder: Path, identity: str) -> tuple[dict[str, Any], dict[str, NDArray[Any]]] | None:
    """The newest whole checkpoint, or None where there is none.

    A damaged one is passed over with a line on stderr.

    Raises:
        InvalidInput: the checkpoint belongs to a run with other settings or other code.

    """
    for path in (folder / NAME, folder / PREVIOUS):
        try:
            with path.open("rb") as content, np.load(content) as file:
                arrays = {name: file[name] for name in file.files}
            meta = json.loads(arrays.pop("meta").tobytes())
            found, state = meta["identity"], meta["state"]
        except FileNotFoundError:
            continue
        except (zipfile.BadZipFile, zlib.error, ValueError, KeyError, EOFError, RuntimeError):
            print(f"{path}: damaged, passed over", file=sys.stderr)
            path.unlink()  # or the next save would put it in the place of the good one
            continue
        if found != identity:
            raise InvalidInput(
                f"{path}: of a run with other settings or other code; expected {identity}, found {found}"
            )
        return state, arrays
    return None


def _remove_partial(folder: Path) -> None:
    """What a process that was killed while it wrote has left."""
    for path in folder.glob(f".{NAME}.*"):
        path.unlink(missing_ok=True)


def clear(folder: Path) -> None:
    """Remove the checkpoints of a finished run."""
    _remove_partial(folder)
    for name in (NAME, PREVIOUS):
        (folder / name).unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()
