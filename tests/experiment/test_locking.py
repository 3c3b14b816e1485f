import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from actor_critic_gap import files
from actor_critic_gap.experiment.locks import HOST, hold, release_stale


@pytest.fixture
def locked(tmp_path: Path) -> Path:
    folder = tmp_path / ".snakemake"
    (folder / "locks").mkdir(parents=True)
    for name in ("0.input.lock", "0.output.lock"):
        (folder / "locks" / name).write_text("results/x.csv\n")
    hold(folder)
    return folder


@pytest.fixture(params=[[], ["-X", "utf8", "-W", "ignore"]])
def running(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[None]:
    """A process that looks like Snakemake in this folder."""
    program = tmp_path / "snakemake"
    program.write_text("import time\ntime.sleep(60)\n")
    process = subprocess.Popen([sys.executable, *request.param, str(program)], cwd=tmp_path)
    yield
    process.kill()
    process.wait()


def locks(folder: Path) -> int:
    return len(list((folder / "locks").iterdir()))


def test_the_lock_of_a_killed_snakemake_is_removed(locked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    release_stale(locked)
    assert locks(locked) == 0
    assert "removed the lock" in capsys.readouterr().err


@pytest.fixture
def half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Results as a kill leaves them: one file whole, one with a temporary beside it."""
    results = tmp_path / "results"
    files.write_atomically(results / "fig1.csv", b"whole")
    (results / ".keep").touch()
    with monkeypatch.context() as killed:
        killed.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        killed.setattr(os, "unlink", lambda _: None)
        for name in ("fig1.csv", "fig1-published.png", "runs/sac-10-0/seed-0/checkpoint.npz"):
            with pytest.raises(KeyboardInterrupt):
                files.write_atomically(results / name, b"half")
    assert len(found(results)) == 2 + 3
    return results


def found(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_what_killed_jobs_had_half_written_is_removed(locked: Path, half_written: Path) -> None:
    release_stale(locked, [half_written, half_written.parent / "nothing"])
    assert sorted(found(half_written)) == [half_written / ".keep", half_written / "fig1.csv"]


def test_the_lock_of_a_running_snakemake_stays(locked: Path, running: None, half_written: Path) -> None:
    release_stale(locked, [half_written])
    assert locks(locked) == 2
    assert len(found(half_written)) == 2 + 3


def test_a_snakemake_that_hides_its_folder_may_hold_the_lock(
    locked: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "snakemake").write_text("import time\ntime.sleep(60)\n")
    process = subprocess.Popen([sys.executable, "snakemake"], cwd=elsewhere)
    denied = psutil.AccessDenied(process.pid)
    monkeypatch.setattr(psutil.Process, "cwd", lambda _: (_ for _ in ()).throw(denied))
    release_stale(locked)
    process.kill()
    process.wait()
    assert locks(locked) == 2


def test_the_lock_of_another_host_stays(locked: Path) -> None:
    (locked / HOST).write_text("elsewhere")
    release_stale(locked)
    assert locks(locked) == 2


def test_without_a_lock_nothing_happens(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    release_stale(tmp_path / ".snakemake")
    assert capsys.readouterr().err == ""
