"""The settings of the runs on FourRoom. Where the paper is silent, a field names its reading."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from actor_critic_gap.mdp.four_room import FourRoomSettings
from actor_critic_gap.runs.family import RunSettings
from actor_critic_gap.tabular.kernels import SampledAlgorithm
from actor_critic_gap.validation import Count, Deviation, LearningRate, Length


class _TabularSettings(FourRoomSettings, RunSettings):
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
    iterations: Annotated[Length, Field(description="updates of each player")] = 6000
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

    algorithm: Annotated[SampledAlgorithm, Field(description="Algorithm 1, 2, 3 or 4")] = "res-ac"
    episodes: Annotated[Length, Field(description="one update of each player an episode")] = 4000
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
        int,
        Field(
            ge=0,
            le=1_000_000,
            description="batches drawn a row to measure the spread of the update; 0: no gap",
        ),
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


def _divides(log_interval: int, name: str, length: int) -> None:
    if length % log_interval:
        raise ValueError(f"log_interval = {log_interval}: expected a divisor of {name} = {length}")


TabularSettings = SampledSettings | DynamicProgrammingSettings
