"""What a record says about the checkout, in repositories made for it."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.runs import checkout
from actor_critic_gap.runs.checkout import GitState


def git(root: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=x", "-c", "user.email=x@x")
    subprocess.run(["git", "-C", str(root), *identity, *arguments], check=True, capture_output=True)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with one commit, in which the package is taken to lie."""
    root = tmp_path / "checkout"
    for name in ("src/code.py", "config/paper.yaml", "docs/notes.md", "results/paper/runs/a/record.json"):
        (root / name).parent.mkdir(parents=True)
        (root / name).write_text("1\n", "utf-8")
    (root / "requirements.lock").write_text("numpy==2.0\n", "utf-8")
    git(tmp_path, "init", "--quiet", str(root))
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "first")
    monkeypatch.setattr(checkout, "ROOT", root)
    return root


def test_a_clean_checkout_is_its_commit(root: Path) -> None:
    head = subprocess.run(["git", "-C", str(root), "rev-parse", "HEAD"], capture_output=True, text=True)
    assert checkout.git_state() == GitState(commit=head.stdout.strip(), dirty=False)
    assert checkout.lock_hash() == hashlib.sha256(b"numpy==2.0\n").hexdigest()


def test_only_what_decides_a_run_makes_it_dirty(root: Path) -> None:
    (root / "docs" / "notes.md").write_text("2\n", "utf-8")
    assert checkout.git_state().dirty is False
    (root / "src" / "code.py").write_text("2\n", "utf-8")
    (root / "config" / "mine.yaml").write_text("new\n", "utf-8")
    assert checkout.git_state().dirty is True
    assert checkout.changed_files() == ["src/code.py", "config/mine.yaml"]


def test_a_file_that_git_is_told_to_ignore_in_its_status_counts_all_the_same(root: Path) -> None:
    git(root, "config", "status.showUntrackedFiles", "no")
    (root / "src" / "new.py").write_text("2\n", "utf-8")
    assert checkout.changed_files() == ["src/new.py"]


def test_a_checkout_that_git_does_not_read_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As another user's is, where nothing could be said of what is trained."""
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    for look in (checkout.git_state, checkout.changed_files, lambda: checkout.is_tracked(root)):
        with pytest.raises(InvalidInput, match=r"dubious ownership.*: expected git to read the checkout"):
            look()
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InvalidInput, match="No such file or directory: 'git': expected git to read"):
        checkout.git_state()


def test_a_folder_is_tracked_where_it_has_a_file_that_is(root: Path) -> None:
    assert checkout.is_tracked(root / "results" / "paper" / "runs" / "a")
    assert checkout.is_tracked(root / "results" / "paper")
    assert not checkout.is_tracked(root / "results" / "mine")
    assert not checkout.is_tracked(root.parent / "elsewhere")


def test_a_repository_around_an_installed_package_is_not_the_checkout(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkout, "ROOT", root / "src")
    assert checkout.git_state() == GitState(commit=None, dirty=None)
    assert checkout.lock_hash() is None


@pytest.mark.parametrize("place", [".venv/lib/python3.11/site-packages", "vendor"])
def test_a_package_installed_inside_another_repository_has_no_commit(root: Path, place: str) -> None:
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(checkout.PACKAGE, root / place / checkout.PACKAGE.name, ignore=ignored)
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "with the package")
    code = (
        "from actor_critic_gap.runs.checkout import PACKAGE, git_state, lock_hash\n"
        "print(PACKAGE.parent, git_state().commit, git_state().dirty, lock_hash())"
    )
    run = subprocess.run(
        [sys.executable, "-P", "-c", code],
        env={**os.environ, "PYTHONPATH": str(root / place)},
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split() == [str(root / place), "None", "None", "None"]


def test_outside_a_repository_nothing_is_known_or_tracked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkout, "ROOT", tmp_path)
    assert checkout.git_state() == GitState(commit=None, dirty=None)
    assert not checkout.is_tracked(tmp_path / "results")


def test_versions_are_those_installed() -> None:
    import numpy as np

    versions = checkout.versions()
    assert list(versions) == ["python", *checkout.PACKAGES]
    assert versions["numpy"] == np.__version__
