import hashlib
import shutil
from pathlib import Path

import pytest

from actor_critic_gap.runs import checkout as provenance


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copy = tmp_path / provenance.PACKAGE.name
    shutil.copytree(provenance.PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(provenance, "PACKAGE", copy)
    return copy


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_comments_docstrings_and_formatting_do_not_change_the_hash(package: Path) -> None:
    before = provenance.source_hash("tabular")
    edit(package / "kernels.py", '"""One descent step', '"""A single descent step')
    edit(package / "kernels.py", "state.steps[0] += 1", "state.steps[0] += (\n        1\n    )  # step")
    edit(package / "settings.py", "gt=0", "gt=1")  # imported for annotations only
    assert provenance.source_hash("tabular") == before


def test_code_changes_the_hash_of_all_that_imports_it(package: Path) -> None:
    stages = ("tabular", "aggregation", "figures.fig1", "figures.fig2")
    before = [provenance.source_hash(stage) for stage in stages]
    edit(
        package / "kernels.py",
        "ADAM_BETA2, ADAM_EPSILON = 0.9, 0.999",
        "ADAM_BETA2, ADAM_EPSILON = 0.9, 0.99",
    )
    changed = [provenance.source_hash(stage) for stage in stages]
    assert [a != b for a, b in zip(before, changed, strict=True)] == [True, False, False, False]
    edit(package / "figures" / "style.py", "#D55E00", "#D55E01")
    edit(package / "four_room.py", "P[:, :, self.goal].copy()", "2 * P[:, :, self.goal]")
    final = [provenance.source_hash(stage) for stage in stages]
    assert [a != b for a, b in zip(changed, final, strict=True)] == [True, False, True, True]


def test_how_a_run_is_recorded_is_no_part_of_the_code_that_trains_it(package: Path) -> None:
    stages = ("sac.training", "tabular")
    before = [provenance.source_hash(stage, "files") for stage in stages]
    edit(package / "provenance.py", '"mujoco",', '"mujoco", "seaborn",')
    edit(package / "runs.py", '"lock": lock_hash(),', "")
    assert [provenance.source_hash(stage, "files") for stage in stages] == before
    edit(package / "files.py", "%.12g", "%.11g")
    after = [provenance.source_hash(stage, "files") for stage in stages]
    assert [a != b for a, b in zip(before, after, strict=True)] == [True, True]


def test_sha256_is_that_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"res-critic")
    assert provenance.sha256(path) == hashlib.sha256(b"res-critic").hexdigest()


def test_the_lock_is_the_checkouts() -> None:
    lock = Path(__file__).parent.parent / "requirements.lock"
    assert provenance.lock_hash() == hashlib.sha256(lock.read_bytes()).hexdigest()


def test_git_state_outside_a_checkout_is_unknown(package: Path) -> None:
    assert provenance.git_state() == {"commit": None, "dirty": None}
    assert provenance.lock_hash() is None
