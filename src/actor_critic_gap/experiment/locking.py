"""The lock that a killed Snakemake leaves on a folder, told from that of a living one."""

from __future__ import annotations

import fcntl
import platform
import sys
from pathlib import Path
from typing import IO

_held: list[IO[str]] = []
"""Open as long as this process lives; the kernel releases its lock even on kill -9."""


def hold(snakemake_folder: Path) -> None:
    """Hold a shared advisory lock on the folder `.snakemake` until this process ends.

    Where no other process holds one, no Snakemake runs in the folder, so Snakemake's own locks are stale and
    are removed; but not those of another host, of whose processes nothing is known.
    """
    snakemake_folder.mkdir(exist_ok=True)
    file = (snakemake_folder / "holder").open("a+", encoding="utf-8")
    _held.append(file)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        fcntl.flock(file, fcntl.LOCK_SH)
        return
    file.seek(0)
    stale = list((snakemake_folder / "locks").glob("*.lock"))
    if stale and file.read() == platform.node():
        for lock in stale:
            lock.unlink(missing_ok=True)
        print(f"{snakemake_folder}: removed the lock of a Snakemake that was killed", file=sys.stderr)
        stale = []
    if not stale:
        file.seek(0)
        file.truncate()
        file.write(platform.node())
        file.flush()
    fcntl.flock(file, fcntl.LOCK_SH)
