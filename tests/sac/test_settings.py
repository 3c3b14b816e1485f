from typing import Any

import pytest

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.sac.settings import SACSettings
from actor_critic_gap.validation import validated


def test_res_sac_has_a_res_critic_by_default_and_the_others_none() -> None:
    labels = {name: SACSettings(algorithm=name).label for name in ("sac", "stack-sac", "res-sac")}
    assert labels == {"sac": "sac-10-0", "stack-sac": "stack-sac-10-0", "res-sac": "res-sac-10-10"}
    own = SACSettings(algorithm="res-sac", critic_updates=1, res_critic_updates=3, clip=1.5)
    assert [own.shown(key) for key in ("algorithm", "clip", "lr", "residual_entropy")] == [
        "res-sac-1-3",
        "1.5",
        "0.0003",
        "False",
    ]


def test_each_critic_has_a_res_critic_of_its_own_by_default() -> None:
    def n(**settings: Any) -> int:
        return SACSettings.model_validate({"algorithm": "res-sac", **settings}).n_res_critics

    assert n() == 2
    assert n(residual_of="mean") == n(residual_of="min", critics=1) == 1
    assert n(residual_of="min", res_critics=2) == 2
    assert n(algorithm="sac") == 0


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"algorithm": "sac", "res_critic_updates": 1}, "res_critic_updates = 1: expected 0 for sac"),
        ({"algorithm": "res-sac", "res_critic_updates": 0}, "res_critic_updates = 0: expected at least 1"),
        ({"environment_steps": 1500}, "environment_steps = 1500: expected a multiple of .* = 1000"),
        ({"clip": "all"}, "clip = 'all': input should be"),
        ({"clip": 0.0}, "clip = 0.0: input should be greater than 0"),
        ({"clip": float("inf")}, "clip = inf: input should be"),
        ({"lr": "fast"}, "lr = 'fast': input should be a valid number"),
        ({"res_critics": 3}, "res_critics = 3: input should be less than or equal to 2"),
        (
            {"algorithm": "res-sac", "res_critics": 1},
            "res_critics = 1: expected null with residual_of = 'own', where each critic has one",
        ),
        *(
            (
                {"algorithm": "res-sac", "critics": 1, "residual_of": of},
                f"residual_of = '{of}': expected 'min', of a single critic",
            )
            for of in ("mean", "own")
        ),
        ({"residual_of": "max"}, "residual_of = 'max': input should be 'min', 'mean' or 'own'"),
        ({"reward_scale": 0.0}, "reward_scale = 0.0: input should be greater than 0"),
        ({"reward_scale": -1.0}, "reward_scale = -1.0: input should be greater than 0"),
        ({"td_error": "largest"}, "td_error = 'largest': input should be 'max_abs_td_error'"),
        ({"clip": 1e7}, "clip = 10000000.0: input should be less than or equal to 1000000"),
        (
            {"algorithm": "res-sac", "bound_targets": True},
            "bound_targets = True: expected false with clip = 'none'",
        ),
        ({"residual_entropy": 1}, "residual_entropy = 1: input should be a valid boolean"),
        ({"gamma": 1.0}, "gamma = 1.0: input should be less than 1"),
        ({"seed": 1}, "unknown key 'seed'; expected one of: algorithm, environment"),
        ([], "input should be"),
    ],
    ids=str,
)
def test_settings_that_mean_nothing_are_refused(data: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=f"(?i)^run: {message}"):
        validated(SACSettings, data, "run")
