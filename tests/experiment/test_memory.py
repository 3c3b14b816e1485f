"""What a run takes is refused where there is not so much memory, before anything is written."""

from pathlib import Path
from typing import Any

import pytest

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.evidence.claims import read_claims
from actor_critic_gap.experiment import training
from actor_critic_gap.experiment.families import read_settings
from actor_critic_gap.experiment.memory import check_memory
from actor_critic_gap.experiment.training import check_reach

CLAIMS = Path(__file__).parents[2] / "config/claims.yaml"
SAC = {"algorithm": "sac", "environment": "HalfCheetah-v4", "environment_steps": 10**9}


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({**SAC, "replay_size": 10**8}, "replay_size = 100000000"),
        ({**SAC, "hidden_units": 4096, "batch_size": 65536, "critic_updates": 9000}, "batch_size = 65536"),
        ({**SAC, "evaluation_interval": 1, "iteration_steps": 1}, "evaluation_interval = 1"),
        ({"algorithm": "res-ac", "episodes": 10**8}, "log_interval = 10"),
        ({"algorithm": "res-ac", "gap_batches": 10**6}, "gap_batches = 1000000"),
        ({"algorithm": "dynamic-programming", "iterations": 10**8}, "log_interval = 20"),
    ],
)
def test_what_takes_most_is_named_and_nothing_written(
    tmp_path: Path, settings: dict[str, Any], named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "HERE_MEGABYTES", 5000.0)
    _, read = read_settings(settings, "test")
    output = tmp_path / "run"
    with pytest.raises(InvalidInput, match=rf"run: {named}: the run needs \d+ MB of memory: .* 5000 MB$"):
        training.train(read, [0], output)
    assert not output.exists()


def test_the_papers_runs_fit() -> None:
    for algorithm in ("sac", "res-sac", "res-ac", "dynamic-programming"):
        check_memory(read_settings({"algorithm": algorithm}, "test")[1], 20, "test", 2_500)


def test_exact_iterations_reach_what_claims_are_about() -> None:
    exact = {"algorithm": "dynamic-programming"}
    choices = {
        "critic_init": 1.0,
        "res_critic_init": [0.0],
        "at_goal": "reset",
        "actor_lr": 0.01,
        "goal": [3, 3],
    }
    cell = {"algorithm": "robustness", **choices, "runs": {"fig4": [exact]}}
    for iterations, message in (
        (1990, "multiple of log_interval = 20"),
        (1000, "at least 2000, which claim 11-cr"),
    ):
        _, settings = read_settings({**cell, "iterations": iterations}, "test")
        with pytest.raises(InvalidInput, match=rf"^test: iterations = {iterations}: expected .*{message}"):
            check_reach(settings, read_claims(CLAIMS), "test")  # type: ignore[arg-type]
    for runs, iterations in (([exact], 2000), ([{**exact, "iterations": 40}], 40)):
        _, settings = read_settings({**cell, "iterations": iterations, "runs": {"fig4": runs}}, "test")
        check_reach(settings, read_claims(CLAIMS), "test")  # type: ignore[arg-type]
