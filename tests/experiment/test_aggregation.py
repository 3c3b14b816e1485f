from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest
from records import record_of

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.experiment.aggregation import tidy
from actor_critic_gap.figures import FIGURES
from actor_critic_gap.runs.folder import Run
from actor_critic_gap.sac.settings import TDError


def run_of(
    folder: str, settings: dict[str, Any], progress: pd.DataFrame, diverged_at: int | None = None
) -> Run:
    seeds = progress["seed"].unique().tolist()
    return Run(Path(folder), record_of(settings, seeds, diverged_at=diverged_at), progress)


def sampled_run(algorithm: str, **columns: Any) -> Run:
    table = pd.DataFrame(
        {
            "seed": [0, 0, 1, 1],
            "environment_steps": [300, 600] * 2,
            "episode_return": [1.0, 2.0, 3.0, 4.0],
            "objective": [0.1, 0.2, 0.3, 0.4],
            "true_return": 1.0,
            "critic": 0.5,
            "critic_plus_res_critic": 0.9,
        }
    ).assign(**columns)
    return run_of(f"runs/{algorithm}", {"algorithm": algorithm}, table)


def test_fig1_stacks_runs_and_labels_them() -> None:
    table = tidy("fig1", [sampled_run("stack-ac"), sampled_run("res-ac")], 2)
    assert table.columns.tolist() == FIGURES["fig1"].columns
    assert table["algorithm"].tolist() == ["stack-ac"] * 4 + ["res-ac"] * 4
    assert table["episode_return"].tolist() == [1.0, 2.0, 3.0, 4.0] * 2


def test_fig2_and_fig4_have_their_columns() -> None:
    assert tidy("fig2", [sampled_run("res-ac")], 2).columns.tolist() == FIGURES["fig2"].columns
    progress = pd.DataFrame({"seed": [0], "iteration": 0, "objective": 0.1, "critic_objective": 0.2})
    run = run_of("run", {"algorithm": "dynamic-programming", "actor": "pg"}, progress)
    table = tidy("fig4", [run], 1)
    assert table.columns.tolist() == FIGURES["fig4"].columns
    assert (table["actor"] == "pg").all()
    assert (table["critic"] == "td").all()


def test_a_missing_or_a_surplus_seed_is_an_error() -> None:
    with pytest.raises(InvalidInput, match=r"seeds missing: \[2\], not asked for: none; expected 3 seeds"):
        tidy("fig1", [sampled_run("res-ac")], 3)
    with pytest.raises(InvalidInput, match=r"seeds missing: none, not asked for: \[1\]"):
        tidy("fig1", [sampled_run("res-ac")], 1)


def test_the_same_run_twice_or_a_run_of_another_figure_is_an_error() -> None:
    with pytest.raises(InvalidInput, match="seed 0 is there already"):
        tidy("fig1", [sampled_run("res-ac"), sampled_run("res-ac")], 2)
    with pytest.raises(InvalidInput, match="algorithm = res-ac: expected dynamic-programming for fig4"):
        tidy("fig4", [sampled_run("res-ac")], 2)
    with pytest.raises(InvalidInput, match=r"x/record.json: algorithm = 'none': expected one of"):
        tidy("fig1", [run_of("x", {"algorithm": "none"}, pd.DataFrame({"seed": [0]}))], 1)


def test_a_short_seed_is_an_error() -> None:
    run = sampled_run("res-ac")
    short = replace(run, progress=run.progress.iloc[:-1])
    with pytest.raises(InvalidInput, match="seed 1 has 1 rows, expected 2"):
        tidy("fig1", [short], 2)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_value_that_is_not_finite_is_an_error(value: float) -> None:
    run = sampled_run("res-ac", objective=[0.1, 0.2, value, 0.4])
    with pytest.raises(InvalidInput, match=r"progress.csv: seed 1 has a value that is not a finite number"):
        tidy("fig1", [run], 2)


def sac_run(seed: int, rows: int, diverged_at: int | None = None, **settings: Any) -> Run:
    progress = pd.DataFrame(
        {
            "seed": seed,
            "iteration": np.arange(rows) * 10,
            "environment_steps": np.arange(rows) * 100,
            "evaluation_return": -1.0,
            "training_return": [np.nan, *([-2.0] * (rows - 1))],
            **{name: [np.nan, *([3.0] * (rows - 1))] for name in get_args(TDError)},
        }
    )
    known = {"environment": "Pendulum-v1", "algorithm": "res-sac", "critic_updates": 10}
    resolved = {**known, "res_critic_updates": 10, "clip": 6.0, **settings}
    return run_of(f"runs/{seed}", resolved, progress, diverged_at)


def test_sac_runs_have_a_seed_each_and_the_papers_labels() -> None:
    runs = [sac_run(0, 4), sac_run(1, 4)]
    table = tidy("fig3", runs, 2)
    assert table.columns.tolist() == FIGURES["fig3"].columns
    assert set(table["algorithm"]) == {"res-sac-10-10"}
    assert table["training_return"].isna().sum() == 2
    clips = tidy("fig5", [*runs, *(sac_run(k, 4, clip="none") for k in range(2))], 2)["clip"]
    assert clips.unique().tolist() == ["6", "none"]
    with pytest.raises(InvalidInput, match=r"seeds missing: \[1\]"):
        tidy("fig3", runs[:1], 2)
    elsewhere = sac_run(0, 4, environment="Reacher-v4", clip=1.0)
    with pytest.raises(
        InvalidInput, match="environment = Reacher-v4: expected Pendulum-v1, as in the others"
    ):
        tidy("fig5", [runs[0], elsewhere], 1)


def test_fig6_starts_at_the_first_update() -> None:
    runs = [sac_run(seed, 4, algorithm="sac", res_critic_updates=0) for seed in range(2)]
    assert tidy("fig6", runs, 2)["iteration"].tolist() == [10, 20, 30] * 2


def test_a_run_that_diverged_is_short_and_kept_and_one_that_is_just_short_is_an_error() -> None:
    table = tidy("fig3", [sac_run(0, 4), sac_run(1, 2, diverged_at=15)], 2)
    assert table["seed"].value_counts().to_dict() == {0: 4, 1: 2}
    assert set(table.loc[table["diverged"] == 1, "seed"]) == {1}
    with pytest.raises(InvalidInput, match="seed 1 has 2 rows, expected 4"):
        tidy("fig3", [sac_run(0, 4), sac_run(1, 2)], 2)


def test_a_run_that_ends_before_a_figure_measures_anything_is_named() -> None:
    runs = [sac_run(seed, 4, algorithm="sac", res_critic_updates=0) for seed in range(2)]
    early = replace(runs[1], progress=runs[1].progress.head(1))
    with pytest.raises(InvalidInput, match=r"runs/1/progress.csv: ends at environment_steps 0, before fig6"):
        tidy("fig6", [runs[0], early], 2)


def test_environments_may_have_numbers_of_seeds_of_their_own() -> None:
    runs = [sac_run(seed, 4) for seed in range(3)]
    runs += [sac_run(seed, 4, environment="Reacher-v4") for seed in range(2)]
    assert len(tidy("fig3", runs, 2, {"Pendulum-v1": 3})) == 5 * 4
    with pytest.raises(InvalidInput, match=r"seeds missing: none, not asked for: \[2\]; expected 2 seeds"):
        tidy("fig3", runs, 2)
    with pytest.raises(InvalidInput, match="seeds on Hopper-v5: there are no runs: expected one of Pend"):
        tidy("fig3", runs, 2, {"Pendulum-v1": 3, "Hopper-v5": 2})


def test_a_missing_column_is_an_error() -> None:
    run = sampled_run("res-ac")
    lacking = replace(run, progress=run.progress.drop(columns="critic_plus_res_critic"))
    with pytest.raises(InvalidInput, match="fig2 needs column critic_plus_res_critic"):
        tidy("fig2", [lacking], 2)
