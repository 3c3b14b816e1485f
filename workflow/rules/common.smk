"""What the rules share: the validated config, and which files and runs belong to a figure."""

import os
import shlex
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.provenance import source_hash
from actor_critic_gap.settings import Config, validated

# Jobs run with the Python that runs Snakemake, also where its environment is not activated.
shell.prefix(f"export PATH={shlex.quote(str(Path(sys.executable).parent))}:$PATH; ")

if workflow.deployment_settings.deployment_method:
    raise WorkflowError(
        "--software-deployment-method: expected none: all rules share one environment, activate it first"
    )

try:
    CONFIG = validated(
        Config,
        config,
        " + ".join(map(os.path.relpath, reversed(workflow.configfiles))),
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
    return [f"{RESULTS}/runs/four-room/{run}" for run in CONFIG.runs(wildcards.figure)]


def run_files(wildcards):
    """What the aggregation reads of each run: the progress table, and the record with its hash."""
    return [
        f"{folder}/{name}"
        for folder in run_folders(wildcards)
        for name in ("progress.csv", "record.json")
    ]


def run_settings(wildcards):
    """All settings of a run as JSON."""
    return RUNS[wildcards.run].model_dump_json()
