"""Whether a finished experiment is what its crate says: every file, and the code of every run."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.experiment.families import recorded_settings
from actor_critic_gap.files import mismatch
from actor_critic_gap.provenance.crate import CONTEXT, Crate, read_crate, top, within
from actor_critic_gap.provenance.lineage import inside
from actor_critic_gap.runs.checkout import decisive, versions
from actor_critic_gap.runs.equivalences import Equivalences, results_of
from actor_critic_gap.runs.family import Family
from actor_critic_gap.runs.folder import RECORD, Record, read_record


class Verified(NamedTuple):
    """What came out of holding an experiment against its crate."""

    n_files: int
    problems: list[str]
    notes: list[str]
    """what is as it should be and worth knowing: other versions, proofs of equivalence"""


def runs(path: Path) -> list[Path]:
    """The folders of the runs that a crate names; raises InvalidInput where it is none."""
    files, problems = _files(path, read_crate(path))
    if problems:
        raise InvalidInput(problems[0])
    return [file.parent for file in files if file.name == RECORD]


def verify(path: Path) -> Verified:
    """Hold the files that a crate names against it, and its runs against their records and the code.

    Paths are looked up from the crate's own folder, and do not leave the checkout that it lies in. Nothing of
    the runs is carried out or imported.

    Raises:
        InvalidInput: there is no crate at `path`.

    """
    crate = read_crate(path)
    files, problems = _files(path, crate)
    problems += [problem for file, digest in files.items() for problem in _differs(path, file, digest)]
    notes: Counter[str] = Counter()
    proofs = cache(Equivalences.of)
    for folder in [file.parent for file in files if file.name == RECORD and file.is_file()]:
        try:
            record = read_record(folder)
            family, _ = recorded_settings(record, folder)
            problems += _other_than_recorded(folder, record, family, files)
        except InvalidInput as error:
            problems.append(str(error))
            continue
        chain = proofs(results_of(folder)).chain(family, record)
        if chain is None:
            expected = f"expected source_hash {family.source_hash}"
            problems.append(f"{folder}: trained by other code than is here: {expected}")
        elif chain:
            steps = " = ".join([record.source_hash, *(proof.to for proof in chain)])
            notes[f"current by proof of equivalence, {family.name} {steps}"] += 1
        if other := _other_versions(record):
            notes[f"trained with other versions, {other}"] += 1
    return Verified(len(files), problems, [f"{n} runs: {words}" for words, n in notes.items()])


def _files(path: Path, crate: Crate) -> tuple[dict[Path, str | None], list[str]]:
    """The files that a crate names with their hashes, and what is wrong with how it does, in lines."""
    problems = []
    if crate.context != CONTEXT:
        problems.append(f"{path}: @context: another one: expected {json.dumps(CONTEXT)}")
    files = dict[Path, str | None]()
    for entity in crate.files():
        try:
            files[within(path, entity.id)] = entity.sha256
        except InvalidInput as error:
            problems.append(str(error))
    if not files and not problems:
        problems.append(f"{path}: names no files: expected those of an experiment")
    return files, problems


def _differs(path: Path, file: Path, digest: str | None) -> list[str]:
    """What is wrong with a file that a crate names; what an experiment made must have a hash."""
    if digest is not None:
        return mismatch(file, digest)
    if not file.is_file():
        return [f"{file}: missing"]
    outputs = top(path) / "results", top(path) / "figures"
    made = any(file.absolute().is_relative_to(folder) for folder in outputs)
    return [f"{path}: {file}: no sha256: expected that of a file that the experiment made"] if made else []


def _other_than_recorded(
    folder: Path, record: Record, family: Family[Any], files: Collection[Path]
) -> Iterator[str]:
    """Files that the record names and the crate does not, which differ or should be there."""
    for name, digest in record.sha256.items():
        file = folder / inside(name)
        if file not in files and (file.is_file() or family.ships(name)):
            yield from (f"{problem}, which {RECORD} says" for problem in mismatch(file, digest))


def _other_versions(record: Record) -> str:
    here = decisive(versions())
    return ", ".join(
        f"{name} {version} (here {here[name]})"
        for name, version in record.versions.items()
        if name in here and here[name].partition("+")[0] != version.partition("+")[0]
    )
