"""The settings of every kind of run, with their defaults, and the config that lists runs by figure.

Where the paper is silent, a field names the reading that its default takes (docs/readings.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product
from typing import Annotated, Any, Literal, Self

from pydantic import Field, PrivateAttr, model_validator

from actor_critic_gap.catalogue import FIGURES
from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.four_room import GOAL, LAYOUT, AtGoal, FourRoom
from actor_critic_gap.validation import Strict, validated

Count = Annotated[int, Field(gt=0)]
LearningRate = Annotated[float, Field(gt=0, le=1)]
Deviation = Annotated[float, Field(ge=0, le=1e6)]


class FourRoomSettings(Strict):
    """The environment of the tabular runs (App. D.1)."""

    layout: Annotated[
        tuple[str, ...], Field(strict=False, description="rows of '#' and ' ' (reading T6)")
    ] = LAYOUT
    goal: Annotated[tuple[int, int], Field(strict=False, description="row, column (reading T6)")] = GOAL
    at_goal: Annotated[AtGoal, Field(description="what follows the goal (reading T5)")] = "continue"
    gamma: Annotated[float, Field(ge=0, lt=1, description="discount (Table 2)")] = 0.9

    @model_validator(mode="after")
    def _check_map(self) -> Self:
        FourRoom.of(self)
        return self


class _TabularSettings(FourRoomSettings):
    actor_lr: Annotated[
        LearningRate, Field(description="Adam step of the logits (App. D.1.1, reading T4)")
    ] = 1e-2
    critic_lr: Annotated[LearningRate, Field(description="Adam step of the critic (Table 2)")] = 2e-2
    logits_init: Annotated[Deviation, Field(description="deviation of the logits (reading T3)")] = 0.0
    critic_init: Annotated[Deviation, Field(description="deviation of the critic (reading T1)")] = 1.0


class DynamicProgrammingSettings(_TabularSettings):
    """Learning with r and P known (App. D.1.1): one exact update of actor and critic an iteration."""

    algorithm: Literal["dynamic-programming"] = "dynamic-programming"
    actor: Annotated[Literal["actor-o", "actor-g", "pg"], Field(description="Eq. 12, 9 or 8")] = "actor-g"
    critic: Annotated[Literal["td", "br"], Field(description="Eq. 18 or 13")] = "td"
    iterations: Annotated[Count, Field(description="updates of each player")] = 6000
    log_interval: Annotated[Count, Field(description="iterations a row")] = 20

    @property
    def rows(self) -> int:
        """Rows of the progress table for one seed."""
        return self.iterations // self.log_interval + 1

    @model_validator(mode="after")
    def _check_interval(self) -> Self:
        _divides(self.log_interval, "iterations", self.iterations)
        return self


class SampledSettings(_TabularSettings):
    """Algorithms 1-4: learning from the transitions of fixed-length episodes (App. D.1.2)."""

    algorithm: Annotated[
        Literal["actor-o-critic", "actor-g-critic", "stack-ac", "res-ac"],
        Field(description="Algorithm 1, 2, 3 or 4"),
    ] = "res-ac"
    episodes: Annotated[Count, Field(description="one update of each player an episode")] = 4000
    episode_length: Annotated[Count, Field(description="environment steps (Table 2)")] = 300
    log_interval: Annotated[Count, Field(description="episodes a row")] = 10
    res_critic_lr: Annotated[LearningRate, Field(description="Adam step (Table 2)")] = 2e-2
    res_critic_init: Annotated[Deviation, Field(description="deviation (reading T2)")] = 0.0
    res_critic_updates: Annotated[Count, Field(description="per critic update (App. D.1.2)")] = 1
    initial_state_batch: Annotated[Count, Field(description="size of B_O (reading T13)")] = 300
    half_loss: Annotated[bool, Field(description="1/2 in the sampled losses (reading T11)")] = False
    update_order: Annotated[
        Literal["simultaneous", "critic-first"],
        Field(description="whether the actor sees the critics before their step (reading T12)"),
    ] = "simultaneous"
    eta: Annotated[float, Field(ge=0, le=1e6, description="Stack-AC's regulariser (Table 2)")] = 0.5
    stack_next_action: Annotated[
        Literal["score", "sum"], Field(description="estimate of the cross term (reading T10)")
    ] = "score"
    stack_value_derivative: Annotated[
        Literal["value", "log-policy"], Field(description="derivative of J_pi in q (reading T9)")
    ] = "value"
    stack_discounted_start: Annotated[
        bool, Field(description="the factor 1 - gamma of Eq. 12 in Stack-AC (reading T14)")
    ] = True

    gap_batches: Annotated[
        int, Field(ge=0, description="batches drawn a row to measure the spread of the update; 0: no gap")
    ] = 0

    @property
    def rows(self) -> int:
        """Rows of the progress table for one seed."""
        return self.episodes // self.log_interval

    @model_validator(mode="after")
    def _check(self) -> Self:
        _divides(self.log_interval, "episodes", self.episodes)
        if self.gap_batches > 0 and self.update_order != "simultaneous":
            raise ValueError(
                f"gap_batches = {self.gap_batches}: expected 0 with update_order = {self.update_order}"
            )
        return self


class SACSettings(Strict):
    """SAC, Stack-SAC and Res-SAC on continuous control (App. C and D.2, Table 3)."""

    environment: Annotated[str, Field(min_length=1, description="gymnasium id")] = "HalfCheetah-v4"
    algorithm: Annotated[
        Literal["sac", "stack-sac", "res-sac"], Field(description="actor update: SAC's, Eq. 43 or Alg. 5")
    ] = "sac"
    critic_updates: Annotated[Count, Field(description="x of Algo-x-y, an iteration")] = 10
    res_critic_updates: Annotated[int, Field(ge=0, description="y; by default 10 for res-sac, else 0")] = 0
    environment_steps: Annotated[Count, Field(description="length of the run (reading S14)")] = 1_000_000
    iteration_steps: Annotated[Count, Field(description="environment steps an iteration (Table 3)")] = 10
    warmup_steps: Annotated[
        int | None, Field(ge=0, description="uniform actions first; null: 10 time limits (reading S3)")
    ] = None
    lr: Annotated[LearningRate, Field(description="Adam step of all players (Table 3)")] = 3e-4
    gamma: Annotated[float, Field(ge=0, lt=1, description="discount (Table 3)")] = 0.99
    replay_size: Annotated[Count, Field(description="transitions (Table 3)")] = 1_000_000
    hidden_units: Annotated[Count, Field(description="of each of two layers (Table 3)")] = 128
    batch_size: Annotated[Count, Field(description="transitions a minibatch (Table 3)")] = 128
    tau: Annotated[float, Field(gt=0, le=1, description="polyak step of the targets (Table 3)")] = 0.005
    init: Annotated[Literal["torch", "glorot"], Field(description="of the weights (reading S2)")] = "torch"
    eta: Annotated[float, Field(gt=0, le=1e6, description="Stack-SAC's regulariser (Table 3)")] = 0.5
    clip: Annotated[
        Annotated[float, Field(gt=0)] | Literal["none", "from-sac"],
        Field(description="bound on Res-SAC's residual; Table 3: 6, 1, 4 (reading S10)"),
    ] = "none"
    residual_entropy: Annotated[bool, Field(description="App. C.1's delta_E (reading S6)")] = False
    res_critics: Annotated[Count, Field(le=2, description="single or twin res-critic (reading S8)")] = 1
    backend: Annotated[Literal["numba", "torch"], Field(description="what computes the critics' updates")] = (
        "numba"
    )
    evaluation_interval: Annotated[Count, Field(description="iterations a row (reading S15)")] = 100
    evaluation_episodes: Annotated[Count, Field(description="with the mean action (reading S15)")] = 10

    @model_validator(mode="before")
    @classmethod
    def _default_res_critic_updates(cls, data: Any) -> Any:
        if isinstance(data, Mapping) and data.get("algorithm") == "res-sac":
            return {"res_critic_updates": 10, **data}
        return data

    @model_validator(mode="after")
    def _check(self) -> Self:
        if (self.res_critic_updates > 0) != (self.algorithm == "res-sac"):
            expected = "at least 1" if self.algorithm == "res-sac" else f"0 for {self.algorithm}"
            raise ValueError(f"res_critic_updates = {self.res_critic_updates}: expected {expected}")
        row = self.iteration_steps * self.evaluation_interval
        if self.environment_steps % row:
            raise ValueError(
                f"environment_steps = {self.environment_steps}: expected a multiple of iteration_steps * "
                f"evaluation_interval = {row}"
            )
        return self

    @property
    def label(self) -> str:
        """The paper's name: algorithm-x-y."""
        return f"{self.algorithm}-{self.critic_updates}-{self.res_critic_updates}"


def _divides(log_interval: int, name: str, length: int) -> None:
    if length % log_interval:
        raise ValueError(f"log_interval = {log_interval}: expected a divisor of {name} = {length}")


TabularSettings = SampledSettings | DynamicProgrammingSettings


class _Choices(Strict):
    iterations: Annotated[Count, Field(description="of the runs with known dynamics")]
    res_critic_init: Annotated[list[Deviation], Field(min_length=1, description="reading T2")]


class RobustnessSettings(_Choices):
    """The tabular figures under one set of choices that the paper leaves open, judged (Fig. 9)."""

    algorithm: Literal["robustness"] = "robustness"
    critic_init: Annotated[Deviation, Field(description="reading T1")]
    at_goal: Annotated[AtGoal, Field(description="reading T5")]
    actor_lr: Annotated[LearningRate, Field(description="reading T4")]
    goal: Annotated[tuple[int, int], Field(strict=False, description="reading T6")]
    runs: Annotated[
        dict[str, list[TabularSettings]], Field(description="of each figure, before the choices are made")
    ]
    claims_digest: Annotated[
        str, Field(description="hash of the claims on these figures that are judged")
    ] = ""


class _Grid(_Choices):
    """Every combination of these is a column of Fig. 9."""

    algorithm: Literal["robustness"] = "robustness"
    critic_init: Annotated[list[Deviation], Field(min_length=1)]
    at_goal: Annotated[list[AtGoal], Field(min_length=1)]
    actor_lr: Annotated[list[LearningRate], Field(min_length=1)]
    goal: Annotated[list[Annotated[tuple[int, int], Field(strict=False)]], Field(min_length=1)]


RunSettings = TabularSettings | SACSettings | RobustnessSettings


def family(algorithm: object) -> type[RunSettings]:
    """The settings that an algorithm has, by its name; those of the sampled runs for an unknown one."""
    if algorithm in ("sac", "stack-sac", "res-sac"):
        return SACSettings
    if algorithm == "robustness":
        return RobustnessSettings
    return DynamicProgrammingSettings if algorithm == "dynamic-programming" else SampledSettings


def _label(settings: RunSettings, key: str) -> str:
    """What a figure's column `key` says of a run: of SAC's algorithms the name with x and y."""
    if key == "algorithm" and isinstance(settings, SACSettings):
        return settings.label
    return str(getattr(settings, key))


class Config(Strict):
    """One experiment: the settings of each family of runs, and which runs each figure shows.

    `four_room` holds for every tabular run, `sampled`, `dynamic_programming` and `sac` for their family,
    `environments` for the SAC runs on each environment; what a figure's entry says overrides them all. A SAC
    entry without an environment stands for one run on each. `figure_seeds` is for figures that have their own
    number of seeds.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
    seeds: Annotated[int, Field(ge=2, le=10_000, description="of the tabular runs")]
    published_seeds: Annotated[int, Field(ge=2, description="of the paper's tabular figures")]
    sac_seeds: Annotated[int, Field(ge=2, le=10_000, description="of the SAC runs")]
    four_room: FourRoomSettings
    sampled: SampledSettings
    dynamic_programming: DynamicProgrammingSettings
    sac: SACSettings
    environments: Annotated[dict[str, dict[str, Any]], Field(min_length=1)]
    figure_seeds: dict[str, Annotated[int, Field(ge=2, le=10_000)]]
    figures: dict[str, Annotated[list[dict[str, Any]], Field(min_length=1)]]
    _runs: dict[str, dict[str, RunSettings]] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _check_figures(self) -> Self:
        for environment in self.environments:
            self._sac_settings(environment, {"algorithm": "res-sac"}, f"environments.{environment}")
        for figure in self.figures:
            if figure not in FIGURES:
                raise ValueError(f"figures: unknown key {figure!r}; expected one of: {', '.join(FIGURES)}")
            shown = FIGURES[figure]
            seen, swept = set(), set()
            for run, settings in self.runs(figure).items():
                where = f"figures.{figure}: {run}"
                if settings.algorithm not in shown.algorithms:
                    raise ValueError(
                        f"{where}: algorithm = {settings.algorithm}: expected {' or '.join(shown.algorithms)}"
                    )
                if isinstance(settings, TabularSettings) and any(
                    getattr(settings, key) != getattr(self.four_room, key)
                    for key in FourRoomSettings.model_fields
                ):
                    raise ValueError(f"{where}: another environment: expected that of four_room")
                if isinstance(settings, SACSettings):
                    swept.add((settings.environment, settings.label))
                label = " ".join(_label(settings, key) for key in shown.labels)
                if label in seen:
                    expected = f"each {' and '.join(shown.labels)} once" if shown.labels else "one run"
                    raise ValueError(f"{where}: {label or 'shown'} twice: expected {expected}")
                seen.add(label)
            if figure == "fig5" and len(swept) > 1:
                raise ValueError("figures.fig5: expected one environment and one algorithm-x-y")
        for figure in self.figure_seeds:
            if figure not in self.figures:
                raise ValueError(
                    f"figure_seeds: unknown key {figure!r}; expected one of: {', '.join(self.figures)}"
                )
        shown_by: dict[str, str] = {}
        for figure in self.figures:
            for run, settings in self.runs(figure).items():
                other = shown_by.setdefault(run, figure)
                if isinstance(settings, TabularSettings) and self.seeds_of(other) != self.seeds_of(figure):
                    raise ValueError(
                        f"figure_seeds: {other} and {figure} share the run {run}: expected the same number"
                    )
        return self

    def seeds_of(self, figure: str) -> int:
        """How many seeds each run of a figure has."""
        of_sac = any(isinstance(settings, SACSettings) for settings in self.runs(figure).values())
        return self.figure_seeds.get(figure, self.sac_seeds if of_sac else self.seeds)

    def runs(self, figure: str) -> dict[str, RunSettings]:
        """The runs of a figure: folder -> settings. The folder names the environment and the run."""
        if figure not in self._runs:
            self._runs[figure] = self._listed(figure)
        return self._runs[figure]

    def _listed(self, figure: str) -> dict[str, RunSettings]:
        found: dict[str, RunSettings] = {}
        for position, entry in enumerate(self.figures[figure]):
            where = f"figures.{figure}[{position}]"
            for folder, settings in self._expand(entry, where):
                if folder in found:
                    raise InvalidInput(f"{where}: {folder} twice")
                found[folder] = settings
        return found

    def all_runs(self) -> dict[str, tuple[RunSettings, int]]:
        """Every run with its number of seeds, also those that no figure shows and a clip is looked up in."""
        found: dict[str, tuple[RunSettings, int]] = {}
        for figure in self.figures:
            listed = dict(self.runs(figure))
            for folder, settings in self.runs(figure).items():
                if isinstance(settings, SACSettings) and settings.clip == "from-sac":
                    listed |= dict([self.sac_run(folder, settings)])
            for folder, settings in listed.items():
                most = max(self.seeds_of(figure), found.get(folder, (settings, 0))[1])
                found[folder] = (settings, most)
        return found

    def sac_run(self, folder: str, settings: SACSettings) -> tuple[str, SACSettings]:
        """The SAC run whose largest TD error is the clip of a run with `clip: from-sac` (reading S10)."""
        entry = {"algorithm": "sac", "critic_updates": settings.critic_updates, "res_critic_updates": 0}
        sac = self._sac_settings(settings.environment, entry, folder)
        return f"{settings.environment}/{sac_run_name(entry, sac)}", sac

    def _expand(self, entry: Mapping[str, Any], where: str) -> list[tuple[str, RunSettings]]:
        model = family(entry.get("algorithm"))
        if model is SACSettings:
            names = [entry["environment"]] if "environment" in entry else list(self.environments)
            expanded: list[tuple[str, RunSettings]] = []
            for name in names:
                settings = self._sac_settings(name, entry, where)
                check_used(entry, settings.algorithm, where)
                if settings.clip == "from-sac" and not FROM_SAC_KEYS.issuperset(entry):
                    keys = ", ".join(sorted(FROM_SAC_KEYS))
                    raise InvalidInput(f"{where}: clip = from-sac: expected no other keys than {keys}")
                expanded.append((f"{settings.environment}/{sac_run_name(entry, settings)}", settings))
            return expanded
        if model is RobustnessSettings:
            return self._cells(validated(_Grid, entry, where), where)
        exact = model is DynamicProgrammingSettings
        shared = self.four_room.model_dump(exclude_unset=True)
        own = (self.dynamic_programming if exact else self.sampled).model_dump(exclude_unset=True)
        tabular = validated(model, _used({**shared, **own, **entry}, entry), where)
        check_used(entry, tabular.algorithm, where)
        return [(f"four-room/{run_name(entry)}", tabular)]

    def _cells(self, grid: _Grid, where: str) -> list[tuple[str, RunSettings]]:
        """One run for all that differs in `res_critic_init` only, so that Res-AC alone is trained anew."""
        runs = {
            figure: [run.model_dump() for run in self.runs(figure).values()]
            for figure, shown in FIGURES.items()
            if figure in self.figures and TABULAR.issuperset(shown.algorithms) and not shown.beyond
        }
        names = FIGURES["fig9"].labels
        found: list[tuple[str, RunSettings]] = []
        for values in product(*(getattr(grid, name) for name in names)):
            cell = dict(zip(names, values, strict=True))
            FourRoom(cell["goal"], cell["at_goal"], self.four_room.gamma, self.four_room.layout)
            shared = {"iterations": grid.iterations, "res_critic_init": grid.res_critic_init}
            settings = {**cell, **shared, "runs": runs}
            found.append((f"robustness/{_join(cell)}", validated(RobustnessSettings, settings, where)))
        return found

    def _sac_settings(self, environment: str, entry: Mapping[str, Any], where: str) -> SACSettings:
        if not isinstance(environment, str) or environment not in self.environments:
            expected = f"expected one of environments: {', '.join(self.environments)}"
            raise InvalidInput(f"{where}: environment = {environment!r}: {expected}")
        own = self.sac.model_dump(exclude_unset=True)
        data = {**own, **self.environments[environment], "environment": environment, **entry}
        return validated(SACSettings, _used(data, entry), where)


TABULAR = {"actor-o-critic", "actor-g-critic", "stack-ac", "res-ac", "dynamic-programming"}

USED_BY = {
    "res_critic_lr": ("res-ac",),
    "res_critic_init": ("res-ac",),
    "initial_state_batch": ("actor-o-critic", "stack-ac"),
    "stack_next_action": ("stack-ac",),
    "stack_value_derivative": ("stack-ac",),
    "stack_discounted_start": ("stack-ac",),
    "eta": ("stack-ac", "stack-sac"),
    "clip": ("res-sac",),
    "residual_entropy": ("res-sac",),
    "res_critics": ("res-sac",),
}
"""The settings that only some algorithms use. `res_critic_updates` is checked by value."""


FROM_SAC_KEYS = {"algorithm", "clip", "critic_updates", "environment", "res_critic_updates"}
"""What an entry with `clip: from-sac` can say: the SAC run that it looks at has no other settings."""


def check_used(keys: Iterable[str], algorithm: str, where: str) -> None:
    """Refuse settings that were asked for and would change nothing.

    Raises:
        InvalidInput: a key has no effect on `algorithm`.

    """
    for key in keys:
        if algorithm not in USED_BY.get(key, (algorithm,)):
            expected = " or ".join(USED_BY[key])
            raise InvalidInput(f"{where}: {key} has no effect on {algorithm}: expected {expected}")


def _used(data: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    """Without the shared settings that the entry's algorithm does not use: they are no part of its run."""
    algorithm = entry.get("algorithm")
    return {
        key: value
        for key, value in data.items()
        if key in entry or algorithm in USED_BY.get(key, (algorithm,))
    }


def run_name(entry: Mapping[str, Any], hidden: tuple[str, ...] = ("algorithm",)) -> str:
    """A folder name from a figure's entry: `res-ac`, `res-ac+episodes=2000`, …"""
    shown = {key: entry[key] for key in sorted(entry) if key not in hidden}
    return _join(shown, str(entry.get("algorithm", "default")))


def sac_run_name(entry: Mapping[str, Any], settings: SACSettings) -> str:
    """A folder name for a SAC run: `sac-10-0`, `res-sac-10-10+clip=6`, …; the clip shows whoever set it."""
    hidden = ("algorithm", "environment", "critic_updates", "res_critic_updates", "clip")
    clip = {"clip": settings.clip} if settings.algorithm == "res-sac" else {}
    return run_name({**entry, **clip, "algorithm": settings.label}, hidden[:-1] if clip else hidden)


def _join(settings: Mapping[str, Any], *head: str) -> str:
    # not by commas, at which Snakemake splits the wildcards of a job on a cluster
    return "+".join([*head, *(f"{key}={_plain(value)}" for key, value in settings.items())])


def _plain(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    return "-".join(map(_plain, value)) if isinstance(value, (list, tuple)) else str(value)
