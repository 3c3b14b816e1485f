"""Where a run is trained: the checkout's commit and lock, the versions of packages, and the machine."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib import metadata
from pathlib import Path

from pydantic import BaseModel

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.files import sha256

PACKAGE = Path(__file__).resolve().parent.parent
ROOT = PACKAGE.parent.parent if PACKAGE.parent.name == "src" else PACKAGE
"""The checkout, where the package is run from one."""

DECISIVE = ("src", "config", "requirements.lock")
"""What of a checkout decides a run."""

PROJECT = "actor-critic-gap"

PACKAGES = (
    PROJECT,
    "numpy",
    "numba",
    "scipy",
    "torch",
    "gymnasium",
    "mujoco",
    "pandas",
    "pydantic",
)
"""The packages that decide results."""


class GitState(BaseModel):
    """The checkout's commit, and whether what decides a run differs from it; none outside a checkout."""

    commit: str | None
    dirty: bool | None


class Machine(BaseModel):
    """Host name, platform, and the CPU with its vectors, by whose width numba orders sums."""

    host: str | None = None
    platform: str | None = None
    cpu: str | None
    vector_bits: int | None = None
    """of the widest vectors that code may use; virtual machines differ in it on one CPU"""

    def same_type(self, other: Machine) -> bool:
        """Whether both are of one type, on which the same code gives the same bytes."""
        return (self.cpu, self.vector_bits) == (other.cpu, other.vector_bits)


VECTOR_BITS = {"avx512f": 512, "avx2": 256, "sse2": 128}
"""By flag of /proc/cpuinfo, the widest first."""


@cache
def versions() -> dict[str, str]:
    """Versions of Python and of those of `PACKAGES` that are installed."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        with suppress(metadata.PackageNotFoundError):  # plans and hashes need no torch
            found[name] = metadata.version(name)
    return found


def decisive(versions: Mapping[str, str]) -> dict[str, str]:
    """Without the project's own version: the code that decides a run has its own hash."""
    return {name: version for name, version in versions.items() if name != PROJECT}


def lock_hash() -> str | None:
    """The sha256 of the checkout's requirements.lock; None outside a checkout."""
    lock = ROOT / "requirements.lock"
    return sha256(lock) if lock.is_file() else None


@cache
def machine() -> Machine:
    """The machine that this runs on."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text("utf-8").splitlines() if info.is_file() else []
    found = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    flags = found.get("flags", "").split()
    return Machine(
        host=platform.node(),
        platform=platform.platform(),
        cpu=found.get("model name") or platform.processor() or None,
        vector_bits=next((bits for flag, bits in VECTOR_BITS.items() if flag in flags), None),
    )


def git_state() -> GitState:
    """The state of the project's own checkout; a repository around an installed package does not count.

    Raises:
        InvalidInput: it is a checkout that git does not read: another user's, or there is no git.

    """
    commit = _git("rev-parse", "HEAD") if _git("rev-parse", "--show-toplevel") == str(ROOT) else None
    return GitState(commit=commit, dirty=None if commit is None else bool(changed_files()))


def changed_files() -> list[str]:
    """What decides a run and differs from the commit."""
    listed = _git("status", "--porcelain", "--untracked-files=normal", "--", *DECISIVE) or ""
    return [line.split(maxsplit=1)[1] for line in listed.splitlines()]


def is_tracked(folder: Path) -> bool:
    """Whether the checkout has files of a folder under version control."""
    resolved = folder.resolve()
    return resolved.is_relative_to(ROOT) and bool(_git("ls-files", "--", str(resolved)))


def committed(commit: str = "HEAD", *parts: str) -> bytes:
    """All files of a commit, or those of some folders, as a tar.

    Raises:
        InvalidInput: this is no checkout, or it does not have the commit.

    """
    if git_state().commit is None:
        raise InvalidInput(f"{ROOT}: no commit: expected a checkout of the project")
    command = ["git", "-C", str(ROOT), "archive", "--format=tar", commit, *parts]
    archived = subprocess.run(command, capture_output=True, check=False)
    if archived.returncode:
        raise InvalidInput(f"{ROOT}: has no commit {commit}: expected a clone with its history")
    return archived.stdout


def _git(*arguments: str) -> str | None:
    try:
        command = ["git", "-C", str(ROOT), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError) as error:
        if not (ROOT / ".git").exists():
            return None
        said = (getattr(error, "stderr", None) or str(error)).strip().splitlines()[0]
        raise InvalidInput(f"{ROOT}: {said}: expected git to read the checkout") from None
