"""The settings of SAC, Stack-SAC and Res-SAC. Where the paper is silent, a field names its reading."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from actor_critic_gap.runs.family import RunSettings
from actor_critic_gap.validation import Count, LearningRate, Length

ResidualOf = Literal["min", "mean", "own"]
TDError = Literal[
    "max_abs_td_error",
    "max_abs_td_error_summed",
    "minibatch_abs_td_error",
    "minibatch_abs_td_error_summed",
    "mean_abs_td_error",
    "mean_abs_td_error_summed",
]
"""The largest over samples, the largest mean of a minibatch, and the mean, over the critics since the row
before; or of the sum over the critics, as in their common loss (reading S17)."""


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
    critics: Annotated[Count, Field(le=2, description="single or twin critic (reading S20)")] = 2
    reward_scale: Annotated[
        float, Field(gt=0, le=1e6, description="of the rewards that the critic learns from (reading S18)")
    ] = 1.0
    target_entropy: Annotated[
        float, Field(ge=-100, le=100, description="in units of dim(A) (Table 3, reading S19)")
    ] = -1.0
    eta: Annotated[float, Field(gt=0, le=1e6, description="Stack-SAC's regulariser (Table 3)")] = 0.5
    clip: Annotated[
        Annotated[float, Field(gt=0, le=1e6)] | Literal["none", "from-sac"],
        Field(description="bound on Res-SAC's residual; Table 3: 6, 1, 4 (reading S10)"),
    ] = "none"
    td_error: Annotated[
        TDError, Field(description="what clip: from-sac takes the largest of (reading S17)")
    ] = "mean_abs_td_error_summed"
    residual_of: Annotated[
        ResidualOf, Field(description="the critic whose residual it is; own: a W for each Q (reading S7)")
    ] = "own"
    residual_entropy: Annotated[bool, Field(description="App. C.1's delta_E (reading S6)")] = False
    res_critics: Annotated[
        Annotated[int, Field(ge=1, le=2)] | None,
        Field(description="single or twin res-critic; null: single, with own one a critic (reading S8)"),
    ] = None
    bound_targets: Annotated[
        bool, Field(description="keep W's target within clip / (1 - gamma); not in the paper")
    ] = False
    backend: Annotated[Literal["numba", "torch"], Field(description="what computes the critics' updates")] = (
        "numba"
    )
    evaluation_interval: Annotated[Count, Field(description="iterations a row (reading S15)")] = 100
    evaluation_episodes: Annotated[Count, Field(description="with the mean action (reading S15)")] = 10
    prediction_interval: Annotated[
        int,
        Field(
            ge=0, le=1_000_000, description="rows from one measurement of predictions to the next; 0: none"
        ),
    ] = 0
    prediction_pairs: Annotated[
        int, Field(ge=100, le=1_000_000, description="state-action pairs of each")
    ] = 100
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
        if self.algorithm == "res-sac":
            self._check_residual()
        row = self.iteration_steps * self.evaluation_interval
        if self.environment_steps % row:
            raise ValueError(
                f"environment_steps = {self.environment_steps}: expected a multiple of iteration_steps * "
                f"evaluation_interval = {row}"
            )
        rows = self.environment_steps // row
        for key in ("prediction_interval", "angle_interval"):
            if getattr(self, key) > rows:
                raise ValueError(
                    f"{key} = {getattr(self, key)}: expected at most {rows}, the rows of the run"
                )
        if self.angle_interval and self.environment != PENDULUM:
            raise ValueError(
                f"angle_interval = {self.angle_interval}: expected 0 on {self.environment}: the policy "
                f"gradient is known on {PENDULUM} only"
            )
        if self.angle_interval and self.reward_scale != 1:
            raise ValueError(f"reward_scale = {self.reward_scale}: expected 1 where the angle is measured")
        return self

    def _check_residual(self) -> None:
        if self.critics == 1 and self.residual_of != "min":
            raise ValueError(f"residual_of = {self.residual_of!r}: expected 'min', of a single critic")
        if self.residual_of == "own" and self.res_critics is not None:
            raise ValueError(
                f"res_critics = {self.res_critics}: expected null with residual_of = 'own', "
                "where each critic has one"
            )
        if self.bound_targets and self.clip == "none":
            raise ValueError("bound_targets = True: expected false with clip = 'none'")

    @property
    def n_res_critics(self) -> int:
        """How many res-critics there are."""
        if self.algorithm != "res-sac":
            return 0
        return self.critics if self.residual_of == "own" else self.res_critics or 1

    def shown(self, key: str) -> str:
        """A setting as figures and tables show it; the algorithm with its x and y."""
        return self.label if key == "algorithm" else super().shown(key)

    @property
    def label(self) -> str:
        """The paper's name: algorithm-x-y."""
        return f"{self.algorithm}-{self.critic_updates}-{self.res_critic_updates}"
