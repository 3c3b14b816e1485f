"""Whether an experiment's files are what they were."""

import json
from pathlib import Path
from typing import Any

import pytest
from tiny import CRATE, FIGURES, RESULTS, describe_crate

from actor_critic_gap.cli.main import main
from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.provenance.crate import CONTEXT
from actor_critic_gap.provenance.verification import runs, verify

FOUR_ROOM, SAC = RESULTS / "runs/four-room/res-ac", RESULTS / "runs/Pendulum-v1/sac-10-0/seed-0"


@pytest.fixture
def described(experiment: Path) -> Path:
    describe_crate(RESULTS / "fig1.csv", FOUR_ROOM, SAC)
    return experiment


def edit(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **changes}), "utf-8")


def edit_crate(identifier: str = "fig1.csv", **changes: Any) -> None:
    """Other properties of an entity."""
    crate = json.loads(CRATE.read_text("utf-8"))
    (table,) = [entity for entity in crate["@graph"] if entity["@id"] == identifier]
    table.update(changes)
    CRATE.write_text(json.dumps(crate), "utf-8")


def test_an_untouched_experiment_is_verified_from_wherever(
    described: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = 6 + len(("Snakefile", "CITATION.cff"))
    assert verify(CRATE) == (files, [], [])
    monkeypatch.chdir(tmp_path)
    assert verify(described / CRATE) == (files, [], [])


def test_a_crate_names_its_runs(described: Path) -> None:
    assert sorted(runs(CRATE)) == [SAC, FOUR_ROOM]


def test_everything_that_is_wrong_is_named(described: Path) -> None:
    (RESULTS / "fig1.csv").write_text("x")
    (SAC / "progress.csv").unlink()
    (FOUR_ROOM / "record.json").write_bytes(b"\xff")
    problems = verify(CRATE).problems
    for expected in ("fig1.csv: changed: sha256", "seed-0/progress.csv: missing", "not UTF-8"):
        assert sum(expected in problem for problem in problems) == 1
    assert len(problems) == 4  # the record is changed, and unreadable


def test_the_command_names_all_that_is_wrong_with_the_crate_too(
    described: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(CRATE, **{"@context": "https://example.org"})
    (RESULTS / "fig1.csv").unlink()
    assert main(["verify", str(CRATE), "--retrain", "1"]) == 2
    said = capsys.readouterr()
    assert "@context: another one" in said.out
    assert "fig1.csv: missing" in said.out
    assert "2 problems with its" in said.err


def test_other_versions_are_told_and_taken(described: Path) -> None:
    record = json.loads((SAC / "record.json").read_text("utf-8"))
    edit(SAC / "record.json", versions={**record["versions"], "torch": "1.0.0"})
    describe_crate(RESULTS / "fig1.csv", SAC)
    found = verify(CRATE)
    assert found.problems == []
    assert found.notes[0].startswith("1 runs: trained with other versions, torch 1.0.0 (here")
    edit(SAC / "record.json", versions={**record["versions"], "actor-critic-gap": "9.9"})  # the next release
    describe_crate(RESULTS / "fig1.csv", SAC)
    assert not any("other versions" in note for note in verify(CRATE).notes)


def test_other_code_is_named(described: Path) -> None:
    edit(SAC / "record.json", source_hash=16 * "0")
    describe_crate(RESULTS / "fig1.csv", SAC)
    (problem,) = verify(CRATE).problems
    assert problem.startswith(f"{SAC}: trained by other code than is here: expected source_hash")


def test_what_a_record_names_counts_though_the_crate_does_not_name_it(described: Path) -> None:
    crate = json.loads(CRATE.read_text("utf-8"))
    crate["@graph"] = [entity for entity in crate["@graph"] if "progress" not in entity["@id"]]
    CRATE.write_text(json.dumps(crate), "utf-8")
    (SAC / "policy.npz").write_bytes(b"another")
    (FOUR_ROOM / "progress.csv").unlink()
    problems = verify(CRATE).problems
    assert any(problem.startswith(f"{SAC}/policy.npz: changed") for problem in problems)
    assert any(problem.startswith(f"{FOUR_ROOM}/progress.csv: missing") for problem in problems)
    (SAC / "policy.npz").unlink()  # not every policy is shipped
    assert len(verify(CRATE).problems) == 1


@pytest.mark.parametrize(
    "where",
    [
        "/etc/passwd",
        "%2Fetc/passwd",
        "../../../x",
        "../../results/../../x",
        "%2e%2e/%2e%2e/../x",
        "file:///etc/passwd",
        "https://example.org/fig1.csv",
        "https://[",
        "../../x%00",
    ],
)
def test_a_file_outside_the_checkout_is_one_line(described: Path, where: str) -> None:
    edit_crate(**{"@id": where})
    (problem,) = verify(CRATE).problems
    assert problem == f"{CRATE}: {where!r}: expected a relative path that stays in its checkout"
    with pytest.raises(InvalidInput, match="stays in its checkout"):
        runs(CRATE)


@pytest.mark.parametrize("context", [None, [], CONTEXT[0], [*CONTEXT, "https://example.org"], {"a": "b"}])
def test_a_foreign_context_is_one_line(described: Path, context: Any) -> None:
    edit(CRATE, **{"@context": context})
    (problem,) = verify(CRATE).problems
    assert problem.startswith(f"{CRATE}: @context: another one: expected [")


def test_what_the_experiment_made_must_have_a_hash(described: Path) -> None:
    edit_crate(sha256=None)
    assert verify(CRATE).problems == [
        f"{CRATE}: {RESULTS}/fig1.csv: no sha256: expected that of a file that the experiment made"
    ]
    edit_crate(**{"@id": f"../../{FIGURES}/fig1.png"})
    assert len(verify(CRATE).problems) == 1
    edit_crate("../../figures/x/fig1.png", **{"@id": "../../Snakefile"})  # which the commit names
    assert verify(CRATE).problems == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "missing: expected the RO-Crate of an experiment"),
        ("{}", "@context: missing key"),
        ("", "not JSON"),
        ('{"@context": [], "@graph": []}', "@graph = "),
        ('{"@context": [], "@graph": [{"@type": "File"}]}', "@graph[0].@id: missing key"),
        ('{"@context": [], "@graph": [{"@type": "File", "@id": 3}]}', "@id = 3"),
    ],
)
def test_no_crate_is_an_error(experiment: Path, content: str | None, message: str) -> None:
    if content is not None:
        CRATE.write_text(content, "utf-8")
    with pytest.raises(InvalidInput) as caught:
        verify(CRATE)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
