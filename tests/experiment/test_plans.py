"""Which runs are current, and how their plans say so to Snakemake."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from actor_critic_gap.experiment.config import Config
from actor_critic_gap.experiment.plans import OLD, Experiment, RunFolder, stamp
from actor_critic_gap.experiment.training import train_planned
from actor_critic_gap.files import sha256
from actor_critic_gap.runs.identity import Identity
from actor_critic_gap.validation import validated

ROOT = Path(__file__).parents[2]
PLAN = Identity(settings={"lr": 0.1}, seeds=[0], source_hash="a" * 16)


def experiment(**changes: Any) -> Experiment:
    """The paper's config with one figure of three short runs, two of them of a seed each."""
    config = yaml.safe_load((ROOT / "config/paper.yaml").read_text("utf-8"))
    config["name"], config["sac_seeds"], config["figure_seeds"] = "x", 2, {}
    short = {"environment_steps": 400, "warmup_steps": 200, "evaluation_interval": 10}
    config["environments"] = {"Pendulum-v1": short}
    config["sac"] |= {"hidden_units": 8, "evaluation_episodes": 1, **changes}
    config["figures"] = {
        "fig5": [{"environment": "Pendulum-v1", "algorithm": "res-sac", "clip": "from-sac"}],
        "fig2": [{"algorithm": "res-ac", "episodes": 20}],
    }
    read = validated(Config, config, "test")
    return Experiment(read, ROOT / "config/claims.yaml", Path(".snakemake/plans"))


def current(**changes: Any) -> list[str]:
    runs = experiment(**changes).all_folders()
    return [str(run.folder.relative_to("results/x/runs")) for run in runs if run.current]


def train(run: RunFolder) -> None:
    train_planned(run.plan, run.folder, source=run.source)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The experiment with all its runs."""
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        found = experiment()
        assert not any(run.current for run in found.all_folders())
        found.write_plans()
        for run in found.all_folders():
            train(run)
    return folder


@pytest.fixture
def here(trained: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(trained)
    return trained


ALL = [
    "four-room/res-ac+episodes=20",
    *(f"Pendulum-v1/sac-10-0/seed-{seed}" for seed in (0, 1)),
    *(f"Pendulum-v1/res-sac-10-10+clip=from-sac/seed-{seed}" for seed in (0, 1)),
]


def test_finished_runs_are_current(here: Path) -> None:
    assert sorted(current()) == sorted(ALL)


def test_another_setting_is_another_run(here: Path) -> None:
    assert current(lr=0.001) == [ALL[0]]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"\xff", b'{"settings": 3}', b'{"seeds": [1e999]}', b"[" * 100_000]
)
def test_a_damaged_record_is_not_current_nor_is_what_looks_something_up_there(
    here: Path, content: bytes
) -> None:
    record = here / "results/x/runs/Pendulum-v1/sac-10-0/seed-1/record.json"
    whole = record.read_bytes()
    record.write_bytes(content)
    try:
        assert sorted(current()) == sorted(name for name in ALL if not name.endswith("seed-1"))
    finally:
        record.write_bytes(whole)


def test_what_a_record_lacks_has_its_default(here: Path) -> None:
    record = here / "results/x/runs/Pendulum-v1/sac-10-0/seed-0/record.json"
    whole = record.read_bytes()
    content = json.loads(whole)
    del content["settings"]["init"]
    record.write_text(json.dumps(content), "utf-8")
    try:
        assert len(current()) == len(ALL)
    finally:
        record.write_bytes(whole)


def test_what_is_looked_up_comes_first_and_is_named(here: Path) -> None:
    runs = {str(run.folder): run for run in experiment().all_folders()}
    res_sac = runs["results/x/runs/Pendulum-v1/res-sac-10-10+clip=from-sac/seed-1"]
    assert res_sac.source == Path("results/x/runs/Pendulum-v1/sac-10-0/seed-1")
    assert res_sac.identity.source == runs[str(res_sac.source)].identity.recorded()
    record = json.loads((res_sac.folder / "record.json").read_text("utf-8"))
    assert record["source"] == res_sac.identity.source


def test_a_plan_is_old_as_long_as_the_run_is_current(tmp_path: Path) -> None:
    path, record = tmp_path / "plans/run.json", tmp_path / "record.json"
    other = PLAN.model_copy(update={"source_hash": "b" * 16})
    stamp(path, PLAN, True, record)
    assert path.stat().st_mtime == OLD
    stamp(path, other, False, record)  # the code has changed
    changed = path.stat().st_mtime
    assert changed > OLD
    stamp(path, other, False, record)  # a dry run in between does not hide it
    assert path.stat().st_mtime == changed
    stamp(path, PLAN, True, record)  # changed back
    assert path.stat().st_mtime == OLD
    stamp(path, PLAN, False, record)  # the record is another one
    assert path.stat().st_mtime > OLD


def test_a_plan_names_the_record_that_it_replaces(tmp_path: Path) -> None:
    path, record = tmp_path / "run.json", tmp_path / "record.json"
    stamp(path, PLAN, True, record)
    current = path.read_bytes()
    record.write_text("{}")
    stamp(path, PLAN, False, record)
    assert sha256(record) in path.read_text("utf-8")
    stamp(path, PLAN, True, record)
    assert path.read_bytes() == current


def test_a_record_put_there_later_does_not_look_newer_than_its_plan(tmp_path: Path) -> None:
    path, record = tmp_path / "run.json", tmp_path / "record.json"
    stamp(path, PLAN, False, record)
    record.write_text("{}")
    later = path.stat().st_mtime - 100
    os.utime(path, (later, later))
    stamp(path, PLAN, False, record)
    assert path.stat().st_mtime >= record.stat().st_mtime
