"""Experiments whose difference is known."""

import numpy as np
import pandas as pd
import pytest
from made_up import made_up

from actor_critic_gap.evidence.claims import Claim, judge
from actor_critic_gap.evidence.comparison import Difference, compare_claims, compare_curves

LABELS, MEASURE = ["environment", "algorithm"], ["evaluation_return"]
CLAIM = Claim.model_validate(
    {
        "id": "1",
        "figure": "fig3",
        "place": "Fig. 3",
        "statement": "A ends above B.",
        "statistic": "final_difference",
        "value": "evaluation_return",
        "groups": [{"algorithm": "a"}, {"algorithm": "b"}],
        "rule": {"more_than": 0},
        "seeds": 5,
    }
)


def pair(one: pd.DataFrame, other: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    return one, other


def test_an_experiment_does_not_differ_from_itself() -> None:
    table = made_up(a=5, b=3)
    for compared in compare_curves("fig3", pair(table, table), LABELS, MEASURE):
        assert compared.same
        assert compared.final[2:] == (0, 0, 0)
    verdicts = judge([CLAIM], {"fig3": table}, 1.0)
    (claim,) = compare_claims((verdicts, verdicts), [CLAIM], ({"fig3": table}, {"fig3": table}), (1, 1))
    assert claim.same


def test_what_is_added_to_every_run_is_found_and_told_apart() -> None:
    table = made_up(a=5, b=3)
    more = table.assign(
        evaluation_return=table["evaluation_return"] + 2 * (table["algorithm"] == "a"),
    )
    changed, as_before = compare_curves("fig3", pair(table, more), LABELS, MEASURE)
    assert (changed.runs, as_before.runs) == ("Pendulum-v1 a", "Pendulum-v1 b")
    assert changed.final[2:] == pytest.approx((2, 2, 2))
    assert changed.area[2:] == pytest.approx((2, 2, 2))
    assert changed.final.told_apart
    assert as_before.same


def test_chance_is_not_told_apart() -> None:
    other = made_up(a=5, b=5)
    of_b = other[other["algorithm"] == "b"].assign(algorithm="a")
    (compared,) = compare_curves("fig3", pair(made_up(a=5), of_b), LABELS, MEASURE)
    assert compared.final.low < 0 < compared.final.high
    assert not compared.same
    assert not compared.final.told_apart


def test_common_seeds_as_far_as_both_go() -> None:
    long, short = made_up(seeds=10, a=5), made_up(seeds=4, rows=21, a=5)
    short = short[short["environment_steps"] <= 1000]
    (compared,) = compare_curves("fig3", pair(long, short), LABELS, MEASURE)
    assert (compared.n_seeds, compared.until) == (4, 1000)
    assert compared.final.first == pytest.approx(compared.final.second)


def test_one_seed_has_no_interval() -> None:
    (compared,) = compare_curves("fig3", pair(made_up(seeds=1, a=5), made_up(seeds=3, a=6)), LABELS, MEASURE)
    assert compared.n_seeds == 1
    assert np.isnan(compared.final.low)
    assert not compared.final.told_apart


def test_a_claim_that_turns() -> None:
    tables = ({"fig3": made_up(a=5, b=3)}, {"fig3": made_up(a=2, b=3)})
    verdicts = (judge([CLAIM], tables[0], 1.0), judge([CLAIM], tables[1], 1.0))
    (claim,) = compare_claims(verdicts, [CLAIM], tables, (1, 1))
    assert claim.verdicts == ("reproduced", "not reproduced")
    assert claim.estimate.first == verdicts[0]["estimate"][0]
    assert claim.estimate.estimate == pytest.approx(claim.estimate.second - claim.estimate.first)
    assert claim.estimate.high < 0


def test_each_experiment_is_measured_by_its_own_steps_and_optimum() -> None:
    halfway = {"statistic": "value_at", "groups": [{"algorithm": "a"}], "parameters": {"at": 1000}}
    claim, one = CLAIM.model_copy(update={**halfway, "unit": "optimum"}), made_up(a=5)
    twice = one.assign(**{name: 2 * one[name] for name in ("environment_steps", "evaluation_return")})
    tables, optima = ({"fig3": one}, {"fig3": twice}), (1.0, 4.0)
    first, second = (judge([claim], *each) for each in zip(tables, optima, strict=True))
    (found,) = compare_claims((first, second), [claim], tables, optima)
    expected = second["estimate"][0] - first["estimate"][0]
    assert expected == pytest.approx(2.5 / 4 - 2.5, abs=0.2)
    assert found.estimate.estimate == pytest.approx(expected)


def test_numbers_in_other_units_are_not_subtracted() -> None:
    tables = ({"fig3": made_up(a=12, b=10)}, {"fig3": made_up(a=13, b=10)})
    in_units = CLAIM.model_copy(update={"unit": "learned"})
    verdicts = (judge([CLAIM], tables[0], 1.0), judge([in_units], tables[1], 1.0))
    (claim,) = compare_claims(verdicts, [in_units], tables, (1, 1))
    assert claim.units == ("", "learned")
    assert not claim.same
    assert np.isnan([claim.estimate.estimate, claim.estimate.low]).all()


@pytest.mark.parametrize("seed", range(5))
def test_experiments_that_are_alike_are_not_told_apart_by_their_units(seed: int) -> None:
    """Where the unit is another in each seed, in either experiment, it counts as uncertain."""
    draw = np.random.default_rng(seed)
    claim = CLAIM.model_copy(update={"unit": "learned"})
    tables = []
    for _ in range(2):
        table = made_up(a=12, b=10)
        starts = dict(enumerate(draw.normal(-40, 25, 20)))
        first = table["environment_steps"] == table["environment_steps"].min()
        table.loc[first, "evaluation_return"] = table.loc[first, "seed"].map(starts)
        tables.append({"fig3": table})
    verdicts = [judge([claim], each, 1.0) for each in tables]
    (found,) = compare_claims((verdicts[0], verdicts[1]), [claim], (tables[0], tables[1]), (1, 1))
    assert not found.estimate.told_apart


def test_numbers_that_neither_has_are_the_same() -> None:
    assert Difference(np.nan, np.nan, np.nan).same
    assert not Difference(np.nan, 1.0, np.nan).same
