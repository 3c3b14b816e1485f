"""Broken configs, claims, runs and tables: every one is refused in one clear line and changes no output."""

import contextlib
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from broken import accepted_or_refused_in_one_line, broken, damaged, works_or_changes_nothing
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actor_critic_gap.cli.main import main
from actor_critic_gap.evidence.claims import read_claims
from actor_critic_gap.experiment.config import Config
from actor_critic_gap.validation import validated

CONFIG = Path(__file__).parent.parent / "config"
PAPER: dict[str, Any] = yaml.safe_load((CONFIG / "paper.yaml").read_text())
# Fig. 9 alone has 81 cells, which make every example slow and are expanded by the same code as two.
PAPER["figures"]["fig9"][0] |= {"at_goal": ["reset"], "actor_lr": [0.01], "goal": [[9, 9]]}
CLAIMS: list[dict[str, Any]] = yaml.safe_load((CONFIG / "claims.yaml").read_text())
FAST = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@FAST
@given(broken(PAPER))
def test_configs(config: Any) -> None:
    accepted = accepted_or_refused_in_one_line(validated, Config, config, "broken.yaml")
    if accepted is not None:
        for figure in accepted.figures:
            assert accepted.runs(figure)


@FAST
@given(broken(CLAIMS))
def test_claims_files(tmp_path: Path, claims: Any) -> None:
    path = tmp_path / "claims.yaml"
    path.write_text(yaml.safe_dump(claims, allow_unicode=True))
    accepted_or_refused_in_one_line(read_claims, path)


@FAST
@given(st.binary(max_size=60))
def test_claims_files_of_any_bytes(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "claims.yaml"
    path.write_bytes(content)
    accepted_or_refused_in_one_line(read_claims, path)


@pytest.fixture(scope="module")
def experiment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Two runs of Fig. 1 with their table, map and verdicts, in the current folder."""
    with contextlib.chdir(tmp_path_factory.mktemp("experiment")):
        for name in ("actor-o-critic", "res-ac"):
            command = f"train sampled --algorithm {name} --episodes 40 --seeds 3 --output {name}"
            assert main(command.split()) == 0
        for command in (
            "describe --output four_room.json",
            "aggregate fig1 actor-o-critic res-ac --seeds 3 --output fig1.csv",
            judge(Path()),
        ):
            assert main(command.split()) == 0
        yield Path()


def judge(folder: Path) -> str:
    return (
        f"judge {folder}/fig1.csv --claims {CONFIG}/claims.yaml --room {folder}/four_room.json "
        f"--output {folder}/claims.csv"
    )


@FAST
@given(data=st.data())
def test_runs(experiment: Path, capsys: pytest.CaptureFixture[str], data: st.DataObject) -> None:
    """A damaged run is refused by its hash; one whose record was made to fit is refused by what it holds."""
    run = experiment / "res-ac"
    kept = {path: path.read_bytes() for path in run.iterdir()}
    progress = data.draw(damaged(kept[run / "progress.csv"].decode()))
    record = json.loads(kept[run / "record.json"])
    if data.draw(st.booleans()):
        record["sha256"]["progress.csv"] = hashlib.sha256(progress).hexdigest()
    else:
        record = data.draw(broken(record))
    try:
        (run / "progress.csv").write_bytes(progress)
        (run / "record.json").write_text(json.dumps(record))
        table = experiment / "fig1.csv"
        command = f"aggregate fig1 {experiment}/actor-o-critic {run} --seeds 3 --output {table}"
        works_or_changes_nothing(command, experiment, capsys)
    finally:
        for path, content in kept.items():
            path.write_bytes(content)
        assert main(command.split()) == 0


@FAST
@given(data=st.data())
def test_tables(experiment: Path, capsys: pytest.CaptureFixture[str], data: st.DataObject) -> None:
    table = experiment / "fig1.csv"
    kept = table.read_bytes()
    try:
        table.write_bytes(data.draw(damaged(kept.decode())))
        with np.errstate(all="ignore"):
            works_or_changes_nothing(judge(experiment), experiment, capsys)
    finally:
        table.write_bytes(kept)


OPTIONS = """
train sampled sac plan trace watch verify estimate aggregate fig1 --seeds --seed --env --clip --actor-lr
--half-loss --no-half-loss --goal --room --settings --cores -1 0 1e999 nan 9999999999999999999999 -- -
--seed=1 --tyro-print-completion --tyro-write-completion bash
"""
option_words = st.sampled_from(OPTIONS.split()) | st.text(max_size=4)


@FAST
@given(st.lists(option_words, max_size=6))
def test_command_lines(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    """Without an output none of these commands can work."""
    capsys.readouterr()
    assert main(words) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert error.rstrip("\n").isprintable()
