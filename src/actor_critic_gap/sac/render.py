"""A trained policy as a moving picture, rendered without a screen."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.files import write_atomically
from actor_critic_gap.runs.folder import POLICY, read_run
from actor_critic_gap.sac.environments import Environment
from actor_critic_gap.sac.networks import NumpyActor

FRAMES_PER_SECOND = 25


def watch(folder: Path, output: Path, seed: int, steps: int | None = None) -> float:
    """Render one episode of a run's policy, with its mean action, to a GIF; returns the episode's return.

    Raises:
        InvalidInput: the folder does not hold a run of SAC.

    """
    if output.suffix != ".gif":
        raise InvalidInput(f"--output {output}: expected a name that ends in .gif")
    if seed < 0:
        raise InvalidInput(f"--seed {seed}: expected a seed >= 0")
    if sys.platform == "linux":
        os.environ.setdefault("MUJOCO_GL", "egl")
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    settings = read_run(folder).settings
    if "critic_updates" not in settings:
        raise InvalidInput(f"{folder}: expected a run of SAC, Stack-SAC or Res-SAC")
    with np.load(folder / POLICY) as parameters:
        act = NumpyActor([torch.from_numpy(parameters[name]) for name in parameters.files])
    environment = Environment(settings["environment"], render_mode="rgb_array")
    state = environment.reset(seed)
    frames, total, done = [environment.frame()], 0.0, False
    while not done and (steps is None or len(frames) <= steps):
        state, reward, terminated, truncated = environment.step(act(state))
        frames.append(environment.frame())
        total += reward
        done = terminated or truncated
    stride = max(1, round(environment.frames_per_second / FRAMES_PER_SECOND))
    images = [Image.fromarray(frame) for frame in frames[::stride]]
    buffer = io.BytesIO()
    duration = 1000 * stride / environment.frames_per_second
    images[0].save(buffer, format="GIF", save_all=True, append_images=images[1:], duration=duration, loop=0)
    write_atomically(output, buffer.getvalue())
    print(f"{output}: {len(images)} frames, return {total:.1f}")
    return total
