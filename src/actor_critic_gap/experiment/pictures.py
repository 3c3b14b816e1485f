"""Finished runs -> moving pictures of their policies."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.experiment.families import recorded_settings
from actor_critic_gap.files import write_atomically
from actor_critic_gap.runs.folder import read_run
from actor_critic_gap.sac.family import SAC
from actor_critic_gap.tabular.settings import DynamicProgrammingSettings, SampledSettings
from actor_critic_gap.validation import HERE_MEGABYTES

FRAMES_PER_SECOND = 25
"""At most; of a faster environment some pictures are left out."""
COLOURS = 255


def watch(
    folder: Path, output: Path, seed: int, steps: int | None = None, width: int | None = None
) -> tuple[int, float]:
    """Show a run's policy in its environment as a GIF: an episode of SAC's, or walkers in FourRoom.

    Args:
        folder: of the finished run.
        output: the GIF to write.
        seed: of the episode or walk.
        steps: at most so many; else the whole episode, or 100 in FourRoom.
        width: of the picture in pixels; else as the environment renders it.

    Returns the number of frames, and the return as far as it is shown, in FourRoom the mean over walkers.

    Raises:
        InvalidInput: the folder does not hold a run with a policy, the output is no GIF, or the frames need
            more memory than there is.

    """
    if output.suffix != ".gif":
        raise InvalidInput(f"{output}: expected a name that ends in .gif")
    run = read_run(folder)
    family, settings = recorded_settings(run.record, folder)
    if family is SAC:
        from actor_critic_gap.sac.render import episode

        environment, pictures = episode(run, seed, steps, width)
        per_second = environment.frames_per_second
        n_frames = min(steps or environment.episode_length, environment.episode_length)
    elif isinstance(settings, SampledSettings | DynamicProgrammingSettings):
        from actor_critic_gap.tabular import render

        n_frames, per_second = steps or render.STEPS, render.FRAMES_PER_SECOND
        pictures = render.walk(*render.logits_of(run, settings), seed, n_frames, width)
    else:
        raise InvalidInput(f"{folder}: a run of {family.name} has no policy: expected another family's")
    frames, total = list[Image.Image](), 0.0
    stride = max(1, round(per_second / FRAMES_PER_SECOND))
    for position, (picture, reward) in enumerate(pictures):
        if position == 0:
            _check_memory(picture, n_frames // stride, str(folder))
        total += reward
        if position % stride == 0:
            frames.append(picture)
    write_atomically(output, _gif(frames, 1000 * stride / per_second))
    return len(frames), total


def _check_memory(picture: Image.Image, n_frames: int, where: str) -> None:
    needed = n_frames * 3 * picture.width * picture.height / 1e6
    if needed > HERE_MEGABYTES:
        raise InvalidInput(
            f"{where}: {n_frames} frames need {needed:.0f} MB of memory: expected fewer --steps"
        )


def _gif(frames: list[Image.Image], milliseconds: float) -> bytes:
    """Frames of one palette, without dithering, which would flicker and not compress."""
    palette = frames[len(frames) // 2].quantize(COLOURS, Image.Quantize.MAXCOVERAGE)
    images = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    buffer = io.BytesIO()
    images[0].save(
        buffer,
        format="GIF",
        save_all=True,
        append_images=images[1:],
        duration=milliseconds,
        loop=0,
        optimize=True,
    )
    return buffer.getvalue()
