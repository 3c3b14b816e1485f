"""How far an experiment is, told from its folders."""

import os
import re
import shutil
from pathlib import Path

import pytest

from actor_critic_gap.experiment.config import read_config
from actor_critic_gap.experiment.plans import Experiment
from actor_critic_gap.experiment.progress import RECENT, progress_line

ROOT = Path(__file__).parent.parent.parent
CONFIG, CLAIMS = [ROOT / "config/paper.yaml"], ROOT / "config/claims.yaml"
SHIPPED = ROOT / "results/paper"


@pytest.fixture
def partly(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The shipped experiment without its runs on Pendulum."""
    monkeypatch.chdir(tmp_path)
    runs = tmp_path / "results/paper/runs"
    ignored = shutil.ignore_patterns("Pendulum-v1", "progress.csv", "policy.npz")
    shutil.copytree(SHIPPED / "runs", runs, ignore=ignored)
    shutil.copy(SHIPPED / "equivalences.json", runs.parent)
    return tmp_path


def line() -> str:
    return progress_line(CONFIG, CLAIMS, SHIPPED, 2)


def test_all_that_is_shipped_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert re.fullmatch(r"paper: all \d+ runs done", line())


def test_what_is_left_and_what_it_costs(partly: Path) -> None:
    lacking = len(list((SHIPPED / "runs/Pendulum-v1").glob("*/*/record.json")))
    found = re.fullmatch(
        r"paper: (\d+) of (\d+) runs done, 0 under way, (\d+) left, about (\d+\.\d+) core-hours: "
        r"with --cores 2 about (\d+\.\d+) hours",
        line(),
    )
    assert found is not None
    done, planned, left, core_hours, hours = map(float, found.groups())
    assert left >= lacking
    assert done + left == planned
    assert core_hours > 1
    assert hours == pytest.approx(core_hours / 2, abs=0.01)


def test_a_run_with_a_recent_checkpoint_is_under_way(partly: Path) -> None:
    experiment = Experiment(read_config(CONFIG), CLAIMS, Path("plans"))
    run = experiment.runs["Pendulum-v1/sac-1-0"][0]
    inside = run.folder.relative_to(experiment.results / "runs")
    checkpoint = experiment.results / "checkpoints" / inside / run.identity.key() / "checkpoint.npz"
    checkpoint.parent.mkdir(parents=True)
    checkpoint.touch()
    assert ", 1 under way, " in line()
    before = checkpoint.stat().st_mtime - 2 * RECENT
    os.utime(checkpoint, (before, before))
    assert ", 0 under way, " in line()
