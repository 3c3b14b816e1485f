"""The stages that leave a lineage: runs -> tidy table -> figure, and tables -> verdicts -> forest plot."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.evidence.claims import judge
from actor_critic_gap.experiment.aggregation import tidy
from actor_critic_gap.experiment.room import read_room
from actor_critic_gap.experiment.tables import read_claims_table, read_known_claims, read_tables
from actor_critic_gap.figures import FIGURES, style, verdicts
from actor_critic_gap.figures.figure import Drawing
from actor_critic_gap.files import csv_bytes, sha256, write_atomically
from actor_critic_gap.provenance.lineage import KEY, Lineage, inside, sidecar
from actor_critic_gap.runs.folder import RECORD, read_run, record_hash
from actor_critic_gap.tables import read_table

FORMATS = (".pdf", ".png")


def make_table(
    figure: str, runs: Sequence[Path], seeds: int, seeds_on: Mapping[str, int], output: Path, command: str
) -> None:
    """Write the tidy table of a figure, and its lineage beside it.

    Args:
        figure: its name.
        runs: the folders of its runs.
        seeds: the number of seeds that each must have.
        seeds_on: the same on environments with a number of their own.
        output: the table.
        command: that makes it, for the lineage.

    Raises:
        InvalidInput: a run is missing, not whole, not one of the figure's, or not below the current folder.

    """
    if not runs:
        raise InvalidInput(f"{figure}: no runs: expected the folders of its runs")
    read = [read_run(inside(str(folder))) for folder in runs]  # as `trace` will look them up
    _check_formats([output], [".csv"])
    write_atomically(output, csv_bytes(tidy(figure, read, seeds, seeds_on)))
    inputs = {(run.folder / RECORD).as_posix(): record_hash(run.record) for run in read}
    Lineage(inputs=inputs, command=command, files={output.as_posix(): sha256(output)}).write(output)


def draw_figure(
    figure: str, table: Path, room: Path | None, seeds: int | None, outputs: Sequence[Path], command: str
) -> None:
    """Draw a figure from its tidy table, with its lineage in the files and beside the first of them.

    Args:
        figure: its name.
        table: its table.
        room: the file of FourRoom's map and optimum, if the figure needs it.
        seeds: draw the first so many; None for all.
        outputs: the files, .pdf or .png.
        command: that draws it, for the lineage.

    Raises:
        InvalidInput: the table is not the figure's or has fewer seeds, or the room is needed and missing.

    """
    _check_formats(outputs)
    shown = FIGURES[figure]
    if shown.needs_room and room is None:
        raise InvalidInput(
            f"{figure}: needs FourRoom's map and optimum: expected --room, a file of `describe`"
        )
    rows = read_table(table, shown.columns, shown.numbers)
    if seeds is not None:
        there = rows["seed"].nunique() if "seed" in rows else 0
        if not 2 <= seeds <= there:
            raise InvalidInput(f"{table}: seeds = {seeds}: expected 2 or more of the {there} that it has")
        rows = rows[rows["seed"] < seeds]
    map_and_optimum = {} if room is None else read_room(room).model_dump(mode="json")
    inputs = {path.as_posix(): sha256(path) for path in (table, room) if path}
    _save(shown.plot(rows, map_and_optimum), inputs, outputs, command)


def make_verdicts(tables: Sequence[Path], room: Path, claims: Path, output: Path, command: str) -> None:
    """Judge the claims by the tables, and write the verdicts with their lineage beside them.

    Args:
        tables: those of the figures, and of the identities.
        room: the file of FourRoom's map and optimum.
        claims: the claims, in YAML.
        output: the table of verdicts.
        command: that makes it, for the lineage.

    Raises:
        InvalidInput: a file is not what it should be, or a claim cannot be judged by its table.

    """
    optimum = read_room(room).optimal_objective
    judged = judge(read_known_claims(claims), read_tables(tables), optimum)
    _check_formats([output], [".csv"])
    inputs = {path.as_posix(): sha256(path) for path in (*tables, room, claims)}
    _check_sidecar(output, inputs)
    write_atomically(output, csv_bytes(judged))
    Lineage(inputs=inputs, command=command, files={output.as_posix(): sha256(output)}).write(output)


def draw_verdicts(claims: Path, outputs: Sequence[Path], command: str) -> None:
    """Draw the forest plot of the verdicts, with its lineage in the files and beside the first of them.

    Args:
        claims: the table of verdicts.
        outputs: the files, .pdf or .png.
        command: that draws it, for the lineage.

    Raises:
        InvalidInput: the table is not one of verdicts.

    """
    _check_formats(outputs)
    table = read_claims_table(claims)
    _save(verdicts.plot(table), {claims.as_posix(): sha256(claims)}, outputs, command)


def _check_formats(outputs: Sequence[Path], formats: Sequence[str] = FORMATS) -> None:
    for path in outputs:
        if path.suffix not in formats:
            raise InvalidInput(f"{path}: expected a name that ends in {' or '.join(formats)}")


def _check_sidecar(output: Path, inputs: Iterable[str]) -> None:
    """Refuse to write a lineage over an input or an input's lineage."""
    written = sidecar(output).resolve()
    for path in map(Path, inputs):
        if written in (path.resolve(), sidecar(path).resolve()):
            taken = f"{sidecar(output)}: is {'' if written == path.resolve() else 'the lineage of '}{path}"
            raise InvalidInput(f"{taken}: expected {output.name} in another folder, or another name")


def _save(drawing: Drawing, inputs: Mapping[str, str], outputs: Sequence[Path], command: str) -> None:
    _check_sidecar(outputs[0], inputs)
    lineage = Lineage(inputs=dict(inputs), command=command)
    files = style.save(drawing, outputs, {KEY: json.dumps(lineage.model_dump(exclude={"files"}))})
    lineage.model_copy(update={"files": files}).write(outputs[0])
