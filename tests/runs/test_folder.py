import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from actor_critic_gap.runs import folder as runs
from actor_critic_gap.errors import InvalidInput

PROGRESS = pd.DataFrame(
    {"seed": [0, 0, 1, 1], "iteration": [0, 1, 0, 1], "objective": [0.1, 1 / 3, 0.2, 0.4]}
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "res-ac"
    runs.write_run(folder, {"algorithm": "res-ac"}, [0, 1], "abc", PROGRESS, {"q": np.ones((2, 3, 4))}, 1.5)
    return folder


def test_a_run_is_read_back_as_written(folder: Path) -> None:
    run = runs.read_run(folder)
    assert run.settings == {"algorithm": "res-ac"}
    assert run.seeds == [0, 1]
    pd.testing.assert_frame_equal(run.progress, PROGRESS, rtol=1e-11)
    assert (np.load(folder / "policy.npz")["q"] == 1).all()
    assert sorted(path.name for path in folder.iterdir()) == ["policy.npz", "progress.csv", "record.json"]


def test_the_record_says_how_the_run_was_made(folder: Path) -> None:
    record = json.loads((folder / "record.json").read_text())
    assert record["source_hash"] == "abc"
    assert record["wall_seconds"] == 1.5
    assert record["versions"]["numpy"] == np.__version__
    assert set(record) >= {"git", "machine", "settings", "seeds", "sha256"}


def test_the_same_run_is_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    runs.write_run(again, {}, [0, 1], "abc", PROGRESS, {"q": np.ones((2, 3, 4))}, 9.0)
    for name in ("progress.csv", "policy.npz"):
        assert (again / name).read_bytes() == (folder / name).read_bytes()


@pytest.mark.parametrize("name", ["progress.csv", "record.json"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(InvalidInput, match=f"{name}: missing: expected a finished run"):
        runs.read_run(folder)


def test_a_truncated_progress_table_is_refused(folder: Path) -> None:
    path = folder / "progress.csv"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(
        InvalidInput, match=r"progress.csv: truncated or changed: expected the file with sha256"
    ):
        runs.read_run(folder)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"settings": {}, "seeds": [], "sha256": {}}'])
def test_a_broken_record_is_refused(folder: Path, content: str) -> None:
    (folder / "record.json").write_text(content)
    with pytest.raises(InvalidInput, match=r"record.json: not the record of a finished run"):
        runs.read_run(folder)
