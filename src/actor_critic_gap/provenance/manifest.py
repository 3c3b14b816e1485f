"""The manifest of a finished experiment: the hash of every file that it consists of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.experiment.families import read_settings
from actor_critic_gap.files import json_bytes, read_model, sha256, write_atomically
from actor_critic_gap.runs.equivalences import Equivalences, Hash
from actor_critic_gap.provenance.lineage import inside
from actor_critic_gap.runs.checkout import lock_hash, versions
from actor_critic_gap.runs.family import Family
from actor_critic_gap.runs.folder import POLICY, RECORD, Record, read_record


class Manifest(BaseModel):
    """What an experiment consists of.

    `lock` is that of the checkout that wrote the manifest, with which tables and figures were made last;
    `locks` are those that runs were trained under, with the number of runs; `files` are hashes by path.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

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
    """Write the manifest of files; a run's folder stands for its shipped files."""
    named = list(paths)
    files = {path.as_posix(): sha256(path) for path in sorted(_files(named))}
    locks = Counter(str(read_record(path).lock) for path in named if path.is_dir())
    manifest = Manifest(lock=lock_hash(), locks=dict(sorted(locks.items())), files=files)
    write_atomically(output, json_bytes(manifest.model_dump()))


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    """The paths, and for a run's folder its record and the files that it names, but policies not shipped."""
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        record = read_record(path)
        family, _ = read_settings(record.settings, str(path / RECORD))
        yield path / RECORD
        shipped = (name for name in record.sha256 if name != POLICY or family.every_policy_is_shipped)
        yield from (path / inside(name) for name in shipped)


def read_manifest(path: Path) -> Manifest:
    """A manifest; raises InvalidInput where it is missing or something else."""
    return read_model(path, Manifest, "the manifest of an experiment")


def runs(path: Path) -> list[Path]:
    """The folders of the runs that a manifest names."""
    return [inside(name).parent for name in read_manifest(path).files if Path(name).name == RECORD]


def verify(path: Path) -> Verified:
    """Hold the files that a manifest names against it, and its runs against their records and the code.

    Paths are looked up from the current folder. Nothing of the runs is carried out or imported.

    Raises:
        InvalidInput: there is no manifest at `path`.

    """
    manifest = read_manifest(path)
    names = {name: inside(name) for name in manifest.files}
    absent = [name for name, file in names.items() if not file.is_file()]
    if len(absent) == len(names):
        raise InvalidInput(
            f"{path}: none of its {len(names)} files is below {Path.cwd()}: expected its checkout"
        )
    problems = [f"{name}: missing" for name in absent]
    problems += [
        f"{name}: changed: sha256 is not {manifest.files[name][:16]}…"
        for name, file in names.items()
        if file.is_file() and sha256(file) != manifest.files[name]
    ]
    notes: Counter[str] = Counter()
    proofs = Equivalences.of(path.parent)
    for folder in runs(path):
        if (folder / RECORD).is_file():
            try:
                record = read_record(folder)
                family, _ = read_settings(record.settings, str(folder / RECORD))
                problems += _other_than_recorded(folder, record, family, manifest.files)
                chain = proofs.chain(path.parent, family.name, record, family.source_hash)
            except InvalidInput as error:
                problems.append(str(error))
                continue
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
    return Verified(len(names), problems, lines)


def _other_than_recorded(
    folder: Path, record: Record, family: Family[Any], files: Collection[str]
) -> Iterator[str]:
    """Files that the record names and the manifest does not, which differ or should be there."""
    for name, digest in record.sha256.items():
        file = folder / inside(name)
        named = file.as_posix() in files
        if not named and not file.is_file() and (name != POLICY or family.every_policy_is_shipped):
            yield f"{file}: missing, which {RECORD} names"
        if not named and file.is_file() and sha256(file) != digest:
            yield f"{file}: changed: sha256 is not {digest[:16]}…, which {RECORD} says"


def _other_versions(record: Record) -> str:
    here = versions()
    return ", ".join(
        f"{name} {version} (here {here.get(name, 'none')})"
        for name, version in record.versions.items()
        if here.get(name, "").partition("+")[0] != version.partition("+")[0]
    )
