"""What a stranger's folder of results can do: be refused in one line, and nothing else."""

import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from broken import NO_JSON, accepted_or_refused_in_one_line, broken, damaged, works_or_changes_nothing
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tiny import CRATE, FIGURES, RESULTS, describe_crate

from actor_critic_gap.cli.main import main
from actor_critic_gap.experiment.estimate import finished_runs
from actor_critic_gap.experiment.training import train
from actor_critic_gap.files import sha256
from actor_critic_gap.runs.equivalences import NAME
from actor_critic_gap.sac.settings import SACSettings

FAST = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
FOUR_ROOM, SAC = RESULTS / "runs/four-room/res-ac", RESULTS / "runs/Pendulum-v1/sac-10-0/seed-0"
VERIFY = f"verify {CRATE}"
TRACE = f"trace {FIGURES}/fig1.png"
AGGREGATE = f"aggregate fig1 {FOUR_ROOM} {FOUR_ROOM.with_name('stack-ac')} --seeds 2 --output made.csv"
PLOT = f"plot fig1 {RESULTS}/fig1.csv --room {RESULTS}/four_room.json --output made.png"
WATCH = f"watch {SAC} --steps 1 --output made.gif"
READ_BY = {
    FOUR_ROOM / "record.json": [VERIFY, TRACE, AGGREGATE, f"crate {FOUR_ROOM} --output {RESULTS}/made.json"],
    SAC / "record.json": [VERIFY, WATCH],
    CRATE: [VERIFY],
    RESULTS / "fig1.json": [TRACE],
    FIGURES / "fig1.json": [TRACE],
    RESULTS / "four_room.json": [PLOT],
    RESULTS / NAME: [VERIFY, TRACE],
}
"""Files in JSON, and the commands that read them."""


@pytest.fixture
def folder(experiment: Path) -> Path:
    """The experiment with a crate and a proof of equivalence."""
    tables = [RESULTS / "fig1.csv", FIGURES / "fig1.png"]
    describe_crate(*tables, FOUR_ROOM, FOUR_ROOM.with_name("stack-ac"), SAC)
    proof: dict[str, Any] = {"family": "sac", "from": "0" * 16, "to": "1" * 16, "commit": None, "cpu": "x"}
    proof |= {"lock": None, "arms": ["2" * 16], "runs": {"runs/a": "3" * 64}, "of": 1, "bounds": ""}
    (RESULTS / NAME).write_text(json.dumps({"equivalences": [proof]}), "utf-8")
    return experiment


def edit(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **changes}), "utf-8")


def rehash(run: Path) -> None:
    """The run's record says that its files are what they are."""
    names = json.loads((run / "record.json").read_text("utf-8"))["sha256"]
    edit(run / "record.json", sha256={name: sha256(run / name) for name in names})


@pytest.mark.parametrize("path", READ_BY, ids=str)
def test_json(folder: Path, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = path.read_bytes()

    @FAST
    @given(broken(json.loads(whole)))
    def commands_work_or_change_nothing(content: Any) -> None:
        path.write_text(json.dumps(content), "utf-8")
        for command in READ_BY[path]:
            works_or_changes_nothing(command, folder, capsys)

    commands_work_or_change_nothing()
    for content in NO_JSON:
        path.write_bytes(content)
        for command in READ_BY[path]:
            assert works_or_changes_nothing(command, folder, capsys) == 2


@FAST
@given(data=st.data())
def test_benchmarks(folder: Path, data: st.DataObject) -> None:
    path = RESULTS / "benchmarks/train" / f"{FOUR_ROOM.relative_to(RESULTS / 'runs')}.tsv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.draw(damaged("s\tmax_rss\tcpu_time\n37.04\t412.05\t-\n", "\t")))
    found = accepted_or_refused_in_one_line(finished_runs, RESULTS)
    assert found is None or len(found) == 6


def policies(whole: bytes) -> list[bytes]:
    """Files in a policy's place: no archive, cut off, of other arrays, and ones that lie about their size."""
    with np.load(io.BytesIO(whole)) as file:
        arrays = {name: file[name] for name in file.files}
    found = [b"", b"PK", b"\x93NUMPY", b"\x80\x04.", whole[:-9], whole[:200]]
    others: list[dict[str, Any]] = [
        {},
        {name: array.T for name, array in arrays.items()},
        {name: array.astype(float) for name, array in arrays.items()},
        {name: array * np.float32(np.nan) for name, array in arrays.items()},
        {name: array.astype(str) for name, array in arrays.items()},
        {name: np.array([None]) for name in arrays},  # pickled
        {**arrays, "more": arrays["weights1"]},
    ]
    for other in others:
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **other)
        found.append(buffer.getvalue())
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (%s,)}".ljust(117)
    entries = [b"text", b"\0" * 100_000_000]
    entries += [
        b"\x93NUMPY\x01\x00v\x00" + header.replace(b"%s", n).ljust(117)[:117] + b"\n"
        for n in (b"-1", b"9" * 15)
    ]
    for entry in entries:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("weights1.npy", entry)
        found.append(buffer.getvalue())
    return found


def test_policies_are_held_against_their_record_and_read_with_limits(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = SAC / "policy.npz"
    whole = path.read_bytes()
    for content in policies(whole):
        path.write_bytes(content)
        rehash(SAC)
        assert works_or_changes_nothing(WATCH, folder, capsys) == 2
    path.write_bytes(whole)
    assert works_or_changes_nothing(WATCH, folder, capsys) == 2  # as the record no longer says
    rehash(SAC)
    assert works_or_changes_nothing(WATCH, folder, capsys) == 0


PAYLOAD = "open('executed', 'w').close()\n"


@pytest.mark.parametrize(
    "command", [VERIFY, f"{VERIFY} --retrain 9", WATCH, f"estimate {{}} --results {RESULTS}"]
)
def test_a_record_makes_nothing_import_a_module(
    folder: Path, command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "payload.py").write_text(PAYLOAD, "utf-8")
    monkeypatch.syspath_prepend(folder)
    record = json.loads((SAC / "record.json").read_text("utf-8"))
    edit(SAC / "record.json", settings={**record["settings"], "environment": "payload:Pendulum-v1"})
    crate = json.loads(CRATE.read_text("utf-8"))
    (entity,) = [each for each in crate["@graph"] if (RESULTS / each["@id"]) == SAC / "record.json"]
    entity["sha256"] = sha256(SAC / "record.json")
    CRATE.write_text(json.dumps(crate), "utf-8")
    paper = Path(__file__).parents[2] / "config/paper.yaml"
    assert main(command.format(paper).split()) == 2
    said = capsys.readouterr()
    assert "'payload:Pendulum-v1': expected an id without a module" in said.out + said.err
    assert not (folder / "executed").exists()


def test_ones_own_environment_may_name_its_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "imported_by_its_id.py").write_text("", "utf-8")
    sizes = {"environment_steps": 400, "warmup_steps": 200, "evaluation_interval": 20, "hidden_units": 8}
    own = {"environment": "imported_by_its_id:Pendulum-v1", "evaluation_episodes": 1}
    train(SACSettings.model_validate({**own, **sizes}), [0], tmp_path / "run")
    assert "imported_by_its_id" in sys.modules


def test_nothing_is_imported_from_the_current_folder(folder: Path) -> None:
    for name in ("numpy", "gymnasium", "payload", "pydantic"):
        (folder / f"{name}.py").write_text(PAYLOAD, "utf-8")
    command = [sys.executable, "-m", "actor_critic_gap", *VERIFY.split()]
    run = subprocess.run(command, cwd=folder, env=os.environ, capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, "")
    assert not (folder / "executed").exists()
