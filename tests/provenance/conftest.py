"""A tiny experiment that every test here has a copy of."""

import shutil
from pathlib import Path

import pytest
from tiny import RESULTS, make_figure, tiny_sac, train_run

from actor_critic_gap.experiment.room import describe
from actor_critic_gap.files import json_bytes, write_atomically
from actor_critic_gap.mdp.four_room import FourRoomSettings


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs on FourRoom with Fig. 1, and two seeds of SAC."""
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in ("res-ac", "stack-ac"):
            train_run(RESULTS / "runs/four-room" / name, [0, 1], algorithm=name, episodes=10)
        for seed in range(4):
            tiny_sac(RESULTS / f"runs/Pendulum-v1/sac-10-0/seed-{seed}", seed)
        room = describe(FourRoomSettings()).model_dump(mode="json")
        write_atomically(RESULTS / "four_room.json", json_bytes(room))
        make_figure()
    return folder


@pytest.fixture
def experiment(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, in the current folder."""
    shutil.copytree(made, tmp_path / "copy")
    monkeypatch.chdir(tmp_path / "copy")
    return tmp_path / "copy"
