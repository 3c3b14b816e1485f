"""The DAG itself, in a copy of the checkout's workflow with a small config."""

import json
import os
import random
import re
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml
from workflows import SMALL, VERDICTS, command, jobs, outputs, snakemake, variables, workspace

from actor_critic_gap.cli.main import main
from actor_critic_gap.figures import FIGURES


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
    assert runs == 7 + 3 + 2 + 2 * (4 + 2)
    # progress and policy of each run, but of Fig. 9's no policy; tables and figures with their sidecars
    drawn = len(FIGURES) * (2 + 3) + 3 * 3
    others = len(("four_room", "theory", "summary", "td_errors", "explorer"))
    verdicts = 2 + 3  # in a table and drawn
    assert len(outputs(finished)) == 2 * runs - 2 + drawn + others + verdicts


def test_the_clip_is_the_largest_td_error_of_the_sac_run_of_the_same_seed(finished: Path) -> None:
    runs = finished / "results/small/runs/Pendulum-v1"
    for seed in (0, 1):
        progress = pd.read_csv(runs / f"sac-10-0/seed-{seed}/progress.csv")
        record = json.loads((runs / f"res-sac-10-10+clip=from-sac/seed-{seed}/record.json").read_text())
        assert record["clip"] == progress[record["settings"]["td_error"]].max()
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
    assert page.count("<img ") == 1 + 2 * len(FIGURES)  # with the forest plot and thumbnails
    explorer = Path("results/small/explorer.html").read_text()
    assert [name for name in FIGURES if f'data-figure="{name}"' in explorer] == [
        "fig8",
        "fig9",
        "fig10",
        "fig11",
    ]
    assert main(["verify", "results/small/ro-crate-metadata.json"]) == 0
    for figure in FIGURES:
        assert main(["trace", f"figures/small/{figure}.png"]) == 0
    assert main(["trace", "figures/small/claims.png"]) == 0
    assert "sac-10-0/seed-1" in capsys.readouterr().out


def test_one_changed_byte_of_a_run_is_named_by_crate_and_lineage(
    copy: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(copy)
    progress = Path("results/small/runs/Pendulum-v1/sac-10-0/seed-1/progress.csv")
    content = bytearray(progress.read_bytes())
    content[-2] ^= 1
    progress.write_bytes(content)
    assert main(["verify", "results/small/ro-crate-metadata.json"]) == 2
    assert f"{progress}: changed" in capsys.readouterr().out
    assert main(["trace", "figures/small/fig3.pdf"]) == 2
    assert f"{progress}: changed: sha256" in capsys.readouterr().out
    assert main(["trace", "figures/small/fig1.pdf"]) == 0


def test_a_second_call_does_nothing_nor_does_a_touch(copy: Path) -> None:
    assert jobs(copy) == {}
    (copy / "Snakefile").touch()
    (copy / "config/small.yaml").touch()
    assert jobs(copy) == {}
    assert jobs(copy, "--config", "allow_dirty=true") == {}
    (copy / "results/small/equivalences.json").write_text('{"equivalences": []}')
    assert jobs(copy) == {"report": 1, "crate": 1}


def test_a_changed_setting_retrains_what_depends_on_it(copy: Path) -> None:
    figures = {**SMALL["figures"], "fig2": [{"algorithm": "res-ac", "res_critic_updates": 4}]}
    config = {**SMALL, "figures": figures}
    (copy / "config/small.yaml").write_text(yaml.safe_dump(config))
    drawn = {"aggregate": 2, "plot": 2, "plot_as_published": 1}
    assert jobs(copy) == {"train_four_room": 1, "robustness": 2, **drawn, **VERDICTS}
    config = {**SMALL, "dynamic_programming": {"iterations": 60}}
    (copy / "config/small.yaml").write_text(yaml.safe_dump(config))
    assert jobs(copy) == {"train_four_room": 2, "robustness": 2, **drawn, **VERDICTS}


def asked_for(folder: Path, targets: list[str]) -> dict[str, set[str]]:
    """The files that each of these targets asks for, whether they are there or not."""
    planned = snakemake(folder, *targets, "--dry-run", "--forcerun", *targets)
    assert planned.returncode == 0, planned.stderr
    found = re.findall(
        r"^(?:local)?rule (\w+):\n    input: (.*)$", planned.stdout + planned.stderr, re.MULTILINE
    )
    return {target: set(files.split(", ")) for target, files in found}


def test_every_output_is_asked_for_by_all_and_by_its_figure(finished: Path) -> None:
    files = asked_for(finished, ["all", "claims", "figures", "beyond", *FIGURES])
    there = [
        path.relative_to(finished) for root in ("results", "figures") for path in (finished / root).rglob("*")
    ]
    every = {str(path) for path in there if path.suffix in (".csv", ".json", ".npz", ".pdf", ".png", ".html")}
    not_shipped = {path for path in every if path.endswith("policy.npz") and "four-room" not in path}
    assert files["all"] == every - not_shipped
    for figure in FIGURES:
        own = {path for path in every if re.search(rf"/{figure}(-published)?\.", path)}
        assert own < files[figure] < files["all"]
        assert any("/runs/" in path for path in files[figure])
    verdicts = {path for path in every if "/claims." in path}
    assert len(verdicts) == 5
    assert verdicts < files["figures"]
    assert {"results/small/theory.csv", *verdicts} < files["claims"]


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("runs/four-room/res-ac/policy.npz", "fig1"),
        ("fig3.json", "fig3"),
        ("theory.csv", "claims"),
        ("claims.json", "claims"),
        ("explorer.html", "all"),
        ("ro-crate-metadata.json", "all"),
    ],
)
def test_what_is_missing_is_made_again(copy: Path, name: str, target: str) -> None:
    (copy / "results/small" / name).unlink()
    assert jobs(copy, target)


def test_in_a_locale_without_umlauts_nothing_is_made_again(
    finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}.items():
        monkeypatch.setenv(name, value)
    planned = snakemake(finished, "--dry-run")  # of its own process, which reads the locale when it starts
    assert "Nothing to be done" in planned.stdout + planned.stderr
    verify = [sys.executable, "-m", "actor_critic_gap", "verify", "results/small/ro-crate-metadata.json"]
    verified = subprocess.run(verify, cwd=finished, env=variables(finished), capture_output=True, text=True)
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_two_that_start_at_once_do_not_fail(copy: Path) -> None:
    call, env = command("--cores", "1", "fig1"), variables(copy)
    started = [
        subprocess.Popen(call, cwd=copy, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for _ in range(2)
    ]
    said = [process.communicate()[0] for process in started]
    assert [process.returncode for process in started] == [0, 0], said


def test_killed_at_any_moment_two_cores_end_in_the_bytes_of_one(finished: Path, tmp_path: Path) -> None:
    folder = workspace(tmp_path)
    targets, moments = ("fig2", "fig3", "fig9"), random.Random(0)
    for _ in range(3):
        process = subprocess.Popen(
            command("--cores", "2", *targets),
            cwd=folder,
            env=variables(folder),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            process.wait(timeout=moments.uniform(3, 12))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    run = snakemake(folder, "--cores", "2", *targets)
    assert run.returncode == 0, run.stdout + run.stderr
    undisturbed = outputs(finished)
    made = outputs(folder)
    assert {f"figures/small/{figure}.png" for figure in targets} <= set(made)
    assert made == {name: undisturbed[name] for name in made}
    assert jobs(folder, *targets) == {}


def test_targets_by_figure(tmp_path: Path) -> None:
    folder = workspace(tmp_path)
    drawn = {"aggregate": 1, "plot": 1, "plot_as_published": 1}
    assert jobs(folder, "fig1") == {"train_four_room": 4, "describe_four_room": 1, **drawn}
    assert jobs(folder, "fig2", "fig4")["train_four_room"] == 1 + 2
    # Shared between figures, and the clip looked up in SAC runs that are trained first.
    assert jobs(folder, "fig3")["train_sac"] == 3 * 2
    assert jobs(folder, "fig5")["train_sac"] == 2 + 2 + 2
    everything = jobs(folder)
    assert everything["train_sac"] == 6 * 2
    assert everything == {**jobs(folder, "figures"), "theory": 1, "td_errors": 1, **VERDICTS}
    for_claims = {"train_four_room": 7, "train_sac": 6 * 2, "describe_four_room": 1, "aggregate": 10}
    assert jobs(folder, "claims") == {**for_claims, "theory": 1, "judge": 1, "plot_claims": 1}
    beyond = {"train_four_room": 4, "robustness": 2, "train_sac": 4 * 2}
    assert jobs(folder, "beyond") == {**beyond, "aggregate": 9, "plot": 9}


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


def test_a_run_in_whose_place_another_was_put_is_trained_again(copy: Path) -> None:
    """Snakemake remembers that it made the run by its plan, and looks at no record."""
    record = copy / "results/small/runs/four-room/res-ac/record.json"
    record.write_text(json.dumps({**json.loads(record.read_text()), "source_hash": "0" * 16}))
    made = {"train_four_room": 1, "aggregate": 1, "plot": 1, "plot_as_published": 1}
    assert jobs(copy) == {**made, **VERDICTS}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--config", "name=x", "seeds=0"], "config/small.yaml + --config: seeds = 0: input should be"),
        (["--config", "name=x", "sedes=3"], "unknown key 'sedes'; expected one of: name, seeds"),
        (["--config", "seeds=4"], "--config: name = 'small': expected a name of its own, as it changes"),
        (
            ["--software-deployment-method", "apptainer"],
            "--software-deployment-method: expected conda, or none",
        ),
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


def test_a_picture_of_any_run_needs_that_run_only(tmp_path: Path) -> None:
    folder = workspace(tmp_path)
    assert jobs(folder, "figures/small/policies/four-room/actor-o-critic.gif") == {
        "train_four_room": 1,
        "watch": 1,
    }
    assert jobs(folder, "figures/small/policies/Pendulum-v1/sac-10-0/seed-1.gif") == {
        "train_sac": 1,
        "watch": 1,
    }
