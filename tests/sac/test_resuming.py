"""Checkpoints that can be read but hold what no run would write; with the one before them whole."""

import shutil
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from broken import broken
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pandas.testing import assert_frame_equal
from probes import SHORT

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.runs.family import Context
from actor_critic_gap.sac import checkpoint, training
from actor_critic_gap.sac.family import SAC
from actor_critic_gap.sac.resuming import discard_damaged
from actor_critic_gap.sac.settings import SACSettings

SETTINGS = SACSettings(**SHORT)
IDENTITY = "identity"


class Interrupted(NamedTuple):
    """A run that ended half-way, and what it comes to."""

    folder: Path
    state: dict[str, Any]
    arrays: dict[str, NDArray[Any]]
    progress: pd.DataFrame


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory: pytest.TempPathFactory) -> Interrupted:
    folder = tmp_path_factory.mktemp("interrupted")
    half = SETTINGS.model_copy(update={"environment_steps": 600})
    training.train(half, 0, None, folder, IDENTITY, 0.0)
    state, arrays = checkpoint.load(folder / checkpoint.NAME, IDENTITY)
    return Interrupted(folder, state, arrays, training.train(SETTINGS, 0, None).progress)


@pytest.fixture
def folder(interrupted: Interrupted, tmp_path: Path) -> Path:
    """Its checkpoint, to be spoiled, and the one before."""
    return Path(shutil.copytree(interrupted.folder, tmp_path / "checkpoints"))


def spoil(interrupted: Interrupted, folder: Path, change: dict[str, Any]) -> None:
    """Write the newest checkpoint with some entries changed, or left out where they are None."""
    previous = (folder / checkpoint.PREVIOUS).read_bytes()
    state, arrays = (
        {key: change.get(key, value) for key, value in part.items() if change.get(key, value) is not None}
        for part in (interrupted.state, interrupted.arrays)
    )
    checkpoint.save(
        folder, IDENTITY, state, arrays | {key: change[key] for key in change if key == "further"}
    )
    (folder / checkpoint.PREVIOUS).write_bytes(previous)


FLOATS = np.ones(1, np.float32)
WRONG: dict[str, list[Any]] = {
    "iteration": [None, -1, 55, 3.5, 1e300, 10**30, "60", [60], {}, True],
    "rows": [None, {}, [], "rows", 3, [1], [[1]], [{}] * 7, [{"iteration": "0"}] * 7],
    "episode": [None, -1, 0.5, "3", []],
    "added": [None, -1, 0, 601, 10**30, "600", 600.5],
    "seconds": [None, -1.0, float("nan"), float("inf"), "1", []],
    "streams": [None, [], {}, "all", [{}] * 4, [1, 2, 3, 4], [{"state": 10**60}] * 4],
    "tensor0": [
        *(None, FLOATS, FLOATS[0], np.zeros((3, 16)), np.zeros((16, 3), np.float32)),
        *(np.full((3, 16), value, np.float32) for value in (np.nan, np.inf)),
        np.full((3, 16), "a"),
    ],
    "tensor1": [np.ones((2, 1, 16), np.float32)],
    "replay": [
        *(None, FLOATS, np.zeros((599, 9), np.float32), np.zeros((600, 9), int)),
        np.full((600, 9), np.nan, np.float32),
    ],
    "actions": [None, FLOATS, FLOATS[0], np.zeros((1, 2), np.float32), np.zeros((5000, 1), np.float32)],
    "state": [None, FLOATS, np.zeros(3), np.full(3, np.nan, np.float32)],
    "further": [FLOATS],
}
"""Values, None for an entry that is missing; of which each alone makes a checkpoint damaged."""
CHANGES: list[dict[str, Any]] = [
    *({key: value} for key, values in WRONG.items() for value in values),
    {"iteration": 10**30, "added": 10**31},
    {"iteration": 240, "added": 2400},
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: str(change).replace("\n", "")[:60])
def test_what_no_run_would_write_is_passed_over(
    interrupted: Interrupted, folder: Path, change: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(interrupted, folder, change)
    capsys.readouterr()
    discard_damaged(SETTINGS, 0, folder, IDENTITY)
    trainer = training.resumed(SETTINGS, 0, None, folder, IDENTITY)
    assert capsys.readouterr().err.splitlines() == [
        f"{folder / checkpoint.NAME}: damaged, passed over",
        "resumed at iteration 50",
    ]
    assert trainer.iteration == 50
    assert [path.name for path in folder.iterdir()] == [checkpoint.PREVIOUS]


def test_a_run_goes_on_past_a_damaged_checkpoint_to_the_same_end(
    interrupted: Interrupted, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(interrupted, folder, {"seconds": "a while"})
    trained = SAC.train(SETTINGS, [0], Context(checkpoints=folder, checkpoint_key=IDENTITY))
    assert "resumed at iteration 50" in capsys.readouterr().err
    assert_frame_equal(trained.progress, interrupted.progress, check_exact=True)


def test_whole_ones_stay(interrupted: Interrupted, folder: Path) -> None:
    discard_damaged(SETTINGS, 0, folder, IDENTITY)
    assert {path.name for path in folder.iterdir()} == {checkpoint.NAME, checkpoint.PREVIOUS}
    assert training.resumed(SETTINGS, 0, None, folder, IDENTITY).iteration == 60


def test_one_of_another_run_is_refused_and_stays(folder: Path) -> None:
    with pytest.raises(InvalidInput, match="of a run with other settings or other code"):
        discard_damaged(SETTINGS, 0, folder, "another")
    assert len(list(folder.iterdir())) == 2


@pytest.mark.parametrize("seed", range(30))
def test_a_byte_changed_anywhere_is_passed_over_or_changes_nothing(
    interrupted: Interrupted, folder: Path, seed: int
) -> None:
    path = folder / checkpoint.NAME
    content = bytearray(path.read_bytes())
    rng = np.random.default_rng(seed)
    start = 0 if seed % 3 else len(content) - 4000  # every third time in the list of arrays at the end
    content[rng.integers(start, len(content))] ^= int(rng.integers(1, 256))
    path.write_bytes(content)
    discard_damaged(SETTINGS, 0, folder, IDENTITY)
    trainer = training.resumed(SETTINGS, 0, None, folder, IDENTITY)
    if path.exists():
        assert trainer.iteration == 60
        for i, tensor in enumerate(trainer.agent.state):
            assert (tensor.detach().numpy() == interrupted.arrays[f"tensor{i}"]).all()
    else:
        assert trainer.iteration == 50


def test_an_episode_that_does_not_repeat_is_refused_in_one_line(
    interrupted: Interrupted, folder: Path
) -> None:
    spoil(interrupted, folder, {"episode": 55})
    with pytest.raises(InvalidInput, match="its episode does not repeat under the same seed") as error:
        SAC.train(SETTINGS, [0], Context(checkpoints=folder, checkpoint_key=IDENTITY))
    assert "\n" not in str(error.value)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_a_checkpoint_says_a_run_goes_on(
    interrupted: Interrupted, tmp_path: Path, data: st.DataObject
) -> None:
    shutil.copytree(interrupted.folder, tmp_path, dirs_exist_ok=True)
    checkpoint.save(tmp_path, IDENTITY, data.draw(broken(interrupted.state)), interrupted.arrays)
    shutil.copy(interrupted.folder / checkpoint.PREVIOUS, tmp_path)
    discard_damaged(SETTINGS, 0, tmp_path, IDENTITY)
    try:
        assert training.resumed(SETTINGS, 0, None, tmp_path, IDENTITY).iteration in (50, 60)
    except InvalidInput as error:  # another number of the episode is possible, and does not repeat
        assert "its episode does not repeat" in str(error)  # noqa: PT017


def test_one_that_could_unpack_to_more_than_there_is_memory_is_passed_over(
    interrupted: Interrupted, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with zipfile.ZipFile(folder / checkpoint.NAME, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("replay.npy", b"\0" * 10_000_000)
    trained = SAC.train(SETTINGS, [0], Context(checkpoints=folder, checkpoint_key=IDENTITY))
    said = capsys.readouterr().err.splitlines()
    assert said[:2] == [f"{folder / checkpoint.NAME}: damaged, passed over", "resumed at iteration 50"]
    assert_frame_equal(trained.progress, interrupted.progress, check_exact=True)
