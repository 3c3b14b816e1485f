"""The command line: every step of the workflow by hand, `python -m actor_critic_gap --help`."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.finite_mdp import optimal_objective
from actor_critic_gap.settings import (
    DynamicProgrammingSettings,
    FourRoomSettings,
    RunSettings,
    SampledSettings,
    validated,
)

FAMILIES: tuple[type[RunSettings], ...] = (SampledSettings, DynamicProgrammingSettings)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; bad input and failing disks end in one line on stderr and exit code 2."""
    parser = argparse.ArgumentParser(prog="python -m actor_critic_gap", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_train(commands.add_parser("train", help="train a run and write its folder"))
    _add_describe(commands.add_parser("describe", help="write the environment's map and optimum"))
    _add_aggregate(commands.add_parser("aggregate", help="runs -> the tidy table of a figure"))
    _add_plot(commands.add_parser("plot", help="tidy table -> figure"))
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


def _add_settings(parser: argparse.ArgumentParser, *models: type[FourRoomSettings]) -> None:
    parser.add_argument("--settings", default="{}", metavar="JSON", help="settings; the flags override them")
    for name in dict.fromkeys(name for model in models for name in model.model_fields):
        field = next(model.model_fields[name] for model in models if name in model.model_fields)
        shown = "the classic map" if name == "layout" else field.default
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=_value,
            default=argparse.SUPPRESS,
            metavar="VALUE",
            help=f"{field.description or 'family of algorithms'} (default: {shown})",
        )


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def _settings(options: argparse.Namespace, *models: type[FourRoomSettings]) -> dict[str, Any]:
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
    parser.set_defaults(command=_train)


def _train(options: argparse.Namespace) -> None:
    data = _settings(options, *FAMILIES)
    family: type[RunSettings] = SampledSettings
    if data.get("algorithm") == "dynamic-programming":
        family = DynamicProgrammingSettings
    settings = validated(family, data, "train")
    seeds = list(range(options.seeds)) if options.seed is None else [options.seed]
    if not seeds or min(seeds) < 0:
        raise InvalidInput("train: expected --seed >= 0 or --seeds >= 1")
    options.output.mkdir(parents=True, exist_ok=True)

    from actor_critic_gap.provenance import source_hash
    from actor_critic_gap.runs import write_run
    from actor_critic_gap.tabular import train

    started = time.perf_counter()
    progress, tables = train(settings, seeds)
    write_run(
        options.output,
        settings.model_dump(mode="json"),
        seeds,
        source_hash("tabular", "runs"),
        progress,
        tables,
        time.perf_counter() - started,
    )


def _add_describe(parser: argparse.ArgumentParser) -> None:
    _add_settings(parser, FourRoomSettings)
    parser.add_argument("--output", type=Path, required=True, metavar="JSON")
    parser.set_defaults(command=_describe)


def _describe(options: argparse.Namespace) -> None:
    from actor_critic_gap.runs import json_bytes, write_atomically

    settings = validated(FourRoomSettings, _settings(options, FourRoomSettings), "describe")
    optimum = optimal_objective(settings.four_room().mdp)
    content = {**settings.model_dump(mode="json"), "optimal_objective": optimum}
    write_atomically(options.output, json_bytes(content))


def _add_aggregate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("figure", help="fig1, fig2 or fig4")
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="the folders of its runs")
    parser.add_argument("--seeds", type=int, required=True, help="the number of seeds each must have")
    parser.add_argument("--output", type=Path, required=True, metavar="CSV")
    parser.set_defaults(command=_aggregate)


def _aggregate(options: argparse.Namespace) -> None:
    from actor_critic_gap.aggregation import COLUMNS, tidy
    from actor_critic_gap.runs import csv_bytes, read_run, write_atomically

    if options.figure not in COLUMNS:
        raise InvalidInput(f"figure = {options.figure!r}: expected one of {', '.join(COLUMNS)}")
    runs = [read_run(folder) for folder in options.runs]
    write_atomically(options.output, csv_bytes(tidy(options.figure, runs, range(options.seeds))))


def _add_plot(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("figure", help="fig1, fig2 or fig4")
    parser.add_argument("table", type=Path, metavar="CSV", help="its tidy table")
    parser.add_argument("--environment", type=Path, required=True, metavar="JSON", help="from `describe`")
    parser.add_argument("--output", type=Path, nargs="+", required=True, metavar="FILE", help=".pdf, .png")
    parser.set_defaults(command=_plot)


def _plot(options: argparse.Namespace) -> None:
    from actor_critic_gap.aggregation import COLUMNS
    from actor_critic_gap.figures.style import read_table, save

    if options.figure not in COLUMNS:
        raise InvalidInput(f"figure = {options.figure!r}: expected one of {', '.join(COLUMNS)}")
    module = importlib.import_module(f"actor_critic_gap.figures.{options.figure}")
    table = read_table(options.table, COLUMNS[options.figure])
    save(module.plot(table, json.loads(options.environment.read_text())), options.output)
