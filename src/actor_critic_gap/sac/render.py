"""A trained policy of SAC as a moving picture, rendered without a screen."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

from PIL import Image

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.runs.folder import Run
from actor_critic_gap.sac.environments import Environment
from actor_critic_gap.sac.networks import NumpyActor
from actor_critic_gap.sac.trained import trained_actor


def episode(
    run: Run, seed: int, steps: int | None, width: int | None
) -> tuple[Environment, Iterator[tuple[Image.Image, float]]]:
    """The environment of a run, and the picture and reward after each step of its mean action there.

    A picture of reset comes first, with 0. MuJoCo's models with a camera that goes along are seen through it.

    Args:
        run: a finished run of SAC.
        seed: of the episode.
        steps: at most so many; else the whole episode.
        width: of the picture in pixels; else as the environment renders it.

    Raises:
        InvalidInput: it is no run of SAC, its policy is not there, or its environment gives no pictures.

    """
    if sys.platform == "linux":
        os.environ.setdefault("MUJOCO_GL", "egl")
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    try:
        parameters, environment = trained_actor(run.folder, render_mode="rgb_array")
    except TypeError as error:  # of the environment's constructor
        raise InvalidInput(f"{run.folder}: {error}: expected an environment that takes render_mode") from None
    act = NumpyActor(parameters)
    _go_along(environment)

    def pictures() -> Iterator[tuple[Image.Image, float]]:
        state, reward, done, taken = environment.reset(seed), 0.0, False, 0
        yield _picture(environment, width), reward
        while not done and taken != steps:
            state, reward, terminated, truncated = environment.step(act(state))
            done, taken = terminated or truncated, taken + 1
            yield _picture(environment, width), reward

    return environment, pictures()


def _go_along(environment: Environment) -> None:
    """See a MuJoCo model through its camera `track`, if it has one, from the side and beside it."""
    renderer = getattr(environment.environment.unwrapped, "mujoco_renderer", None)
    if renderer is not None:
        import mujoco

        renderer.camera_id = mujoco.mj_name2id(renderer.model, mujoco.mjtObj.mjOBJ_CAMERA, "track")


def _picture(environment: Environment, width: int | None) -> Image.Image:
    try:
        picture = Image.fromarray(environment.frame())
    except TypeError:
        raise InvalidInput("render: no picture: expected an array (height, width, 3)") from None
    if width is None or width == picture.width:
        return picture
    return picture.resize((width, max(1, round(picture.height * width / picture.width))))
