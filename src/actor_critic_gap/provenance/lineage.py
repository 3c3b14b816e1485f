"""Lineage: what a table or a figure was made of, in a sidecar beside it, and the walk back along it.

A sidecar is JSON and names files by their hashes: a table's the records of its runs, which hold those of
their progress, by what they say of the run; the verdicts' the tables, which go on to their runs but for that
of the identities, which has none; a figure's its table. A figure has it in its own metadata too.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from PIL import Image
from pydantic import Field

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.experiment.families import recorded_settings
from actor_critic_gap.experiment.tables import THEORY
from actor_critic_gap.files import json_bytes, mismatch, read_model, write_atomically
from actor_critic_gap.runs.equivalences import Equivalences, results_of
from actor_critic_gap.runs.folder import PROGRESS, RECORD, Record, read_record, record_hash
from actor_critic_gap.validation import Hash, Strict

KEY = "lineage"
"""Of the lineage in a PNG's text; a PDF has it among its keywords."""


class Lineage(Strict):
    """What a table or a figure was made of.

    Of the files that it was made of, `inputs`, and those that it was written to, `files`, the hashes by path.
    """

    inputs: Annotated[dict[str, Hash], Field(min_length=1)]
    command: str
    files: dict[str, Hash] = Field({})

    def write(self, path: Path) -> None:
        """Write it beside a table or figure."""
        write_atomically(sidecar(path), json_bytes(self.model_dump()))


def sidecar(path: Path) -> Path:
    """Where the lineage of a table or figure lies."""
    return path.with_suffix(".json")


def read_lineage(path: Path) -> Lineage:
    """The lineage of a table or figure; raises InvalidInput where its sidecar is none."""
    return read_model(sidecar(path), Lineage, "the lineage of a table or figure")


def records(table: Path) -> dict[Path, Record]:
    """The records of the runs that a table was made of, by folder, as they are now."""
    folders = [inside(name).parent for name in read_lineage(table).inputs]
    return {folder: read_record(folder) for folder in folders}


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
        with warnings.catch_warnings(action="ignore"), Image.open(path, formats=["PNG"]) as image:
            text = image.info.get(KEY)
        return None if text is None else json.loads(text)
    except (OSError, ValueError, SyntaxError, RecursionError, Image.DecompressionBombError):
        raise InvalidInput(f"{path}: not a PNG figure") from None


def trace(figure: Path) -> tuple[list[str], list[str]]:
    """The chain from a figure to its settings, in lines, and what in it no longer matches.

    Paths in sidecars are those that the commands were given; they are looked up from the current folder.

    Raises:
        InvalidInput: the figure or a sidecar is missing or not readable, or the current folder is not theirs.

    """
    if not figure.is_file():
        raise InvalidInput(f"{figure}: missing: expected a figure")
    inputs = read_lineage(figure).inputs
    if not any(inside(name).is_file() for name in inputs):
        raise InvalidInput(
            f"{figure}: none of {', '.join(inputs)} is below {Path.cwd()}: expected its checkout"
        )
    return _made_of(figure, cache(Equivalences.of))


def _made_of(
    path: Path, proofs: Callable[[Path], Equivalences], after: tuple[Path, ...] = ()
) -> tuple[list[str], list[str]]:
    """The chain from a figure or table on, which comes after others in it."""
    if path in after:
        raise InvalidInput(f"{sidecar(path)}: {path} is made of itself: expected what it was made of")
    lineage = read_lineage(path)
    own = {Path(name).name: digest for name, digest in lineage.files.items()}
    if path.name not in own:
        raise InvalidInput(f"{sidecar(path)}: not the lineage of {path.name}: expected {', '.join(own)}")
    problems = mismatch(path, own[path.name])
    carried = carried_by(path)
    if carried is not None and carried != lineage.model_dump(exclude={"files"}):
        problems.append(f"{path}: carries another lineage than {sidecar(path)}")
    lines = [f"{path}", f"  made by   {lineage.command}"]
    tables = list[Path]()
    for name, digest in lineage.inputs.items():
        file = inside(name)
        tables += [file] if file.suffix == ".csv" and file.stem != THEORY else []
        if file.name != RECORD or not file.is_file():
            problems += mismatch(file, digest)
            lines.append(f"  from      {name}  {digest[:16]}")
            continue
        folder, record = file.parent, read_record(file.parent)
        if record_hash(record) != digest:
            problems.append(f"{file}: changed: another run than the table was made of")
        problems += mismatch(folder / PROGRESS, record.sha256.get(PROGRESS, ""))
        settings = " ".join(f"{key}={value}" for key, value in record.settings.items())
        lines.append(f"  from      {folder}  code {_code(proofs(results_of(folder)), folder, record)}")
        lines.append(f"              seeds {', '.join(map(str, record.seeds))}; {settings}")
    for table in tables:
        chain, wrong = _made_of(table, proofs, (*after, path))
        lines += chain
        problems += wrong
    return lines, problems


def _code(proofs: Equivalences, folder: Path, record: Record) -> str:
    """The code that trained a run, and how it leads to today's."""
    family, _ = recorded_settings(record, folder)
    chain = proofs.chain(family, record)
    if chain is None:
        return f"{record.source_hash}, other than today's {family.source_hash}"
    return " = ".join([record.source_hash, *(proof.to for proof in chain)])
