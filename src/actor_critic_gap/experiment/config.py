"""The config: the settings that runs share, and which runs each figure shows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, NamedTuple, Self

from pydantic import Field, PrivateAttr, model_validator

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.experiment import environments
from actor_critic_gap.experiment.families import ALGORITHMS, family_of
from actor_critic_gap.experiment.memory import check_memory
from actor_critic_gap.figures import FIGURES
from actor_critic_gap.files import read_yaml
from actor_critic_gap.mdp.four_room import FourRoomSettings
from actor_critic_gap.runs.family import Family, RunSettings
from actor_critic_gap.sac.family import on_environment
from actor_critic_gap.sac.settings import SACSettings
from actor_critic_gap.tabular.settings import DynamicProgrammingSettings, SampledSettings, TabularSettings
from actor_critic_gap.validation import MOST_SEEDS, Strict, check_numbers, check_size, validated

MOST_RUNS = 10_000
"""That an entry of a figure may stand for."""

Seeds = Annotated[int, Field(ge=2, le=MOST_SEEDS)]


class PlannedRun(NamedTuple):
    """A run that an experiment consists of."""

    name: str
    """its folder within `runs`, without that of its seed"""
    family: Family[Any]
    settings: RunSettings
    seeds: list[int]


class Config(Strict):
    """One experiment: the settings of each family of runs, and which runs each figure shows.

    `four_room` holds for every tabular run, `sampled`, `dynamic_programming` and `sac` for their family,
    `environments` for the SAC runs on each environment; what a figure's entry says overrides them all. A SAC
    entry without an environment stands for one run on each. `figure_seeds` is for figures that have their own
    number of seeds, of SAC runs also by environment.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
    seeds: Annotated[Seeds, Field(description="of the tabular runs")]
    published_seeds: Annotated[int, Field(ge=2, description="of the paper's tabular figures")]
    sac_seeds: Annotated[Seeds, Field(description="of the SAC runs")]
    published_sac_seeds: Annotated[int, Field(ge=2, description="of the paper's figures of SAC runs")]
    four_room: FourRoomSettings
    sampled: SampledSettings
    dynamic_programming: DynamicProgrammingSettings
    sac: SACSettings
    environments: Annotated[dict[str, dict[str, Any]], Field(min_length=1)]
    figure_seeds: dict[str, Seeds | dict[str, Seeds]]
    figures: Annotated[dict[str, Annotated[list[dict[str, Any]], Field(min_length=1)]], Field(min_length=1)]
    _runs: dict[str, dict[str, RunSettings]] = PrivateAttr(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _check_numbers(cls, data: Any) -> Any:
        if isinstance(data, Mapping):
            check_numbers({key: value for key, value in data.items() if key != "name"})
        return data

    @model_validator(mode="after")
    def _check(self) -> Self:
        for environment in self.environments:
            where = f"environments.{environment}"
            # that which uses all settings, of whatever number of critics
            entry = {"algorithm": "res-sac", "residual_of": "min"}
            longest = on_environment(self, environment, entry, where)
            environments.check(longest, where)
            check_memory(longest, 1, where)
        _known("figures", self.figures, FIGURES)
        _known("figure_seeds", self.figure_seeds, self.figures)
        for figure, seeds in self.figure_seeds.items():
            if isinstance(seeds, dict):
                _known(f"figure_seeds.{figure}", seeds, self.environments)
                if FIGURES[figure].tabular:
                    raise ValueError(f"figure_seeds.{figure} = {seeds}: shows FourRoom: expected a number")
        shown_by: dict[str, str] = {}
        for figure in self.figures:
            self._check_figure(figure)
            for run, settings in self.runs(figure).items():
                other = shown_by.setdefault(run, figure)
                per_seed = ALGORITHMS[settings.algorithm].folder_per_seed
                if not per_seed and self.seeds_of(other) != self.seeds_of(figure):
                    raise ValueError(
                        f"figure_seeds: {other} and {figure} share the run {run}: expected the same number"
                    )
        return self

    def _check_figure(self, figure: str) -> None:
        shown, seen = FIGURES[figure], set()
        for run, settings in self.runs(figure).items():
            where = f"figures.{figure}: {run}"
            if settings.algorithm not in shown.algorithms:
                expected = " or ".join(shown.algorithms)
                raise ValueError(f"{where}: algorithm = {settings.algorithm}: expected {expected}")
            if isinstance(settings, TabularSettings) and any(
                getattr(settings, key) != getattr(self.four_room, key)
                for key in FourRoomSettings.model_fields
            ):
                raise ValueError(f"{where}: another environment: expected that of four_room")
            if isinstance(settings, SACSettings):
                environments.check(settings, where)
            if shown.measured_by and not getattr(settings, shown.measured_by):
                raise ValueError(f"{where}: {shown.measured_by} = 0: expected more, as {figure} shows it")
            per_seed = ALGORITHMS[settings.algorithm].folder_per_seed
            check_memory(settings, 1 if per_seed else self.seeds_of(figure), where)
            label = " ".join(settings.shown(key) for key in shown.labels)
            if label in seen:
                expected = f"each {' and '.join(shown.labels)} once" if shown.labels else "one run"
                raise ValueError(f"{where}: {label or 'shown'} twice: expected {expected}")
            seen.add(label)
        for key in shown.same:
            if len({settings.shown(key) for settings in self.runs(figure).values()}) > 1:
                raise ValueError(f"figures.{figure}: expected one {key}")

    def seeds_of(self, figure: str, settings: RunSettings | None = None) -> int:
        """How many seeds a run of a figure has; without its settings, one on whose environment is most."""
        usual = self.seeds if FIGURES[figure].tabular else self.sac_seeds
        own = self.figure_seeds.get(figure, usual)
        if not isinstance(own, dict):
            return own
        if settings is None:
            return max(self.seeds_of(figure, each) for each in self.runs(figure).values())
        return own.get(settings.environment, usual) if isinstance(settings, SACSettings) else usual

    def seeds_on(self, figure: str) -> dict[str, int]:
        """How many seeds the runs of a figure have on each environment, where not all have as many."""
        on = {
            settings.environment: self.seeds_of(figure, settings)
            for settings in self.runs(figure).values()
            if isinstance(settings, SACSettings)
        }
        return on if len(set(on.values())) > 1 else {}

    def published_seeds_of(self, figure: str) -> int:
        """From how many seeds the paper drew a figure."""
        return self.published_seeds if FIGURES[figure].tabular else self.published_sac_seeds

    def published(self, figure: str) -> bool:
        """Whether a figure is also drawn from as many seeds as in the paper."""
        return FIGURES[figure].in_paper and self.published_seeds_of(figure) < self.seeds_of(figure)

    def tabular_runs(self) -> dict[str, list[RunSettings]]:
        """The runs of the paper's figures on FourRoom."""
        return {
            figure: list(self.runs(figure).values())
            for figure, shown in FIGURES.items()
            if figure in self.figures and shown.in_paper and shown.tabular
        }

    def runs(self, figure: str) -> dict[str, RunSettings]:
        """The runs of a figure: name -> settings."""
        if figure not in self._runs:
            self._runs[figure] = self._listed(figure)
        return self._runs[figure]

    def _listed(self, figure: str) -> dict[str, RunSettings]:
        found: dict[str, RunSettings] = {}
        for position, entry in enumerate(self.figures[figure]):
            where = f"figures.{figure}[{position}]"
            n_runs = math.prod(len(value) for value in entry.values() if isinstance(value, list))
            if n_runs > MOST_RUNS:
                raise InvalidInput(f"{where}: {n_runs} combinations: expected at most {MOST_RUNS}")
            family = family_of(entry.get("algorithm"), where)
            for name, settings in family.expand(self, entry, where):
                if name in found:
                    raise InvalidInput(f"{where}: {name} twice")
                found[name] = settings
        return found

    def all_runs(self) -> dict[str, PlannedRun]:
        """Every run by its name, also those that no figure shows and a clip is looked up in."""
        found: dict[str, PlannedRun] = {}
        for figure in self.figures:
            listed = dict(self.runs(figure))
            listed |= dict(filter(None, (self.looked_up(*run) for run in self.runs(figure).items())))
            for name, settings in listed.items():
                there = len(found[name].seeds) if name in found else 0
                seeds = range(max(self.seeds_of(figure, settings), there))
                found[name] = PlannedRun(name, ALGORITHMS[settings.algorithm], settings, list(seeds))
        return found

    def looked_up(self, name: str, settings: RunSettings) -> tuple[str, RunSettings] | None:
        """The run in which one looks something up, name and settings: the clip of `clip: from-sac`."""
        return ALGORITHMS[settings.algorithm].looked_up(self, settings, name)


def _known(where: str, names: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    for name in names:
        if name not in known:
            raise ValueError(f"{where}: unknown key {name!r}; expected one of: {', '.join(known)}")


def read_config(paths: Sequence[Path], options: Mapping[str, Any] | None = None) -> Config:
    """The config that Snakemake makes of YAML files, each on top of those before it, and of its `--config`.

    Whatever is on top of another names itself: its results would be planned into those of the other. A figure
    that one sets to null is left out, with its seeds.

    Raises:
        InvalidInput: a file is missing or no mapping in YAML, one changes another under its name, or the
            whole is no config.

    """
    merged: dict[str, Any] = {}
    layers = {str(path): read_yaml(path, "a config") for path in paths} | {"--config": dict(options or {})}
    names: list[object] = []
    for where, content in layers.items():
        if not isinstance(content, dict):
            raise InvalidInput(f"{where}: expected a config, a mapping of keys to values")
        check_size(content, where)
        changed = _updated(merged, content)
        if names and changed != merged and content.get("name") in (None, *names):
            raise InvalidInput(
                f"{where}: name = {changed.get('name')!r}: expected a name of its own, as it changes "
                f"{' + '.join(layers).partition(f' + {where}')[0]} and would go into its results"
            )
        names.append(content.get("name"))
        merged = changed
    where = " + ".join(where for where, content in layers.items() if content)
    _leave_out(merged)
    try:
        return validated(Config, merged, where)
    except InvalidInput as error:
        lacks = any(field.is_required() and key not in merged for key, field in Config.model_fields.items())
        if len(paths) > 1 or not lacks:
            raise
        hint = f"a config that is read on top of another: estimate config/paper.yaml {paths[0]}"
        raise InvalidInput(f"{error} ({hint})") from None


def _leave_out(merged: Mapping[str, Any]) -> None:
    """Take the figures that are null out of a config."""
    figures, seeds = merged.get("figures"), merged.get("figure_seeds")
    if isinstance(figures, dict):
        for figure in [name for name, runs in figures.items() if runs is None and name in FIGURES]:
            del figures[figure]
            if isinstance(seeds, dict):
                seeds.pop(figure, None)


def _updated(config: Any, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Snakemake's `update_config`."""
    updated: dict[str, Any] = dict(config) if isinstance(config, Mapping) else {}
    for key, value in changes.items():
        updated[key] = _updated(updated.get(key), value) if isinstance(value, Mapping) else value
    return updated
