"""The lock that a killed Snakemake leaves on a folder, told from that of a living one."""

from __future__ import annotations

import fcntl
import platform
import sys
import threading
from pathlib import Path
from typing import IO

_held: list[IO[str]] = []
"""Open as long as this process lives; the kernel releases its lock even on kill -9."""


ALONE_SECONDS = 20.0
"""For so long after its start a Snakemake is alone, or two that find nothing to do would trip over the locks
that Snakemake makes and removes meanwhile."""


def hold(snakemake_folder: Path) -> None:
    """Hold an advisory lock on the folder `.snakemake` until this process ends.

    Waits while another process is in its first seconds. Where no other process holds one, no Snakemake runs
    in the folder, so Snakemake's own locks are stale and are removed; but not those of another host, of whose
    processes nothing is known.
    """
    snakemake_folder.mkdir(exist_ok=True)
    file = (snakemake_folder / "holder").open("a+", encoding="utf-8")
    try:
        alone = _alone(file)
    except OSError as error:  # a file system without such locks
        print(f"{file.name}: {error.strerror}: a killed Snakemake's lock stays (--unlock)", file=sys.stderr)
        file.close()
        return
    _held.append(file)
    if not alone:
        fcntl.flock(file, fcntl.LOCK_SH)  # waits for one that is alone
        if not _alone(file):
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
    let_others_in = threading.Timer(ALONE_SECONDS, fcntl.flock, (file, fcntl.LOCK_SH))
    let_others_in.daemon = True
    let_others_in.start()


def _alone(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
