"""What a clone of the project, with its results, makes anew: nothing that it has."""

import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
import yaml
from workflows import ROOT, SMALL, VERDICTS, jobs, outputs, snakemake, variables

from actor_critic_gap.figures import FIGURES

DRAWN = {"plot": len(FIGURES), "plot_as_published": 3}
REMADE = {
    "describe_four_room": 1,
    "aggregate": len(FIGURES),
    **DRAWN,
    "theory": 1,
    "td_errors": 1,
    **VERDICTS,
}
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
    edit(clone, "figures/style.py", '"legend.fontsize": 8', '"legend.fontsize": 9')
    assert jobs(clone) == {**DRAWN, "plot_claims": 1, "report": 1, "crate": 1}


def test_an_edit_of_training_code_trains_in_a_clone_what_depends_on_it(clone: Path) -> None:
    edit(clone, "tabular/kernels.py", '"""One descent step', '"""A descent step')
    edit(clone, "sac/td.py", "losses, errors = [], []", "losses = []\n    errors = []  # of each minibatch")
    with_statements = jobs(clone)
    assert with_statements == {**REMADE, "train_sac": 12}  # two statements where one was: other code
    edit(clone, "sac/td.py", "losses = []\n    errors = []  # of each minibatch", "losses, errors = [], [] ")
    assert jobs(clone) == REMADE
    edit(clone, "tabular/kernels.py", "1e-8", "1e-7")
    assert jobs(clone) == {**REMADE, "train_four_room": 10, "robustness": 2}
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


ATTEST = ("verify", "results/small/ro-crate-metadata.json", "--retrain", "1", "--attest")


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


def test_an_archive_is_the_same_bytes_again_and_whole_wherever_it_is_unpacked(
    clone: Path, tmp_path: Path
) -> None:
    commit(clone)
    (clone / "src/actor_critic_gap/new.py").touch()  # which no commit names
    names = ["once.zip", "again.zip"]
    for name in names:
        written = by_hand(clone, "archive", "results/small", "--output", name)
        assert written.returncode == 0, written.stderr
        os.utime(clone / "Snakefile", (0, 0))
    once, again = ((clone / name).read_bytes() for name in names)
    assert once == again
    with zipfile.ZipFile(clone / "once.zip") as archive:
        archive.extractall(tmp_path / "elsewhere")
    elsewhere = tmp_path / "elsewhere"
    assert not (elsewhere / "src/actor_critic_gap/new.py").exists()
    for crate_of in ("", "results/small/"):
        verified = by_hand(elsewhere, "verify", f"{crate_of}ro-crate-metadata.json")
        assert verified.returncode == 0, verified.stdout + verified.stderr
    assert jobs(elsewhere) == REMADE


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
