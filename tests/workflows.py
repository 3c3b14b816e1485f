"""The workflow in a copy of the checkout, with a small config."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import forked
import yaml

from actor_critic_gap.figures import FIGURES

ROOT = Path(__file__).parent.parent
SMALL: dict[str, Any] = {
    "name": "small",
    "seeds": 3,
    "published_seeds": 2,
    "sac_seeds": 2,
    "published_sac_seeds": 2,
    "sampled": {"episodes": 20, "episode_length": 30},
    "dynamic_programming": {"iterations": 40},
    "sac": {"hidden_units": 8, "evaluation_episodes": 1},
    "environments": {
        name: {
            "environment_steps": 400,
            "warmup_steps": 200,
            "evaluation_interval": 10,
            "prediction_interval": 3,
        }
        for name in ("Pendulum-v1", "Reacher-v4", "HalfCheetah-v4", "Hopper-v5")
    },
    "figure_seeds": {
        "fig3": {"Pendulum-v1": 2},
        **dict.fromkeys(("fig5", "fig6", "fig10", "fig11", "fig12", "fig14", "fig15"), 2),
    },
    "figures": {
        "fig2": [{"algorithm": "res-ac", "res_critic_updates": 5}],
        "fig3": [
            {"environment": "Pendulum-v1", "algorithm": "sac"},
            {"environment": "Hopper-v5", "algorithm": "sac"},
            {"environment": "Hopper-v5", "algorithm": "res-sac", "clip": "from-sac"},
        ],
        "fig4": [
            {"algorithm": "dynamic-programming", "actor": actor, "critic": "td"}
            for actor in ("actor-g", "pg")
        ],
        "fig5": [
            {"environment": "Pendulum-v1", "algorithm": "res-sac", "clip": clip} for clip in (4.0, "from-sac")
        ],
        "fig6": [{"environment": "Pendulum-v1", "algorithm": "sac"}],
        "fig7": [
            {"algorithm": name, "gap_batches": 2, "log_interval": 10} for name in ("stack-ac", "res-ac")
        ],
        "fig8": [{"algorithm": "actor-o-critic"}, {"algorithm": "stack-ac", "eta": 0.0}],
        "fig9": [
            {
                "algorithm": "robustness",
                "iterations": 40,
                "critic_init": [0.0, 1.0],
                "res_critic_init": [0.0, 1.0],
                "at_goal": ["reset"],
                "actor_lr": [0.01],
                "goal": [[3, 3]],
            }
        ],
        "fig10": [
            {"environment": "Pendulum-v1", "algorithm": "sac"},
            {"environment": "Pendulum-v1", "algorithm": "res-sac", "clip": "from-sac"},
        ],
        "fig11": [
            {"environment": "Pendulum-v1", "algorithm": "sac"},
            {"environment": "Pendulum-v1", "algorithm": "res-sac", "clip": 4.0},
        ],
        "fig12": [
            {"environment": "Pendulum-v1", "algorithm": "sac"},
            {"environment": "Pendulum-v1", "algorithm": "res-sac", "clip": 4.0},
        ],
        "fig13": [{"environment": "Pendulum-v1", "algorithm": "sac", "angle_interval": 3}],
        "fig14": [{"environment": "Pendulum-v1", "algorithm": "sac"}],
        "fig15": [{"environment": "Pendulum-v1", "algorithm": "sac"}],
    },
}


FILES = ("environment.yml", "requirements.lock", "CITATION.cff")


def workspace(folder: Path, *more: str) -> Path:
    """A copy of what the workflow consists of; with "src" also of the package."""
    for name in ("Snakefile", "workflow", "config", "docs", "profiles", *FILES, *more):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name)  # with what numba has compiled
        else:
            shutil.copy(source, folder / name)
    (folder / "config" / "small.yaml").write_text(yaml.safe_dump(SMALL))
    return folder


CONFIG = ("--configfile", "config/small.yaml")


def command(*arguments: str) -> list[str]:
    """The call of Snakemake."""
    return [sys.executable, "-m", "snakemake", *arguments, *CONFIG]


def variables(folder: Path) -> dict[str, str]:
    """A cache of its own and, where the folder has a copy of the package, that copy."""
    path = os.pathsep.join(filter(None, [str(folder / "src"), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "XDG_CACHE_HOME": str(folder / "cache"), "PYTHONPATH": path}


def snakemake(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Call Snakemake in a workspace."""
    return subprocess.run(
        command(*arguments), cwd=folder, env=variables(folder), capture_output=True, text=True
    )


def jobs(folder: Path, *arguments: str) -> dict[str, int]:
    """Jobs that would run, by rule."""
    code, said = forked.snakemake(folder, ["--dry-run", *arguments, *CONFIG], variables(folder))
    assert code == 0, said
    lines = re.findall(r"^(\w+)\s+(\d+)$", said, re.MULTILINE)
    return {
        name: int(n)
        for name, n in lines
        if name not in ("total", "all", "claims", "figures", "beyond", *FIGURES)
    }


VERDICTS = {
    "judge": 1,
    "plot_claims": 1,
    "summarise": 1,
    "report": 1,
    "explorer": 1,
    "crate": 1,
}
"""The jobs that follow a changed table."""


def outputs(folder: Path) -> dict[str, bytes]:
    """Every output that must be the same bytes again: all but what holds times."""
    timed = {"record.json", "report.html", "ro-crate-metadata.json"}
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for root in ("results", "figures")
        for path in sorted((folder / root).rglob("*"))
        if path.is_file() and path.name not in timed and path.suffix != ".tsv"
    }
