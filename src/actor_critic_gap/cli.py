"""The command line: every step of the workflow by hand, `python -m actor_critic_gap --help`."""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.finite_mdp import optimal_objective
from actor_critic_gap.four_room import FourRoom
from actor_critic_gap.settings import (
    DynamicProgrammingSettings,
    FourRoomSettings,
    RunSettings,
    SACSettings,
    SampledSettings,
    TabularSettings,
    check_used,
    family,
    validated,
)

FAMILIES: tuple[type[RunSettings], ...] = (SampledSettings, DynamicProgrammingSettings, SACSettings)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; bad input and failing disks end in one line on stderr and exit code 2."""
    parser = argparse.ArgumentParser(prog="python -m actor_critic_gap", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_train(commands.add_parser("train", help="train a run and write its folder"))
    _add_describe(commands.add_parser("describe", help="write the environment's map and optimum"))
    _add_aggregate(commands.add_parser("aggregate", help="runs -> the tidy table of a figure"))
    _add_plot(commands.add_parser("plot", help="tidy table -> figure"))
    _add_watch(commands.add_parser("watch", help="render the policy of a SAC run to a GIF"))
    options = parser.parse_args(arguments)
    try:
        options.command(options)
    except InvalidInput as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"error: {error.filename or 'output'}: {error.strerror or error}", file=sys.stderr)
        return 2
    return 0


def _add_settings(parser: argparse.ArgumentParser, *models: type[FourRoomSettings | RunSettings]) -> None:
    parser.add_argument("--settings", default="{}", metavar="JSON", help="settings; the flags override them")
    if SACSettings in models:
        parser.add_argument(
            "--env",
            dest="environment",
            default=argparse.SUPPRESS,
            metavar="ID",
            help="the same as --environment",
        )
    for name in dict.fromkeys(name for model in models for name in model.model_fields):
        fields = [model.model_fields[name] for model in models if name in model.model_fields]
        about = dict.fromkeys(
            f"{field.description} (default: {'the classic map' if name == 'layout' else field.default})"
            for field in fields
        )
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=_value,
            default=argparse.SUPPRESS,
            metavar="VALUE",
            help="; ".join(about),
        )


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _settings(options: argparse.Namespace, *models: type[FourRoomSettings | RunSettings]) -> dict[str, Any]:
    try:
        settings = json.loads(options.settings)
    except json.JSONDecodeError as error:
        raise InvalidInput(f"--settings: not JSON: {error}") from None
    if not isinstance(settings, dict):
        raise InvalidInput(f"--settings: {settings!r}: expected an object")
    names = {name for model in models for name in model.model_fields}
    return {**settings, **{name: value for name, value in vars(options).items() if name in names}}


def _add_train(parser: argparse.ArgumentParser) -> None:
    _add_settings(parser, *FAMILIES)
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--seed", type=int, help="train this seed only")
    group.add_argument("--seeds", type=int, default=1, help="train seeds 0 to SEEDS - 1 (default: 1)")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="the run's folder")
    parser.add_argument(
        "--sac-run", type=Path, metavar="FOLDER", help="SAC run that --clip from-sac looks at"
    )
    parser.add_argument(
        "--checkpoints",
        type=Path,
        metavar="FOLDER",
        help="where a SAC run that is interrupted goes on from (default: OUTPUT/checkpoints)",
    )
    parser.add_argument(
        "--checkpoint-seconds", type=float, default=60.0, help="least time between two (default: 60)"
    )
    parser.set_defaults(command=_train)


def _train(options: argparse.Namespace) -> None:
    data = _settings(options, *FAMILIES)
    flags = set(vars(options)) & set(data)
    check_used(flags, str(data.get("algorithm", SampledSettings().algorithm)), "train")
    seeds = list(range(options.seeds)) if options.seed is None else [options.seed]
    if not seeds or min(seeds) < 0:
        raise InvalidInput("train: expected --seed >= 0 or --seeds >= 1")
    model = family(data.get("algorithm"))
    if model is SACSettings and len(seeds) != 1:
        raise InvalidInput(f"train: --seeds = {len(seeds)}: a SAC run has one seed: expected --seed")
    settings = validated(model, data, "train")
    if isinstance(settings, SACSettings):
        _train_sac(settings, seeds[0], options)
    else:
        _train_tabular(settings, seeds, options.output)


def _train_tabular(settings: TabularSettings, seeds: list[int], output: Path) -> None:
    from actor_critic_gap.provenance import source_hash
    from actor_critic_gap.runs import write_run
    from actor_critic_gap.tabular import train

    output.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    progress, tables = train(settings, seeds)
    write_run(
        output,
        settings.model_dump(mode="json"),
        seeds,
        source_hash("tabular", "runs"),
        progress,
        tables,
        time.perf_counter() - started,
    )


def _train_sac(settings: SACSettings, seed: int, options: argparse.Namespace) -> None:
    from actor_critic_gap.provenance import source_hash, versions
    from actor_critic_gap.runs import write_run
    from actor_critic_gap.sac import checkpoint
    from actor_critic_gap.sac.training import train

    options.output.mkdir(parents=True, exist_ok=True)
    clip = _clip(settings, seed, options.sac_run)
    source = source_hash("sac.training", "runs")
    key = f"{settings.model_dump_json()} seed {seed} clip {clip} source {source} {versions()}"
    identity = hashlib.sha256(key.encode()).hexdigest()[:16]
    checkpoints = options.checkpoints or options.output / "checkpoints"
    trained = train(settings, seed, clip, checkpoints, identity, options.checkpoint_seconds)
    write_run(
        options.output,
        settings.model_dump(mode="json"),
        [seed],
        source,
        trained.progress,
        trained.policy,
        trained.seconds,
        clip=clip,
        diverged_at=trained.diverged_at,
    )
    checkpoint.clear(checkpoints)


def _clip(settings: SACSettings, seed: int, sac_run: Path | None) -> float | None:
    """The bound on the residual; the largest TD error of a SAC run where the settings say so (S10)."""
    from actor_critic_gap.runs import read_run

    if settings.algorithm != "res-sac" or settings.clip == "none":
        return None
    if settings.clip != "from-sac":
        return settings.clip
    if sac_run is None:
        raise InvalidInput("train: clip = from-sac: expected --sac-run, the folder of a SAC run")
    run = read_run(sac_run)
    wanted = {
        "algorithm": "sac",
        "environment": settings.environment,
        "critic_updates": settings.critic_updates,
    }
    found = {key: run.settings.get(key) for key in wanted}
    if found != wanted or run.seeds != [seed] or run.diverged_at is not None:
        raise InvalidInput(
            f"{sac_run}: {found}, seeds {run.seeds}, diverged at {run.diverged_at}: "
            f"expected {wanted}, seed {seed}, not diverged"
        )
    return float(run.progress["max_abs_td_error"].max())


def _add_describe(parser: argparse.ArgumentParser) -> None:
    _add_settings(parser, FourRoomSettings)
    parser.add_argument("--output", type=Path, required=True, metavar="JSON")
    parser.set_defaults(command=_describe)


def _describe(options: argparse.Namespace) -> None:
    from actor_critic_gap.runs import json_bytes, write_atomically

    settings = validated(FourRoomSettings, _settings(options, FourRoomSettings), "describe")
    optimum = optimal_objective(FourRoom.of(settings).mdp)
    content = {**settings.model_dump(mode="json"), "optimal_objective": optimum}
    write_atomically(options.output, json_bytes(content))


def _add_aggregate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("figure", help="fig1 to fig6")
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="the folders of its runs")
    parser.add_argument("--seeds", type=int, required=True, help="the number of seeds each must have")
    parser.add_argument("--output", type=Path, required=True, metavar="CSV")
    parser.set_defaults(command=_aggregate)


def _aggregate(options: argparse.Namespace) -> None:
    from actor_critic_gap.aggregation import tidy
    from actor_critic_gap.runs import csv_bytes, read_run, write_atomically

    _known_figure(options.figure)
    runs = [read_run(folder) for folder in options.runs]
    write_atomically(options.output, csv_bytes(tidy(options.figure, runs, range(options.seeds))))


def _add_plot(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("figure", help="fig1 to fig6")
    parser.add_argument("table", type=Path, metavar="CSV", help="its tidy table")
    parser.add_argument("--environment", type=Path, metavar="JSON", help="from `describe`, for FourRoom's")
    parser.add_argument("--output", type=Path, nargs="+", required=True, metavar="FILE", help=".pdf, .png")
    parser.set_defaults(command=_plot)


def _plot(options: argparse.Namespace) -> None:
    from actor_critic_gap.aggregation import COLUMNS, MAY_BE_EMPTY
    from actor_critic_gap.figures.style import read_table, save

    _known_figure(options.figure)
    module = importlib.import_module(f"actor_critic_gap.figures.{options.figure}")
    table = read_table(options.table, COLUMNS[options.figure], MAY_BE_EMPTY)
    environment = {}
    if options.environment is not None:
        environment = json.loads(options.environment.read_text())
    save(module.plot(table, environment), options.output)


def _known_figure(figure: str) -> None:
    from actor_critic_gap.aggregation import COLUMNS

    if figure not in COLUMNS:
        raise InvalidInput(f"figure = {figure!r}: expected one of {', '.join(COLUMNS)}")


def _add_watch(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", type=Path, metavar="RUN", help="the run's folder")
    parser.add_argument("--output", type=Path, metavar="GIF", help="default: RUN/policy.gif")
    parser.add_argument("--seed", type=int, default=0, help="of the episode (default: 0)")
    parser.add_argument("--steps", type=int, help="at most this many steps (default: the whole episode)")
    parser.set_defaults(command=_watch)


def _watch(options: argparse.Namespace) -> None:
    from actor_critic_gap.sac.watching import watch

    watch(options.run, options.output or options.run / "policy.gif", options.seed, options.steps)
