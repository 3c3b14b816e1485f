"""FourRoom (Sutton, Precup and Singh, 1999), as a finite MDP and as a gymnasium environment.

The walker starts anywhere, uniformly over the free cells, and moves up, down, left or right; a move into
a wall leaves it where it is. Entering the goal cell pays 1, every other move 0 (App. D.1).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self, get_args

import gymnasium
import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.mdp.finite_mdp import FiniteMDP
from actor_critic_gap.validation import Strict

LAYOUT = (
    "#############",
    "#     #     #",
    "#     #     #",
    "#           #",
    "#     #     #",
    "#     #     #",
    "## ####     #",
    "#     ### ###",
    "#     #     #",
    "#     #     #",
    "#           #",
    "#     #     #",
    "#############",
)
"""The classic 13 x 13 map with 104 free cells: '#' is a wall, a blank is free."""

GOAL = (9, 9)
"""Row and column of the default goal, counted from 0 with the outer wall."""

MOVES = ((-1, 0), (1, 0), (0, -1), (0, 1))
"""(row, column) step of each action: up, down, left, right."""

AtGoal = Literal["continue", "reset", "absorbing"]
"""What a move from the goal does: an ordinary move, a jump to a new start, or nothing for ever."""


class FourRoom:
    """The map and its states.

    Attributes:
        walls: (rows, columns) array, true where there is a wall.
        cells: (S, 2) array, the row and column of each state.
        goal: the state whose cell is the goal.
        mdp: the dynamics, see `FiniteMDP`; actions are in the order of `MOVES`.

    Raises:
        InvalidInput: the map is not a rectangle of '#' and ' ' with an outer wall, the goal is not a
            free cell, or `at_goal` is unknown.

    """

    def __init__(
        self,
        goal: Sequence[int] = GOAL,
        at_goal: AtGoal = "continue",
        gamma: float = 0.9,
        layout: Sequence[str] = LAYOUT,
    ) -> None:
        if at_goal not in get_args(AtGoal):
            raise InvalidInput(f"at_goal = {at_goal!r}; expected one of {', '.join(get_args(AtGoal))}")
        self.walls = _walls(layout)
        self.cells = np.argwhere(~self.walls)
        self.goal = self._state(goal)
        self.mdp = self._dynamics(at_goal, gamma)

    @classmethod
    def of(cls, settings: FourRoomSettings) -> FourRoom:
        """The room that settings describe."""
        return cls(settings.goal, settings.at_goal, settings.gamma, settings.layout)

    def _state(self, goal: Sequence[int]) -> int:
        found = [s for s, cell in enumerate(self.cells.tolist()) if cell == list(goal)]
        if not found:
            raise InvalidInput(f"goal = {list(goal)}; expected the row and column of a free cell")
        return found[0]

    def _dynamics(self, at_goal: AtGoal, gamma: float) -> FiniteMDP:
        n_states = len(self.cells)
        index = np.full(self.walls.shape, -1)
        index[tuple(self.cells.T)] = np.arange(n_states)
        start = np.full(n_states, 1 / n_states)
        P = np.zeros((n_states, len(MOVES), n_states))
        for action, move in enumerate(MOVES):
            target = index[tuple((self.cells + move).T)]
            P[np.arange(n_states), action, np.where(target < 0, np.arange(n_states), target)] = 1.0
        r = P[:, :, self.goal].copy()
        r[self.goal] = 0.0  # staying at the goal, against a wall, is not entering it
        if at_goal != "continue":
            P[self.goal] = start if at_goal == "reset" else np.eye(n_states)[self.goal]
        return FiniteMDP(P, r, start, gamma)


def _walls(layout: Sequence[str]) -> NDArray[np.bool_]:
    if (
        not layout
        or not layout[0]
        or any(len(row) != len(layout[0]) or set(row) - {"#", " "} for row in layout)
    ):
        raise InvalidInput("layout: expected rows of equal length, made of '#' (wall) and ' ' (free)")
    walls = np.array([[cell == "#" for cell in row] for row in layout])
    border = np.concatenate([walls[0], walls[-1], walls[:, 0], walls[:, -1]])
    if not border.all() or walls.all():
        raise InvalidInput("layout: expected an outer wall with at least one free cell inside")
    return walls


MOST_CELLS, MOST_FREE = 10_000, 400
"""Of a map in a config, with its walls and without; the classic one has 169 and 104."""


class FourRoomSettings(Strict):
    """The environment of the tabular runs (App. D.1)."""

    layout: Annotated[
        tuple[str, ...], Field(strict=False, description="rows of '#' and ' ' (reading T6)")
    ] = LAYOUT
    goal: Annotated[tuple[int, int], Field(strict=False, description="row, column (reading T6)")] = GOAL
    at_goal: Annotated[AtGoal, Field(description="what follows the goal (reading T5)")] = "continue"
    gamma: Annotated[float, Field(ge=0, lt=1, description="discount (Table 2)")] = 0.9

    @model_validator(mode="after")
    def _check_map(self) -> Self:
        cells, free = sum(map(len, self.layout)), sum(row.count(" ") for row in self.layout)
        if cells > MOST_CELLS:
            raise InvalidInput(f"layout: {cells} cells: expected at most {MOST_CELLS}")
        if free > MOST_FREE:  # the dynamics take time and memory that grow with their square
            raise InvalidInput(f"layout: {free} free cells: expected at most {MOST_FREE}")
        FourRoom.of(self)
        return self


class FourRoomEnv(gymnasium.Env[np.int64, np.int64]):
    """FourRoom for gymnasium, registered as `actor_critic_gap/FourRoom-v0` with 300-step episodes.

    Observation: the state's index, Discrete(104) on the classic map. Action: Discrete(4), see `MOVES`.
    It never terminates, it is truncated. Keyword arguments are those of `FourRoom`, without `gamma`.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012 (gymnasium declares it so)
        "render_modes": ["rgb_array", "ansi"],
        "render_fps": 10,
    }

    def __init__(
        self,
        render_mode: str | None = None,
        goal: Sequence[int] = GOAL,
        at_goal: AtGoal = "continue",
        layout: Sequence[str] = LAYOUT,
    ) -> None:
        if render_mode is not None and render_mode not in self.metadata["render_modes"]:
            raise InvalidInput(
                f"render_mode = {render_mode!r}; expected one of {self.metadata['render_modes']}"
            )
        self.render_mode = render_mode
        self.room = FourRoom(goal=goal, at_goal=at_goal, layout=layout)
        self.observation_space = gymnasium.spaces.Discrete(self.room.mdp.n_states)
        self.action_space = gymnasium.spaces.Discrete(self.room.mdp.n_actions)
        self.state = 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.int64, dict[str, Any]]:
        """Draw a start state from mu_0."""
        super().reset(seed=seed)
        self.state = self._draw(self.room.mdp.mu0)
        return np.int64(self.state), {}

    def step(self, action: np.int64) -> tuple[np.int64, float, bool, bool, dict[str, Any]]:
        """Move; the reward is r(s, a), 1 for entering the goal."""
        if not self.action_space.contains(action):
            raise InvalidInput(f"action = {action}: expected one of 0 to {len(MOVES) - 1}")
        reward = float(self.room.mdp.r[self.state, action])
        self.state = self._draw(self.room.mdp.P[self.state, action])
        return np.int64(self.state), reward, False, False, {}

    def _draw(self, distribution: NDArray[np.float64]) -> int:
        return int(self.np_random.choice(len(distribution), p=distribution))

    def render(self) -> NDArray[np.uint8] | str | None:
        """The map: `ansi` a text with G for the goal and @ for the walker, `rgb_array` an image."""
        if self.render_mode == "ansi":
            text = np.where(self.room.walls, "#", " ")
            text[tuple(self.room.cells[self.room.goal])] = "G"
            text[tuple(self.room.cells[self.state])] = "@"
            return "\n".join("".join(row) for row in text) + "\n"
        if self.render_mode == "rgb_array":
            pixels = np.full((*self.room.walls.shape, 3), 255, dtype=np.uint8)
            pixels[self.room.walls] = (64, 64, 64)
            pixels[tuple(self.room.cells[self.room.goal])] = (0, 158, 115)
            pixels[tuple(self.room.cells[self.state])] = (213, 94, 0)
            return pixels.repeat(24, axis=0).repeat(24, axis=1)
        return None
