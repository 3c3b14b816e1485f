import numpy as np
import pandas as pd
import pytest
from made_up import made_up
from pandas.testing import assert_frame_equal

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.evidence.curves import area, curves_of, select, to_the_end

TABLE = made_up(a=12, b=10)
GROUPS = [{"algorithm": "a"}, {"algorithm": "b"}]
RETURN = ["evaluation_return"]
SHORT = (TABLE["algorithm"] == "a") & (TABLE["seed"] == 3) & (TABLE["iteration"] > 100)
"""The last rows of a run."""


def test_a_curve_is_the_column_of_a_run_by_its_seed() -> None:
    found = curves_of(TABLE.sort_values(["iteration", "algorithm"], ascending=[True, False]), GROUPS, RETURN)
    assert found is not None
    assert found.x.tolist() == list(range(0, 2001, 100))
    assert [curves.shape for curves in found.curves] == [(10, 21), (10, 21)]
    run = TABLE[(TABLE["algorithm"] == "b") & (TABLE["seed"] == 4)]
    assert found.curves[1][4].tolist() == run["evaluation_return"].tolist()
    several = curves_of(TABLE, GROUPS[:1], ["evaluation_return", "iteration"])
    assert several is not None
    assert several.curves[0].shape == (10, 21, 2)
    assert (several.curves[0][..., 0] == found.curves[0]).all()


def test_a_group_that_is_not_there_has_no_curves() -> None:
    assert curves_of(TABLE, [*GROUPS, {"algorithm": "c"}], RETURN) is None


def test_rows_are_selected_by_their_labels_as_text() -> None:
    labelled = TABLE.assign(clip=[1.5, 2.5] * (len(TABLE) // 2))
    assert (select(labelled, {"algorithm": "a", "clip": "2.5"})["clip"] == 2.5).all()
    assert len(select(labelled, {})) == len(TABLE)


def test_a_run_that_diverged_falls_to_its_least_value_and_stays_there() -> None:
    run = (TABLE["algorithm"] == "a") & (TABLE["seed"] == 3)
    gone = TABLE.assign(diverged=run.astype(int))[~SHORT]
    found = curves_of(gone, GROUPS[:1], RETURN)
    assert found is not None
    (curves,) = found.curves
    assert (curves[3, 11:] == curves[3].min()).all()
    whole = to_the_end(gone, ["algorithm"], RETURN)
    assert whole.groupby(["algorithm", "seed"]).size().unique().tolist() == [21]
    assert_frame_equal(whole.iloc[: len(gone)], gone.reset_index(drop=True))
    assert to_the_end(TABLE[~SHORT], ["algorithm"], RETURN).equals(TABLE[~SHORT])


@pytest.mark.parametrize("error", ["critic_rmse", "max_abs_td_error"])
def test_the_error_of_a_run_that_diverged_stays_at_its_largest(error: str) -> None:
    run = (TABLE["algorithm"] == "a") & (TABLE["seed"] == 3)
    table = TABLE.assign(diverged=run.astype(int)).rename(columns={"evaluation_return": error})
    found = curves_of(table[~SHORT], GROUPS[:1], [error])
    assert found is not None
    (curves,) = found.curves
    assert (curves[3, 11:] == curves[3].max()).all()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (~SHORT, "a: seed 3 has 11 rows, expected 21"),
        ((TABLE["algorithm"] == "b") | (TABLE["iteration"] % 20 == 0), "a: seed 0 has 11 rows, expected 21"),
        ((TABLE["algorithm"] == "a") | (TABLE["seed"] < 9), "b: seed 9 is missing"),
        ((TABLE["algorithm"] == "a") | (TABLE["seed"] != 2), "b: seed 2 is missing"),
    ],
    ids=["short", "other steps", "fewer seeds", "a seed left out"],
)
def test_groups_whose_runs_do_not_match_are_an_error(rows: pd.Series, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        curves_of(TABLE[rows], GROUPS, RETURN)


def test_a_row_twice_and_a_missing_column_are_an_error() -> None:
    with pytest.raises(InvalidInput, match="a: seed 0 has step 0 twice"):
        curves_of(pd.concat([TABLE, TABLE.iloc[:1]]), GROUPS, RETURN)
    with pytest.raises(InvalidInput, match="column colour is missing"):
        curves_of(TABLE, [{"colour": "a"}], RETURN)


def test_the_area_is_the_mean_height_over_environment_steps() -> None:
    run = pd.DataFrame({"environment_steps": [0, 10, 30], "evaluation_return": [0.0, 2.0, 2.0]})
    assert area(run) == pytest.approx((10 + 40) / 30)
    assert np.isnan(area(run.assign(evaluation_return=[0.0, np.nan, 2.0])))
