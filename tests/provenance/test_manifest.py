"""Whether an experiment's files are what they were."""

import json
from pathlib import Path
from typing import Any

import pytest
from tiny import RESULTS

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.provenance.manifest import runs, verify, write_manifest
from actor_critic_gap.runs import checkout

MANIFEST = RESULTS / "manifest.json"
FOUR_ROOM, SAC = RESULTS / "runs/four-room/res-ac", RESULTS / "runs/Pendulum-v1/sac-10-0/seed-0"


@pytest.fixture
def listed(experiment: Path) -> Path:
    write_manifest([RESULTS / "fig1.csv", FOUR_ROOM, SAC], MANIFEST)
    return experiment


def edit(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **changes}), "utf-8")


def test_an_untouched_experiment_is_verified(listed: Path) -> None:
    assert verify(MANIFEST) == (6, [], [])


def test_a_runs_folder_stands_for_what_is_shipped_of_it(listed: Path) -> None:
    assert sorted(json.loads(MANIFEST.read_text("utf-8"))["files"]) == sorted(
        [
            "results/x/fig1.csv",
            *(f"{FOUR_ROOM}/{name}" for name in ("policy.npz", "progress.csv", "record.json")),
            *(f"{SAC}/{name}" for name in ("progress.csv", "record.json")),
        ]
    )
    assert runs(MANIFEST) == [SAC, FOUR_ROOM]


def test_everything_that_is_wrong_is_named(listed: Path) -> None:
    (RESULTS / "fig1.csv").write_text("x")
    (SAC / "progress.csv").unlink()
    (FOUR_ROOM / "record.json").write_bytes(b"\xff")
    problems = verify(MANIFEST).problems
    for expected in ("fig1.csv: changed: sha256", "seed-0/progress.csv: missing", "not UTF-8"):
        assert sum(expected in problem for problem in problems) == 1
    assert len(problems) == 4  # the record is changed, and unreadable


def test_the_locks_that_runs_were_trained_under_are_told(listed: Path) -> None:
    edit(SAC / "record.json", lock=64 * "0")
    write_manifest([RESULTS / "fig1.csv", FOUR_ROOM, SAC], MANIFEST)
    content = json.loads(MANIFEST.read_text("utf-8"))
    assert content["locks"] == {64 * "0": 1, str(checkout.lock_hash()): 1}
    edit(MANIFEST, lock=64 * "1")
    assert verify(MANIFEST).notes == ["requirements.lock: another one than when the manifest was written"]


def test_other_versions_are_told_and_taken(listed: Path) -> None:
    record = json.loads((SAC / "record.json").read_text("utf-8"))
    edit(SAC / "record.json", versions={**record["versions"], "torch": "1.0.0"})
    write_manifest([RESULTS / "fig1.csv", SAC], MANIFEST)
    found = verify(MANIFEST)
    assert found.problems == []
    assert found.notes[0].startswith("1 runs: trained with other versions, torch 1.0.0 (here")


def test_other_code_is_named(listed: Path) -> None:
    edit(SAC / "record.json", source_hash=16 * "0")
    write_manifest([RESULTS / "fig1.csv", SAC], MANIFEST)
    (problem,) = verify(MANIFEST).problems
    assert problem.startswith(f"{SAC}: trained by other code than is here: expected source_hash")


def test_what_a_record_names_counts_though_the_manifest_does_not_name_it(listed: Path) -> None:
    content = json.loads(MANIFEST.read_text("utf-8"))
    files = {name: digest for name, digest in content["files"].items() if "progress" not in name}
    edit(MANIFEST, files=files)
    (SAC / "policy.npz").write_bytes(b"another")
    (FOUR_ROOM / "progress.csv").unlink()
    problems = verify(MANIFEST).problems
    assert any(problem.startswith(f"{SAC}/policy.npz: changed") for problem in problems)
    assert any(problem.startswith(f"{FOUR_ROOM}/progress.csv: missing") for problem in problems)
    (SAC / "policy.npz").unlink()  # not every policy is shipped
    assert len(verify(MANIFEST).problems) == 1


def test_from_another_folder_it_is_one_line(
    listed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidInput, match="none of its 6 files is below"):
        verify(listed / MANIFEST)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "missing: expected the manifest of an experiment"),
        ("{}", "lock: missing key"),
        ("", "not JSON"),
        ('{"files": {}, "lock": null, "locks": {}}', "files = {}"),
        ('{"files": {"a.csv": 1}, "lock": null, "locks": {}}', "files.a.csv = 1"),
        (
            f'{{"files": {{"/etc/passwd": "{64 * "0"}"}}, "lock": null, "locks": {{}}}}',
            "expected a path below",
        ),
        (f'{{"files": {{"a/../../b": "{64 * "0"}"}}, "lock": null, "locks": {{}}}}', "expected a path below"),
    ],
)
def test_no_manifest_is_an_error(experiment: Path, content: str | None, message: str) -> None:
    if content is not None:
        MANIFEST.write_text(content, "utf-8")
    with pytest.raises(InvalidInput, match=message) as caught:
        verify(MANIFEST)
    assert "\n" not in str(caught.value)
