"""How files are read and written: whole or not at all, in UTF-8, the same content as the same bytes."""

from __future__ import annotations

import hashlib
import io
import json
import os
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import yaml
from numpy.typing import NDArray
from pydantic import BaseModel

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.validation import check_size, validated

MOST_BYTES = 64 * 1024 * 1024
"""The largest file that is read as a whole."""

MOST_JSON = 16_000_000
"""The longest text that is read as JSON."""

Model = TypeVar("Model", bound=BaseModel)


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: to a temporary file beside it, flushed to disk, then renamed.

    The temporary file's name is that of the file, so what a killed process left is written over.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def csv_bytes(table: pd.DataFrame) -> bytes:
    """A tidy table as CSV, 12 significant digits."""
    return table.to_csv(index=False, float_format="%.12g", lineterminator="\n").encode()


def json_bytes(content: Mapping[str, Any]) -> bytes:
    """A mapping as readable JSON."""
    return (json.dumps(content, indent=1) + "\n").encode()


def sha256(path: Path) -> str:
    """Hexadecimal sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def mismatch(path: Path, digest: str) -> list[str]:
    """What is wrong with a file that should have this sha256, in a line; empty where nothing is."""
    if not path.is_file():
        return [f"{path}: missing"]
    found = sha256(path)
    return [] if found == digest else [f"{path}: changed: sha256 {found[:16]}…, expected {digest[:16]}…"]


def read_bytes(path: Path, what: str) -> bytes:
    """The content of a file.

    Raises:
        InvalidInput: it is missing, not a file, or larger than `MOST_BYTES`.

    """
    if not path.is_file():
        raise InvalidInput(f"{path}: missing: expected {what}")
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise InvalidInput(f"{path}: {size / 1e6:.0f} MB: expected {what}, at most {MOST_BYTES / 1e6:.0f} MB")
    return path.read_bytes()


def read_text(path: Path, what: str) -> str:
    """The text of a file in UTF-8; raises InvalidInput as `read_bytes`, or where it is none."""
    try:
        return read_bytes(path, what).decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidInput(f"{path}: not UTF-8: expected {what}") from None


def read_model(path: Path, model: type[Model], what: str) -> Model:
    """A JSON file as a model; raises InvalidInput as `read_text`, or where it is no such thing."""
    text = read_text(path, what)
    if len(text) > MOST_JSON:  # which takes many times as much memory when read
        raise InvalidInput(
            f"{path}: {len(text) / 1e6:.0f} MB: expected {what}, at most {MOST_JSON / 1e6:.0f} MB"
        )
    try:
        content = json.loads(text)
        json.dumps(content, ensure_ascii=False).encode()  # raises on half of a surrogate pair
    except (ValueError, RecursionError):  # also for integers of thousands of digits
        raise InvalidInput(f"{path}: not JSON: expected {what}") from None
    if not isinstance(content, dict):
        raise InvalidInput(f"{path}: expected {what}, a JSON object")
    check_size(content, str(path))
    return validated(model, content, str(path))


def read_arrays(path: Path, what: str) -> dict[str, NDArray[Any]]:
    """The arrays of numbers in an .npz file, by name; nothing in it is unpickled.

    Raises:
        InvalidInput: as `read_bytes`, of what is packed in it too, or where it holds something else.

    """
    content = io.BytesIO(read_bytes(path, what))
    try:
        with zipfile.ZipFile(content) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        if size <= MOST_BYTES:
            with warnings.catch_warnings(action="ignore"), np.load(content) as file:
                arrays = {name: file[name] for name in file.files}
    except Exception:  # whatever zip, deflate and numpy's header raise on bytes that are none
        raise InvalidInput(f"{path}: not an .npz file of arrays: expected {what}") from None
    if size > MOST_BYTES:
        raise InvalidInput(f"{path}: {size / 1e6:.0f} MB: expected {what}, at most {MOST_BYTES / 1e6:.0f} MB")
    if not all(isinstance(array, np.ndarray) and array.dtype.kind in "biuf" for array in arrays.values()):
        raise InvalidInput(f"{path}: holds something else than numbers: expected {what}")
    return arrays


class _UniqueKeys(yaml.SafeLoader):
    """YAML in which a key that stands twice is an error, not overwritten."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value if key.tag != _MERGE]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(
                    problem=f"key {key!r} stands twice", problem_mark=node.start_mark
                )
        return super().construct_mapping(node, deep)


_MERGE = "tag:yaml.org,2002:merge"


def read_yaml(path: Path, what: str) -> Any:
    """The content of a YAML file; raises InvalidInput as `read_text`, or where it is no YAML."""
    try:
        return yaml.load(read_text(path, what), _UniqueKeys)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        if isinstance(error, InvalidInput):
            raise
        raise InvalidInput(f"{path}: {' '.join(str(error).split())}: expected {what}") from None
