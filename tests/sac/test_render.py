"""How models are seen, which needs no picture to be drawn."""

import mujoco
import numpy as np
import pytest

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.sac.environments import Environment
from actor_critic_gap.sac.render import _go_along, _picture


@pytest.mark.parametrize(("name", "goes_along"), [("HalfCheetah-v4", True), ("Reacher-v4", False)])
def test_a_camera_that_goes_along_is_taken_where_there_is_one(name: str, goes_along: bool) -> None:
    environment = Environment(name, render_mode="rgb_array")
    _go_along(environment)
    renderer = environment.environment.unwrapped.mujoco_renderer  # type: ignore[attr-defined]
    camera = mujoco.mj_name2id(renderer.model, mujoco.mjtObj.mjOBJ_CAMERA, "track")
    assert renderer.camera_id == camera
    assert (camera >= 0) == goes_along


def test_an_environment_without_pictures_is_refused() -> None:
    environment = Environment("Pendulum-v1", render_mode="rgb_array")
    environment.frame = lambda: np.asarray(None)  # type: ignore[method-assign]
    with pytest.raises(InvalidInput, match="render: no picture: expected an array"):
        _picture(environment, None)


def test_other_environments_are_as_they_are() -> None:
    environment = Environment("Pendulum-v1", render_mode="rgb_array")
    _go_along(environment)
    assert not hasattr(environment.environment.unwrapped, "mujoco_renderer")
