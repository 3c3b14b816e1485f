import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from actor_critic_gap.cli.main import main

SHORT = ["--episodes", "20", "--log-interval", "10", "--episode-length", "30"]


def test_train_aggregate_describe_plot_by_hand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = []
    for algorithm in ("actor-o-critic", "actor-g-critic", "stack-ac", "res-ac"):
        runs.append(str(tmp_path / algorithm))
        command = ["train", "--algorithm", algorithm, *SHORT, "--seeds", "3", "--output", runs[-1]]
        assert main(command) == 0
    table, room = str(tmp_path / "fig1.csv"), str(tmp_path / "four_room.json")
    assert main(["aggregate", "fig1", *runs, "--seeds", "3", "--output", table]) == 0
    assert len(pd.read_csv(table)) == 4 * 3 * 2
    assert main(["describe", "--goal", "[3, 3]", "--output", room]) == 0
    assert json.loads(Path(room).read_text())["goal"] == [3, 3]
    figures = [str(tmp_path / f"figures/fig1.{suffix}") for suffix in ("pdf", "png")]
    assert main(["plot", "fig1", table, "--environment", room, "--output", *figures]) == 0
    assert all(Path(figure).stat().st_size > 1000 for figure in figures)
    whole = Path(figures[1]).read_bytes()
    assert main(["plot", "fig1", table, "--environment", room, "--seeds", "2", "--output", *figures]) == 0
    assert Path(figures[1]).read_bytes() != whole
    assert main(["plot", "fig1", table, "--seeds", "4", "--output", *figures]) == 2
    assert "--seeds 4: expected 2 or more of the 3 seeds" in capsys.readouterr().err


def test_flags_override_settings_and_reach_the_record(tmp_path: Path) -> None:
    settings = json.dumps({"algorithm": "stack-ac", "eta": 0.1, "episodes": 4000})
    command = ["train", "--settings", settings, *SHORT, "--seed", "7", "--output", str(tmp_path)]
    assert main(command) == 0
    record = json.loads((tmp_path / "record.json").read_text())
    assert record["seeds"] == [7]
    found = record["settings"]
    assert (found["algorithm"], found["eta"], found["episodes"]) == ("stack-ac", 0.1, 20)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "--algorithm", "dqn"], "train: algorithm = 'dqn': input should be 'actor-o-critic'"),
        (["train", "--actor-lr", "-1"], "train: actor_lr = -1: input should be greater than 0"),
        (["train", "--gamma", "1"], "train: gamma = 1: input should be less than 1"),
        (["train", "--goal", "[0, 0]"], "train: goal = [0, 0]; expected the row and column of a free cell"),
        (["train", "--iterations", "5"], "train: unknown key 'iterations'; expected one of"),
        (["train", "--settings", "{"], "--settings: not JSON"),
        (["train", "--settings", "[]"], "--settings: []: expected an object"),
        (["train", "--seed", "-1"], "expected --seed >= 0"),
        (["train", "--seeds", "0"], "--seeds >= 1"),
        (["train", "--algorithm", "sac", "--env", "NoSuch-v7"], "environment = 'NoSuch-v7': "),
        (["train", "--algorithm", "sac", "--critic-updates", "0"], "train: critic_updates = 0: input should"),
        (
            ["train", "--algorithm", "res-sac", "--clip", "0"],
            "train: clip = 0: input should be greater than 0",
        ),
        (
            ["train", "--algorithm", "sac", "--clip", "6"],
            "train: clip has no effect on sac: expected res-sac",
        ),
        (["train", "--algorithm", "sac", "--seeds", "2"], "a SAC run has one seed: expected --seed"),
        (["train", "--algorithm", "res-sac", "--clip", "from-sac"], "clip = from-sac: expected --sac-run"),
        (["describe", "--at-goal", "stop"], "describe: at_goal = 'stop'"),
        (["aggregate", "fig1", "nowhere", "--seeds", "2"], "nowhere/record.json: missing"),
        (["aggregate", "fig11", "nowhere", "--seeds", "2"], "figure = 'fig11': expected one of fig1, fig2"),
        (["plot", "fig1", "nowhere.csv", "--environment", "x"], "nowhere.csv: missing"),
        (["plot", "fig4", "results/paper/fig4.csv", "--output", "x.png"], "expected --environment"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "output"
    assert main([*arguments, "--output", str(output)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert message in error
    assert error.count("\n") == 1
    assert not output.exists() or not list(output.iterdir())


def test_an_output_that_cannot_be_written_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("in the way")
    assert main(["train", *SHORT, "--output", str(blocker / "run")]) == 2
    assert capsys.readouterr().err == f"error: {blocker / 'run'}: Not a directory\n"
    assert blocker.read_text() == "in the way"


def test_importing_the_package_imports_neither_torch_nor_snakemake() -> None:
    code = (
        "import sys, actor_critic_gap, actor_critic_gap.tabular, actor_critic_gap.settings;"
        "assert not {'torch', 'snakemake', 'matplotlib'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
