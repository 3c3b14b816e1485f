"""What a killed Snakemake leaves behind: its lock on a folder, and the temporary files of its jobs."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Iterable
from pathlib import Path

import psutil

HOST = "host"
TEMPORARY = re.compile(r"\.\w[\w-]*\.(csv|html|json|npz|pdf|png)\.[a-z0-9_]{8}")
"""The names that `files.write_atomically` gives a file before it is whole."""


def release_stale(snakemake_folder: Path, written: Iterable[Path] = ()) -> None:
    """Remove the lock of a Snakemake that no longer runs, and what its jobs had half written.

    It is stale where no other Snakemake runs in the folder on this host, and the last one that held it ran on
    this host too (`hold`); of another host's processes nothing can be known.

    Args:
        snakemake_folder: the folder `.snakemake`.
        written: the folders that its jobs write to.

    """
    locks = list((snakemake_folder / "locks").glob("*.lock"))
    held_by = snakemake_folder / HOST
    if not locks or _running(snakemake_folder.resolve().parent):
        return
    if held_by.is_file() and held_by.read_text() != platform.node():
        return
    for path in [path for folder in written for path in folder.rglob(".*") if TEMPORARY.fullmatch(path.name)]:
        path.unlink(missing_ok=True)
    for lock in locks:
        lock.unlink(missing_ok=True)
    print(f"{snakemake_folder}: removed the lock of a Snakemake that was killed", file=sys.stderr)


def hold(snakemake_folder: Path) -> None:
    """Note on which host the lock is held."""
    (snakemake_folder / HOST).write_text(platform.node())


def _running(folder: Path) -> list[int]:
    """The processes of Snakemake in a folder, but this one and those that started it."""
    own = {process.pid for process in psutil.Process().parents()} | {psutil.Process().pid}
    found = []
    for process in psutil.process_iter():
        try:
            names = {Path(word).name for word in process.cmdline()}
            if process.pid not in own and "snakemake" in names and _may_be_in(folder, process):
                found.append(process.pid)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return found


def _may_be_in(folder: Path, process: psutil.Process) -> bool:
    """Whether the process runs in the folder, or is another user's, who does not say."""
    try:
        return Path(process.cwd()) == folder
    except psutil.AccessDenied:
        return True
