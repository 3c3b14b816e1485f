"""The settings of SAC, Stack-SAC and Res-SAC. Where the paper is silent, a field names its reading."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from actor_critic_gap.runs.family import RunSettings
from actor_critic_gap.validation import Count, LearningRate, Length


PENDULUM = "Pendulum-v1"
"""The environment whose policy gradient is solved for."""


class SACSettings(RunSettings):
    """SAC, Stack-SAC and Res-SAC on continuous control (App. C and D.2, Table 3)."""

    environment: Annotated[
        str, Field(pattern=r"^(\w[\w.]*:)?([\w-]+/)?\w[\w.-]*$", max_length=100, description="gymnasium id")
    ] = "HalfCheetah-v4"
    algorithm: Annotated[
        Literal["sac", "stack-sac", "res-sac"], Field(description="actor update: SAC's, Eq. 43 or Alg. 5")
    ] = "sac"
    critic_updates: Annotated[Count, Field(le=10_000, description="x of Algo-x-y, an iteration")] = 10
    res_critic_updates: Annotated[
        int, Field(ge=0, le=10_000, description="y; by default 10 for res-sac, else 0")
    ] = 0
    environment_steps: Annotated[
        int, Field(gt=0, le=1_000_000_000, description="length of the run (reading S14)")
    ] = 1_000_000
    iteration_steps: Annotated[Count, Field(description="environment steps an iteration (Table 3)")] = 10
    warmup_steps: Annotated[
        int | None,
        Field(ge=0, le=1_000_000_000, description="uniform actions first; null: 10 time limits (reading S3)"),
    ] = None
    lr: Annotated[LearningRate, Field(description="Adam step of all players (Table 3)")] = 3e-4
    gamma: Annotated[float, Field(ge=0, lt=1, description="discount (Table 3)")] = 0.99
    replay_size: Annotated[Length, Field(description="transitions (Table 3)")] = 1_000_000
    hidden_units: Annotated[Count, Field(le=4096, description="of each of two layers (Table 3)")] = 128
    batch_size: Annotated[Count, Field(le=65_536, description="transitions a minibatch (Table 3)")] = 128
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
    prediction_interval: Annotated[
        int, Field(ge=0, le=1_000_000, description="rows from one measurement of predictions to the next; 0: none")
    ] = 0
    prediction_pairs: Annotated[int, Field(ge=100, le=1_000_000, description="state-action pairs of each")] = 100
    angle_interval: Annotated[
        int, Field(ge=0, le=1_000_000, description="the same of the actor's angle, on Pendulum; 0: none")
    ] = 0

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
        rows = self.environment_steps // row
        for key in ("prediction_interval", "angle_interval"):
            if getattr(self, key) > rows:
                raise ValueError(f"{key} = {getattr(self, key)}: expected at most {rows}, the rows of the run")
        if self.angle_interval and self.environment != PENDULUM:
            raise ValueError(
                f"angle_interval = {self.angle_interval}: expected 0 on {self.environment}: the policy "
                f"gradient is known on {PENDULUM} only"
            )
        return self

    def shown(self, key: str) -> str:
        """A setting as figures and tables show it; the algorithm with its x and y."""
        return self.label if key == "algorithm" else super().shown(key)

    @property
    def label(self) -> str:
        """The paper's name: algorithm-x-y."""
        return f"{self.algorithm}-{self.critic_updates}-{self.res_critic_updates}"
