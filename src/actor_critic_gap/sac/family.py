"""SAC, Stack-SAC and Res-SAC as a family of runs, each of one seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.runs.family import Context, Family, Trained, run_name
from actor_critic_gap.runs.folder import PROGRESS, Run
from actor_critic_gap.sac.settings import SACSettings
from actor_critic_gap.tables import read_columns
from actor_critic_gap.validation import validated


def train(settings: SACSettings, seeds: Sequence[int], context: Context) -> Trained:
    """Train one agent; see `training.train`.

    Raises:
        InvalidInput: there is more than one seed, or the clip cannot be looked up.

    """
    from actor_critic_gap.sac import training

    if len(seeds) != 1:
        raise InvalidInput(f"seeds = {list(seeds)}: a run of {settings.algorithm} has one: expected one seed")
    clip = context.record.clip if context.record else bound_on_residual(settings, seeds[0], context.source)
    trained = training.train(settings, seeds[0], clip, context)
    facts = {"clip": clip, "diverged_at": trained.diverged_at}
    return Trained(trained.progress, trained.policy, facts, trained.seconds)


def bound_on_residual(settings: SACSettings, seed: int, source: Run | None) -> float | None:
    """The clip as a number: the largest TD error of a SAC run where the settings say so (reading S10).

    Args:
        settings: of the run; `td_error` says what is meant by TD error.
        seed: of the run, and of the SAC run.
        source: the SAC run, which is needed for `clip: from-sac` only.

    Raises:
        InvalidInput: there is no SAC run, or it is another one than expected.

    """
    if settings.algorithm != "res-sac" or settings.clip == "none":
        return None
    if settings.clip != "from-sac":
        return settings.clip
    if source is None:
        raise InvalidInput("clip = from-sac: expected --source, the folder of a SAC run")
    wanted = {"algorithm": "sac"} | {key: getattr(settings, key) for key in _SHARED_WITH_SAC}
    found = {key: source.settings.get(key) for key in wanted}
    if found != wanted or source.seeds != [seed] or source.record.diverged_at is not None:
        raise InvalidInput(
            f"{source.folder}: {found}, seeds {source.seeds}, diverged at {source.record.diverged_at}: "
            f"expected {wanted}, seed {seed}, not diverged"
        )
    path, column = source.folder / PROGRESS, settings.td_error
    largest = float(read_columns(path, [column], [column], [column])[column].max())
    if not largest > 0:
        raise InvalidInput(f"{path}: {column}: expected a number above 0")
    return largest


_SHARED_WITH_SAC = ("environment", "critic_updates", "critics", "reward_scale")
"""What the SAC run has in common with the run that takes its clip from it."""

_FROM_SAC_KEYS = {
    "algorithm",
    "clip",
    "res_critic_updates",
    "residual_entropy",
    "residual_of",
    "td_error",
    *_SHARED_WITH_SAC,
}
"""What an entry with `clip: from-sac` can say: the SAC run that it looks at has no other settings."""


def _expand(config: Any, entry: Mapping[str, Any], where: str) -> list[tuple[str, SACSettings]]:
    """One run on the entry's environment, or on each."""
    names = [entry["environment"]] if "environment" in entry else list(config.environments)
    expanded = []
    for name in names:
        settings = on_environment(config, name, entry, where)
        SAC.check_used(entry, settings.algorithm, where)
        if settings.clip == "from-sac" and not _FROM_SAC_KEYS.issuperset(entry):
            keys = ", ".join(sorted(_FROM_SAC_KEYS))
            raise InvalidInput(f"{where}: clip = from-sac: expected no other keys than {keys}")
        expanded.append((_folder(entry, settings), settings))
    return expanded


def on_environment(config: Any, environment: object, entry: Mapping[str, Any], where: str) -> SACSettings:
    """The settings of an entry on one environment of the config."""
    if not isinstance(environment, str) or environment not in config.environments:
        expected = f"expected one of environments: {', '.join(config.environments)}"
        raise InvalidInput(f"{where}: environment = {environment!r}: {expected}")
    own = config.sac.model_dump(exclude_unset=True)
    data = {**own, **config.environments[environment], "environment": environment, **entry}
    return validated(SACSettings, SAC.used(data, entry), where)


def looked_up(config: Any, settings: SACSettings, where: str) -> tuple[str, SACSettings] | None:
    """The SAC run whose largest TD error is the clip, if it is `from-sac`: folder and settings."""
    if settings.clip != "from-sac":
        return None
    entry = {"algorithm": "sac", "critic_updates": settings.critic_updates, "res_critic_updates": 0}
    shared = {key: getattr(settings, key) for key in ("critics", "reward_scale")}
    own = config.sac.model_dump()
    entry |= {key: value for key, value in shared.items() if value != own[key]}
    sac = on_environment(config, settings.environment, entry, where)
    return _folder(entry, sac), sac


def _folder(entry: Mapping[str, Any], settings: SACSettings) -> str:
    """`Pendulum-v1/sac-10-0`, `Pendulum-v1/res-sac-10-10+clip=6`, …; the clip shows whoever set it."""
    in_label = ("algorithm", "environment", "critic_updates", "res_critic_updates")
    own = {**entry, "clip": settings.clip} if settings.algorithm == "res-sac" else entry
    shown = {key: own[key] for key in sorted(own) if key not in in_label}
    return f"{settings.environment}/{run_name(shown, settings.label)}"


def refuse_module(environment: str, where: str) -> None:
    """Refuse an environment whose id makes gymnasium import a module.

    Raises:
        InvalidInput: it does.

    """
    if ":" in environment:
        raise InvalidInput(
            f"{where}: environment = {environment!r}: expected an id without a module: nothing is imported "
            "for a run that is only verified, shown or trained again"
        )


SAC = Family(
    "sac",
    SACSettings,
    train,
    ("sac.family.train", "files.csv_bytes"),
    _expand,
    used_by={
        "eta": ("stack-sac",),
        "clip": ("res-sac",),
        "td_error": ("res-sac",),
        "residual_of": ("res-sac",),
        "residual_entropy": ("res-sac",),
        "res_critics": ("res-sac",),
        "bound_targets": ("res-sac",),
    },
    folder_per_seed=True,
    looked_up=looked_up,
)
