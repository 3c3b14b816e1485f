"""The progress of finished runs as TensorBoard's event files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.runs.folder import PROGRESS, read_run, run_name

STEPS = ("environment_steps", "iteration")
"""The columns that can be a run's clock, the first that it has; rows without one have none."""


def event_folders(folder: Path, seeds: Sequence[int], output: Path) -> dict[int, Path]:
    """Where the event files of a run's seeds go.

    Raises:
        InvalidInput: one of them is there already, or the extra that writes them is not installed.

    """
    try:
        import tensorboardX  # noqa: F401
    except ImportError:
        raise InvalidInput(
            "tensorboard: tensorboardX is not installed: expected the extra, pip install -e '.[tensorboard]'"
        ) from None
    found = {seed: output / run_name(folder) / f"seed-{seed}" for seed in seeds}
    for target in found.values():
        if target.exists():
            raise InvalidInput(f"{target}: is there already: expected a run that is not")
    return found


def write_event_files(folders: Sequence[Path], output: Path) -> list[Path]:
    """Write the progress of runs, each seed in a folder of its own below `output`.

    Args:
        folders: of finished runs.
        output: for `tensorboard --logdir`.

    Returns the folders that were written.

    Raises:
        InvalidInput: a folder is not that of a finished run with steps, event files are there already, or the
            extra is not installed.

    """
    planned: dict[Path, tuple[Path, pd.DataFrame]] = {}
    for folder in folders:
        run = read_run(folder)
        if "seed" not in run.progress or not set(STEPS) & set(run.progress):
            expected = f"seed and {' or '.join(STEPS)}"
            raise InvalidInput(f"{folder / PROGRESS}: no curves: expected columns {expected}")
        for seed, target in event_folders(folder, run.seeds, output).items():
            if target in planned:
                raise InvalidInput(f"{target}: of {planned[target][0]} and {folder}: expected one run")
            planned[target] = folder, run.progress[run.progress["seed"] == seed]
    for target, (_, rows) in planned.items():
        _write(rows, target)
    return list(planned)


def _write(rows: pd.DataFrame, target: Path) -> None:
    from tensorboardX import SummaryWriter

    clock = next(column for column in STEPS if column in rows)
    measures = rows.drop(columns=["seed", *STEPS], errors="ignore").select_dtypes("number")
    with SummaryWriter(logdir=str(target)) as writer:
        for step, row in zip(rows[clock], measures.to_dict("records"), strict=True):
            for measure, value in row.items():
                if pd.notna(value):
                    writer.add_scalar(str(measure), value, int(step))
