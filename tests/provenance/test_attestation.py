"""Code is proved equivalent by runs that it gives again, to the byte, or not at all."""

import io
import json
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from tiny import RESULTS, ROOT, change, tiny_sac

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.experiment.families import FAMILIES
from actor_critic_gap.provenance import attestation
from actor_critic_gap.provenance.attestation import attest, drawn
from actor_critic_gap.runs.equivalences import NAME, Equivalences
from actor_critic_gap.runs.folder import read_record

SAC = [RESULTS / f"runs/Pendulum-v1/sac-10-0/seed-{seed}" for seed in range(4)]
OTHER = RESULTS / "runs/Pendulum-v1/sac-1-0/seed-0"
OLD = 16 * "0"
LOSS = "0.5 * (predictions - targets).square().mean(dim=1).sum()"


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


@pytest.fixture
def elsewhere(older: Path) -> Path:
    """A run of another type of machine: no code makes its bytes here."""
    folder = RESULTS / "runs/Pendulum-v1/sac-10-0+backend=torch/seed-0"
    tiny_sac(folder, 0, backend="torch", environment_steps=1000)
    change(folder, "evaluation_return", 1 + 1e-9)
    return folder


def trained_by(loss: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a run be of code with this in place of the critic's loss, in a commit that its record names."""
    code = Path("code")
    shutil.copytree(ROOT / "src", code / "src", ignore=shutil.ignore_patterns("__pycache__"))
    losses = code / "src/actor_critic_gap/sac/losses.py"
    text = losses.read_text("utf-8")
    assert LOSS in text
    losses.write_text(text.replace(LOSS, loss), "utf-8")
    asked = "from actor_critic_gap.experiment.families import FAMILIES; print(FAMILIES[2].source_hash)"
    answer = subprocess.run(
        [sys.executable, "-c", asked],
        env={"PYTHONPATH": "code/src"},
        capture_output=True,
        text=True,
        check=True,
    )
    change(
        folder, "evaluation_return", 1, source_hash=answer.stdout.strip(), git={"commit": "c", "dirty": False}
    )
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        tar.add(code / "src", "src")
    monkeypatch.setattr(attestation, "committed", lambda *_: packed.getvalue())


def test_on_another_type_of_machine_both_codes_are_trained(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained_by("(predictions - targets).square().mean(dim=1).sum() * 0.5", elsewhere, monkeypatch)
    assert chain(elsewhere) is None
    with pytest.raises(InvalidInput, match="other bytes by today's code"):
        list(attest(RESULTS, [elsewhere], 1, 0, Path("nowhere.yaml")))
    list(attest(RESULTS, [elsewhere], 1, 0, Path("nowhere.yaml"), beside=True))
    assert chain(elsewhere) == [FAMILIES[2].source_hash]
    (proof,) = Equivalences.of(RESULTS).equivalences
    assert proof.bounds.startswith("all 1 drawn are the same by both codes, SAC until it has a row of each")


def test_codes_that_differ_here_are_refused(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained_by(LOSS.replace("0.5", "0.500001"), elsewhere, monkeypatch)
    with pytest.raises(InvalidInput, match=r"seed-0/progress\.csv: other bytes by today's code"):
        list(attest(RESULTS, [elsewhere], 1, 0, Path("nowhere.yaml"), beside=True))
    assert not (RESULTS / NAME).exists()


def test_a_commit_with_other_code_than_the_record_names_proves_nothing(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained_by(LOSS, elsewhere, monkeypatch)
    change(elsewhere, "evaluation_return", 1, source_hash=OLD)
    with pytest.raises(InvalidInput, match=f"not trained by {OLD}: .*expected that of this code"):
        list(attest(RESULTS, [elsewhere], 1, 0, Path("nowhere.yaml"), beside=True))


@pytest.mark.parametrize("git", [{"commit": None, "dirty": None}, {"commit": "c", "dirty": True}])
def test_code_that_no_record_names_is_not_trained(older: Path, git: dict[str, object]) -> None:
    change(SAC[0], "evaluation_return", 1, git=git)
    with pytest.raises(InvalidInput, match=f"{OLD}: no record names its commit"):
        list(attest(RESULTS, [SAC[0]], 1, 0, Path("nowhere.yaml"), beside=True))
