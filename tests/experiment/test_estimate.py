"""Estimates held against what runs took, and on runs whose price is known."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.experiment.config import PlannedRun, read_config
from actor_critic_gap.experiment.estimate import (
    FinishedRun,
    difference,
    estimate,
    estimate_lines,
    finished_runs,
    work,
)
from actor_critic_gap.experiment.families import ALGORITHMS
from actor_critic_gap.experiment.memory import replay_megabytes
from actor_critic_gap.runs.family import RunSettings
from actor_critic_gap.sac.settings import SACSettings
from actor_critic_gap.tabular.settings import DynamicProgrammingSettings, SampledSettings

ROOT = Path(__file__).parent.parent.parent
RESULTS = ROOT / "results" / "paper"
PAPER = ROOT / "config" / "paper.yaml"


@pytest.fixture(scope="module")
def shipped() -> list[FinishedRun]:
    return finished_runs(RESULTS)


@pytest.fixture(scope="module")
def paper() -> list[PlannedRun]:
    return list(read_config([PAPER]).all_runs().values())


def sac(**changes: Any) -> SACSettings:
    return SACSettings.model_validate({"environment": "Pendulum-v1", "environment_steps": 50_000, **changes})


def finished(
    settings: RunSettings, seconds: float, n_seeds: int = 1, memory: float = math.nan
) -> FinishedRun:
    return FinishedRun(ALGORITHMS[settings.algorithm], settings, n_seeds, seconds, memory)


def planned(settings: RunSettings, n_seeds: int = 1) -> PlannedRun:
    return PlannedRun("kind/run", ALGORITHMS[settings.algorithm], settings, list(range(n_seeds)))


def seconds(settings: RunSettings, runs: Sequence[FinishedRun], n_seeds: int = 1) -> float:
    return float(estimate([planned(settings, n_seeds)], runs)["seconds"].iloc[0])


def test_the_papers_runs_cost_what_they_took(paper: list[PlannedRun], shipped: list[FinishedRun]) -> None:
    costs = estimate(paper, shipped)
    assert costs["seconds"].sum() == pytest.approx(sum(run.seconds for run in shipped), rel=0.03)
    assert set(costs["alike"]) == {"same settings"}
    assert costs["jobs"].sum() == len(shipped)


@pytest.mark.parametrize("environment", ["Pendulum-v1", "Reacher-v4", "HalfCheetah-v4"])
def test_an_environment_without_runs_is_within_a_factor_of_three(
    environment: str, paper: list[PlannedRun], shipped: list[FinishedRun]
) -> None:
    own = [run for run in shipped if getattr(run.settings, "environment", "") == environment]
    others = [run for run in shipped if getattr(run.settings, "environment", "") != environment]
    costs = estimate([run for run in paper if run.name.startswith(environment)], others)
    assert set(costs["alike"]) == {"another environment"}
    assert 1 / 3 < costs["seconds"].sum() / sum(run.seconds for run in own) < 3


def test_time_grows_with_seeds_and_length() -> None:
    exact = DynamicProgrammingSettings(iterations=1000)
    longer = DynamicProgrammingSettings(iterations=3000)
    assert seconds(longer, [finished(exact, 10.0, n_seeds=2)], n_seeds=4) == pytest.approx(60)
    sampled = SampledSettings(episodes=100)
    assert seconds(SampledSettings(episodes=50), [finished(sampled, 4.0)]) == pytest.approx(2)
    # 48000 and 8000 steps after ten time limits of 200
    assert seconds(sac(environment_steps=10_000), [finished(sac(), 12.0)]) == pytest.approx(2)


def test_robustness_grows_with_the_runs_that_are_judged() -> None:
    cells = read_config([PAPER]).runs("fig9")
    settings = next(iter(cells.values()))
    # Fig. 1: four runs, Res-AC twice; Fig. 2: Res-AC twice; Fig. 4: six
    assert work(settings) == 5 * 4000 + 2 * 2000 + 6 * 3000


def test_the_most_alike_runs_say_so() -> None:
    wanted = sac(algorithm="res-sac", clip=4.0)
    candidates = [
        sac(algorithm="res-sac", clip=4.0, environment_steps=20_000),
        sac(algorithm="res-sac", clip=6.0),
        sac(critic_updates=20),
        sac(),
        sac(algorithm="res-sac", clip=4.0, environment="Reacher-v4"),
    ]
    differences = [difference(wanted, other) for other in candidates]
    assert sorted(differences) == differences
    assert list(map(str, differences)) == [
        "same settings",
        "same algorithm",
        "another algorithm",
        "another algorithm",
        "another environment",
    ]
    runs = [finished(settings, 10.0 * i) for i, settings in enumerate(candidates, 1)]
    assert estimate([planned(wanted)], runs)["runs"].iloc[0] == [0]
    # half of the updates of Res-SAC-10-10
    assert seconds(sac(), [runs[1]]) == pytest.approx(10)


def test_runs_that_are_equally_alike_count_by_their_length() -> None:
    runs = [finished(sac(), 30.0), finished(sac(environment_steps=26_000), 20.0)]
    assert seconds(sac(environment_steps=74_000), runs) == pytest.approx(50)


def test_memory_is_the_largest_measured_with_a_full_buffer_for_sac() -> None:
    runs = [finished(sac(), 1.0, memory=400.0), finished(sac(), 1.0, memory=300.0), finished(sac(), 1.0)]
    assert estimate([planned(sac())], runs)["memory"].iloc[0] == 400 + replay_megabytes(sac())
    assert replay_megabytes(sac()) == pytest.approx(3 * 50_000 * (2 * 3 + 1 + 2) * 4 / 1e6)
    exact = DynamicProgrammingSettings()
    assert math.isnan(estimate([planned(exact)], [finished(exact, 1.0)])["memory"].iloc[0])


def test_a_family_without_runs_is_named() -> None:
    expected = (
        r"^kind/run: no finished run of the family sac: expected finished runs in the folder of results"
    )
    with pytest.raises(InvalidInput, match=expected):
        estimate([planned(sac())], [finished(DynamicProgrammingSettings(), 1.0)])


def test_the_lines_are_one_a_kind_and_say_where_they_come_from() -> None:
    header, *kinds, whole, last = estimate_lines([PAPER], RESULTS, 4)
    assert header.split()[0] == "jobs"
    assert [line.split()[0] for line in kinds] == [
        "four-room",
        "Pendulum-v1",
        "Reacher-v4",
        "HalfCheetah-v4",
        "robustness",
    ]
    assert sum(int(line.split()[1]) for line in kinds) == int(whole.split()[1])
    assert kinds[0].endswith("same settings (28)")
    assert last.startswith("with --cores 4 about ")


def test_diverged_runs_are_left_out(tmp_path: Path) -> None:
    run = next(iter(sorted((RESULTS / "runs" / "Pendulum-v1" / "sac-1-0").iterdir())))
    text = (run / "record.json").read_text()
    for name, diverged in (("seed-0", "null"), ("seed-1", "7")):
        folder = tmp_path / "mine" / "runs" / "Pendulum-v1" / "sac-1-0" / name
        folder.mkdir(parents=True)
        (folder / "record.json").write_text(text.replace('"diverged_at": null', f'"diverged_at": {diverged}'))
    tsv = tmp_path / "mine" / "benchmarks" / "train" / "Pendulum-v1" / "sac-1-0" / "seed-0.tsv"
    tsv.parent.mkdir(parents=True)
    tsv.write_text("s\tmax_rss\n1.0\t512.5\n")
    (found,) = finished_runs(tmp_path)
    assert found.memory == 512.5
    assert (found.settings.algorithm, found.n_seeds) == ("sac", 1)
