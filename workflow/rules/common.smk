"""What the rules share: the validated config, and which files and runs belong to a figure."""

import json
import os
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.provenance import source_hash
from actor_critic_gap.settings import Config, validated

# Jobs run with the Python that runs Snakemake, also where its environment is not activated.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

if workflow.deployment_settings.deployment_method:
    raise WorkflowError(
        "--software-deployment-method: expected none: all rules share one environment, activate it first"
    )

try:
    CONFIG = validated(
        Config,
        config,
        " + ".join(os.path.relpath(path) for path in workflow.configfiles),
    )
except InvalidInput as error:
    raise WorkflowError(str(error))

RESULTS = f"results/{CONFIG.name}"
FIGURES = f"figures/{CONFIG.name}"
LOGS = f"logs/{CONFIG.name}"
RUNS = {
    name: settings
    for figure in CONFIG.figures
    for name, settings in CONFIG.runs(figure).items()
}
FIGURE_FILES = [
    f"{FIGURES}/{figure}.{suffix}"
    for figure in CONFIG.figures
    for suffix in ("pdf", "png")
]


wildcard_constraints:
    figure="fig[0-9]+",
    run="[^/]+",


def figure_files(figure):
    """The files of one figure."""
    return [path for path in FIGURE_FILES if Path(path).stem == figure]


def run_folders(wildcards):
    """The folders of a figure's runs."""
    return [
        f"{RESULTS}/runs/four-room/{run}" for run in CONFIG.runs(wildcards.figure)
    ]


def run_records(wildcards):
    """The record of each of a figure's runs: it is written last and holds the hashes of the rest."""
    return [f"{folder}/record.json" for folder in run_folders(wildcards)]


def run_settings(wildcards):
    """All settings of a run as JSON."""
    return RUNS[wildcards.run].model_dump_json()
