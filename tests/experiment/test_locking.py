"""Snakemake's lock goes with the Snakemake that held it, and with no other."""

import errno
import fcntl
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from actor_critic_gap.experiment import locking

HOLD = (
    "import sys, time; from pathlib import Path; from actor_critic_gap.experiment import locking; "
    "locking.ALONE_SECONDS = float(sys.argv[2]); locking.hold(Path('.snakemake')); "
    "print('holds', flush=True); time.sleep(float(sys.argv[1]))"
)


def start(folder: Path, seconds: float = 60, alone: float = 0.1) -> subprocess.Popen[str]:
    """A process that holds the lock for so long, alone at first; returns once it does."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(seconds), str(alone)],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "holds\n"
    return process


def snakemake_locks(folder: Path) -> None:
    """Snakemake's own locks, which it writes once it has read the workflow."""
    (folder / ".snakemake/locks").mkdir(parents=True, exist_ok=True)
    for name in ("0.input.lock", "0.output.lock"):
        (folder / ".snakemake/locks" / name).write_text("results/x.csv\n")


def locks(folder: Path) -> int:
    return len(list((folder / ".snakemake/locks").iterdir()))


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A living Snakemake with its locks."""
    process = start(tmp_path)
    snakemake_locks(tmp_path)
    yield process
    process.kill()
    process.communicate()


def starts(folder: Path) -> str:
    """Another Snakemake starts and ends; what it says."""
    process = start(folder, 0)
    return process.communicate()[1]


def test_a_file_system_without_locks_is_said_and_does_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", refuse)
    locking.hold(tmp_path)
    assert "holder: Function not implemented: a killed Snakemake's lock stays" in capsys.readouterr().err


def test_the_lock_of_a_killed_snakemake_is_removed(holder: subprocess.Popen[str], tmp_path: Path) -> None:
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert "removed the lock of a Snakemake that was killed" in starts(tmp_path)
    assert locks(tmp_path) == 0


def test_the_lock_of_a_running_snakemake_stays(holder: subprocess.Popen[str], tmp_path: Path) -> None:
    for _ in range(3):
        assert starts(tmp_path) == ""
        assert locks(tmp_path) == 2


def test_one_that_started_beside_it_holds_it_too(holder: subprocess.Popen[str], tmp_path: Path) -> None:
    second = start(tmp_path)
    holder.kill()
    holder.wait()
    starts(tmp_path)
    assert locks(tmp_path) == 2
    second.kill()
    second.communicate()
    starts(tmp_path)
    assert locks(tmp_path) == 0


def test_one_that_starts_meanwhile_waits_for_one_that_has_just_started(tmp_path: Path) -> None:
    first = start(tmp_path, seconds=1.5, alone=60)
    second = start(tmp_path, seconds=0)
    assert first.poll() == 0
    for process in (first, second):
        process.communicate()


def test_the_lock_of_another_host_or_an_unknown_one_stays(tmp_path: Path) -> None:
    snakemake_locks(tmp_path)
    assert starts(tmp_path) == ""  # no note of a host
    assert locks(tmp_path) == 2
    (tmp_path / ".snakemake/holder").write_text("elsewhere")
    assert starts(tmp_path) == ""
    assert locks(tmp_path) == 2
    assert (tmp_path / ".snakemake/holder").read_text() == "elsewhere"


def test_many_at_once(tmp_path: Path) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", HOLD, "0", "0.1"], cwd=tmp_path, stderr=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.communicate()[1] == ""
        assert process.returncode == 0
