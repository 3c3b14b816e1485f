import itertools
from typing import Any

import pytest

from actor_critic_gap.mdp import finite_mdp, identities
from actor_critic_gap.mdp.four_room import FourRoom


def test_every_identity_holds_on_random_mdps_and_on_four_room() -> None:
    table = identities.check(FourRoom().mdp, 20, seed=1)
    assert table.columns.tolist() == identities.COLUMNS
    assert len(table) == 2 * len(identities.IDENTITIES)
    assert table["n_problems"].tolist() == [20, 1] * len(identities.IDENTITIES)
    assert table["largest_error"].max() < 1e-11


def test_an_identity_that_does_not_hold_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = finite_mdp.actor_o_gradient
    monkeypatch.setattr(finite_mdp, "actor_g_gradient", wrong)
    table = identities.check(FourRoom().mdp, 3, seed=1).set_index(["identity", "problems"])["largest_error"]
    assert table["PG - Actor_g"].min() > 1e-3
    assert table["PG - Actor_o"].max() < 1e-11


def test_an_identity_shows_that_fails_in_one_problem_only(monkeypatch: pytest.MonkeyPatch) -> None:
    right, calls = finite_mdp.actor_g_gradient, itertools.count()

    def sometimes(*arguments: Any) -> finite_mdp.Array:
        gradient = right(*arguments)
        return gradient if next(calls) else gradient + 1

    monkeypatch.setattr(finite_mdp, "actor_g_gradient", sometimes)
    table = identities.check(FourRoom().mdp, 3, seed=1).set_index(["identity", "problems"])["largest_error"]
    assert table["PG - Actor_g", "random MDPs"] > 1e-3
    assert table["PG - Actor_g", "FourRoom"] < 1e-11
