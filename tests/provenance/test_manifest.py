import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from actor_critic_gap.cli.main import main
from actor_critic_gap.runs.checkout import training_hash
from actor_critic_gap.runs.folder import write_run


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("a.csv", "b.csv"):
        Path(name).write_text(f"{name}\n")
    assert main(["manifest", "b.csv", "a.csv", "--output", "manifest.json"]) == 0
    return tmp_path


def verify(capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    capsys.readouterr()
    code = main(["verify", "manifest.json"])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_an_untouched_experiment_is_verified(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(capsys) == (0, "2 files as in manifest.json\n", "")


def test_what_changed_or_is_gone_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.csv").write_text("a.csv \n")
    Path("b.csv").unlink()
    code, _, errors = verify(capsys)
    assert code == 2
    assert "2 of 2" in errors
    assert "a.csv: changed: sha256 is not" in errors
    assert "b.csv: missing" in errors


def test_a_runs_policy_that_the_manifest_does_not_name_is_held_against_the_record(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, source = folder / "run", training_hash("res-ac")
    write_run(run, {"algorithm": "res-ac"}, [0], source, pd.DataFrame({"seed": [0]}), {"q": np.ones(2)}, 1.0)
    main(["manifest", "run/record.json", "run/progress.csv", "--output", "manifest.json"])
    assert verify(capsys)[0] == 0
    Path("run/policy.npz").write_bytes(b"another")
    assert "run/policy.npz: changed" in verify(capsys)[2]
    Path("run/policy.npz").unlink()
    assert verify(capsys)[0] == 0


def test_a_runs_folder_stands_for_what_is_shipped_of_it(folder: Path) -> None:
    for name, algorithm in (("four-room", "res-ac"), ("sac", "res-sac")):
        table, arrays = pd.DataFrame({"seed": [0]}), {"q": np.ones(2)}
        write_run(folder / name, {"algorithm": algorithm}, [0], "source", table, arrays, 1.0)
    main(["manifest", "a.csv", "sac", "four-room", "--output", "manifest.json"])
    assert list(json.loads(Path("manifest.json").read_text())["files"]) == [
        "a.csv",
        "four-room/policy.npz",
        "four-room/progress.csv",
        "four-room/record.json",
        "sac/progress.csv",
        "sac/record.json",
    ]


def test_another_lock_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = Path("manifest.json").read_text()
    lock = re.search(r'"lock": "(\w+)"', text)
    assert lock is not None
    Path("manifest.json").write_text(text.replace(lock[1], 64 * "0"))
    assert "requirements.lock: another one" in verify(capsys)[2]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "manifest.json: missing"),
        ("{}", "expected a JSON object with files, lock"),
        ("", "expected a JSON object"),
        ('{"files": {}, "lock": null}', "files: expected a sha256 for each"),
        ('{"files": {"a.csv": 1}, "lock": null}', "files: expected a sha256 for each"),
    ],
)
def test_no_manifest_is_an_error(
    folder: Path, capsys: pytest.CaptureFixture[str], text: str | None, message: str
) -> None:
    if text is None:
        Path("manifest.json").unlink()
    else:
        Path("manifest.json").write_text(text)
    code, _, errors = verify(capsys)
    assert code == 2
    assert message in errors
