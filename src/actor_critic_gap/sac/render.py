"""A trained policy as a moving picture, rendered without a screen."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

from PIL import Image

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.files import write_atomically
from actor_critic_gap.sac.networks import NumpyActor
from actor_critic_gap.sac.trained import trained_actor
from actor_critic_gap.validation import HERE_MEGABYTES

FRAMES_PER_SECOND = 25


def watch(folder: Path, output: Path, seed: int, steps: int | None = None) -> tuple[int, float]:
    """Render one episode of a run's policy, with its mean action, to a GIF.

    Returns the number of frames, and the return of the episode as far as it was rendered.

    Raises:
        InvalidInput: the folder does not hold a run of SAC, or the output is no GIF.

    """
    if output.suffix != ".gif":
        raise InvalidInput(f"{output}: expected a name that ends in .gif")
    if sys.platform == "linux":
        os.environ.setdefault("MUJOCO_GL", "egl")
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    parameters, environment = trained_actor(folder, render_mode="rgb_array")
    act = NumpyActor(parameters)
    state = environment.reset(seed)
    frames, total, done = [environment.frame()], 0.0, False
    n_frames = min(steps or environment.episode_length, environment.episode_length)
    needed = n_frames * frames[0].nbytes / 1e6
    if needed > HERE_MEGABYTES:
        raise InvalidInput(
            f"{folder}: {n_frames} frames need {needed:.0f} MB of memory: expected fewer --steps"
        )
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
    return len(images), total
