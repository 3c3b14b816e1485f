"""StackSAC against this project's own closed form in float64."""

from typing import Any

import pytest

pytest.importorskip("stable_baselines3")

from sb3.agents import DOUBLE, SMALL, Drift, filled
from sb3.reference import Reference, assert_near
from stable_baselines3.common.utils import set_random_seed

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.sb3 import StackSAC


@pytest.mark.parametrize("n_critics", [1, 2])
@pytest.mark.parametrize("eta", [0.05, 0.5])
@pytest.mark.usefixtures("double")
def test_updates_are_those_of_this_projects_losses(n_critics: int, eta: float) -> None:
    policy = {**DOUBLE["policy_kwargs"], "n_critics": n_critics}
    settings = {**DOUBLE, "policy_kwargs": policy, "critic_updates": 3}
    agent = filled(StackSAC("MlpPolicy", Drift(), eta=eta, **settings))
    reference = Reference(agent)
    for update in (reference.train, agent.train):
        set_random_seed(1)
        update(5, 16)
    assert_near(agent, reference)


@pytest.mark.parametrize("eta", [0, -1.0, float("inf"), "0.5"])
def test_a_bad_eta_is_named_in_one_line(eta: Any) -> None:
    with pytest.raises(InvalidInput, match=f"^StackSAC: eta = {eta!r}: .*$"):
        StackSAC("MlpPolicy", Drift(), eta=eta, **SMALL)
