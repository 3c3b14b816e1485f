"""The settings of every kind of run, with their defaults, and the config that lists runs by figure.

Where the paper is silent, a field names the reading that its default takes (docs/readings.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.four_room import GOAL, LAYOUT, AtGoal, FourRoom

Count = Annotated[int, Field(gt=0)]
LearningRate = Annotated[float, Field(gt=0, le=1)]
Deviation = Annotated[float, Field(ge=0, le=1e6)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, data: Any) -> Any:
        if isinstance(data, Mapping):
            for key in data:
                if key not in cls.model_fields:
                    known = ", ".join(cls.model_fields)
                    raise PydanticCustomError(
                        "unknown_key",
                        "unknown key {key}; expected one of: {known}",
                        {"key": repr(key), "known": known},
                    )
        return data


class FourRoomSettings(_Strict):
    """The environment of the tabular runs (App. D.1)."""

    layout: Annotated[
        tuple[str, ...], Field(strict=False, description="rows of '#' and ' ' (reading T6)")
    ] = LAYOUT
    goal: Annotated[tuple[int, int], Field(strict=False, description="row, column (reading T6)")] = GOAL
    at_goal: Annotated[AtGoal, Field(description="what follows the goal (reading T5)")] = "continue"
    gamma: Annotated[float, Field(ge=0, lt=1, description="discount (Table 2)")] = 0.9

    @model_validator(mode="after")
    def _check_map(self) -> Self:
        self.four_room()
        return self

    def four_room(self) -> FourRoom:
        """The map and MDP that these settings describe."""
        return FourRoom(self.goal, self.at_goal, self.gamma, self.layout)


class _TabularSettings(FourRoomSettings):
    actor_lr: Annotated[LearningRate, Field(description="Adam step of the logits (reading T4)")] = 1e-2
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

    @property
    def rows(self) -> int:
        """Rows of the progress table for one seed."""
        return self.episodes // self.log_interval

    @model_validator(mode="after")
    def _check_interval(self) -> Self:
        _divides(self.log_interval, "episodes", self.episodes)
        return self


def _divides(log_interval: int, name: str, length: int) -> None:
    if length % log_interval:
        raise ValueError(f"log_interval = {log_interval}: expected a divisor of {name} = {length}")


RunSettings = SampledSettings | DynamicProgrammingSettings

SHOWN: dict[str, tuple[list[str], list[str]]] = {
    "fig1": (["actor-o-critic", "actor-g-critic", "stack-ac", "res-ac"], ["algorithm"]),
    "fig2": (["res-ac"], ["algorithm"]),
    "fig4": (["dynamic-programming"], ["actor", "critic"]),
}
"""The algorithms that a figure can show, and the settings that tell its runs apart."""


class Config(_Strict):
    """One experiment: the settings of each family of runs, and which runs each figure shows.

    `four_room` holds for every tabular run, `sampled` and `dynamic_programming` for their family; what a
    figure's entry says overrides both.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
    seeds: Annotated[int, Field(ge=2, le=10_000)]
    four_room: FourRoomSettings
    sampled: SampledSettings
    dynamic_programming: DynamicProgrammingSettings
    figures: dict[Literal["fig1", "fig2", "fig4"], Annotated[list[dict[str, Any]], Field(min_length=1)]]

    @model_validator(mode="after")
    def _check_figures(self) -> Self:
        for figure in self.figures:
            allowed, labels = SHOWN[figure]
            seen = set()
            for run, settings in self.runs(figure).items():
                where = f"figures.{figure}: {run}"
                if settings.algorithm not in allowed:
                    raise ValueError(
                        f"{where}: algorithm = {settings.algorithm}: expected {' or '.join(allowed)}"
                    )
                if any(
                    getattr(settings, key) != getattr(self.four_room, key)
                    for key in FourRoomSettings.model_fields
                ):
                    raise ValueError(f"{where}: another environment: expected that of four_room")
                label = " ".join(getattr(settings, key) for key in labels)
                if label in seen:
                    raise ValueError(f"{where}: {label} twice: expected each {' and '.join(labels)} once")
                seen.add(label)
        return self

    def runs(self, figure: str) -> dict[str, RunSettings]:
        """The runs of a figure: name -> settings. The name says what the entry says."""
        found: dict[str, RunSettings] = {}
        for position, entry in enumerate(self.figures[figure]):  # type: ignore[index]
            family: RunSettings = self.sampled
            if entry.get("algorithm") == "dynamic-programming":
                family = self.dynamic_programming
            shared = self.four_room.model_dump(exclude_unset=True)
            own = family.model_dump(exclude_unset=True)
            settings = validated(type(family), {**shared, **own, **entry}, f"figures.{figure}[{position}]")
            name = run_name(entry)
            if name in found:
                raise InvalidInput(f"figures.{figure}[{position}]: {name} twice")
            found[name] = settings
        return found


def run_name(entry: Mapping[str, Any]) -> str:
    """A folder name from a figure's entry: `res-ac`, `res-ac,episodes=2000`, …"""
    rest = {key: value for key, value in entry.items() if key != "algorithm"}
    parts = [f"{key}={_plain(value)}" for key, value in sorted(rest.items())]
    return ",".join([str(entry.get("algorithm", "default")), *parts])


def _plain(value: Any) -> str:
    return "-".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


Model = TypeVar("Model", bound=BaseModel)


def validated(model: type[Model], data: Any, where: str) -> Model:
    """`data` as `model`, or InvalidInput with one line: where, which key, its value, what is expected."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first, *others = error.errors()
        key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        value = first["input"]
        if first["type"] == "missing":
            line = f"{key.lstrip('.')}: missing key"
        elif key and first["type"] not in ("unknown_key", "value_error"):
            line = f"{key.lstrip('.')} = {value!r}: {message[0].lower()}{message[1:]}"
        else:
            line = f"{key.lstrip('.')}: {message}".removeprefix(": ")
        more = f" (and {len(others)} more)" if others else ""
        raise InvalidInput(f"{where}: {line}{more}") from None
