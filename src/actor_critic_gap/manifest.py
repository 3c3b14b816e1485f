"""The manifest of a finished experiment: the hash of every file that it consists of."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.passports import read
from actor_critic_gap.provenance import lock_hash, sha256


def manifest(files: Iterable[Path]) -> dict[str, Any]:
    """The lock's hash, and the sha256 of each file by its path."""
    return {"lock": lock_hash(), "files": {path.as_posix(): sha256(path) for path in sorted(files)}}


def verify(path: Path) -> tuple[int, list[str]]:
    """How many files a manifest names, and which are missing or have other bytes.

    The checkout's lock is held against it too. Paths are looked up from the current folder.

    Raises:
        InvalidInput: there is no manifest at `path`.

    """
    content = read(path, {"lock", "files"})
    files = content["files"]
    if not isinstance(files, dict) or not files or not all(isinstance(v, str) for v in files.values()):
        raise InvalidInput(f"{path}: files: expected a sha256 for each of some files")
    problems = []
    if content["lock"] != lock_hash():
        problems.append("requirements.lock: another one than the results were made with")
    for name, digest in files.items():
        if not Path(name).is_file():
            problems.append(f"{name}: missing")
        elif sha256(Path(name)) != digest:
            problems.append(f"{name}: changed: sha256 is not {digest[:16]}…")
    return len(files), problems
