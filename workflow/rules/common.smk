"""What the rules share: the validated config, and which files and runs belong to a figure."""

import hashlib
import os
import shlex
import sys
from functools import cache, partial
from pathlib import Path

from snakemake.exceptions import WorkflowError

from actor_critic_gap import catalogue
from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.experiment.locks import hold, release_stale
from actor_critic_gap.runs.checkout import (
    PACKAGE,
    claims_digest,
    sha256,
    source_hash,
    training_hash,
)
from actor_critic_gap.experiment.config import (
    TABULAR,
    Config,
    RobustnessSettings,
    SACSettings,
)
from actor_critic_gap.experiment.stamps import is_current, stamp
from actor_critic_gap.validation import validated

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
    ALL_RUNS = CONFIG.all_runs()
    digest = cache(partial(claims_digest, Path("config/claims.yaml")))
    RUNS = {
        run: (
            settings.model_copy(update={"claims_digest": digest(tuple(settings.runs))})
            if isinstance(settings, RobustnessSettings)
            else settings
        )
        for run, (settings, _) in ALL_RUNS.items()
    }
except InvalidInput as error:
    raise WorkflowError(str(error))


def is_beyond(figure):
    """Whether a figure is one that the paper does not have."""
    return catalogue.FIGURES[figure].beyond


SNAKEMAKE = Path(".snakemake")
release_stale(SNAKEMAKE, [Path("results"), Path("figures")])

RESULTS = f"results/{CONFIG.name}"
FIGURES = f"figures/{CONFIG.name}"
LOGS = f"logs/{CONFIG.name}"
FIGURE_FILES = [
    f"{FIGURES}/{figure}.{suffix}"
    for figure in CONFIG.figures
    for suffix in ("json", "pdf", "png")
]
PUBLISHED = [
    f"{FIGURES}/{figure}-published.{suffix}"
    for figure in CONFIG.figures
    if not is_beyond(figure)
    and CONFIG.published_seeds < CONFIG.seeds_of(figure)
    and set(catalogue.FIGURES[figure].algorithms) <= TABULAR
    for suffix in ("json", "pdf", "png")
]
TABLES = [f"{RESULTS}/{figure}.csv" for figure in CONFIG.figures]
# The paper's claims are on the paper's figures.
JUDGED = [
    f"{RESULTS}/{figure}.csv" for figure in CONFIG.figures if not is_beyond(figure)
]
PASSPORTS = [f"{RESULTS}/{figure}.json" for figure in CONFIG.figures]

FIGURE_RUNS = {figure: CONFIG.runs(figure) for figure in CONFIG.figures}
RUN_SEEDS = {run: n_seeds for run, (_, n_seeds) in ALL_RUNS.items()}
SAC_RUNS = {
    run: CONFIG.sac_run(run, settings)
    for run, settings in RUNS.items()
    if getattr(settings, "clip", None) == "from-sac"
}


wildcard_constraints:
    figure="fig[0-9]+",
    environment="(?!four-room/|robustness/).+",
    run="[^/]+",
    seed="[0-9]+",


def is_sac(run):
    """Whether a run is of SAC's kind, with a folder for every seed."""
    return isinstance(RUNS[run], SACSettings)


def seed_folders(run, n_seeds):
    """The folders that a run is written to: one, or for a SAC run one a seed."""
    folder = f"{RESULTS}/runs/{run}"
    return (
        [f"{folder}/seed-{seed}" for seed in range(n_seeds)]
        if is_sac(run)
        else [folder]
    )


RUN_FILES = [
    f"{folder}/{name}"
    for run, n_seeds in RUN_SEEDS.items()
    for folder in seed_folders(run, n_seeds)
    for name in ("progress.csv", "policy.npz", "record.json")
    if name != "policy.npz" or run.startswith("four-room/")
]


def stamp_path(run, seed=None):
    """The stamp of a run, or of one of its seeds."""
    name = run if seed is None else f"{run}/seed-{seed}"
    return f"{SNAKEMAKE}/stamps/{CONFIG.name}/{name}"


def stamp_all():
    """Stamp every run and say which are current; those that look up a clip come after what they look at."""
    current = {}
    for run in sorted(RUNS, key=lambda run: run in SAC_RUNS):
        settings = RUNS[run].model_dump(mode="json")
        source = training_hash(settings["algorithm"])
        for folder in seed_folders(run, RUN_SEEDS[run]):
            seed = Path(folder).name.removeprefix("seed-") if is_sac(run) else None
            seeds = [int(seed)] if is_sac(run) else list(range(RUN_SEEDS[run]))
            current[run, seed] = is_current(Path(folder), settings, seeds, source)
            content = f"{settings} {seeds} {source}"
            if run in SAC_RUNS:
                current[run, seed] &= current[SAC_RUNS[run][0], seed]
                content += f" {RUNS[SAC_RUNS[run][0]].model_dump(mode='json')}"
            stamp(
                Path(stamp_path(run, seed)),
                content,
                current[run, seed],
                Path(folder) / "record.json",
            )
    return current


# What is made in seconds is made anew where Snakemake does not remember how it was made: in a fresh clone.
CHECKOUT = f"{SNAKEMAKE}/stamps/checkout"
if not Path(CHECKOUT).is_file():
    stamp(Path(CHECKOUT), "", False)
CURRENT = stamp_all()


def figure_files(figure):
    """The files of one figure."""
    return [
        path
        for path in FIGURE_FILES + PUBLISHED
        if Path(path).stem.removesuffix("-published") == figure
    ]


def is_tabular(figure):
    """Whether a figure shows runs on FourRoom."""
    return not any(map(is_sac, FIGURE_RUNS[figure]))


def run_folders(wildcards):
    """The folders of a figure's runs."""
    return [
        folder
        for run in FIGURE_RUNS[wildcards.figure]
        for folder in seed_folders(run, CONFIG.seeds_of(wildcards.figure))
    ]


def run_files(wildcards):
    """What the aggregation reads of each run: the progress table, and the record with its hash."""
    return [
        f"{folder}/{name}"
        for folder in run_folders(wildcards)
        for name in ("progress.csv", "record.json")
    ]


def sac_run_of_clip(wildcards):
    """The record of the SAC run of the same seed in which a clip is looked up, if it is."""
    run = f"{wildcards.environment}/{wildcards.run}"
    if run not in SAC_RUNS:
        return []
    looked_up = SAC_RUNS[run][0]
    record = f"{RESULTS}/runs/{looked_up}/seed-{wildcards.seed}/record.json"
    # in a clone a file's time says nothing
    return ancient(record) if CURRENT[looked_up, wildcards.seed] else record


def checkpoint_folder(wildcards):
    """Outside the outputs, which a failed job loses; of its own for every settings and source."""
    run = f"{wildcards.environment}/{wildcards.run}"
    looked_up = SAC_RUNS[run][1].model_dump_json() if run in SAC_RUNS else ""
    key = f"{RUNS[run].model_dump_json()} {looked_up} {training_hash('sac')}"
    digest = hashlib.sha256(key.encode()).hexdigest()[:16]
    return f"{RESULTS}/checkpoints/{run}/seed-{wildcards.seed}/{digest}"


def environment_of(wildcards):
    """The map, for the figures of FourRoom."""
    return f"{RESULTS}/four_room.json" if is_tabular(wildcards.figure) else []
