"""A learned policy of FourRoom as a moving picture: walkers that follow it through the room."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageDraw

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.mdp.finite_mdp import Array, action_values, softmax_policy, state_expectation
from actor_critic_gap.mdp.four_room import MOVES, FourRoom
from actor_critic_gap.runs.folder import POLICY, Run, read_policy
from actor_critic_gap.tabular.settings import TabularSettings

WALKERS = 12
FRAMES_PER_SECOND = 10
STEPS = 100
"""Of the walk, where nobody says how many."""

_FINE = 4
"""Pixels are drawn so many times finer, then averaged."""
_CELL = 24
_WALL, _GOAL, _WALKER, _ARROW = (64, 64, 64), (0, 158, 115), (213, 94, 0), (90, 90, 90)
_LEAST, _MOST = np.array([255, 255, 255]), np.array([158, 202, 225])
"""The colours of the lowest and the highest value of a state."""


def logits_of(run: Run, settings: TabularSettings) -> tuple[FourRoom, Array]:
    """The room of a run and the logits (S, A) of its first seed.

    Raises:
        InvalidInput: the run holds no such policy.

    """
    room = FourRoom.of(settings)
    found = read_policy(run).get("logits")
    expected = (len(run.seeds), room.mdp.n_states, room.mdp.n_actions)
    if found is None or found.shape != expected or not np.isfinite(found).all():
        shape = None if found is None else found.shape
        raise InvalidInput(f"{run.folder / POLICY}: logits of {shape}: expected finite ones of {expected}")
    return room, found[0]


def walk(
    room: FourRoom, logits: Array, seed: int, steps: int, width: int | None
) -> Iterator[tuple[Image.Image, float]]:
    """The picture and mean reward after each step of walkers that start as the room says; the first has 0.

    A cell is the darker the higher its state's value; its arrow shows the likeliest action, the longer the
    likelier. The goal is green.

    Args:
        room: that is walked through.
        logits: the policy (S, A).
        seed: draws starts and actions.
        steps: of each walker.
        width: of the picture in pixels; else 24 a cell.

    """
    mdp, rng, policy = room.mdp, np.random.default_rng(seed), softmax_policy(logits)
    states = rng.choice(mdp.n_states, size=WALKERS, p=mdp.mu0)
    offsets = rng.uniform(-0.22, 0.22, size=(WALKERS, 2))
    ground = _ground(room, policy)
    yield _with_walkers(ground, room.cells[states] + offsets, width), 0.0
    for _ in range(steps):
        actions = [rng.choice(mdp.n_actions, p=policy[state]) for state in states]
        reward = float(mdp.r[states, actions].mean())
        states = np.array([rng.choice(mdp.n_states, p=p) for p in mdp.P[states, actions]])
        yield _with_walkers(ground, room.cells[states] + offsets, width), reward


def _ground(room: FourRoom, policy: Array) -> Image.Image:
    """The room with the policy's values and likeliest actions."""
    scale = _CELL * _FINE
    rows, columns = room.walls.shape
    values = state_expectation(policy, action_values(room.mdp, policy))
    shares = (values - values.min()) / max(np.ptp(values), 1e-12)
    pixels = np.full((rows, columns, 3), _WALL, dtype=np.uint8)
    pixels[tuple(room.cells.T)] = np.rint(_LEAST + shares[:, None] * (_MOST - _LEAST))
    pixels[tuple(room.cells[room.goal])] = _GOAL
    ground = Image.fromarray(pixels.repeat(scale, axis=0).repeat(scale, axis=1))
    draw = ImageDraw.Draw(ground)
    for state, cell in enumerate(room.cells):
        if state != room.goal:
            action = int(policy[state].argmax())
            along = 0.32 * np.array(MOVES[action]) * policy[state, action]
            across = 0.12 * np.array([-MOVES[action][1], MOVES[action][0]])
            corners = cell + 0.5 + np.array([along, across - along, -across - along])
            draw.polygon([(scale * x, scale * y) for y, x in corners], fill=_ARROW)
    return ground


def _with_walkers(ground: Image.Image, places: Array, width: int | None) -> Image.Image:
    scale, radius = _CELL * _FINE, 0.24 * _CELL * _FINE
    picture = ground.copy()
    draw = ImageDraw.Draw(picture)
    for y, x in scale * (places + 0.5):
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), _WALKER, outline="white", width=_FINE)
    columns, rows = picture.size
    wide = width or columns // _FINE
    return picture.resize((wide, max(1, round(rows * wide / columns))), Image.Resampling.BOX)
