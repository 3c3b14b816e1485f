"""One run from its settings to its finished folder."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.evidence.claims import Claim, read_claims
from actor_critic_gap.evidence.robustness import RobustnessSettings
from actor_critic_gap.experiment.families import ALGORITHMS, read_settings
from actor_critic_gap.experiment.memory import check_memory
from actor_critic_gap.files import read_model
from actor_critic_gap.runs.checkout import changed_files, is_tracked
from actor_critic_gap.runs.family import Context, RunSettings
from actor_critic_gap.runs.folder import RECORD, read_run, write_run
from actor_critic_gap.runs.identity import Identity
from actor_critic_gap.sac import checkpoint
from actor_critic_gap.sac.settings import SACSettings
from actor_critic_gap.tabular.settings import DynamicProgrammingSettings
from actor_critic_gap.validation import HERE_MEGABYTES, MOST_MEGABYTES

CLAIMS = Path("config/claims.yaml")


class Plan(BaseModel):
    """A run to train, in place of the one with this sha256 of its record."""

    model_config = ConfigDict(extra="forbid", strict=True)

    identity: Identity
    instead_of: str | None = None


def train_planned(
    plan: Path,
    output: Path,
    *,
    source: Path | None = None,
    claims: Path = CLAIMS,
    checkpoints: Path | None = None,
    allow_dirty: bool = False,
) -> None:
    """Train the run that a plan describes, in place of what its folder holds; arguments as of `train`.

    Raises:
        InvalidInput: the plan is none or for other code than there is, or the folder is under version control
            and the code is not as committed.

    """
    planned = read_model(plan, Plan, "the plan of a run").identity
    family, settings = read_settings(planned.settings, str(plan))
    if family.source_hash != planned.source_hash:
        raise InvalidInput(
            f"{plan}: source_hash = {planned.source_hash}: expected that of this code, {family.source_hash}"
        )
    if not allow_dirty and (changed := changed_files()) and is_tracked(output):
        raise InvalidInput(
            f"{output}: is under version control, and not as committed are {', '.join(changed)}, so that its "
            "record would name no code: expected a commit first, or snakemake --config allow_dirty=true"
        )
    train(settings, planned.seeds, output, source, claims, checkpoints, replace=True)


def train(
    settings: RunSettings,
    seeds: Sequence[int],
    output: Path,
    source: Path | None = None,
    claims: Path = CLAIMS,
    checkpoints: Path | None = None,
    checkpoint_seconds: float = 60.0,
    replace: bool = False,
) -> bool:
    """Train a run and write its folder; one that was interrupted goes on, one that is there is left alone.

    Args:
        settings: of the run.
        seeds: one or more, as its family has them.
        output: the folder.
        source: folder of the finished run in which it looks something up.
        claims: what a robustness run judges.
        checkpoints: their folder, that of the output by default.
        checkpoint_seconds: the least time between two.
        replace: whether a finished run is replaced, of whatever identity.

    Returns whether it was trained.

    Raises:
        InvalidInput: the run cannot be trained so, or another one is there.

    """
    if not seeds or min(seeds) < 0:
        raise InvalidInput(f"seeds = {list(seeds)}: expected one or more, each at least 0")
    if source is not None and not (isinstance(settings, SACSettings) and settings.clip == "from-sac"):
        raise InvalidInput(
            f"source = {source}: nothing is looked up there: expected one with clip = from-sac"
        )
    family = ALGORITHMS[settings.algorithm]
    looked_up = None if source is None else read_run(source)
    identity = Identity(
        settings=settings.model_dump(mode="json"),
        seeds=list(seeds),
        source_hash=family.source_hash,
        source=None if looked_up is None else looked_up.record.recorded(),
    )
    if (output / RECORD).is_file() and not replace:
        if read_run(output).record.recorded() != identity.recorded():
            raise InvalidInput(f"{output}: holds another finished run: expected another folder, or --replace")
        return False
    if isinstance(settings, RobustnessSettings):
        check_reach(settings, read_claims(claims), str(output))
    check_memory(settings, len(seeds), str(output), min(MOST_MEGABYTES, HERE_MEGABYTES))
    output.mkdir(parents=True, exist_ok=True)
    folder = checkpoints or output / "checkpoints"
    started = time.perf_counter()
    trained = family.train(
        settings, seeds, Context(looked_up, None, claims, folder, identity.key(), checkpoint_seconds)
    )
    seconds = time.perf_counter() - started if trained.seconds is None else trained.seconds
    write_run(output, identity, trained.progress, trained.policy, seconds, trained.facts)
    checkpoint.clear(folder)
    return True


def check_reach(settings: RobustnessSettings, claims: Sequence[Claim], where: str) -> None:
    """Refuse exact iterations that end where claims need more, though the runs themselves are long enough.

    Raises:
        InvalidInput: they do, or they end between two rows of progress.

    """
    asked = [(claim.figure, claim.parameters.get("at", 0), claim.id) for claim in claims]
    for figure, runs in settings.runs.items():
        for run in runs:
            if not isinstance(run, DynamicProgrammingSettings):
                continue
            found = f"{where}: iterations = {settings.iterations}"
            if settings.iterations % run.log_interval:
                raise InvalidInput(f"{found}: expected a multiple of log_interval = {run.log_interval}")
            for _, at, claim in filter(lambda each: each[0] == figure, asked):
                if settings.iterations < at <= run.iterations:
                    raise InvalidInput(f"{found}: expected at least {at:g}, which claim {claim} is about")
