"""The runs of an experiment as files: where each lies, its plan, and whether the one that is there is it.

Snakemake remembers the parameters of the jobs that it ran in a folder, so in a fresh clone it would take
every run that is there. A plan is an input of a run's rule and names what the run depends on. Where the run's
record says that it was trained so, the plan is older than everything; otherwise it is newer than the run
and names the record that is there, and Snakemake trains it again. Without that name it would not where it
once made the run by the same plan, and something else put another in its place, as a checkout of git does.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.evidence.robustness import RobustnessSettings
from actor_critic_gap.experiment.config import Config, PlannedRun
from actor_critic_gap.experiment.tables import read_known_claims
from actor_critic_gap.experiment.training import Plan, check_reach
from actor_critic_gap.files import json_bytes, sha256, write_atomically
from actor_critic_gap.runs.equivalences import Equivalences
from actor_critic_gap.runs.family import Family, RunSettings
from actor_critic_gap.runs.folder import POLICY, PROGRESS, RECORD, read_record
from actor_critic_gap.runs.identity import Identity
from actor_critic_gap.validation import validated

OLD = 1
"""A time before every file's, in seconds since 1970."""


class RunFolder(NamedTuple):
    """A folder that a run is written to: one for all its seeds, or one a seed."""

    folder: Path
    plan: Path
    family: Family[Any]
    identity: Identity
    current: bool
    """whether the run that is there is the one that would be trained"""
    source: Path | None
    """folder of the run in which it looks something up"""


class Experiment:
    """A config with its folders.

    Attributes:
        config: the config.
        claims: the claims that its tables are judged by.
        results, figures, logs, plans: its folders, from the current one.
        runs: the folders of each run, by its name.

    Raises:
        InvalidInput: the claims or the proofs of equivalence are none, or Fig. 9's runs are too short for
            claims.

    """

    def __init__(self, config: Config, claims: Path, plans: Path) -> None:
        self.config = config
        name = config.name
        self.results, self.figures, self.logs = (Path(root, name) for root in ("results", "figures", "logs"))
        self.plans = plans / name
        self._proofs = Equivalences.of(self.results)
        self._claims_path = claims
        self.claims = read_known_claims(claims)
        self.runs: dict[str, list[RunFolder]] = {}
        planned = config.all_runs()
        cells = [run.settings for run in planned.values() if isinstance(run.settings, RobustnessSettings)]
        for cell in {each.iterations: each for each in cells}.values():
            check_reach(cell, self.claims, "robustness")
        sources = {name: config.looked_up(name, run.settings) for name, run in planned.items()}
        # what another looks up comes first
        for run in sorted(planned.values(), key=lambda run: sources[run.name] is not None):
            source = sources[run.name]
            self.runs[run.name] = self._folders(run, self.runs[source[0]] if source else [])

    def _folders(self, run: PlannedRun, looked_up: list[RunFolder]) -> list[RunFolder]:
        family = run.family
        settings = family.with_claims(run.settings, self._claims_path)
        of_seed = {other.identity.seeds[0]: other for other in looked_up}
        found = []
        for seeds in [[seed] for seed in run.seeds] if family.folder_per_seed else [run.seeds]:
            part = f"{run.name}/seed-{seeds[0]}" if family.folder_per_seed else run.name
            source = of_seed.get(seeds[0])
            identity = Identity(
                settings=settings.model_dump(mode="json"),
                seeds=seeds,
                source_hash=family.source_hash,
                source=source.identity.recorded() if source else None,
            )
            folder = self.results / "runs" / part
            current = self._is_current(folder, family, settings, identity) and (not source or source.current)
            plan = self.plans / f"{part}.json"
            found.append(
                RunFolder(folder, plan, family, identity, current, source.folder if source else None)
            )
        return found

    def _is_current(
        self, folder: Path, family: Family[Any], settings: RunSettings, identity: Identity
    ) -> bool:
        if not (folder / RECORD).is_file():
            return False
        try:
            record = read_record(folder)
            # what a record lacks has its default
            same = record.settings == identity.settings or settings == validated(
                family.settings, record.settings, "record"
            )
            return same and record.seeds == identity.seeds and self._proofs.chain(family, record) is not None
        except InvalidInput:
            return False

    def folders(self, figure: str) -> list[RunFolder]:
        """The folders of a figure's runs."""
        return [
            run
            for name, settings in self.config.runs(figure).items()
            for run in self.runs[name]
            if not run.family.folder_per_seed
            or run.identity.seeds[0] < self.config.seeds_of(figure, settings)
        ]

    def files(self, runs: list[RunFolder]) -> list[str]:
        """The files of runs that are part of the experiment."""
        names = (PROGRESS, RECORD, POLICY)
        return [f"{run.folder}/{name}" for run in runs for name in names if run.family.ships(name)]

    def all_folders(self) -> list[RunFolder]:
        """Every run's folders."""
        return [run for runs in self.runs.values() for run in runs]

    def write_plans(self) -> None:
        """Write the plan of every run, and the lists of runs that commands read."""
        for run in self.all_folders():
            stamp(run.plan, run.identity, run.current, run.folder / RECORD)
        for figure in self.config.figures:
            self._list(figure, self.folders(figure))
        self._list("all", self.all_folders())
        _write(self.argument("four_room"), self.config.four_room.model_dump(mode="json"))

    def argument(self, name: str) -> Path:
        """The file with what is too long for a command line: a figure's runs, all runs, or the map."""
        return self.plans / "arguments" / f"{name}.json"

    def _list(self, name: str, runs: list[RunFolder]) -> None:
        _write(self.argument(name), {"runs": [run.folder.as_posix() for run in runs]})


def _write(path: Path, content: Mapping[str, Any]) -> None:
    """Write JSON where it has changed."""
    if not path.is_file() or path.read_bytes() != json_bytes(content):
        write_atomically(path, json_bytes(content))


def stamp(path: Path, identity: Identity, current: bool, record: Path) -> None:
    """Write a plan where it has changed; make it old, or where not current newer than the record."""
    instead_of = sha256(record) if not current and record.is_file() else None
    _write(path, Plan(identity=identity, instead_of=instead_of).model_dump())
    if current:
        os.utime(path, (OLD, OLD))
    elif path.stat().st_mtime <= (record.stat().st_mtime if record.is_file() else OLD):
        os.utime(path)
