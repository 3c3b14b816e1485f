"""The lock is the one source of versions: the other files and what is installed agree with it."""

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import rattler
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
LINES = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
FOR_DOCS = (ROOT / "docs" / "requirements.txt").read_text("utf-8").splitlines()


def versions(lines: list[str]) -> dict[str, Version]:
    pinned = (line.split("==") for line in lines if not line.startswith("#"))
    return {canonicalize_name(name): Version(version) for name, version in pinned}


LOCK = versions(LINES)


def test_the_lock_is_exact_and_names_no_host() -> None:
    for line in LINES + FOR_DOCS:
        assert line.startswith("# ") or re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.]*", line)
    names = [canonicalize_name(line.split("==")[0]) for line in LINES + FOR_DOCS if "==" in line]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("extra", [None, "workflow", "dev", "docs"])  # sb3 is for use, not for the figures
def test_the_lock_satisfies_the_project(extra: str | None) -> None:
    listed = PROJECT["dependencies"] if extra is None else PROJECT["optional-dependencies"][extra]
    locked = versions(LINES + FOR_DOCS) if extra == "docs" else LOCK
    for requirement in map(Requirement, listed):
        assert locked[canonicalize_name(requirement.name)] in requirement.specifier, requirement


def test_the_lock_is_complete_and_is_what_is_installed() -> None:
    """Every requirement of every locked package is locked; CUDA's come only with the GPU build of torch."""
    environment = {key: str(value) for key, value in default_environment().items()}
    for name, version in LOCK.items():
        installed = metadata.distribution(name)
        assert Version(Version(installed.version).public) == version, name
        if "+" not in installed.version and name == "torch":
            continue
        for requirement in map(Requirement, installed.requires or []):
            if requirement.marker is None or requirement.marker.evaluate({**environment, "extra": ""}):
                assert LOCK[canonicalize_name(requirement.name)] in requirement.specifier, (name, requirement)


def test_the_conda_environment_adds_only_python_to_the_lock() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    *specs, pip = environment["dependencies"]
    assert pip == {"pip": [line for line in LINES if not line.startswith("#")]}  # else: make environment.yml
    parsed = [rattler.MatchSpec(spec, strict=True) for spec in specs]
    names = [spec.name.normalized for spec in parsed if spec.name is not None]
    assert names == ["python", "pip"]
    python = re.fullmatch(r"python=(\d+\.\d+)", specs[0])
    assert python is not None
    assert Version(python[1]) in Requirement(f"python{PROJECT['requires-python']}").specifier
    assert environment["channels"] == ["conda-forge"]
    assert environment["name"] == PROJECT["name"]


def test_the_citation_is_of_this_version() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["version"] == PROJECT["version"]
    assert citation["license"] == PROJECT["license"]
