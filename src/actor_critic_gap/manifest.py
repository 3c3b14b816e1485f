"""The manifest of a finished experiment: the hash of every file that it consists of."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.provenance import lock_hash, sha256


def manifest(files: Iterable[Path]) -> dict[str, Any]:
    """The lock's hash, and the sha256 of each file by its path."""
    return {"lock": lock_hash(), "files": {path.as_posix(): sha256(path) for path in sorted(files)}}


def verify(path: Path) -> tuple[int, list[str]]:
    """How many files a manifest names, and which of them are missing or have other bytes.

    Paths are looked up from the current folder.

    Raises:
        InvalidInput: there is no manifest at `path`.

    """
    try:
        files = json.loads(path.read_text())["files"]
    except FileNotFoundError:
        raise InvalidInput(f"{path}: missing: expected a manifest") from None
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError):
        raise InvalidInput(f"{path}: not a manifest") from None
    problems = []
    for name, digest in files.items():
        if not Path(name).is_file():
            problems.append(f"{name}: missing")
        elif sha256(Path(name)) != digest:
            problems.append(f"{name}: changed: sha256 is not {digest[:16]}…")
    return len(files), problems
