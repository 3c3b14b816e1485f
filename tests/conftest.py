"""The whole workflow with a small config, made once for all processes that run tests."""

import shutil
from pathlib import Path

import pytest
from filelock import FileLock
from workflows import snakemake, workspace

LONGEST = ("test_workflow.py", "test_clones.py", "test_adding_a_figure.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with the longest, of which a process that has nothing left to do takes over some."""
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """The whole workflow, undisturbed on one core; not to be changed."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if hasattr(request.config, "workerinput") else base
    folder, done = shared / "finished", shared / "finished.done"
    with FileLock(shared / "finished.lock"):
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            run = snakemake(workspace(folder), "--cores", "1")
            assert run.returncode == 0, run.stdout + run.stderr
            done.touch()
    return folder


@pytest.fixture
def copy(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "copy"))
