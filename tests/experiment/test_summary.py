import pytest
from made_up import made_up

from actor_critic_gap.evidence.statistics import interval_of_middle
from actor_critic_gap.experiment.summary import COLUMNS, summarise


def test_a_row_a_group_with_its_spread_over_seeds() -> None:
    table = made_up(a=12, b=10)
    rows = summarise({"fig3": table}).set_index("runs")
    assert rows.reset_index()[["figure", "runs"]].shape[0] == 2
    assert {*rows.columns, "runs"} == set(COLUMNS)
    a = rows.loc["Pendulum-v1 a"]
    final = table[(table["algorithm"] == "a") & (table["iteration"] >= 190)].groupby("seed")
    expected = final["evaluation_return"].mean()
    assert a["n_seeds"] == 10
    assert a["final_mean"] == pytest.approx(expected.mean())
    assert a["final_sd"] == pytest.approx(expected.std(ddof=1))
    assert (a["final_iqm"], a["iqm_low"], a["iqm_high"]) == pytest.approx(
        interval_of_middle(expected.to_numpy())
    )
    heights = table[table["algorithm"] == "a"].pivot(
        index="seed", columns="iteration", values="evaluation_return"
    )
    areas = (heights.iloc[:, 1:].to_numpy() + heights.iloc[:, :-1]).mean(axis=1) / 2
    assert (a["area_mean"], a["area_sd"]) == pytest.approx((areas.mean(), areas.std(ddof=1)))
