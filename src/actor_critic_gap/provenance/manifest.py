"""The manifest of a finished experiment: the hash of every file that it consists of."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.experiment.config import SACSettings, family
from actor_critic_gap.provenance.lineage import read
from actor_critic_gap.runs.checkout import lock_hash, sha256, training_hash
from actor_critic_gap.runs.folder import POLICY, RECORD


def manifest(files: Iterable[Path]) -> dict[str, Any]:
    """The lock's hash, and each file's sha256 by its path; a run's folder stands for its shipped files."""
    return {"lock": lock_hash(), "files": {path.as_posix(): sha256(path) for path in sorted(_files(files))}}


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    """The paths, and for a run's folder its record and the files that it names, but no policy of SAC."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        record = read(path / RECORD, {"sha256", "settings"})
        of_sac = family(record["settings"].get("algorithm")) is SACSettings
        yield path / RECORD
        yield from (path / name for name in record["sha256"] if not (of_sac and name == POLICY))


def verify(path: Path) -> tuple[int, list[str]]:
    """How many files a manifest names, and which are missing or have other bytes.

    The checkout's lock is held against it too, and the checkout's training code against that of the runs. A
    run's files that the manifest does not name, policies of SAC, are held against the run's record where they
    are there. Paths are looked up from the current folder.

    Raises:
        InvalidInput: there is no manifest at `path`.

    """
    content = read(path, {"lock", "files"})
    files = content["files"]
    if not isinstance(files, dict) or not files or not all(isinstance(v, str) for v in files.values()):
        raise InvalidInput(f"{path}: files: expected a sha256 for each of some files")
    problems = []
    if content["lock"] != lock_hash():
        problems.append("requirements.lock: another one than the results were made with")
    for name, digest in files.items():
        if not Path(name).is_file():
            problems.append(f"{name}: missing")
        elif sha256(Path(name)) != digest:
            problems.append(f"{name}: changed: sha256 is not {digest[:16]}…")
    problems += list(_other_than_recorded(runs(path), files))
    problems += [
        f"{folder}: trained by other code than is here: expected source_hash {expected}"
        for folder, expected in _trained_by_other_code(runs(path))
    ]
    return len(files), problems


def runs(path: Path) -> list[Path]:
    """The folders of the runs that a manifest names."""
    return [Path(name).parent for name in read(path, {"files"})["files"] if Path(name).name == RECORD]


def _other_than_recorded(folders: Iterable[Path], named: Collection[str]) -> Iterator[str]:
    for folder in folders:
        if (folder / RECORD).is_file():
            for name, digest in read(folder / RECORD, {"sha256"})["sha256"].items():
                path = folder / name
                if path.as_posix() not in named and path.is_file() and sha256(path) != digest:
                    yield f"{path}: changed: sha256 is not {digest[:16]}…, which {RECORD} says"


def _trained_by_other_code(folders: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    for folder in folders:
        if (folder / RECORD).is_file():
            record = read(folder / RECORD, {"settings", "source_hash"})
            expected = training_hash(record["settings"].get("algorithm"))
            if record["source_hash"] != expected:
                yield folder, expected
