"""Shipped runs are trained again: the same bytes pass, one changed number does not, on any machine."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from actor_critic_gap.provenance import retraining
from actor_critic_gap.cli.main import main
from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.files import csv_bytes
from actor_critic_gap.runs.checkout import sha256

CLAIMS = Path(__file__).parent.parent / "config" / "claims.yaml"
SAC = "--env Pendulum-v1 --environment-steps 400 --warmup-steps 200 --evaluation-interval 10 --hidden-units 8"


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shipped")
    commands = [f"train --algorithm res-ac --episodes 20 --seeds 2 --output {folder}/four-room"]
    for seed in range(4):
        out = f"{folder}/pendulum/seed-{seed}"
        commands.append(f"train --algorithm res-sac {SAC} --clip 2 --seed {seed} --output {out}")
    for command in commands:
        assert main(command.split()) == 0
    return folder


@pytest.fixture
def runs(shipped: Path, tmp_path: Path) -> dict[str, Path]:
    import shutil

    shutil.copytree(shipped, tmp_path / "runs")
    return {name: tmp_path / "runs" / name for name in ("four-room", "pendulum/seed-1")}


def change(folder: Path, column: str, factor: float, **record: Any) -> None:
    """Another number in the last row, under a record that says it was so."""
    table = pd.read_csv(folder / "progress.csv")
    table.loc[table.index[-1], column] *= factor
    (folder / "progress.csv").write_bytes(csv_bytes(table))
    content = json.loads((folder / "record.json").read_text()) | record
    content["sha256"]["progress.csv"] = sha256(folder / "progress.csv")
    (folder / "record.json").write_text(json.dumps(content))


def compared(folder: Path) -> str:
    return retraining.compare(folder, *retraining.retrain(folder, CLAIMS))[0]


@pytest.mark.parametrize("name", ["four-room", "pendulum/seed-1"])
def test_the_same_machine_gives_the_same_bytes(runs: dict[str, Path], name: str) -> None:
    assert compared(runs[name]) == "the same bytes"


@pytest.mark.parametrize(
    ("name", "column"), [("four-room", "objective"), ("pendulum/seed-1", "evaluation_return")]
)
def test_one_changed_number_is_found(runs: dict[str, Path], name: str, column: str) -> None:
    change(runs[name], column, 1 + 1e-9)
    with pytest.raises(InvalidInput, match="other bytes when trained again on the same type of machine"):
        compared(runs[name])


def test_another_machine_is_held_to_a_tolerance(runs: dict[str, Path]) -> None:
    elsewhere = {"machine": {"host": "h", "platform": "p", "cpu": "another"}}
    change(runs["four-room"], "objective", 1 + 3e-10, **elsewhere)
    assert "on another type of machine" in compared(runs["four-room"])
    change(runs["four-room"], "objective", 1 + 1e-6, **elsewhere)
    with pytest.raises(InvalidInput, match=r"differs by 1\.0e-06, expected at most 1e-09"):
        compared(runs["four-room"])
    sac = runs["pendulum/seed-1"]
    change(sac, "evaluation_return", 1.001, **elsewhere)
    words, same = retraining.compare(sac, *retraining.retrain(sac, CLAIMS))
    assert "from its 3 other seeds" in words
    assert not same


def test_a_number_that_one_table_lacks_is_found(runs: dict[str, Path]) -> None:
    table = pd.read_csv(runs["four-room"] / "progress.csv")
    holed = table.assign(objective=table["objective"].where(table.index > 0))
    for pair in ((table, holed), (holed, table)):
        assert retraining._largest_difference(*pair) == np.inf
    assert retraining._largest_difference(holed, holed) == 0


def test_of_sac_on_another_machine_the_distribution_counts(runs: dict[str, Path]) -> None:
    sac = runs["pendulum/seed-1"]
    elsewhere = {"machine": {"host": "h", "platform": "p", "cpu": "another"}}
    change(sac, "evaluation_return", 1.001, **elsewhere)
    progress, record = retraining.retrain(sac, CLAIMS)
    far = progress.assign(evaluation_return=progress["evaluation_return"] - 1e6)
    with pytest.raises(InvalidInput, match=r"trained again its area lies .* from its 3 other seeds"):
        retraining.compare(sac, far, record)
    change(sac, "evaluation_return", 1e4)
    with pytest.raises(InvalidInput, match=r"as shipped its area lies .* from its 3 other seeds, expected"):
        retraining.compare(sac, progress, record)


def test_a_draw_is_repeated_by_its_seed_and_bounds_the_rest() -> None:
    folders = [Path(f"run-{i}") for i in range(100)]
    assert retraining.draw(folders, 5, 1) == retraining.draw(reversed(folders), 5, 1)
    assert retraining.draw(folders, 5, 1) != retraining.draw(folders, 5, 2)
    assert retraining.draw(folders[:2], 5, 1) == folders[:2]
    assert retraining.bound(100, 100) == 0
    share = retraining.bound(10, 100)
    rng = np.random.default_rng(0)
    missed = [not (rng.permutation(100)[:10] < 100 * share).any() for _ in range(4000)]
    assert 0.05 < np.mean(missed) < 0.08  # with one wrong run more it would be less than 0.05


def test_the_command_prints_its_seed(
    runs: dict[str, Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(runs["four-room"].parent)
    files = [f"four-room/{name}" for name in ("progress.csv", "record.json")]
    assert main(["manifest", *files, "--output", "manifest.json"]) == 0
    command = ["verify", "manifest.json", "--retrain", "2", "--claims", str(CLAIMS)]
    assert main(command) == 0
    printed = capsys.readouterr().out
    assert "runs drawn by --draw " in printed
    assert "four-room: the same bytes" in printed
    assert "1 of 1 runs" in printed
    change(Path("four-room"), "objective", 2.0)
    assert main(["manifest", *files, "--output", "manifest.json"]) == 0
    assert main([*command, "--draw", "7"]) == 2
    captured = capsys.readouterr()
    assert "runs drawn by --draw 7" in captured.out
    assert "other bytes when trained again" in captured.err
