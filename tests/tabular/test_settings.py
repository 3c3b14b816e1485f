from typing import Any

import pytest

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.tabular.settings import DynamicProgrammingSettings, SampledSettings
from actor_critic_gap.validation import validated


def test_a_row_is_logged_each_interval_and_of_known_dynamics_at_the_start_too() -> None:
    assert SampledSettings(episodes=30, log_interval=10).rows == 3
    assert DynamicProgrammingSettings(iterations=30, log_interval=10).rows == 4


def test_a_setting_is_shown_as_figures_show_it() -> None:
    settings = SampledSettings(goal=(3, 3), eta=0.05)
    assert [settings.shown(key) for key in ("algorithm", "goal", "eta", "episodes")] == [
        "res-ac",
        "3-3",
        "0.05",
        "4000",
    ]


@pytest.mark.parametrize(
    ("model", "data", "message"),
    [
        (SampledSettings, {"log_interval": 7}, "log_interval = 7: expected a divisor of episodes = 4000"),
        (SampledSettings, {"goal": [0, 0]}, r"goal = \[0, 0\]; expected the row and column of a free cell"),
        (SampledSettings, {"algorithm": "dqn"}, "algorithm = 'dqn': input should be 'actor-o-critic'"),
        (SampledSettings, {"half_loss": 1}, "half_loss = 1: input should be a valid boolean"),
        (
            SampledSettings,
            {"gap_batches": 5, "update_order": "critic-first"},
            "gap_batches = 5: expected 0 with update_order = critic-first",
        ),
        (DynamicProgrammingSettings, {"actor": "ppo"}, "actor = 'ppo': input should be 'actor-o', 'actor-g'"),
        (DynamicProgrammingSettings, {"log_interval": 7}, "log_interval = 7: expected a divisor of iterat"),
        (DynamicProgrammingSettings, {"episodes": 10}, "unknown key 'episodes'; expected one of"),
    ],
)
def test_settings_that_mean_nothing_are_refused(model: Any, data: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=f"^run: {message}"):
        validated(model, data, "run")
