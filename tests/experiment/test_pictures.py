"""Policies as moving pictures."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from actor_critic_gap.cli.main import main
from actor_critic_gap.experiment.pictures import watch
from actor_critic_gap.mdp.four_room import FourRoom
from actor_critic_gap.tabular import render

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def sac(tmp_path: Path) -> Path:
    sizes = "--environment-steps 400 --warmup-steps 200 --critic-updates 1 --hidden-units 8"
    train = f"train sac --env Pendulum-v1 --algorithm sac --seed 0 {sizes} --evaluation-interval 20"
    assert main([*train.split(), "--evaluation-episodes", "1", "--output", str(tmp_path)]) == 0
    return tmp_path


@pytest.fixture
def tabular(tmp_path: Path) -> Path:
    assert main(["train", "sampled", "--episodes", "10", "--seeds", "2", "--output", str(tmp_path)]) == 0
    return tmp_path


def test_an_episode_of_sac(sac: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["watch", str(sac), "--steps", "10"]) == 0
    assert f"wrote {sac / 'policy.gif'}" in capsys.readouterr().out
    with Image.open(sac / "policy.gif") as picture:
        assert picture.n_frames >= 8  # type: ignore[attr-defined]
        assert picture.size == (500, 500)
    assert watch(sac, sac / "small.gif", 0, 4, width=100)[0] == 5
    with Image.open(sac / "small.gif") as picture:
        assert picture.size == (100, 100)


def test_walkers_in_four_room(tabular: Path) -> None:
    assert watch(tabular, tabular / "small.gif", 0, 5, width=130)[0] == 6
    with Image.open(tabular / "small.gif") as picture:
        assert picture.size == (130, 130)
        assert picture.n_frames == 6  # type: ignore[attr-defined]


def test_the_same_seed_gives_the_same_bytes(tabular: Path) -> None:
    for name in ("one.gif", "other.gif"):
        watch(tabular, tabular / name, 3, 2)
    assert (tabular / "one.gif").read_bytes() == (tabular / "other.gif").read_bytes()


def test_walkers_of_a_good_policy_meet_the_goal() -> None:
    room = FourRoom()
    towards = -np.abs(room.cells[:, None] - room.cells[room.goal]).sum(axis=2)
    best = np.full((room.mdp.n_states, room.mdp.n_actions), -30.0)
    gained = np.einsum("sat,ts->sa", room.mdp.P, np.broadcast_to(towards, (room.mdp.n_states,) * 2).copy())
    best[np.arange(len(best)), gained.argmax(axis=1)] = 30.0
    uniform = sum(reward for _, reward in render.walk(room, 0 * best, 0, 30, 40))
    assert sum(reward for _, reward in render.walk(room, best, 0, 30, 40)) > uniform


def test_the_map_is_drawn_as_it_is() -> None:
    room = FourRoom()
    ((picture, reward),) = render.walk(room, np.zeros((104, 4)), 0, 0, None)
    pixels = np.asarray(picture)
    corners = pixels[1::24, 1::24]
    assert reward == 0
    assert (corners[room.walls] == (64, 64, 64)).all()
    assert (corners[tuple(room.cells[room.goal])] == (0, 158, 115)).all()
    assert not (corners[~room.walls] == (64, 64, 64)).all(axis=1).any()


def test_a_policy_of_another_room_is_refused(tabular: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = tabular / "record.json"
    text = record.read_text("utf-8")
    record.write_text(text.replace('"#     #     #"', '"#     #    ##"', 1).replace("\n 0,\n", ""), "utf-8")
    assert main(["watch", str(tabular)]) == 2
    assert "policy.npz: logits of (2, 104, 4): expected finite ones of (2, 103, 4)" in capsys.readouterr().err


def test_shipped_pictures_fit_on_the_first_page() -> None:
    shipped = list((ROOT / "figures/paper/policies").rglob("*.gif"))
    assert len(shipped) == 2
    assert sum(picture.stat().st_size for picture in shipped) < 2_000_000
