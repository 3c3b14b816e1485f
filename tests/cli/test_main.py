import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pydantic.fields import FieldInfo
from tiny import copy_workflow

from actor_critic_gap.cli.commands import COMMANDS
from actor_critic_gap.cli.main import main
from actor_critic_gap.cli.parsing import Group
from actor_critic_gap.experiment import training
from actor_critic_gap.experiment.families import FAMILIES
from actor_critic_gap.provenance.crate import read_crate
from actor_critic_gap.runs.family import Family
from actor_critic_gap.tabular.settings import SampledSettings

SHORT = ["--episodes", "20", "--log-interval", "10", "--episode-length", "30"]
SAMPLED, SAC = ["train", "sampled"], ["train", "sac"]
ENTRY_POINTS = (
    [sys.executable, "-m", "actor_critic_gap"],
    [str(Path(sys.executable).parent / "actor-critic-gap")],
)


def help_of(*words: str) -> str:
    """The help without its boxes, in one line."""
    with contextlib.redirect_stdout(io.StringIO()) as out, pytest.raises(SystemExit) as end:
        main([*words, "--help"])
    assert end.value.code == 0
    return " ".join(out.getvalue().replace("│", " ").split())


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The runs of a small Fig. 1."""
    folder = tmp_path_factory.mktemp("runs")
    names = ("actor-o-critic", "actor-g-critic", "stack-ac", "res-ac")
    for name in names:
        command = [*SAMPLED, "--algorithm", name, *SHORT, "--seeds", "3", "--output", str(folder / name)]
        assert main(command) == 0
    return [str(folder / name) for name in names]


def test_every_step_by_hand(runs: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(runs[0]).parent)
    (tmp_path / "runs.json").write_text(json.dumps({"runs": [Path(run).name for run in runs]}))
    listed = ["--runs-file", f"{tmp_path}/runs.json"]
    copy_workflow(Path())
    (tmp_path / "room.json").write_text(json.dumps({"goal": [3, 3]}))
    for command in (
        ["aggregate", "fig1", *listed, "--seeds", "3", "--output", "fig1.csv"],
        ["describe", "--settings", f"{tmp_path}/room.json", "--output", "four_room.json"],
        ["plot", "fig1", "fig1.csv", "--room", "four_room.json", "--output", "f/fig1.png", "f/fig1.pdf"],
        ["theory", "--mdps", "1", "--output", "theory.csv"],
        ["summarise", "fig1.csv", "--output", "summary.csv"],
        ["crate", "fig1.csv", *listed, "--output", "ro-crate-metadata.json"],
        ["verify", "ro-crate-metadata.json"],
        ["trace", "f/fig1.png"],
    ):
        assert main(command) == 0, command
    assert len(pd.read_csv("fig1.csv")) == 4 * 3 * 2
    assert json.loads(Path("four_room.json").read_text("utf-8"))["goal"] == [3, 3]
    crate = read_crate(Path("ro-crate-metadata.json"))
    assert len(list(crate.files())) == len(("fig1.csv", "Snakefile", "CITATION.cff")) + 4 * 3
    whole = Path("f/fig1.png").read_bytes()
    drawn = ["plot", "fig1", "fig1.csv", "--room", "four_room.json", "--output", "f/fig1.png"]
    assert main([*drawn, "--seeds", "2"]) == 0
    assert Path("f/fig1.png").read_bytes() != whole
    assert main([*drawn, "--seeds", "4"]) == 2
    lineage = Path("fig1.json").read_bytes()
    assert main([*drawn[:-1], "fig1.png"]) == 2  # whose lineage would go where the table's is
    assert main(["aggregate", "fig1", *listed, "--seeds", "3", "--output", "fig1.json"]) == 2
    assert Path("fig1.json").read_bytes() == lineage
    assert main(["summarise", "theory.csv", "--output", "summary.csv"]) == 2


def test_train_is_the_library_function_to_the_byte(runs: list[str], tmp_path: Path) -> None:
    settings = SampledSettings(algorithm="stack-ac", episodes=20, episode_length=30)
    training.train(settings, range(3), tmp_path)
    for name in ("progress.csv", "policy.npz"):
        assert (Path(runs[2]) / name).read_bytes() == (tmp_path / name).read_bytes()


def test_flags_override_a_file_of_settings_and_reach_the_record(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "settings.json").write_text('{"algorithm": "stack-ac", "eta": 0.1, "episodes": 4000}')
    output = tmp_path / "run"
    command = [*SAMPLED, "--settings", str(tmp_path / "settings.json"), *SHORT, "--no-stack-discounted-start"]
    assert main([*command, "--seed", "7", "--output", str(output)]) == 0
    record = json.loads((output / "record.json").read_text("utf-8"))
    assert record["seeds"] == [7]
    found = record["settings"]
    assert (found["algorithm"], found["eta"], found["episodes"]) == ("stack-ac", 0.1, 20)
    assert found["stack_discounted_start"] is False
    assert [line.partition(" ")[0] for line in capsys.readouterr().out.splitlines()] == ["wrote", "next:"]


def test_flags_override_what_would_not_go_without_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "settings.json"
    file.write_text('{"algorithm": "res-sac", "environment": "Pendulum-v1", "environment_steps": 500}')
    command = ["train", "sac", "--settings", str(file), "--output", str(tmp_path / "run")]
    assert main(command) == 2
    assert f"{file}: environment_steps = 500" in capsys.readouterr().err
    short = ["--algorithm", "sac", "--evaluation-interval", "25", "--warmup-steps", "200"]
    assert main([*command, *short]) == 0
    assert main([*command, *short, "--clip", "4"]) == 2


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_help_names_every_setting_with_choices_default_and_users(family: Family[Any]) -> None:
    text = help_of("train", family.name)
    assert " ".join(str(family.settings.__doc__).split()) in text
    for name, field in family.settings.model_fields.items():
        if name == "algorithm" and len(family.algorithms) > 1:
            assert f"{{{','.join(family.algorithms)}}}" in text
        elif not field.is_required() and len(family.algorithms) > 1:
            assert f"--{name.replace('_', '-')}" in text
            assert " ".join(field.description.split()) in text
    for algorithms in family.used_by.values():
        assert f"only of {' and '.join(algorithms)}" in text


def test_help_has_defaults_bounds_and_choices() -> None:
    text = help_of("train", "sampled")
    assert "Adam step of the critic (Table 2); > 0, ≤ 1 (default: 0.02)" in text
    assert "--update-order {simultaneous,critic-first}" in text
    assert "an iteration; > 0, ≤ 10,000 (default: 10)" in help_of("train", "sac")
    assert "{fig1,fig2,fig3," in help_of("plot")
    assert all(name in help_of("train") for name in ("sampled", "dynamic-programming", "sac", "robustness"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["trian"], "unknown command 'trian': did you mean train? expected one of train, describe"),
        ([], "expected one of train, describe, aggregate"),
        (["train", "sacc"], "train: unknown command 'sacc': did you mean sac?"),
        ([*SAMPLED, "--algorithm", "res-ca"], "--algorithm = 'res-ca': did you mean res-ac? expected one of"),
        ([*SAMPLED, "--actr-lr", "1"], "unknown option '--actr-lr': did you mean --actor-lr?"),
        ([*SAMPLED, "--iterations", "5"], "unknown option '--iterations'"),
        ([*SAMPLED, "extra"], "'extra': expected no further value"),
        ([*SAMPLED, "--actor-lr", "x"], "--actor-lr = 'x': expected FLOAT"),
        ([*SAMPLED, "--actor-lr", "-1"], "actor_lr = -1.0: input should be greater than 0"),
        ([*SAMPLED, "--actor-lr", "nan"], "actor_lr = nan: input should be a finite number"),
        ([*SAMPLED, "--actor-lr", "inf"], "actor_lr = inf: input should be a finite number"),
        ([*SAMPLED, "--actor-lr"], "--actor-lr: value missing: expected FLOAT"),
        ([*SAMPLED, "--gamma", "1"], "gamma = 1.0: input should be less than 1"),
        ([*SAMPLED, "--episodes", "0"], "episodes = 0: input should be greater than 0"),
        ([*SAMPLED, "--episodes", "1" + 30 * "0"], "input should be less than or equal to"),
        ([*SAMPLED, "--episodes", 5000 * "9"], "--episodes: expected INT"),
        ([*SAMPLED, "--goal", "0", "0"], "goal = [0, 0]; expected the row and column of a free cell"),
        ([*SAMPLED, "--goal", "3"], "--goal: value missing: expected INT INT"),
        ([*SAMPLED, "--seed", "-1"], "seed = -1: input should be greater than or equal to 0"),
        ([*SAMPLED, "--seeds", "0"], "seeds = 0: input should be greater than or equal to 1"),
        ([*SAMPLED, "--seed", "1", "--seeds", "2"], "--seed and --seeds: expected one of them"),
        ([*SAMPLED, "--eta", "0.5"], "eta has no effect on res-ac: expected stack-ac"),
        ([*SAMPLED, "--settings", "nowhere"], "nowhere: missing: expected settings"),
        ([*SAC, "--clip", "6"], "clip has no effect on sac: expected res-sac"),
        (
            [*SAC, "--algorithm", "res-sac", "--clip", "from_sac"],
            "did you mean from-sac? expected FLOAT|{none",
        ),
        ([*SAC, "--algorithm", "res-sac", "--clip", "from-sac"], "clip = from-sac: expected --source"),
        ([*SAC, "--seeds", "2"], "train sac: unknown option '--seeds': did you mean --seed?"),
        ([*SAC, "--env", "NoSuch-v7"], "environment = 'NoSuch-v7': "),
        ([*SAC, "--checkpoint-seconds", "nan"], "checkpoint_seconds = nan"),
        (["train", "robustness"], "iterations: missing key"),
        (["train", "plan", "nowhere"], "nowhere: missing: expected the plan of a run"),
        (["describe", "--at-goal", "reste"], "--at-goal = 'reste': did you mean reset?"),
        (
            ["describe", "--layout", "#####", "# # #", "#####", "--goal", "1", "3", "--output", "x.json"],
            "goal = [1, 3]: no other cell leads there",
        ),
        (["aggregate", "fig1", "nowhere", "--seeds", "2"], "nowhere/record.json: missing"),
        (["aggregate", "fig1", "--seeds", "2"], "no runs: expected the folders of its runs"),
        (["aggregate", "fig1", "nowhere"], "aggregate: missing: expected --seeds"),
        (["aggregate", "fgi4", "nowhere", "--seeds", "2"], "figure = 'fgi4': did you mean fig4?"),
        (
            ["aggregate", "fig3", "x", "--seeds", "2", "--seeds-on", "A=1", "A=2"],
            "--seeds-on: A twice: expected one number",
        ),
        (["plot", "fig1", "nowhere.csv"], "expected a name that ends in .pdf or .png"),
        (["theory", "--mdps", "0"], "mdps = 0: input should be greater than or equal to 1"),
        (["summarise", "fgi1.csv"], "fgi1.csv: did you mean fig1? expected a table named fig1"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(
    words: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "output"
    assert main([*words, "--output", str(output)] if len(words) > 1 else words) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert message in error
    assert error.count("\n") == 1
    assert not output.exists() or not list(output.iterdir())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["aggregate"], "missing: expected figure, --seeds, --output"),
        (["verify", "x", "--retrain", "-1"], "retrain = -1"),
        (["verify", "x", "--beside"], "beside = True: is of --attest alone: expected that with it"),
        (["verify", "x", "--draw", "5"], "draw = 5: draws runs to train: expected --retrain or --attest"),
        (["archive", "results/paper", "--output", "x.tar"], "x.tar: expected a name that ends in .zip"),
        (
            ["aggregate", "fig1", "/elsewhere", "--seeds", "2", "--output", "fig1.csv"],
            "'/elsewhere': expected a path below the",
        ),
        (["verify", "x", "--cores", "2"], "cores = 2: is of --attest alone: expected that with it"),
        ([*SAMPLED, "--claims", "x"], "train sampled: unknown option '--claims'"),
        ([*SAMPLED, "--checkpoint-seconds", "3"], "train sampled: unknown option '--checkpoint-seconds'"),
        (["verify", "x", "--draw", "99999999999"], "draw = 99999999999"),
        (["estimate", "config/paper.yaml", "--cores", "0"], "cores = 0"),
        (["watch", "x", "--steps", "0"], "steps = 0"),
        (["watch", "nowhere"], "nowhere/record.json: missing"),
        (["trace", "nowhere.png"], "nowhere.png: missing: expected a figure"),
        (["--tyro-print-completion", "perl"], "'--tyro-print-completion' without a command"),
        (["train", "--env", "X"], "train: '--env' without a command: expected one of sampled,"),
        (["train", "sampled", "--output", ""], "train sampled: --output: empty: expected a value"),
        (["train", "sampled", "--output="], "train sampled: --output: empty: expected a value"),
        (["watch", ""], "watch: argument: empty: expected a value"),
    ],
)
def test_commands_without_an_output(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_what_a_terminal_could_obey_is_shown_as_escapes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "\x1b[31mred\nline\udcff\u202e"]) == 2
    assert capsys.readouterr().err.startswith("error: \\x1b[31mred\\nline\\udcff\\u202e: missing")


def test_an_output_that_cannot_be_written_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("in the way")
    assert main([*SAMPLED, *SHORT, "--output", str(blocker / "run")]) == 2
    assert capsys.readouterr().err == f"error: {blocker / 'run'}: Not a directory\n"
    assert blocker.read_text() == "in the way"


def test_another_finished_run_is_replaced_only_when_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = [*SAMPLED, *SHORT, "--output", str(tmp_path)]
    assert main([*command, "--seed", "0"]) == 0
    kept = (tmp_path / "progress.csv").read_bytes()
    assert main([*command, "--seed", "1"]) == 2
    assert "--replace" in capsys.readouterr().err
    assert (tmp_path / "progress.csv").read_bytes() == kept
    assert main([*command, "--seed", "1", "--replace"]) == 0
    assert (tmp_path / "progress.csv").read_bytes() != kept


def test_a_finished_run_is_not_trained_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = [*SAMPLED, *SHORT, "--output", str(tmp_path)]
    assert main(command) == 0
    capsys.readouterr()
    record = tmp_path / "record.json"
    trained = record.stat().st_mtime_ns
    assert main(command) == 0
    assert capsys.readouterr().out == f"{tmp_path}: is there already, trained in this way\n"
    assert record.stat().st_mtime_ns == trained
    assert main([*command, "--replace"]) == 0
    assert record.stat().st_mtime_ns > trained
    (tmp_path / "progress.csv").write_text("cut off")
    assert main(command) == 2
    assert "delete its folder to train it" in capsys.readouterr().err


def test_a_reader_that_stops_reading_is_no_error() -> None:
    started = subprocess.Popen(
        [*ENTRY_POINTS[0], "trace", "figures/paper/fig1.png"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert started.stdout is not None
    started.stdout.close()
    _, errors = started.communicate(timeout=60)
    assert (started.returncode, errors) == (0, b"")


def test_ctrl_c_is_one_line_that_says_how_to_go_on(tmp_path: Path) -> None:
    sizes = "--environment-steps 100000 --warmup-steps 200 --hidden-units 8 --critic-updates 1"
    command = f"{sys.executable} -m actor_critic_gap train sac --env Pendulum-v1 {sizes} --output {tmp_path}"
    started = subprocess.Popen(
        [*command.split(), "--checkpoint-seconds", "0"], stderr=subprocess.PIPE, text=True
    )
    try:
        deadline = time.monotonic() + 120
        while not list(tmp_path.glob("checkpoints/*")):
            assert started.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        started.send_signal(signal.SIGINT)
        _, errors = started.communicate(timeout=60)
    finally:
        started.kill()
    assert started.returncode == 130
    assert errors.splitlines()[-1] == (
        "interrupted: the same command goes on from the last checkpoint, if there is one"
    )
    assert "Traceback" not in errors


@pytest.mark.parametrize("words", [["--version"], ["plot", "--help"], ["train", "sca"]])
def test_both_entry_points_are_the_same_in_every_locale(words: list[str]) -> None:
    odd = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
    first, second = (
        subprocess.run([*entry, *words], capture_output=True, env=environment)
        for entry, environment in zip(ENTRY_POINTS, (os.environ, odd), strict=True)
    )
    assert (first.returncode, first.stdout, first.stderr) == (second.returncode, second.stdout, second.stderr)
    assert first.returncode == (2 if "sca" in words else 0)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == "actor-critic-gap 0.1.0\n"


@pytest.mark.parametrize("words", [["--help"], [*SAMPLED, *SHORT, "--output", "run"]])
def test_help_and_tabular_training_import_nothing_that_they_do_not_use(
    words: list[str], tmp_path: Path
) -> None:
    imported = modules(f"from actor_critic_gap.cli import main; main({words})", tmp_path)
    assert not {"torch", "snakemake", "matplotlib", "mujoco", "scipy.stats"} & imported


def test_what_the_workflow_plans_by_imports_nothing_that_draws_or_trains(tmp_path: Path) -> None:
    imported = modules("import actor_critic_gap.experiment.plans", tmp_path)
    assert not {"torch", "matplotlib", "seaborn", "scipy.stats"} & imported


def modules(code: str, folder: Path) -> set[str]:
    """What a process has imported when it ends."""
    run = "import atexit, sys\natexit.register(lambda: print(*sys.modules, file=sys.stderr))\n"
    command = [sys.executable, "-c", run + code]
    return set(subprocess.run(command, check=True, cwd=folder, capture_output=True, text=True).stderr.split())


def numbers(group: Group) -> Iterator[tuple[str, FieldInfo]]:
    """The options of all commands that take a number."""
    for name, command in group.commands.items():
        if isinstance(command, Group):
            yield from ((f"{name} {option}", field) for option, field in numbers(command))
        else:
            yield from (
                (f"{name} {option}", field)
                for option, field in command.options().items()
                if field.annotation in (int, float, int | None, float | None)
            )


def test_every_number_has_bounds() -> None:
    found = dict(numbers(COMMANDS))
    assert len(found) > 50
    for option, field in found.items():
        bounds = {
            kind for kind in ("gt", "ge", "lt", "le") for bound in field.metadata if hasattr(bound, kind)
        }
        assert bounds & {"gt", "ge"}, option
        assert bounds & {"lt", "le"}, option
