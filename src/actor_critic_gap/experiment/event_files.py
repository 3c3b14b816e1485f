"""The progress of finished runs as TensorBoard's event files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.runs.folder import PROGRESS, Run, read_run

STEPS = ("environment_steps", "iteration")
"""The columns that can be a run's clock, the first that it has; rows without one have none."""


def check_installed() -> None:
    """Refuse to go on without the package that writes event files, which is an extra.

    Raises:
        InvalidInput: it is not installed.

    """
    try:
        import tensorboardX  # noqa: F401
    except ImportError:
        raise InvalidInput(
            "tensorboard: tensorboardX is not installed: expected the extra, pip install -e '.[tensorboard]'"
        ) from None


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
    check_installed()
    planned: dict[Path, tuple[Run, pd.DataFrame]] = {}
    for folder in folders:
        run = read_run(folder)
        for seed, rows in run.progress.groupby("seed") if "seed" in run.progress else ():
            target = output / name_of(folder) / f"seed-{seed}"
            if target in planned:
                raise InvalidInput(f"{target}: of {planned[target][0].folder} and {folder}: expected one run")
            if target.exists():
                raise InvalidInput(f"{target}: is there already: expected a run that is not")
            planned[target] = run, rows
    for target, (run, rows) in planned.items():
        _write(run, rows, target)
    return list(planned)


def name_of(folder: Path) -> str:
    """A run's name: its folder's below `runs`, if it is there, without that of its seed."""
    parts = folder.resolve().parts
    named = parts[len(parts) - parts[::-1].index("runs") :] if "runs" in parts else parts[-1:]
    return "/".join(named[:-1] if named[-1].startswith("seed-") and len(named) > 1 else named)


def _write(run: Run, rows: pd.DataFrame, target: Path) -> None:
    from tensorboardX import SummaryWriter

    clock = next((column for column in STEPS if column in rows), None)
    if clock is None:
        expected = " or ".join(STEPS)
        raise InvalidInput(f"{run.folder / PROGRESS}: no steps: expected a column {expected}")
    measures = rows.drop(columns=["seed", *STEPS], errors="ignore").select_dtypes("number")
    with SummaryWriter(logdir=str(target)) as writer:
        for step, row in zip(rows[clock], measures.to_dict("records"), strict=True):
            for measure, value in row.items():
                if pd.notna(value):
                    writer.add_scalar(str(measure), value, int(step))
