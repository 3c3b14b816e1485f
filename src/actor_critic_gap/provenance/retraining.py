"""Shipped runs, drawn at random and trained again: are they what their records say?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import scipy

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.evidence.curves import area
from actor_critic_gap.experiment.families import recorded_settings
from actor_critic_gap.experiment.memory import check_memory
from actor_critic_gap.files import csv_bytes
from actor_critic_gap.runs.checkout import decisive, machine, versions
from actor_critic_gap.runs.family import Context
from actor_critic_gap.runs.folder import PROGRESS, RECORD, Record, read_record
from actor_critic_gap.tables import read_columns, read_csv
from actor_critic_gap.validation import HERE_MEGABYTES

TABULAR_TOLERANCE = 1e-9
"""Largest relative difference on FourRoom between machines of different types."""

SAC_LEVEL = 1e-4
"""How often a run of SAC may be refused on another type of machine though it is one of its seeds."""


def draw(folders: Iterable[Path], n: int, seed: int) -> list[Path]:
    """At most n of the folders, without replacement, by a seed."""
    ordered = sorted(folders)
    chosen = np.random.default_rng(seed).permutation(len(ordered))[:n]
    return [ordered[i] for i in sorted(chosen)]


def bound(*arms: tuple[int, int], confidence: float = 0.95) -> float:
    """The largest share of runs that may differ if none of those drawn does, at this confidence.

    Runs are drawn from each arm apart, without replacement; an arm is the numbers of its drawn and of all its
    runs. Wrong ones are where it is most probable that all are missed: one more in an arm is missed too with
    probability 1 - drawn / (all that are right), so they go one by one where that is largest.
    """
    drawn, right = np.array(arms).T
    n_runs, missed = max(right.sum(), 1), 1.0
    while (right > 0).any():
        missing_another = (right - drawn) / np.maximum(right, 1)
        arm = missing_another.argmax()
        missed *= missing_another[arm]
        if missed < (1 - confidence) * (1 + 1e-9):  # a product that is equal but for rounding counts as less
            break
        right[arm] -= 1
    return float(1 - right.sum() / n_runs)


def retrain(folder: Path, record: Record, claims: Path) -> pd.DataFrame:
    """The progress of the run that a record describes, trained anew."""
    family, settings = recorded_settings(record, folder)
    check_memory(settings, len(record.seeds), str(folder / RECORD), HERE_MEGABYTES)
    return family.train(settings, record.seeds, Context(record=record, claims=claims)).progress


def same_bytes(progress: pd.DataFrame, record: Record) -> bool:
    """Whether a retrained run is the recorded one to the byte."""
    return hashlib.sha256(csv_bytes(progress)).hexdigest() == record.sha256.get(PROGRESS)


def compare(folder: Path, progress: pd.DataFrame, record: Record) -> tuple[str, bool]:
    """What a retrained run shows, in words, and whether by its numbers, not only their distribution.

    Raises:
        InvalidInput: it is not the shipped one: in a byte on the same type of machine with the same packages;
            elsewhere beyond `TABULAR_TOLERANCE`, or of SAC not a seed like the others (`_in_distribution`).

    """
    if same_bytes(progress, record):
        return "the same bytes", True
    if record.machine.same_type(machine()) and decisive(record.versions) == decisive(versions()):
        raise InvalidInput(f"{folder / PROGRESS}: other bytes when trained again on the same type of machine")
    if recorded_settings(record, folder)[0].folder_per_seed:
        return _in_distribution(folder, progress), False
    difference = _largest_difference(progress, read_csv(folder / PROGRESS))
    if not difference <= TABULAR_TOLERANCE:
        raise InvalidInput(
            f"{folder / PROGRESS}: trained again it differs by {difference:.1e}, expected at most "
            f"{TABULAR_TOLERANCE:g}"
        )
    return f"the same to {difference:.1e}, on another type of machine", True


def _largest_difference(first: pd.DataFrame, second: pd.DataFrame) -> float:
    """Of all numbers, relative to the largest in their column; infinity where the tables do not match."""
    numbers = list(second.select_dtypes("number"))
    texts = [table.drop(columns=numbers, errors="ignore").astype(str) for table in (first, second)]
    a, b = (table.reindex(columns=numbers) for table in (first, second))
    if not (texts[0].equals(texts[1]) and a.isna().equals(b.isna())):
        return float("inf")
    return float(((a - b).abs() / b.abs().max()).max().max())


def _in_distribution(folder: Path, progress: pd.DataFrame) -> str:
    """Whether the run as shipped and as trained again are seeds like its others.

    The area under the evaluation curve of each must lie in the others' prediction interval of Student's t,
    which a further seed leaves with probability `SAC_LEVEL`.
    """
    tables = sorted(set(folder.parent.glob(f"seed-*/{PROGRESS}")) - {folder / PROGRESS})
    others = pd.Series([area(_returns(path)) for path in tables], dtype=float)
    n = len(others)
    if n < 2:
        return f"other numbers on another type of machine, and {n} other seeds, too few to tell by"
    spread = np.hypot(*others.agg(["std", "sem"]))
    most = float(scipy.stats.t.ppf(1 - SAC_LEVEL / 2, n - 1))
    found = {}
    for name, table in (("as shipped", _returns(folder / PROGRESS)), ("trained again", progress)):
        found[name] = abs(area(table) - others.mean()) / spread
        if not found[name] <= most:
            raise InvalidInput(
                f"{folder / PROGRESS}: {name} its area lies {found[name]:.1f} standard errors of prediction "
                f"from its {n} other seeds, expected at most {most:.1f}"
            )
    shown = ", ".join(f"{name} {value:.1f}" for name, value in found.items())
    return f"standard errors from its {n} other seeds: {shown}, of at most {most:.1f}, on another machine"


def _returns(path: Path) -> pd.DataFrame:
    columns = ["evaluation_return", "environment_steps"]
    return read_columns(path, columns, columns)


def check(folders: Sequence[Path], n: int, seed: int, claims: Path) -> Iterator[str]:
    """Retrain n runs drawn by the seed; a line on each as it is done, and one on what the sample bounds.

    Raises:
        InvalidInput: a run is not what its record says.

    """
    n_same = 0
    for folder in draw(folders, n, seed):
        record = read_record(folder)
        words, same = compare(folder, retrain(folder, record, claims), record)
        n_same += same
        yield f"{folder}: {words}"
    share = bound((n_same, len(folders)))
    yield (
        f"{n_same} of {len(folders)} runs, drawn by seed {seed}, are the same: with 95 % confidence at most "
        f"{100 * share:.0f} % of all differ"
    )
