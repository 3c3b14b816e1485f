"""The manifest of a finished experiment: the hash of every file that it consists of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import Field

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.experiment.families import read_settings, recorded_settings
from actor_critic_gap.files import json_bytes, mismatch, read_model, sha256, write_atomically
from actor_critic_gap.provenance.lineage import inside
from actor_critic_gap.runs.checkout import lock_hash, versions
from actor_critic_gap.runs.equivalences import Equivalences
from actor_critic_gap.runs.family import Family
from actor_critic_gap.runs.folder import RECORD, Record, read_record
from actor_critic_gap.validation import Hash, Strict


class Manifest(Strict):
    """What an experiment consists of.

    `lock` is that of the checkout that wrote the manifest, with which tables and figures were made last;
    `locks` are those that runs were trained under, with the number of runs; `files` are hashes by path.
    """

    lock: Hash | None
    locks: dict[str, int]
    files: Annotated[dict[str, Hash], Field(min_length=1)]


class Verified(NamedTuple):
    """What came out of holding an experiment against its manifest."""

    n_files: int
    problems: list[str]
    notes: list[str]
    """what is as it should be and worth knowing: other versions, proofs of equivalence"""


def write_manifest(paths: Iterable[Path], output: Path) -> None:
    """Write the manifest of files; a run's folder stands for its shipped files.

    Those are its record and the files that it names, but policies of families that do not ship every one.
    """
    files, locks = set[Path](), Counter[str]()
    for path in paths:
        if not path.is_dir():
            files.add(path)
            continue
        record = read_record(path)
        family, _ = read_settings(record.settings, str(path / RECORD))
        locks[str(record.lock)] += 1
        files |= {path / inside(name) for name in record.sha256 if family.ships(name)}
        files.add(path / RECORD)
    hashes = {path.as_posix(): sha256(path) for path in sorted(files)}
    manifest = Manifest(lock=lock_hash(), locks=dict(sorted(locks.items())), files=hashes)
    write_atomically(output, json_bytes(manifest.model_dump()))


def _read_manifest(path: Path) -> Manifest:
    return read_model(path, Manifest, "the manifest of an experiment")


def runs(path: Path) -> list[Path]:
    """The folders of the runs that a manifest names; raises InvalidInput where it is none."""
    return [inside(name).parent for name in _read_manifest(path).files if Path(name).name == RECORD]


def verify(path: Path) -> Verified:
    """Hold the files that a manifest names against it, and its runs against their records and the code.

    Paths are looked up from the current folder. Nothing of the runs is carried out or imported.

    Raises:
        InvalidInput: there is no manifest at `path`.

    """
    manifest = _read_manifest(path)
    files = {inside(name): digest for name, digest in manifest.files.items()}
    if not any(file.is_file() for file in files):
        raise InvalidInput(
            f"{path}: none of its {len(files)} files is below {Path.cwd()}: expected its checkout"
        )
    problems = [problem for file, digest in files.items() for problem in mismatch(file, digest)]
    notes: Counter[str] = Counter()
    proofs = Equivalences.of(path.parent)
    for folder in [file.parent for file in files if file.name == RECORD and file.is_file()]:
        try:
            record = read_record(folder)
            family, _ = recorded_settings(record, folder)
            problems += _other_than_recorded(folder, record, family, files)
        except InvalidInput as error:
            problems.append(str(error))
            continue
        chain = proofs.chain(family, record)
        if chain is None:
            expected = f"expected source_hash {family.source_hash}"
            problems.append(f"{folder}: trained by other code than is here: {expected}")
        elif chain:
            steps = " = ".join([record.source_hash, *(proof.to for proof in chain)])
            notes[f"current by proof of equivalence, {family.name} {steps}"] += 1
        if other := _other_versions(record):
            notes[f"trained with other versions, {other}"] += 1
    lines = [f"{n} runs: {words}" for words, n in notes.items()]
    if manifest.lock != lock_hash():
        lines.append("requirements.lock: another one than when the manifest was written")
    return Verified(len(files), problems, lines)


def _other_than_recorded(
    folder: Path, record: Record, family: Family[Any], files: Collection[Path]
) -> Iterator[str]:
    """Files that the record names and the manifest does not, which differ or should be there."""
    for name, digest in record.sha256.items():
        file = folder / inside(name)
        if file not in files and (file.is_file() or family.ships(name)):
            yield from (f"{problem}, which {RECORD} says" for problem in mismatch(file, digest))


def _other_versions(record: Record) -> str:
    here = versions()
    return ", ".join(
        f"{name} {version} (here {here[name]})"
        for name, version in record.versions.items()
        if name in here and here[name].partition("+")[0] != version.partition("+")[0]
    )
