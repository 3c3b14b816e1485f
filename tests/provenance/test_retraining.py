"""Shipped runs are trained again: the same bytes pass, one changed number does not, on any machine."""

import shutil
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy
from tiny import RESULTS, change

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.provenance import retraining
from actor_critic_gap.runs.checkout import machine
from actor_critic_gap.runs.folder import Record, read_record

FOUR_ROOM, SAC = RESULTS / "runs/four-room/res-ac", RESULTS / "runs/Pendulum-v1/sac-10-0/seed-1"
NO_CLAIMS = Path("nowhere.yaml")
ELSEWHERE = {"machine": {"host": "h", "platform": "p", "cpu": "another"}}
NARROWER = {"machine": machine().model_dump() | {"vector_bits": 64}}
UNKNOWN = {"machine": {"cpu": machine().cpu}}


def retrained(folder: Path) -> tuple[pd.DataFrame, Record]:
    record = read_record(folder)
    return retraining.retrain(folder, record, NO_CLAIMS), record


def compared(folder: Path) -> str:
    return retraining.compare(folder, *retrained(folder))[0]


@pytest.mark.parametrize("folder", [FOUR_ROOM, SAC])
def test_the_same_machine_gives_the_same_bytes(experiment: Path, folder: Path) -> None:
    assert compared(folder) == "the same bytes"


@pytest.mark.parametrize(("folder", "column"), [(FOUR_ROOM, "objective"), (SAC, "evaluation_return")])
def test_one_changed_number_is_found(experiment: Path, folder: Path, column: str) -> None:
    versions = {**read_record(folder).versions, "actor-critic-gap": "9.9"}  # another release, the same code
    change(folder, column, 1 + 1e-9, versions=versions)
    with pytest.raises(InvalidInput, match="other bytes when trained again on the same type of machine"):
        compared(folder)


@pytest.mark.parametrize("elsewhere", [ELSEWHERE, NARROWER, UNKNOWN])
def test_another_machine_is_held_to_a_tolerance(experiment: Path, elsewhere: dict[str, Any]) -> None:
    change(FOUR_ROOM, "objective", 1 + 3e-10, **elsewhere)
    assert "on another type of machine" in compared(FOUR_ROOM)
    change(FOUR_ROOM, "objective", 1 + 1e-6, **elsewhere)
    with pytest.raises(InvalidInput, match=r"differs by 1\.0e-06, expected at most 1e-09"):
        compared(FOUR_ROOM)
    change(SAC, "evaluation_return", 1.001, **elsewhere)
    words, same = retraining.compare(SAC, *retrained(SAC))
    assert "from its 3 other seeds" in words
    assert not same


def test_a_number_that_one_table_lacks_is_found(experiment: Path) -> None:
    table = pd.read_csv(FOUR_ROOM / "progress.csv")
    holed = table.assign(objective=table["objective"].where(table.index > 0))
    for pair in ((table, holed), (holed, table)):
        assert retraining._largest_difference(*pair) == np.inf
    assert retraining._largest_difference(holed, holed) == 0


def test_of_sac_on_another_machine_the_distribution_counts(experiment: Path) -> None:
    change(SAC, "evaluation_return", 1.001, **ELSEWHERE)
    progress, record = retrained(SAC)
    far = progress.assign(evaluation_return=progress["evaluation_return"] - 1e6)
    with pytest.raises(InvalidInput, match=r"trained again its area lies .* from its 3 other seeds"):
        retraining.compare(SAC, far, record)
    change(SAC, "evaluation_return", 1e4)
    with pytest.raises(InvalidInput, match=r"as shipped its area lies .* from its 3 other seeds, expected"):
        retraining.compare(SAC, progress, record)
    for seed in (2, 3):
        shutil.rmtree(SAC.with_name(f"seed-{seed}"))
    assert "1 other seeds, too few to tell by" in retraining.compare(SAC, far, record)[0]


def test_a_draw_is_repeated_by_its_seed_and_bounds_the_rest() -> None:
    folders = [Path(f"run-{i}") for i in range(100)]
    assert retraining.draw(folders, 5, 1) == retraining.draw(reversed(folders), 5, 1)
    assert retraining.draw(folders, 5, 1) != retraining.draw(folders, 5, 2)
    assert retraining.draw(folders[:2], 5, 1) == folders[:2]
    assert retraining.bound((100, 100)) == 0
    share = retraining.bound((10, 100))
    rng = np.random.default_rng(0)
    missed = [not (rng.permutation(100)[:10] < 100 * share).any() for _ in range(4000)]
    assert 0.05 < np.mean(missed) < 0.08  # with one wrong run more it would be less than 0.05


@pytest.mark.parametrize(("drawn", "runs"), [(0, 0), (0, 7), (1, 140), (10, 100), (19, 20), (38, 235)])
def test_a_draw_from_one_arm_is_hypergeometric(drawn: int, runs: int) -> None:
    missed = scipy.stats.hypergeom.pmf(0, runs, range(runs + 1), drawn)
    share = (np.count_nonzero(missed >= 1 - 0.95) - 1) / runs if drawn else 1.0
    assert retraining.bound((drawn, runs)) == pytest.approx(share)


def test_a_draw_from_each_arm_bounds_the_rest_however_the_wrong_are_spread() -> None:
    assert retraining.bound((1, 1), (2, 2)) == 0
    sizes = (2, 3, 4)
    wrong = round(sum(sizes) * retraining.bound(*((1, n) for n in sizes)))

    def missed_at_best(n_wrong: int) -> float:
        spread = (of for of in product(*(range(n + 1) for n in sizes)) if sum(of) == n_wrong)
        return max(float(np.prod([1 - k / n for k, n in zip(of, sizes, strict=True)])) for of in spread)

    assert missed_at_best(wrong) >= 0.05 > missed_at_best(wrong + 1)


def test_a_check_tells_of_each_run_and_what_the_draw_bounds(experiment: Path) -> None:
    first, last = retraining.check([FOUR_ROOM], 2, 0, NO_CLAIMS)
    assert first == f"{FOUR_ROOM}: the same bytes"
    assert last.startswith("1 of 1 runs, drawn by seed 0, are the same")
    change(FOUR_ROOM, "objective", 2.0)
    with pytest.raises(InvalidInput, match="other bytes when trained again"):
        list(retraining.check([FOUR_ROOM], 2, 0, NO_CLAIMS))
