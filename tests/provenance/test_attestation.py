"""Code is proved equivalent by runs that it gives again, to the byte, or not at all."""

import json
from pathlib import Path

import pytest
from tiny import RESULTS, change, tiny_sac

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.experiment.families import FAMILIES
from actor_critic_gap.provenance import attestation
from actor_critic_gap.provenance.attestation import attest, drawn
from actor_critic_gap.runs.equivalences import NAME, Equivalences
from actor_critic_gap.runs.folder import read_record

SAC = [RESULTS / f"runs/Pendulum-v1/sac-10-0/seed-{seed}" for seed in range(4)]
OTHER = RESULTS / "runs/Pendulum-v1/sac-1-0/seed-0"
OLD = 16 * "0"


@pytest.fixture
def older(experiment: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Five runs, of two arms, whose records name other code than there is; the code is as committed."""
    monkeypatch.setattr(attestation, "changed_files", list)
    tiny_sac(OTHER, 0, critic_updates=1)
    for folder in [*SAC, OTHER]:
        record = json.loads((folder / "record.json").read_text("utf-8"))
        (folder / "record.json").write_text(json.dumps({**record, "source_hash": OLD}), "utf-8")
    return experiment


def chain(folder: Path) -> list[str] | None:
    record = read_record(folder)
    found = Equivalences.of(RESULTS).chain(FAMILIES[2], record)
    return None if found is None else [proof.to for proof in found]


def test_at_least_one_run_of_every_arm_is_drawn(older: Path) -> None:
    runs = [(folder, read_record(folder)) for folder in [*SAC, OTHER]]
    for n, expected in ((1, 2), (3, 3), (9, 5)):
        chosen, arms = drawn(runs, n, seed=1)
        assert len(chosen) == expected
        assert len(arms) == 2
        assert OTHER in [folder for folder, _ in chosen]
    assert drawn(runs, 3, seed=1) == drawn(runs, 3, seed=1)


def test_runs_of_proved_code_are_current(older: Path) -> None:
    assert chain(SAC[0]) is None
    lines = list(attest(RESULTS, [*SAC, OTHER], 1, 0, Path("nowhere.yaml")))
    assert lines[0].endswith("2 of 5 runs, 2 arms, draw 0")
    assert chain(SAC[0]) == chain(OTHER) == [FAMILIES[2].source_hash]
    (proof,) = Equivalences.of(RESULTS).equivalences
    assert (proof.family, proof.from_, proof.of, len(proof.runs)) == ("sac", OLD, 5, 2)
    assert list(attest(RESULTS, [*SAC, OTHER], 1, 0, Path("nowhere.yaml"))) == [
        "every run is of today's code"
    ]


def test_a_proof_is_of_its_arms_only(older: Path) -> None:
    list(attest(RESULTS, SAC, 1, 0, Path("nowhere.yaml")))
    assert chain(SAC[0]) is not None
    assert chain(OTHER) is None


def test_an_edit_that_changes_a_byte_is_refused_with_the_runs_name(older: Path) -> None:
    change(OTHER, "evaluation_return", 1 + 1e-9)
    with pytest.raises(InvalidInput, match=r"sac-1-0/seed-0/progress\.csv: other bytes by today's code"):
        list(attest(RESULTS, [*SAC, OTHER], 1, 0, Path("nowhere.yaml")))
    assert not (RESULTS / NAME).exists()
    assert chain(SAC[0]) is None


def test_a_proof_whose_runs_have_changed_since_is_not_followed(older: Path) -> None:
    list(attest(RESULTS, [*SAC, OTHER], 9, 0, Path("nowhere.yaml")))
    assert chain(SAC[0]) is not None
    change(SAC[2], "evaluation_return", 2)
    assert chain(SAC[0]) is None


def test_proofs_are_followed_one_after_another(older: Path) -> None:
    list(attest(RESULTS, [*SAC, OTHER], 1, 0, Path("nowhere.yaml")))
    proofs = Equivalences.of(RESULTS)
    middle = 16 * "1"
    first = proofs.equivalences[0].model_copy(update={"to": middle})
    second = proofs.equivalences[0].model_copy(update={"from_": middle})
    circle = first.model_copy(update={"from_": middle, "to": OLD})
    Equivalences(equivalences=[circle, first, second]).write(RESULTS)
    assert chain(SAC[0]) == [middle, second.to]
    Equivalences(equivalences=[circle, first]).write(RESULTS)
    assert chain(SAC[0]) is None


def test_code_that_no_commit_names_proves_nothing(older: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attestation, "changed_files", lambda: ["src/x.py"])
    with pytest.raises(InvalidInput, match=r"src/x\.py: not as committed"):
        list(attest(RESULTS, SAC, 1, 0, Path("nowhere.yaml")))


@pytest.mark.parametrize(
    "content", ["[]", "{", '{"equivalences": [{}]}', '{"equivalences": 3}', '{"equivalences": [], "x": 1}']
)
def test_a_broken_file_of_proofs_is_one_line(older: Path, content: str) -> None:
    (RESULTS / NAME).write_text(content, "utf-8")
    with pytest.raises(InvalidInput, match=r"equivalences\.json: ") as caught:
        chain(SAC[0])
    assert "\n" not in str(caught.value)
