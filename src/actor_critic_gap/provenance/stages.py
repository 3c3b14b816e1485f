"""The stages that leave a lineage: runs -> tidy table -> figure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.experiment.aggregation import tidy
from actor_critic_gap.experiment.room import read_room
from actor_critic_gap.figures import FIGURES, style
from actor_critic_gap.figures.figure import Scene
from actor_critic_gap.files import csv_bytes, sha256, write_atomically
from actor_critic_gap.provenance.lineage import KEY, Lineage, environments
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
        InvalidInput: a run is missing, not whole, or not one of the figure's.

    """
    if not runs:
        raise InvalidInput(f"{figure}: no runs: expected the folders of its runs")
    read = [read_run(folder) for folder in runs]
    write_atomically(output, csv_bytes(tidy(figure, read, seeds, seeds_on)))
    inputs = {(run.folder / RECORD).as_posix(): record_hash(run.record) for run in read}
    Lineage(inputs=inputs, command=command, files={output.as_posix(): sha256(output)}).write(output)


def draw_figure(
    figure: str, table: Path, room: Path | None, seeds: int | None, outputs: Sequence[Path], command: str
) -> None:
    """Draw a figure from its tidy table, with its lineage in the files and beside the first of them.

    Args:
        figure: its name.
        table: its table, which has a lineage beside it.
        room: the file of FourRoom's map and optimum, if the figure needs it.
        seeds: draw the first so many; None for all.
        outputs: the files, .pdf or .png.
        command: that draws it, for the lineage.

    Raises:
        InvalidInput: the table is not the figure's or has fewer seeds, or the room is needed and missing.

    """
    for path in outputs:
        if path.suffix not in FORMATS:
            raise InvalidInput(f"{path}: expected a name that ends in {' or '.join(FORMATS)}")
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
    scene = Scene(
        ", ".join(environments(table)), {} if room is None else read_room(room).model_dump(mode="json")
    )
    inputs = {path.as_posix(): sha256(path) for path in (table, room) if path}
    lineage = Lineage(inputs=inputs, command=command)
    text = json.dumps(lineage.model_dump(exclude={"files"}))
    files = style.save(shown.plot(rows, scene), outputs, {KEY: text})
    lineage.model_copy(update={"files": files}).write(outputs[0])
