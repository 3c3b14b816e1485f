"""A run's folder: written whole, read back as written, refused where it is another."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.runs import checkout
from actor_critic_gap.runs.folder import read_record, read_run, run_name, write_run
from actor_critic_gap.runs.identity import Identity

PROGRESS = pd.DataFrame(
    {"seed": [0, 0, 1, 1], "iteration": [0, 1, 0, 1], "objective": [0.1, 1 / 3, 0.2, 0.4]}
)
IDENTITY = Identity(settings={"algorithm": "res-ac"}, seeds=[0, 1], source_hash="a" * 16)


def write(folder: Path, seconds: float = 1.5) -> None:
    write_run(folder, IDENTITY, PROGRESS, {"q": np.ones((2, 3, 4))}, seconds, {"clip": 6.0})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path / "res-ac")
    return tmp_path / "res-ac"


def test_a_run_is_read_back_as_written(folder: Path) -> None:
    run = read_run(folder)
    assert run.settings == {"algorithm": "res-ac"}
    assert run.seeds == [0, 1]
    pd.testing.assert_frame_equal(run.progress, PROGRESS, rtol=1e-11)
    assert (np.load(folder / "policy.npz")["q"] == 1).all()
    assert sorted(path.name for path in folder.iterdir()) == ["policy.npz", "progress.csv", "record.json"]


def test_the_record_says_how_the_run_was_made(folder: Path) -> None:
    record = read_record(folder)
    assert (record.source_hash, record.wall_seconds, record.clip) == ("a" * 16, 1.5, 6.0)
    assert record.diverged_at is None
    assert record.source is None
    assert record.versions == checkout.versions()
    assert record.machine == checkout.machine()
    assert record.lock == checkout.lock_hash()
    assert record.git.commit == checkout.git_state().commit
    assert set(record.sha256) == {"progress.csv", "policy.npz"}


def test_a_run_without_a_policy_has_no_file_for_it(tmp_path: Path) -> None:
    write_run(tmp_path, IDENTITY, PROGRESS, {}, 1.0, {})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["progress.csv", "record.json"]


def test_the_same_run_is_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    write(tmp_path / "again", seconds=9.0)
    for name in ("progress.csv", "policy.npz"):
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes()


def test_a_folder_with_a_record_is_complete(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, content: bytes) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("actor_critic_gap.runs.folder.write_atomically", full)
    with pytest.raises(OSError, match="no space left"):
        write(folder)
    assert not (folder / "record.json").exists()


@pytest.mark.parametrize("name", ["progress.csv", "record.json"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(InvalidInput, match=rf"{name}: missing.*: expected (the record of )?a finished run"):
        read_run(folder)


def test_a_truncated_progress_table_is_refused(folder: Path) -> None:
    path = folder / "progress.csv"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(InvalidInput, match=r"progress.csv: changed: sha256 .*, expected .* of record.json"):
        read_run(folder)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("settings", None, "settings = None: input should be a valid dictionary"),
        ("seeds", [0.5], r"seeds\[0\] = 0.5: input should be a valid integer"),
        ("wall_seconds", "1", "wall_seconds = '1': input should be a valid number"),
        ("git", {}, "git.commit: missing key"),
        ("sha256", {}, "sha256: expected that of progress.csv"),
    ],
)
def test_a_record_of_another_shape_is_refused(folder: Path, key: str, value: object, message: str) -> None:
    path = folder / "record.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), key: value}), "utf-8")
    with pytest.raises(InvalidInput, match=rf"record.json: {message}"):
        read_run(folder)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", "é"])
def test_a_broken_record_is_refused_in_one_line(folder: Path, content: str) -> None:
    (folder / "record.json").write_text(content, "latin-1")
    with pytest.raises(InvalidInput, match=r"record.json: ") as error:
        read_run(folder)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("results/x/runs/Pendulum-v1/sac-1-0/seed-3", "Pendulum-v1/sac-1-0"),
        ("results/x/runs/mine/Pendulum-v1/sac-1-0/seed-3", "mine/Pendulum-v1/sac-1-0"),
        ("results/x/runs/four-room/res-ac", "four-room/res-ac"),
        ("/tmp/mine", "mine"),
        ("/tmp/runs", "runs"),
    ],
)
def test_a_run_is_named_by_its_folder_without_its_seed(folder: str, name: str) -> None:
    assert run_name(Path(folder)) == name
