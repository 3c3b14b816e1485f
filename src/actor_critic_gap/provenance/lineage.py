"""Lineage: what a table or a figure was made of, in a sidecar beside it, and the walk back along it.

A sidecar is JSON. A table's names the records of its runs by their hashes; a figure's names its table, by
path and hash, and stands in the figure's own metadata too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image
from pydantic import BaseModel, ConfigDict

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.experiment.families import read_settings
from actor_critic_gap.files import read_model, sha256
from actor_critic_gap.runs.equivalences import Equivalences
from actor_critic_gap.runs.folder import PROGRESS, RECORD, Record, Run, read_record

KEY = "lineage"
"""Of the lineage in a PNG's text; a PDF has it among its keywords."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class RunReference(_Strict):
    """A run, by the hash of its record, which holds that of its progress."""

    folder: str
    record: str


class TableLineage(_Strict):
    """What a table was made of."""

    sha256: str
    command: str
    runs: list[RunReference]


class FigureLineage(_Strict):
    """What a figure was made of; `files` are those that it was written to, with their hashes."""

    inputs: dict[str, str]
    command: str
    files: dict[str, str] = {}


def sidecar(path: Path) -> Path:
    """Where the lineage of a table or figure lies."""
    return path.with_suffix(".json")


def table_lineage(table: bytes, runs: Sequence[Run], command: str) -> TableLineage:
    """The lineage of a table (its bytes) made of runs."""
    members = [RunReference(folder=run.folder.as_posix(), record=sha256(run.folder / RECORD)) for run in runs]
    return TableLineage(sha256=hashlib.sha256(table).hexdigest(), command=command, runs=members)


def figure_lineage(inputs: Sequence[Path], command: str) -> FigureLineage:
    """The lineage of a figure made of files, the first of them its table."""
    return FigureLineage(inputs={path.as_posix(): sha256(path) for path in inputs}, command=command)


def read_table_lineage(table: Path) -> TableLineage:
    """The lineage of a table; raises InvalidInput where its sidecar is missing or something else."""
    return read_model(sidecar(table), TableLineage, "the lineage of a table")


def records(table: Path) -> dict[Path, Record]:
    """The records of the runs that a table was made of, by folder, as they are now."""
    return {inside(run.folder): read_record(inside(run.folder)) for run in read_table_lineage(table).runs}


def environments(table: Path) -> list[str]:
    """The gymnasium environments of the runs that a table is made of; none for FourRoom's."""
    settings = [record.settings for record in records(table).values()]
    return list(dict.fromkeys(str(each["environment"]) for each in settings if "environment" in each))


def inside(name: str) -> Path:
    """A path that a file names, from the current folder.

    Raises:
        InvalidInput: it is absolute or leads out of the folder.

    """
    path = Path(name)
    if path.is_absolute() or ".." in path.parts or "\0" in name:
        raise InvalidInput(f"{name!r}: expected a path below the current folder")
    return path


def carried_by(path: Path) -> Any:
    """The lineage that a PNG carries; None for other files."""
    if path.suffix != ".png":
        return None
    try:
        with Image.open(path) as image:
            text = image.info.get(KEY)
        return None if text is None else json.loads(text)
    except (OSError, ValueError, SyntaxError, RecursionError, Image.DecompressionBombError):
        raise InvalidInput(f"{path}: not a PNG figure") from None


def trace(figure: Path) -> tuple[list[str], list[str]]:
    """The chain from a figure to its settings, in lines, and what in it no longer matches.

    Paths in sidecars are those that the commands were given; they are looked up from the current folder.

    Raises:
        InvalidInput: the figure or a sidecar is missing or not readable.

    """
    if not figure.is_file():
        raise InvalidInput(f"{figure}: missing: expected a figure")
    lineage = read_model(sidecar(figure), FigureLineage, "the lineage of a figure")
    own = {Path(name).name: digest for name, digest in lineage.files.items()}
    if figure.name not in own:
        raise InvalidInput(f"{sidecar(figure)}: not the lineage of {figure.name}: expected {', '.join(own)}")
    problems = _mismatch(figure, own[figure.name])
    carried = carried_by(figure)
    if carried is not None and carried != lineage.model_dump(exclude={"files"}):
        problems.append(f"{figure}: carries another lineage than {sidecar(figure)}")
    lines = [f"{figure}", f"  made by   {lineage.command}"]
    for name, digest in lineage.inputs.items():
        problems += _mismatch(inside(name), digest)
        lines.append(f"  from      {name}  {digest[:16]}")
    for name in lineage.inputs:
        if name.endswith(".csv"):
            chain, wrong = _trace_table(inside(name))
            lines += chain
            problems += wrong
    return lines, problems


def _trace_table(table: Path) -> tuple[list[str], list[str]]:
    lineage = read_table_lineage(table)
    problems = _mismatch(table, lineage.sha256)
    lines = [f"{table}", f"  made by   {lineage.command}"]
    proofs = Equivalences.of(table.parent)
    for run in lineage.runs:
        folder = inside(run.folder)
        wrong = _mismatch(folder / RECORD, run.record)
        problems += wrong
        if wrong:
            continue
        record = read_record(folder)
        problems += _mismatch(folder / PROGRESS, record.sha256.get(PROGRESS, ""))
        settings = " ".join(f"{key}={_plain(value)}" for key, value in record.settings.items())
        lines += [
            f"  from      {folder}  code {_code(table.parent, proofs, folder, record)}",
            f"              seeds {', '.join(map(str, record.seeds))}; {settings}",
        ]
    return lines, problems


def _code(results: Path, proofs: Equivalences, folder: Path, record: Record) -> str:
    """The code that trained a run, and how it leads to today's."""
    family, _ = read_settings(record.settings, str(folder / RECORD))
    chain = proofs.chain(results, family.name, record, family.source_hash)
    if chain is None:
        return f"{record.source_hash}, other than today's {family.source_hash}"
    return " = ".join([record.source_hash, *(proof.to for proof in chain)])


def _mismatch(path: Path, digest: str) -> list[str]:
    if not path.is_file():
        return [f"{path}: missing"]
    found = sha256(path)
    return [] if found == digest else [f"{path}: sha256 {found[:16]}…, expected {digest[:16]}…"]


def _plain(value: object) -> str:
    return json.dumps(value, separators=(",", ":")) if isinstance(value, list) else str(value)
