"""Tiny experiments, made as the workflow makes them."""

import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd

from actor_critic_gap.experiment.families import read_settings
from actor_critic_gap.experiment.training import train
from actor_critic_gap.files import csv_bytes, sha256
from actor_critic_gap.provenance.describing import write_crate
from actor_critic_gap.provenance.stages import draw_figure, make_table

RESULTS, FIGURES = Path("results/x"), Path("figures/x")
CRATE = RESULTS / "ro-crate-metadata.json"
ROOT = Path(__file__).parent.parent


def train_run(folder: Path, seeds: list[int], **settings: Any) -> None:
    train(read_settings(settings, "test")[1], seeds, folder, replace=True)


def tiny_sac(folder: Path, seed: int, **settings: Any) -> None:
    """A run of Pendulum of a second."""
    short = {"environment": "Pendulum-v1", "environment_steps": 400, "warmup_steps": 200}
    small = {"evaluation_interval": 10, "hidden_units": 8, "evaluation_episodes": 1}
    train_run(folder, [seed], **{"algorithm": "sac", **short, **small, **settings})


def make_figure() -> None:
    folders = [RESULTS / "runs/four-room" / name for name in ("res-ac", "stack-ac")]
    make_table("fig1", folders, 2, {}, RESULTS / "fig1.csv", "aggregate fig1")
    outputs = [FIGURES / "fig1.png", FIGURES / "fig1.pdf"]
    draw_figure("fig1", RESULTS / "fig1.csv", RESULTS / "four_room.json", None, outputs, "plot fig1")


def copy_workflow(folder: Path) -> Path:
    """What a crate cannot do without: a workflow, and whom to cite."""
    shutil.copy(ROOT / "CITATION.cff", folder)
    return Path(shutil.copy(ROOT / "Snakefile", folder))


def describe_crate(*paths: Path) -> None:
    """The crate of these, with a workflow of one file."""
    workflow = copy_workflow(Path())
    write_crate(paths, workflow, [], [], Path("CITATION.cff"), CRATE)


def change(folder: Path, column: str, factor: float, **record: Any) -> None:
    """Another number in the last row, under a record that says it was so."""
    table = pd.read_csv(folder / "progress.csv")
    table.loc[table.index[-1], column] *= factor
    (folder / "progress.csv").write_bytes(csv_bytes(table))
    content = json.loads((folder / "record.json").read_text("utf-8")) | record
    content["sha256"]["progress.csv"] = sha256(folder / "progress.csv")
    (folder / "record.json").write_text(json.dumps(content), "utf-8")
