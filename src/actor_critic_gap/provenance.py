"""Where a result comes from: hashes of sources and files, versions, commit and machine."""

from __future__ import annotations

import ast
import hashlib
import json
import platform
import subprocess
from collections.abc import Collection, Iterator
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml

from actor_critic_gap.errors import InvalidInput

PACKAGE = Path(__file__).parent

RECORDING = {"provenance", "runs", "passports"}
"""Modules that say where results come from and change none of them."""


def sha256(path: Path) -> str:
    """Hexadecimal sha256 of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def source_hash(*modules: str) -> str:
    """A hash of what the code of these modules does, and of all modules of the package that they import.

    Comments, docstrings, formatting and imports for annotations only (`if TYPE_CHECKING:`) do not count, nor
    do imports of modules that only record. `modules` are names within the package, such as "tabular" or
    "figures.fig1".
    """
    digest = hashlib.sha256()
    for module in sorted(_imported(modules)):
        digest.update(f"{module}\n{ast.unparse(_parse(module))}\n".encode())
    return digest.hexdigest()[:16]


@cache
def training_hash(algorithm: str) -> str:
    """The hash of the code that trains an algorithm: SAC's, robustness, or else one of FourRoom's."""
    if algorithm == "robustness":
        return source_hash("robustness")
    return source_hash("sac.training" if algorithm.endswith("sac") else "tabular", "files")


def _imported(modules: tuple[str, ...]) -> set[str]:
    found: set[str] = set()
    todo = list(modules)
    while todo:
        module = todo.pop()
        if module not in found:
            found.add(module)
            todo += [name for name in _imports(_parse(module)) if name not in RECORDING]
    return found


def _path(module: str) -> Path:
    return PACKAGE.joinpath(*module.split(".")).with_suffix(".py")


def _parse(module: str) -> ast.Module:
    path = _path(module)
    return _parse_file(path, path.stat().st_mtime_ns)


@cache
def _parse_file(path: Path, changed: int) -> ast.Module:
    """The module's code without what has no effect; read anew once the file has `changed`."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
            node.body = [part for part in node.body if not _without_effect(part)] or [ast.Pass()]
    return tree


def _without_effect(node: ast.stmt) -> bool:
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE.name):
            parent = (node.module or "").removeprefix(PACKAGE.name).lstrip(".")
            names = [f"{parent}.{alias.name}".lstrip(".") for alias in node.names]
            yield from (name for name in [parent, *names] if name and _path(name).is_file())


def claims_digest(path: Path, figures: Collection[str]) -> str:
    """A hash of what the claims on these figures say in a YAML file, however they are written there.

    Raises:
        InvalidInput: the file is missing or holds no list of claims.

    """
    try:
        claims = yaml.safe_load(path.read_text())
        found = [claim for claim in claims if claim["figure"] in figures]
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError) as error:
        raise InvalidInput(f"{path}: {' '.join(str(error).split())}: expected a list of claims") from None
    return hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()[:16]


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that decide results."""
    packages = (
        "actor-critic-gap",
        "numpy",
        "numba",
        "scipy",
        "torch",
        "gymnasium",
        "mujoco",
        "pandas",
        "pydantic",
    )
    return {
        "python": platform.python_version(),
        **{package: metadata.version(package) for package in packages},
    }


def lock_hash() -> str | None:
    """The sha256 of the checkout's requirements.lock; None outside a checkout."""
    lock = PACKAGE.parent.parent / "requirements.lock"
    return sha256(lock) if lock.is_file() else None


def machine() -> dict[str, str | None]:
    """The machine: host name, platform and CPU."""
    cpu = platform.processor() or None
    info = Path("/proc/cpuinfo")
    if info.is_file():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        cpu = names[0].partition(":")[2].strip() if names else cpu
    return {"host": platform.node(), "platform": platform.platform(), "cpu": cpu}


def git_state() -> dict[str, Any]:
    """Commit of the checkout that the package is run from, and whether tracked files differ from it.

    None outside a checkout.
    """

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(PACKAGE), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    try:
        return {
            "commit": git("rev-parse", "HEAD"),
            "dirty": bool(git("status", "--porcelain", "--untracked-files=no")),
        }
    except (OSError, subprocess.CalledProcessError):
        return {"commit": None, "dirty": None}
