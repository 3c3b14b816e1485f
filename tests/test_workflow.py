"""The DAG itself, in a copy of the checkout's workflow with a small config."""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import yaml
from workflows import ROOT, SMALL, command, jobs, snakemake, variables, workspace

from actor_critic_gap.cli.main import main
from actor_critic_gap.figures import FIGURES

VERDICTS = {"judge": 1, "summarise": 1, "report": 1, "manifest": 1}
"""The jobs that follow a changed table."""


def outputs(folder: Path) -> dict[str, bytes]:
    """Every output that must be the same bytes again: all but what holds times."""
    timed = {"record.json", "report.html", "manifest.json"}
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for root in ("results", "figures")
        for path in sorted((folder / root).rglob("*"))
        if path.is_file() and path.name not in timed and path.suffix != ".tsv"
    }


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole workflow, undisturbed on one core."""
    folder = workspace(tmp_path_factory.mktemp("workflow"))
    run = snakemake(folder, "--cores", "1")
    assert run.returncode == 0, run.stdout + run.stderr
    return folder


@pytest.fixture
def copy(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "copy"))


def test_every_figure_has_its_table_and_its_files(finished: Path) -> None:
    for figure, shown in FIGURES.items():
        table = pd.read_csv(finished / f"results/small/{figure}.csv")
        assert table.columns.tolist() == shown.columns
        if "seed" in table:
            assert table["seed"].nunique() == (2 if "sac" in shown.algorithms[0] else 3)
        for suffix in ("pdf", "png"):
            assert (finished / f"figures/small/{figure}.{suffix}").stat().st_size > 1000


def test_outputs_are_those_of_all_runs_tables_and_figures(finished: Path) -> None:
    runs = len(list(finished.glob("results/small/runs/**/record.json")))
    assert runs == 11 + 3 + 2 + 2 * (4 + 2)
    # progress and policy of each run, but of Fig. 9's no policy; tables and figures with their sidecars
    drawn = 10 * (2 + 3) + 3 * 3
    assert len(outputs(finished)) == 2 * runs - 2 + drawn + len(("four_room", "theory", "claims", "summary"))


def test_the_clip_is_the_largest_td_error_of_the_sac_run_of_the_same_seed(finished: Path) -> None:
    runs = finished / "results/small/runs/Pendulum-v1"
    for seed in (0, 1):
        progress = pd.read_csv(runs / f"sac-10-0/seed-{seed}/progress.csv")
        record = json.loads((runs / f"res-sac-10-10+clip=from-sac/seed-{seed}/record.json").read_text())
        assert record["clip"] == progress["max_abs_td_error"].max()
        assert record["diverged_at"] is None


def test_the_experiment_ends_in_verdicts_and_a_report(
    finished: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(finished)
    claims = pd.read_csv("results/small/claims.csv")
    verdicts = claims.set_index("claim")["verdict"]
    assert set(verdicts.drop("15")) == {"inconclusive"}  # 2 and 3 seeds
    assert set(verdicts.loc["15"]) == {"reproduced"}
    hopper = claims[claims["case"] == "Hopper-v5"].set_index("claim")["estimate"]
    assert hopper.index.tolist() == ["6", "8", "9"]
    assert hopper.notna().tolist() == [True, False, False]  # of SAC-10-0 and Res-SAC-10-10 only
    page = Path("results/small/report.html").read_text()
    assert page.count("<img ") == len(FIGURES)
    assert main(["verify", "results/small/manifest.json"]) == 0
    for figure in FIGURES:
        assert main(["trace", f"figures/small/{figure}.png"]) == 0
    assert "sac-10-0/seed-1" in capsys.readouterr().out


def test_one_changed_byte_of_a_run_is_named_by_manifest_and_lineage(
    copy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(copy)
    progress = Path("results/small/runs/Pendulum-v1/sac-10-0/seed-1/progress.csv")
    content = bytearray(progress.read_bytes())
    content[-2] ^= 1
    progress.write_bytes(content)
    assert main(["verify", "results/small/manifest.json"]) == 2
    assert f"{progress}: changed" in capsys.readouterr().out
    assert main(["trace", "figures/small/fig3.pdf"]) == 2
    assert f"{progress}: changed: sha256" in capsys.readouterr().out
    assert main(["trace", "figures/small/fig1.pdf"]) == 0


def test_a_second_call_does_nothing_nor_does_a_touch(copy: Path) -> None:
    assert jobs(copy) == {}
    (copy / "Snakefile").touch()
    (copy / "config/small.yaml").touch()
    assert jobs(copy) == {}


def test_a_changed_setting_retrains_what_depends_on_it(copy: Path) -> None:
    figures = {**SMALL["figures"], "fig2": [{"algorithm": "res-ac", "res_critic_updates": 4}]}
    config = {**SMALL, "figures": figures}
    (copy / "config/small.yaml").write_text(yaml.safe_dump(config))
    drawn = {"aggregate": 2, "plot": 2, "plot_as_published": 1}
    assert jobs(copy) == {"train_four_room": 1, "robustness": 2, **drawn, **VERDICTS}
    config = {**SMALL, "dynamic_programming": {"iterations": 60}}
    (copy / "config/small.yaml").write_text(yaml.safe_dump(config))
    assert jobs(copy) == {"train_four_room": 6, "robustness": 2, **drawn, **VERDICTS}


DRAWN = {"plot": 10, "plot_as_published": 3}
REMADE = {"describe_four_room": 1, "aggregate": 10, **DRAWN, "theory": 1, **VERDICTS}
"""What a clone makes anew."""


@pytest.fixture
def clone(finished: Path, tmp_path: Path) -> Path:
    """A fresh clone with the results: Snakemake remembers nothing, files are as new as they come."""
    folder = tmp_path / "clone"
    shutil.copytree(finished, folder, ignore=shutil.ignore_patterns(".snakemake", "benchmarks", "logs"))
    for policy in folder.glob("results/small/runs/*/*/seed-1/policy.npz"):
        policy.unlink()  # not all of SAC are shipped
    now = time.time()
    for i, path in enumerate(sorted(folder.rglob("*"), reverse=True)):
        os.utime(path, (now - i / 1000, now - i / 1000))
    for name in ("src", "requirements.lock"):  # with what numba has compiled, for which times count
        (shutil.copytree if name == "src" else shutil.copy2)(ROOT / name, folder / name)
    return folder


def edit(folder: Path, module: str, old: str, new: str) -> None:
    path = folder / "src/actor_critic_gap" / module
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_clone_trains_nothing_that_it_has(clone: Path) -> None:
    assert jobs(clone) == REMADE
    before = outputs(clone)
    run = snakemake(clone, "--cores", "2")
    assert run.returncode == 0, run.stdout + run.stderr
    assert outputs(clone) == before
    assert jobs(clone) == {}
    edit(clone, "figures/style.py", '"#E69F00"', '"#E69F01"')
    assert jobs(clone) == {**DRAWN, "report": 1, "manifest": 1}


def test_an_edit_of_training_code_trains_in_a_clone_what_depends_on_it(clone: Path) -> None:
    edit(clone, "tabular/kernels.py", '"""One descent step', '"""A descent step')
    edit(clone, "sac/td.py", "losses, errors = [], []", "losses = []\n    errors = []  # of each minibatch")
    with_statements = jobs(clone)
    assert with_statements == {**REMADE, "train_sac": 12}  # two statements where one was: other code
    edit(clone, "sac/td.py", "losses = []\n    errors = []  # of each minibatch", "losses, errors = [], [] ")
    assert jobs(clone) == REMADE
    edit(clone, "tabular/kernels.py", "1e-8", "1e-7")
    assert jobs(clone) == {**REMADE, "train_four_room": 14, "robustness": 2}
    assert jobs(clone, "fig3", "fig5") == {"aggregate": 2, "plot": 2}


def test_another_setting_or_record_trains_in_a_clone_what_depends_on_it(clone: Path) -> None:
    record = clone / "results/small/runs/Hopper-v5/sac-10-0/seed-1/record.json"
    record.write_text(record.read_text().replace('"lr": 0.0003', '"lr": 0.0004'))
    # with it the run of the same seed that looks its clip up there
    assert jobs(clone) == {**REMADE, "train_sac": 2}
    config = {**SMALL, "figures": {**SMALL["figures"], "fig2": [{"algorithm": "res-ac"}]}}
    (clone / "config/small.yaml").write_text(yaml.safe_dump(config))
    assert jobs(clone) == {**REMADE, "train_sac": 2, "robustness": 2}


def by_hand(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command by the package that the folder has a copy of."""
    return subprocess.run(
        [sys.executable, "-m", "actor_critic_gap", *arguments],
        cwd=folder,
        env=variables(folder),
        capture_output=True,
        text=True,
    )


def commit(folder: Path) -> None:
    """A checkout of its own, as it is now."""
    author = ["-c", "user.name=A", "-c", "user.email=a@b.c"]
    (folder / ".gitignore").write_text("__pycache__\n.snakemake\nlogs\ncache\n")
    for step in (["init", "-q"], ["add", "-A"], [*author, "commit", "-qm", "all"]):
        subprocess.run(["git", *step], cwd=folder, check=True)


ATTEST = ("verify", "results/small/manifest.json", "--retrain", "1", "--attest")


def test_a_refactoring_that_keeps_the_bytes_is_attested_and_another_refused(clone: Path) -> None:
    edit(
        clone,
        "sac/agent.py",
        "x, y = settings.critic_updates, settings.res_critic_updates",
        "x = settings.critic_updates\n        y = settings.res_critic_updates",
    )
    assert jobs(clone) == {**REMADE, "train_sac": 12}
    commit(clone)
    attested = by_hand(clone, *ATTEST)
    assert attested.returncode == 0, attested.stderr
    assert "6 of 12 runs, 6 arms" in attested.stdout
    assert jobs(clone) == REMADE
    edit(clone, "sac/agent.py", "discount = settings.gamma *", "discount = 0.9 * settings.gamma *")
    assert jobs(clone) == {**REMADE, "train_sac": 12}
    dirty = by_hand(clone, *ATTEST)
    assert dirty.returncode == 2
    assert "src/actor_critic_gap/sac/agent.py: not as committed" in dirty.stderr
    commit(clone)
    refused = by_hand(clone, *ATTEST)
    assert refused.returncode == 2
    assert re.search(r"seed-[01]/progress\.csv: other bytes by today's code", refused.stderr)
    assert jobs(clone) == {**REMADE, "train_sac": 12}


def test_nothing_is_trained_into_committed_results_from_code_that_no_commit_names(clone: Path) -> None:
    run = "results/small/runs/four-room/actor-o-critic"
    (clone / run / "policy.npz").unlink()
    edit(clone, "sac/td.py", "losses, errors = [], []", "losses = []\n    errors = []")
    commit(clone)
    edit(clone, "sac/td.py", "losses = []\n    errors = []", "losses, errors = [], []")
    refused = snakemake(clone, "--cores", "1", f"{run}/policy.npz")
    assert refused.returncode != 0
    expected = "is under version control, and not as committed are src/actor_critic_gap/sac/td.py"
    assert f"error: {run}: {expected}" in refused.stdout + refused.stderr
    allowed = snakemake(clone, "--cores", "1", f"{run}/policy.npz", "--config", "allow_dirty=true")
    assert allowed.returncode == 0, allowed.stdout + allowed.stderr


MISSING = {
    "runs/Pendulum-v1/sac-10-0/seed-0/progress.csv": "fig6",
    "runs/four-room/res-ac/record.json": "fig1",
    "runs/four-room/res-ac/policy.npz": "fig1",
    "fig1.csv": "fig1",
    "fig3.json": "fig3",
    "four_room.json": "claims",
    "theory.csv": "claims",
    "claims.csv": "claims",
    "summary.csv": "all",
    "report.html": "all",
    "manifest.json": "all",
}


@pytest.mark.parametrize("name", MISSING)
def test_what_is_missing_is_made_again_whichever_target_is_asked_for(copy: Path, name: str) -> None:
    (copy / "results/small" / name).unlink()
    assert jobs(copy, MISSING[name])
    if not name.startswith("runs"):
        assert jobs(copy)


def test_killed_at_any_moment_two_cores_end_in_the_bytes_of_one(finished: Path, tmp_path: Path) -> None:
    folder = workspace(tmp_path)
    moments = random.Random(0)
    for _ in range(4):
        process = subprocess.Popen(
            command("--cores", "2"),
            cwd=folder,
            env=variables(folder),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            process.wait(timeout=moments.uniform(4, 16))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    run = snakemake(folder, "--cores", "2")
    assert run.returncode == 0, run.stdout + run.stderr
    assert outputs(folder) == outputs(finished)
    assert jobs(folder) == {}


def test_targets_by_figure(tmp_path: Path) -> None:
    folder = workspace(tmp_path)
    drawn = {"aggregate": 1, "plot": 1, "plot_as_published": 1}
    assert jobs(folder, "fig1") == {"train_four_room": 4, "describe_four_room": 1, **drawn}
    assert jobs(folder, "fig2")["train_four_room"] == 1
    assert jobs(folder, "fig4")["train_four_room"] == 6
    # Shared between figures, and the clip looked up in SAC runs that are trained first.
    assert jobs(folder, "fig3")["train_sac"] == 3 * 2
    assert jobs(folder, "fig5")["train_sac"] == 2 + 2 + 2
    assert jobs(folder)["train_sac"] == 6 * 2
    assert jobs(folder) == {**jobs(folder, "figures"), "theory": 1, **VERDICTS}
    for_claims = {"train_four_room": 11, "train_sac": 5 * 2, "describe_four_room": 1, "aggregate": 6}
    assert jobs(folder, "claims") == {**for_claims, "theory": 1, "judge": 1}
    beyond = {"train_four_room": 4, "robustness": 2, "train_sac": 2 * 2}
    assert jobs(folder, "beyond") == {**beyond, "describe_four_room": 1, "aggregate": 4, "plot": 4}


def test_a_truncated_run_stops_the_aggregation_and_keeps_the_old_figure(copy: Path) -> None:
    progress = copy / "results/small/runs/four-room/res-ac/progress.csv"
    progress.write_bytes(progress.read_bytes()[:-20])
    before = (copy / "figures/small/fig1.png").read_bytes()
    run = snakemake(copy, "--cores", "1")
    assert run.returncode != 0
    assert f"error: {progress.relative_to(copy)}: changed" in run.stdout + run.stderr
    assert (copy / "figures/small/fig1.png").read_bytes() == before


def test_a_lost_run_is_trained_again(copy: Path) -> None:
    for lost in ("results/small/runs/four-room/res-ac/progress.csv", "results/small/fig1.csv"):
        (copy / lost).unlink()
    (copy / "figures/small/fig1.png").unlink()
    assert jobs(copy) == {"train_four_room": 1, "aggregate": 1, "plot": 1, "plot_as_published": 1, **VERDICTS}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--config", "seeds=0"], "config/small.yaml: seeds = 0: input should be greater than"),
        (["--config", "sedes=3"], "config/small.yaml: unknown key 'sedes'; expected one of: name, seeds"),
        (["--software-deployment-method", "conda"], "all rules share one environment, activate it first"),
    ],
)
def test_a_bad_config_is_refused_before_anything_runs(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    folder = workspace(tmp_path)
    run = snakemake(folder, "--cores", "1", *arguments)
    assert run.returncode != 0
    assert sum(message in line for line in (run.stdout + run.stderr).splitlines()) == 1
    assert "Traceback" not in run.stderr
    assert not (folder / "results").exists()


def test_snakemakes_linter_finds_nothing(tmp_path: Path) -> None:
    linted = snakemake(workspace(tmp_path), "--lint")
    assert "Congratulations, your workflow is in a good condition!" in linted.stdout + linted.stderr
