from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from actor_critic_gap.figures import style
from actor_critic_gap.files import sha256


def test_colours_stay_apart_for_colour_blind_readers() -> None:
    """Simulated deuteranopia and protanopia (Machado et al., 2009) leave all algorithms distinguishable."""
    simulations = (
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    )
    colours = np.array([to_rgb(colour) for colour in sorted(set(style.COLOURS.values()))])
    for simulation in simulations:
        seen = colours @ np.transpose(simulation)
        distances = np.linalg.norm(seen[:, None] - seen[None], axis=2)
        assert distances[~np.eye(len(seen), dtype=bool)].min() > 0.15


def test_environment_steps_are_labelled_in_thousands() -> None:
    _, axis = style.subplots(figsize=(2, 2))
    style.thousands(axis)
    assert axis.get_xlabel() == "environment steps (thousands)"
    assert axis.xaxis.get_major_formatter()(300_000) == "300"


@pytest.mark.parametrize("suffix", ["pdf", "png"])
def test_files_are_the_same_bytes_again_with_their_notes(tmp_path: Path, suffix: str) -> None:
    paths = [tmp_path / f"{attempt}.{suffix}" for attempt in ("a", "b")]
    for path in paths:
        figure, axis = style.subplots(figsize=(2, 2))
        axis.plot([0, 1], [0, 1])
        assert style.save(figure, [path], {"note": "made by hand"}) == {path.as_posix(): sha256(path)}
    content = paths[0].read_bytes()
    assert content == paths[1].read_bytes()
    if suffix == "png":
        with Image.open(paths[0]) as image:
            assert image.info["note"] == "made by hand"
    else:
        assert content.startswith(b"%PDF")
        assert b"made by hand" in content
