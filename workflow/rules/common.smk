"""What the rules share: the validated config, and which files belong to what."""

import os
import shlex
import sys
from functools import cache
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.utils import min_version
from snakemake_interface_executor_plugins.settings import DeploymentMethod

# The package is that beside the workflow, installed or not.
sys.path.insert(0, str(Path(workflow.basedir) / "src"))

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.experiment.config import read_config
from actor_critic_gap.experiment.families import read_settings
from actor_critic_gap.experiment.locking import hold
from actor_critic_gap.experiment.memory import megabytes
from actor_critic_gap.experiment.plans import Experiment
from actor_critic_gap.experiment.training import CLAIMS
from actor_critic_gap.figures import FIGURES
from actor_critic_gap.files import sha256
from actor_critic_gap.runs import equivalences
from actor_critic_gap.runs.checkout import PACKAGE, ROOT
from actor_critic_gap.runs.digest import digest

min_version("9.6")

METHODS = set(workflow.deployment_settings.deployment_method)
if METHODS - {DeploymentMethod.CONDA}:
    raise WorkflowError("--software-deployment-method: expected conda, or none")
if METHODS and ROOT == PACKAGE:
    raise WorkflowError(
        f"--software-deployment-method: the package is that in {PACKAGE.parent}: "
        "expected it in src, for a conda environment has none"
    )

# Jobs find the package where it was found here, and run with conda's Python or that which runs Snakemake.
FOUND = (
    f"export PYTHONPATH={shlex.quote(str(PACKAGE.parent))}"
    "${{PYTHONPATH:+:$PYTHONPATH}}; "
)
HERE = f"export PATH={shlex.quote(str(Path(sys.executable).parent))}:$PATH; "
shell.prefix(FOUND if METHODS else FOUND + HERE)

# Read once more from the files: Snakemake lets a key that stands twice pass, and does not tell who set a name.
OPTIONS = dict(workflow.config_settings.config)
DIRTY = str(OPTIONS.pop("allow_dirty", False)).lower() == "true"
ALLOW_DIRTY = ["--allow-dirty"] if DIRTY else []
ON_TOP = workflow.config_settings.configfiles
SNAKEMAKE = Path(".snakemake")
CONFIG_FILES = [
    *dict.fromkeys(
        os.path.relpath(path)
        for path in (*workflow.configfiles[len(ON_TOP) :], *ON_TOP)
    )
]
try:
    CONFIG = read_config([Path(path) for path in CONFIG_FILES], OPTIONS)
    EXPERIMENT = Experiment(CONFIG, CLAIMS, SNAKEMAKE / "plans")
except InvalidInput as error:
    raise WorkflowError(str(error))

# Jobs on a cluster read the workflow again; what they read is there already.
if workflow.is_main_process:
    hold(SNAKEMAKE)
    EXPERIMENT.write_plans()

# What is made in seconds is made anew where Snakemake does not remember how it was made: in a fresh clone.
CHECKOUT = f"{SNAKEMAKE}/checkout"
if not Path(CHECKOUT).is_file():
    Path(CHECKOUT).touch()

# Digests among a rule's params are for Snakemake, which makes again what other code made; its job has no use for them.
code = cache(digest)
RESULTS, LOGS = EXPERIMENT.results, EXPERIMENT.logs
BY_FOLDER = {str(run.folder): run for run in EXPERIMENT.all_folders()}


wildcard_constraints:
    figure="fig[0-9]+",
    environment="(?!four-room/|robustness/).+",
    run="[^/]+",
    seed="[0-9]+",


def drawn(figure):
    """The files of a figure, also as published."""
    names = [figure, f"{figure}-published"] if CONFIG.published(figure) else [figure]
    return [
        f"{EXPERIMENT.figures}/{name}.{suffix}"
        for name in names
        for suffix in ("json", "pdf", "png")
    ]


def table_files(figure):
    """A figure's table and its runs, which are made again where they are missing."""
    table = [f"{RESULTS}/{figure}.{suffix}" for suffix in ("csv", "json")]
    return [*table, *EXPERIMENT.files(EXPERIMENT.folders(figure))]


def figure_files(figure):
    """All that a figure consists of."""
    return [*drawn(figure), *table_files(figure)]


# What the workflow consists of, and what it is given: files of the checkout, which its commit names.
SOURCES = [
    *sorted(
        str(path)
        for path in Path("workflow").rglob("[!.]*")
        if path.suffix in (".smk", ".rst")
    ),
    "environment.yml",
    "requirements.lock",
]
GIVEN = [path for path in (*CONFIG_FILES, str(CLAIMS)) if not path.startswith("..")]

TABLES = [f"{RESULTS}/{figure}.csv" for figure in CONFIG.figures]
SIDECARS = [f"{RESULTS}/{figure}.json" for figure in CONFIG.figures]
VERDICTS = [
    *(f"{RESULTS}/claims.{suffix}" for suffix in ("csv", "json")),
    *(f"{EXPERIMENT.figures}/claims.{suffix}" for suffix in ("json", "pdf", "png")),
]
EXPLORER = f"{RESULTS}/explorer.html"
EXPLORED = [EXPLORER] if any(FIGURES[name].choices for name in CONFIG.figures) else []
DRAWN = [path for figure in CONFIG.figures for path in drawn(figure)]
RUN_FILES = EXPERIMENT.files(EXPERIMENT.all_folders())
TD_ERRORS = [f"{RESULTS}/td_errors.csv"] if "fig6" in CONFIG.figures else []
PROOFS = [str(path) for path in Path(RESULTS).glob(equivalences.NAME)]
CLAIMED = {claim.figure for claim in EXPERIMENT.claims}
JUDGED = [figure for figure in CONFIG.figures if figure in CLAIMED]
BEYOND = [figure for figure in CONFIG.figures if not FIGURES[figure].in_paper]


def run_of(wildcards):
    """The SAC run that a rule's wildcards name."""
    name = f"{wildcards.environment}/{wildcards.run}/seed-{wildcards.seed}"
    return BY_FOLDER[f"{RESULTS}/runs/{name}"]


def checkpoint_folder(wildcards):
    """Outside the outputs, which a failed job loses; of its own for every identity."""
    run = run_of(wildcards)
    inside = run.folder.relative_to(RESULTS / "runs")
    return f"{RESULTS}/checkpoints/{inside}/{run.identity.key()}"


def memory_of(wildcards):
    """The memory of a SAC run in MB: of a process with its compiled code, and what its settings ask for."""
    _, settings = read_settings(run_of(wildcards).identity.settings, "plan")
    return 2000 + round(sum(megabytes(settings, 1).values()))


def source_of(wildcards):
    """The record of the run in which another looks something up, if it does."""
    source = run_of(wildcards).source
    if source is None:
        return []
    # in a clone a file's time says nothing
    record = f"{source}/record.json"
    return ancient(record) if BY_FOLDER[str(source)].current else record


def room_of(wildcards):
    """The map, for the figures that show it or its optimum."""
    needed = FIGURES[wildcards.figure].needs_room
    return f"{RESULTS}/four_room.json" if needed else []


def room_options(wildcards, input):
    """The map as an option, where a figure needs it."""
    return ["--room", input.room] if input.room else []


def seeds_options(wildcards):
    """How many seeds the runs of a figure must have, as options."""
    own = CONFIG.seeds_on(wildcards.figure)
    on = [f"{environment}={seeds}" for environment, seeds in own.items()]
    options = ["--seeds", str(CONFIG.seeds_of(wildcards.figure))]
    return [*options, "--seeds-on", *on] if on else options


def rows_code(wildcards):
    """The digest of the code that chooses the rows of a run which a figure shows."""
    rows = FIGURES[wildcards.figure].rows
    return code(f"{rows.__module__.partition('.')[2]}.{rows.__name__}")


def figure_code(wildcards):
    """The digest of the code that draws a figure."""
    return code(f"figures.{wildcards.figure}.FIGURE", "provenance.stages.draw_figure")


def templates(*pages):
    """The digests of what pages are made from."""
    folder = PACKAGE / "report" / "templates"
    return [sha256(path) for path in sorted(folder.iterdir()) if path.stem in pages]
