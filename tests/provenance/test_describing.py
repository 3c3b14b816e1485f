"""The RO-Crate of an experiment, read by the library, which knows nothing of it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rocrate.rocrate import ROCrate
from tiny import CRATE, FIGURES, RESULTS, describe_crate

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.files import sha256
from actor_critic_gap.provenance.describing import write_crate
from actor_critic_gap.runs.folder import read_record
from actor_critic_gap.tabular.family import SAMPLED

FOUR_ROOM, SAC = RESULTS / "runs/four-room", RESULTS / "runs/Pendulum-v1/sac-10-0"
PATHS = [
    *(RESULTS / name for name in ("fig1.csv", "fig1.json", "four_room.json")),
    *(FIGURES / f"fig1.{suffix}" for suffix in ("json", "pdf", "png")),
    *(FOUR_ROOM / name for name in ("res-ac", "stack-ac")),
    SAC / "seed-0",
    SAC / "seed-1",
]


@pytest.fixture
def crate(experiment: Path) -> Any:
    describe_crate(*PATHS)
    return ROCrate(RESULTS)


def names(entities: Any) -> set[str]:
    listed = entities if isinstance(entities, list) else [entities]
    return {entity.id for entity in listed}


def test_every_file_is_there_with_its_hash(crate: Any) -> None:
    files = {entity.id: entity for entity in crate.data_entities}
    assert "runs/Pendulum-v1/sac-10-0/seed-0/policy.npz" not in files  # which is not shipped
    assert files["runs/four-room/res-ac/policy.npz"]["encodingFormat"] == "application/x-npz"
    assert len(files) == 6 + 2 * 3 + 2 * 2 + len(("Snakefile", "CITATION.cff"))
    for name, entity in files.items():
        if name not in ("../../Snakefile", "../../CITATION.cff"):
            assert entity["sha256"] == sha256(RESULTS / name)


def test_a_run_is_an_action_with_its_settings_seeds_code_machine_and_time(crate: Any) -> None:
    action = crate.get("#train-four-room/res-ac")
    record = read_record(FOUR_ROOM / "res-ac")
    given = [(value["name"], value["value"]) for value in action["object"]]
    assert ("algorithm", "res-ac") in given
    assert ("actor_lr", record.settings["actor_lr"]) in given
    assert [value for name, value in given if name == "seed"] == [0, 1]
    assert len(given) == len(record.settings) + 2
    assert action["instrument"]["version"] == SAMPLED.source_hash
    required = {
        each["name"]: each["softwareVersion"] for each in action["instrument"]["softwareRequirements"]
    }
    assert required == record.versions
    assert ("cpu", record.machine.cpu) in [(each["name"], each["value"]) for each in action["environment"]]
    assert action["resourceUsage"]["value"] == record.wall_seconds
    folder = "runs/four-room/res-ac"
    assert names(action["result"]) == {
        f"{folder}/{file}" for file in ("progress.csv", "policy.npz", "record.json")
    }


def test_from_the_figure_the_actions_lead_back_to_the_runs(crate: Any) -> None:
    made_by = {
        result.id: action
        for action in crate.root_dataset["mentions"]
        for result in (action["result"] if isinstance(action["result"], list) else [action["result"]])
        if action.id != "#workflow-run"
    }
    figure = made_by["../../figures/x/fig1.pdf"]
    assert names(figure["object"]) == {"fig1.csv", "four_room.json"}
    table = made_by["fig1.csv"]
    assert names(table["object"]) == {f"runs/four-room/{name}/record.json" for name in ("res-ac", "stack-ac")}
    assert {made_by[record].id for record in names(table["object"])} == {
        "#train-four-room/res-ac",
        "#train-four-room/stack-ac",
    }


def test_it_says_what_it_is(crate: Any) -> None:
    root = crate.root_dataset
    assert root["license"].id == "https://spdx.org/licenses/MIT"
    assert root["citation"].id == "https://doi.org/10.48550/arXiv.2106.06932"
    assert crate.mainEntity.id == "../../Snakefile"
    assert crate.get("#workflow-run")["instrument"].id == "../../Snakefile"
    assert "https://w3id.org/ro/wfrun/workflow/0.5" in names(root["conformsTo"])


def test_the_same_experiment_is_the_same_bytes_in_another_process(crate: Any, experiment: Path) -> None:
    before = CRATE.read_bytes()
    command = [sys.executable, "-m", "actor_critic_gap", "crate", *map(str, reversed(PATHS))]
    command += ["--output", str(CRATE)]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": "7"})
    assert CRATE.read_bytes() == before
    assert json.loads(before)["@graph"][0]["@id"] == "./"


def test_what_is_missing_is_named(experiment: Path) -> None:
    with pytest.raises(InvalidInput, match=r"nowhere\.csv: missing: expected a file of the experiment"):
        describe_crate(RESULTS / "nowhere.csv")
    with pytest.raises(InvalidInput, match="expected a relative path that stays in its checkout"):
        describe_crate(Path("../outside.csv"))
    with pytest.raises(InvalidInput, match=r"nothing: missing: expected a CITATION\.cff"):
        write_crate([], Path("Snakefile"), [], [], Path("nothing"), CRATE)
    Path("other.cff").write_text("title: x\n", "utf-8")
    with pytest.raises(InvalidInput, match=r"other\.cff: license: missing key"):
        write_crate([], Path("Snakefile"), [], [], Path("other.cff"), CRATE)
