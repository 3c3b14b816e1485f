from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from numpy.testing import assert_allclose

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.mdp.finite_mdp import optimal_objective
from actor_critic_gap.mdp.four_room import FourRoom, FourRoomEnv


def test_the_classic_map_has_104_free_cells_in_four_rooms() -> None:
    room = FourRoom()
    assert room.walls.shape == (13, 13)
    assert room.mdp.n_states == len(room.cells) == 104
    assert room.mdp.n_actions == 4
    assert_allclose(room.mdp.mu0, 1 / 104)
    assert room.cells[room.goal].tolist() == [9, 9]


@pytest.mark.parametrize(
    ("at_goal", "optimum"), [("continue", 0.280562), ("reset", 0.092559), ("absorbing", 0.052441)]
)
def test_optimum(at_goal: Any, optimum: float) -> None:
    assert optimal_objective(FourRoom(at_goal=at_goal).mdp) == pytest.approx(optimum, abs=5e-7)


def test_moves_bump_into_walls_and_only_entering_the_goal_pays() -> None:
    room = FourRoom(goal=(1, 2), layout=["#####", "#   #", "# # #", "#####"])
    names = {tuple(cell): s for s, cell in enumerate(room.cells.tolist())}
    up, down, left, right = range(4)
    expected = {
        ((1, 1), right): (1, 2),
        ((1, 1), left): (1, 1),
        ((1, 1), down): (2, 1),
        ((2, 1), right): (2, 1),
        ((1, 2), up): (1, 2),
        ((1, 2), right): (1, 3),
        ((1, 3), left): (1, 2),
    }
    for (cell, action), target in expected.items():
        assert room.mdp.P[names[cell], action, names[target]] == 1
        entered = target == (1, 2) and cell != (1, 2)
        assert room.mdp.r[names[cell], action] == entered


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"goal": (0, 0)}, r"goal = \[0, 0\]; expected the row and column of a free cell"),
        ({"goal": (9, 99)}, "goal"),
        ({"goal": (9,)}, "goal"),
        ({"goal": (9, 9, 9)}, "goal"),
        ({"layout": [""]}, "rows of equal length"),
        ({"at_goal": "stop"}, "at_goal = 'stop'; expected one of continue, reset, absorbing"),
        ({"gamma": 1}, "gamma = 1"),
        ({"layout": ["###", "# #"], "goal": (1, 1)}, "outer wall"),
        ({"layout": ["####", "# #", "###"]}, "rows of equal length"),
        ({"layout": ["###", "#x#", "###"]}, "made of '#'"),
        ({"layout": []}, "rows of equal length"),
    ],
)
def test_impossible_rooms_are_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        FourRoom(**arguments)


def test_the_environment_passes_gymnasiums_checks() -> None:
    environment = gymnasium.make("actor_critic_gap/FourRoom-v0", render_mode="rgb_array")
    check_env(environment.unwrapped)
    assert environment.spec is not None
    assert environment.spec.max_episode_steps == 300


@pytest.mark.parametrize("at_goal", ["continue", "reset", "absorbing"])
def test_the_environment_has_the_dynamics_of_the_mdp(at_goal: Any) -> None:
    environment = FourRoomEnv(at_goal=at_goal)
    mdp, goal = environment.room.mdp, environment.room.goal
    environment.reset(seed=0)
    for s in range(mdp.n_states):
        for a in range(mdp.n_actions):
            environment.state = s
            following, reward, terminated, truncated, _ = environment.step(np.int64(a))
            assert mdp.P[s, a, following] > 0
            assert reward == mdp.r[s, a]
            assert not terminated
            assert not truncated
    starts = [environment.reset()[0] for _ in range(5000)]
    after_goal = [_step_from(environment, goal) for _ in range(5000)]
    for drawn, expected in ((starts, mdp.mu0), (after_goal, mdp.P[goal, 0])):
        counts = np.bincount(drawn, minlength=mdp.n_states)
        deviation = np.sqrt(expected * (1 - expected) / 5000)
        assert (np.abs(counts / 5000 - expected) <= 4.5 * deviation).all()


def _step_from(environment: FourRoomEnv, state: int) -> np.int64:
    environment.state = state
    return environment.step(np.int64(0))[0]


def test_rendering_shows_walls_goal_and_walker() -> None:
    environment = FourRoomEnv(render_mode="ansi")
    environment.reset(seed=0)
    text = environment.render()
    assert isinstance(text, str)
    rows = text.splitlines()
    assert len(rows) == 13
    assert rows[9][9] == "G"
    row, column = environment.room.cells[environment.state]
    assert rows[row][column] == "@"
    assert text.count("#") == environment.room.walls.sum()
    environment.render_mode = "rgb_array"
    image = environment.render()
    assert isinstance(image, np.ndarray)
    assert image.shape == (13 * 24, 13 * 24, 3)
    assert len(np.unique(image.reshape(-1, 3), axis=0)) == 4
    with pytest.raises(InvalidInput, match="action = -1: expected one of 0 to 3"):
        environment.step(np.int64(-1))
    with pytest.raises(InvalidInput, match="render_mode = 'human'"):
        FourRoomEnv(render_mode="human")
