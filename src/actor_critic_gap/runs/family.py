"""What a family of runs is: their settings, how they are trained, and which code decides what comes out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar, get_args

import pandas as pd
from numpy.typing import NDArray

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.runs.digest import digest
from actor_critic_gap.runs.folder import POLICY, Record, Run
from actor_critic_gap.tables import plain
from actor_critic_gap.validation import Strict


class RunSettings(Strict):
    """The settings of a run; `algorithm` says of which family it is."""

    algorithm: Any

    def shown(self, key: str) -> str:
        """A setting as figures and tables show it."""
        return plain(getattr(self, key))


Settings = TypeVar("Settings", bound=RunSettings)


def _not_watched(row: Mapping[str, float]) -> None:
    pass


class Context(NamedTuple):
    """What training can need besides settings and seeds."""

    source: Run | None = None
    """a finished run in which something is looked up"""
    record: Record | None = None
    """of the run that is trained again, in place of a look-up"""
    claims: Path = Path("config/claims.yaml")
    checkpoints: Path | None = None
    checkpoint_key: str = ""
    checkpoint_seconds: float = 60.0
    on_row: Callable[[Mapping[str, float]], object] = _not_watched
    """is told every row of a SAC run's progress, when resumed also those that there are"""


class Trained(NamedTuple):
    """What training leaves."""

    progress: pd.DataFrame
    policy: Mapping[str, NDArray[Any]]
    """trained tables or networks by name"""
    facts: Mapping[str, Any] = {}
    """further entries of the record"""
    seconds: float | None = None
    """wall time over all processes, where it is not that of the call"""


def _nothing_looked_up(config: object, settings: object, where: str) -> None:
    return None


def _without_claims(settings: Settings, claims: Path) -> Settings:
    return settings


@dataclass(frozen=True, eq=False)
class Family(Generic[Settings]):
    """A family of runs.

    Attributes:
        name: of the family, and of its section in the config with _ for -.
        settings: their model.
        train: trains seeds; a seed's result does not depend on the other seeds.
        roots: the definitions that decide what comes out, see `digest`.
        expand: (config, entry of a figure, where it stands) -> folder and settings of each run it stands for.
        used_by: the settings that only some algorithms use.
        folder_per_seed: whether each seed is a run with a folder of its own.
        looked_up: (config, settings, where they stand) -> name and settings of the run in which one looks
            something up, if it does.
        with_claims: puts what counts of a file of claims into settings, where runs judge them.
        every_policy_is_shipped: or else that of the first seed only, without being part of the experiment.

    """

    name: str
    settings: type[Settings]
    train: Callable[[Settings, Sequence[int], Context], Trained]
    roots: tuple[str, ...]
    expand: Callable[[Any, Mapping[str, Any], str], list[tuple[str, Settings]]]
    used_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    folder_per_seed: bool = False
    looked_up: Callable[[Any, Settings, str], tuple[str, Settings] | None] = _nothing_looked_up
    with_claims: Callable[[Settings, Path], Settings] = _without_claims
    every_policy_is_shipped: bool = False

    @property
    def judges(self) -> bool:
        """Whether its runs judge claims."""
        return self.with_claims is not _without_claims

    @cached_property
    def algorithms(self) -> tuple[str, ...]:
        """The names of its algorithms."""
        return get_args(self.settings.model_fields["algorithm"].annotation)

    @cached_property
    def source_hash(self) -> str:
        """The digest of the code that decides what its runs come out as, as it was when first asked for."""
        return digest(*self.roots)

    def ships(self, name: str) -> bool:
        """Whether a file of a run, by its name, is part of the experiment in every run."""
        return name != POLICY or self.every_policy_is_shipped

    def check_used(self, keys: Iterable[str], algorithm: str, where: str) -> None:
        """Refuse settings that were asked for and would change nothing.

        Raises:
            InvalidInput: a key has no effect on `algorithm`.

        """
        for key in keys:
            if algorithm not in self.used_by.get(key, (algorithm,)):
                expected = " or ".join(self.used_by[key])
                raise InvalidInput(f"{where}: {key} has no effect on {algorithm}: expected {expected}")

    def used(self, data: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, Any]:
        """Without the shared settings that the algorithm does not use: they are no part of its run."""
        algorithm = entry.get("algorithm")
        return {
            key: value
            for key, value in data.items()
            if key in entry or algorithm in self.used_by.get(key, (algorithm,))
        }


def run_name(settings: Mapping[str, Any], *head: str) -> str:
    """A folder's name: the head, and what differs from the shared settings: `res-ac+episodes=2000`, …"""
    # not by commas, at which Snakemake splits the wildcards of a job on a cluster
    return "+".join([*head, *(f"{key}={plain(value)}" for key, value in settings.items())])
