"""Estimates on benchmarks whose price is known."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from numpy.testing import assert_allclose

from actor_critic_gap.experiment import costs
from actor_critic_gap.cli.main import main
from actor_critic_gap.experiment.costs import Benchmark, estimate, prices, read_config, work
from actor_critic_gap.experiment.config import DynamicProgrammingSettings, RunSettings, SACSettings, SampledSettings

CONFIG = Path(__file__).parent.parent / "config"
PRICE = np.array([1.5, 2e-5, 4e-5, 1e-4, 4e-5, 9.0, 1e-3, 5e-4, 6e-3, 1e-2])
"""In the order of `work`."""


def sac(**changes: Any) -> SACSettings:
    return SACSettings.model_validate({"environment": "Pendulum-v1", "environment_steps": 50_000, **changes})


JOBS: list[tuple[RunSettings, int]] = [
    (SampledSettings(algorithm="res-ac"), 20),
    (SampledSettings(algorithm="stack-ac"), 20),
    (SampledSettings(algorithm="res-ac", gap_batches=100), 20),
    (DynamicProgrammingSettings(), 20),
    (DynamicProgrammingSettings(iterations=2000), 3),
    (sac(), 1),
    (sac(critic_updates=1), 1),
    (sac(algorithm="stack-sac"), 1),
    (sac(algorithm="res-sac"), 1),
    (sac(evaluation_interval=50), 1),
]


def benchmarks() -> list[Benchmark]:
    cells = read_config([CONFIG / "paper.yaml"]).runs("fig9")
    jobs = [*JOBS, *((cell, n) for cell, n in zip(list(cells.values())[:2], (5, 20), strict=True))]
    return [Benchmark(settings, n, float(work(settings, n) @ PRICE), 400.0) for settings, n in jobs]


def test_prices_are_found() -> None:
    assert_allclose(prices(benchmarks()), PRICE, rtol=1e-6)


def test_the_whole_is_the_sum_of_its_jobs(tmp_path: Path) -> None:
    config = read_config([CONFIG / "paper.yaml", CONFIG / "quick.yaml"])
    assert (config.name, config.seeds_of("fig10"), config.seeds_of("fig1")) == ("quick", 2, 20)
    found = estimate(config, benchmarks(), scale=2.0)
    expected = dict.fromkeys(found, 0.0)
    jobs = dict.fromkeys(found, 0)
    for run, (settings, n_seeds) in config.all_runs().items():
        kind, of_sac = run.partition("/")[0], isinstance(settings, SACSettings)
        copies = n_seeds if of_sac else 1
        jobs[kind] += copies
        expected[kind] += copies * 2 * float(work(settings, 1 if of_sac else n_seeds) @ PRICE)
    assert {kind: cost.jobs for kind, cost in found.items()} == jobs
    assert_allclose([cost.core_seconds for cost in found.values()], list(expected.values()), rtol=1e-6)
    assert found["Pendulum-v1"].memory == pytest.approx(400 + 3 * 6000 * (2 * 3 + 1 + 2) * 4 / 1e6)
    assert found["four-room"].memory == 400


def test_a_dear_environment_is_dear() -> None:
    dear = [
        job._replace(
            settings=job.settings.model_copy(update={"environment": "HalfCheetah-v4"}),
            seconds=3 * job.seconds,
        )
        for job in benchmarks()
        if isinstance(job.settings, SACSettings)
    ]
    config = read_config([CONFIG / "paper.yaml"])
    cheap, found = (estimate(config, jobs, 1) for jobs in (benchmarks(), [*benchmarks(), *dear]))
    # Reacher has no runs of its own: the least relative squares of a price that is 1 and 3
    fitted = (1 + 1 / 3) / (1 + 1 / 9)
    ratio = {kind: found[kind].core_seconds / cheap[kind].core_seconds for kind in found}
    assert ratio == pytest.approx(
        {"four-room": 1, "robustness": 1, "Pendulum-v1": 1, "Reacher-v4": fitted, "HalfCheetah-v4": 3},
        rel=0.05,
    )


def test_the_command_scales_shipped_benchmarks_to_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    results = tmp_path / "results"
    for i, job in enumerate(benchmarks()):
        run = results / f"runs/run-{i}"
        run.mkdir(parents=True)
        record = {"settings": job.settings.model_dump(mode="json"), "seeds": list(range(job.n_seeds))}
        (run / "record.json").write_text(json.dumps(record))
        tsv = results / f"benchmarks/train/run-{i}.tsv"
        tsv.parent.mkdir(parents=True, exist_ok=True)
        tsv.write_text(f"s\tmax_rss\tcpu_time\n1\t400.0\t{job.seconds:.9f}\n")
    (results / "calibration.json").write_text('{"seconds": 5.0}')
    monkeypatch.setattr(costs, "calibrate", lambda: 10.0)
    command = ["estimate", str(CONFIG / "paper.yaml"), "--benchmarks", str(results), "--cores", "2"]
    assert main(command) == 0
    printed = capsys.readouterr().out
    total = sum(
        cost.core_seconds for cost in estimate(read_config([CONFIG / "paper.yaml"]), benchmarks(), 2).values()
    )
    assert f"with --cores 2 about {total / 7200:.1f} hours" in printed
    assert "from 12 finished jobs; this machine takes 2.00 times as long as theirs" in printed
    (results / "calibration.json").write_text('{"seconds": 0.0}')
    assert main(command) == 2
    assert "calibration.json: seconds = 0.0: expected a positive number" in capsys.readouterr().err


def test_a_broken_config_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for text in ("[", "3", yaml.safe_dump({"name": "x"})):
        path = tmp_path / "broken.yaml"
        path.write_text(text)
        assert main(["estimate", str(path)]) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_calibration_measures_something() -> None:
    assert 0.5 < costs.calibrate() < 300
