"""The command line: every step of the workflow by hand, `python -m actor_critic_gap --help`."""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
import secrets
import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from actor_critic_gap.catalogue import FIGURES
from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.experiment.config import (
    DynamicProgrammingSettings,
    FourRoomSettings,
    RobustnessSettings,
    RunSettings,
    SACSettings,
    SampledSettings,
    TabularSettings,
    check_used,
    family,
)
from actor_critic_gap.mdp.finite_mdp import optimal_objective
from actor_critic_gap.mdp.four_room import FourRoom
from actor_critic_gap.validation import validated

FAMILIES: tuple[type[RunSettings], ...] = (SampledSettings, DynamicProgrammingSettings, SACSettings)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; bad input and failing disks end in one line on stderr and exit code 2."""
    parser = argparse.ArgumentParser(prog="python -m actor_critic_gap", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_train(commands.add_parser("train", help="train a run and write its folder"))
    _add_robustness(commands.add_parser("robustness", help="train and judge under other choices"))
    _add_describe(commands.add_parser("describe", help="write the environment's map and optimum"))
    _add_aggregate(commands.add_parser("aggregate", help="runs -> the tidy table of a figure"))
    _add_plot(commands.add_parser("plot", help="tidy table -> figure"))
    _add_theory(commands.add_parser("theory", help="check the identities; write their table"))
    _add_judge(commands.add_parser("judge", help="tidy tables and claims -> verdicts"))
    _add_summarise(commands.add_parser("summarise", help="tidy tables -> final values and areas"))
    _add_manifest(commands.add_parser("manifest", help="write the hash of every file of an experiment"))
    _add_verify(commands.add_parser("verify", help="hold an experiment's files against its manifest"))
    _add_report(commands.add_parser("report", help="everything on one page"))
    _add_estimate(commands.add_parser("estimate", help="what an experiment costs, before it is run"))
    _add_calibrate(commands.add_parser("calibrate", help="time this machine, for estimates"))
    _add_readme(commands.add_parser("readme", help="put verdicts and figures into a Markdown file"))
    _add_why(commands.add_parser("why", help="walk from a figure back to its settings and seeds"))
    _add_watch(commands.add_parser("watch", help="render the policy of a SAC run to a GIF"))
    options = parser.parse_args(arguments)
    given = sys.argv[1:] if arguments is None else arguments
    options.command_line = shlex.join(["python", "-m", "actor_critic_gap", *given])
    try:
        options.command(options)
    except InvalidInput as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        # a failing write does not name its file
        where = error.filename or getattr(options, "output", "output")
        print(f"error: {where}: {error.strerror or error}", file=sys.stderr)
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
    elif isinstance(settings, TabularSettings):
        _train_tabular(settings, seeds, options.output)
    else:
        raise InvalidInput("train: algorithm = 'robustness': expected the command robustness")


def _train_tabular(settings: TabularSettings, seeds: list[int], output: Path) -> None:
    from actor_critic_gap.runs.checkout import training_hash
    from actor_critic_gap.runs.folder import write_run
    from actor_critic_gap.tabular.training import train

    output.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    progress, tables = train(settings, seeds)
    write_run(
        output,
        settings.model_dump(mode="json"),
        seeds,
        training_hash(settings.algorithm),
        progress,
        tables,
        time.perf_counter() - started,
    )


def _train_sac(settings: SACSettings, seed: int, options: argparse.Namespace) -> None:
    from actor_critic_gap.runs.checkout import training_hash, versions
    from actor_critic_gap.runs.folder import write_run
    from actor_critic_gap.sac import checkpoint
    from actor_critic_gap.sac.training import train

    options.output.mkdir(parents=True, exist_ok=True)
    clip = _clip(settings, seed, options.sac_run)
    source = training_hash(settings.algorithm)
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
    from actor_critic_gap.runs.folder import read_run

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


def _add_robustness(parser: argparse.ArgumentParser) -> None:
    _add_settings(parser, RobustnessSettings)
    parser.add_argument("--seeds", type=int, required=True, help="of every run")
    parser.add_argument("--claims", type=Path, required=True, metavar="YAML")
    parser.add_argument("--output", type=Path, required=True, metavar="FOLDER", help="the run's folder")
    parser.set_defaults(command=_robustness)


def _robustness(options: argparse.Namespace) -> None:
    from actor_critic_gap.evidence.claims import read_claims
    from actor_critic_gap.evidence.robustness import verdicts
    from actor_critic_gap.runs.checkout import claims_digest, training_hash
    from actor_critic_gap.runs.folder import write_run

    settings = validated(RobustnessSettings, _settings(options, RobustnessSettings), "robustness")
    if options.seeds < 2:
        raise InvalidInput(f"robustness: --seeds = {options.seeds}: expected at least 2")
    seeds, claims, started = list(range(options.seeds)), read_claims(options.claims), time.perf_counter()
    digest = claims_digest(options.claims, settings.runs)
    if settings.claims_digest not in ("", digest):
        raise InvalidInput(f"{options.claims}: claims of digest {digest}: expected {settings.claims_digest}")
    write_run(
        options.output,
        settings.model_dump(mode="json"),
        seeds,
        training_hash(settings.algorithm),
        verdicts(settings, claims, seeds),
        {},
        time.perf_counter() - started,
    )


def _add_describe(parser: argparse.ArgumentParser) -> None:
    _add_settings(parser, FourRoomSettings)
    parser.add_argument("--output", type=Path, required=True, metavar="JSON")
    parser.set_defaults(command=_describe)


def _describe(options: argparse.Namespace) -> None:
    from actor_critic_gap.files import json_bytes, write_atomically

    settings = validated(FourRoomSettings, _settings(options, FourRoomSettings), "describe")
    optimum = optimal_objective(FourRoom.of(settings).mdp)
    content = {**settings.model_dump(mode="json"), "optimal_objective": optimum}
    write_atomically(options.output, json_bytes(content))


def _add_aggregate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("figure", help="fig1 to fig10")
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="the folders of its runs")
    parser.add_argument("--seeds", type=int, required=True, help="the number of seeds each must have")
    parser.add_argument("--output", type=Path, required=True, metavar="CSV")
    parser.set_defaults(command=_aggregate)


def _aggregate(options: argparse.Namespace) -> None:
    from actor_critic_gap.experiment.aggregation import tidy
    from actor_critic_gap.files import csv_bytes, json_bytes, write_atomically
    from actor_critic_gap.provenance import lineage as passports
    from actor_critic_gap.runs.folder import read_run

    _known_figure(options.figure)
    runs = [read_run(folder) for folder in options.runs]
    table = csv_bytes(tidy(options.figure, runs, range(options.seeds)))
    write_atomically(options.output, table)
    passport = passports.of_table(table, runs, options.command_line)
    write_atomically(passports.beside(options.output), json_bytes(passport))


def _add_plot(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("figure", help="fig1 to fig10")
    parser.add_argument("table", type=Path, metavar="CSV", help="its tidy table")
    parser.add_argument("--environment", type=Path, metavar="JSON", help="from `describe`, for FourRoom's")
    parser.add_argument("--seeds", type=int, metavar="N", help="draw the first N (default: all)")
    parser.add_argument("--output", type=Path, nargs="+", required=True, metavar="FILE", help=".pdf, .png")
    parser.set_defaults(command=_plot)


def _plot(options: argparse.Namespace) -> None:
    from actor_critic_gap.figures.style import save
    from actor_critic_gap.provenance import lineage as passports
    from actor_critic_gap.tables import read_table

    _known_figure(options.figure)
    module = importlib.import_module(f"actor_critic_gap.figures.{options.figure}")
    shown = FIGURES[options.figure]
    table = read_table(options.table, shown.columns, shown.numbers)
    if options.seeds is not None:
        there = table["seed"].nunique() if "seed" in table else 0
        if not 2 <= options.seeds <= there:
            raise InvalidInput(
                f"plot: --seeds {options.seeds}: expected 2 or more of the {there} seeds in {options.table}"
            )
        table = table[table["seed"] < options.seeds]
    if options.environment is not None:
        environment = _environment(options.environment)
    elif options.figure in ("fig1", "fig4"):
        raise InvalidInput(f"plot: {options.figure} expected --environment, the file of `describe`")
    else:
        environment = {"name": ", ".join(passports.environments(options.table))}
    inputs = [options.table, *([options.environment] if options.environment else [])]
    passport = passports.of_figure(inputs, options.command_line)
    save(module.plot(table, environment), options.output, passport)


def _add_theory(parser: argparse.ArgumentParser) -> None:
    _add_settings(parser, FourRoomSettings)
    parser.add_argument("--mdps", type=int, default=200, help="random MDPs to try (default: 200)")
    parser.add_argument("--seed", type=int, default=0, help="that draws them (default: 0)")
    parser.add_argument("--output", type=Path, required=True, metavar="CSV")
    parser.set_defaults(command=_theory)


def _theory(options: argparse.Namespace) -> None:
    from actor_critic_gap.files import csv_bytes, write_atomically
    from actor_critic_gap.mdp.identities import check

    settings = validated(FourRoomSettings, _settings(options, FourRoomSettings), "theory")
    if options.mdps < 1 or options.seed < 0:
        raise InvalidInput("theory: expected --mdps >= 1 and --seed >= 0")
    table = check(FourRoom.of(settings).mdp, options.mdps, options.seed)
    write_atomically(options.output, csv_bytes(table))


def _add_judge(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("tables", nargs="+", type=Path, metavar="CSV", help="fig1.csv, …, theory.csv")
    parser.add_argument("--claims", type=Path, required=True, metavar="YAML")
    parser.add_argument("--environment", type=Path, required=True, metavar="JSON", help="from `describe`")
    parser.add_argument("--output", type=Path, required=True, metavar="CSV")
    parser.set_defaults(command=_judge)


def _environment(path: Path) -> dict[str, Any]:
    """What `describe` wrote."""
    from actor_critic_gap.provenance.lineage import read

    content = read(path, {"layout", "goal", "optimal_objective"})
    if not isinstance(content["optimal_objective"], float) or not content["optimal_objective"] > 0:
        raise InvalidInput(
            f"{path}: optimal_objective = {content['optimal_objective']!r}: expected a positive number"
        )
    return content


def _tables(paths: Sequence[Path]) -> dict[str, Any]:
    """Tidy tables by their figure, which their names say."""
    from actor_critic_gap.tables import read_table

    columns = {figure: (shown.columns, shown.numbers) for figure, shown in FIGURES.items()}
    errors = ["n_problems", "largest_error"]
    columns["theory"] = (["identity", *errors], errors)
    twice = [path for path in paths if [other.stem for other in paths].count(path.stem) > 1]
    if twice:
        raise InvalidInput(f"{twice[0]}: expected one table of {twice[0].stem}")
    unknown = [path for path in paths if path.stem not in columns]
    if unknown:
        raise InvalidInput(f"{unknown[0]}: expected a table named {', '.join(columns)}")
    return {path.stem: read_table(path, *columns[path.stem]) for path in paths}


def _judge(options: argparse.Namespace) -> None:
    from actor_critic_gap.evidence.claims import judge, read_claims
    from actor_critic_gap.files import csv_bytes, write_atomically

    optimum = _environment(options.environment)["optimal_objective"]
    verdicts = judge(read_claims(options.claims), _tables(options.tables), optimum)
    write_atomically(options.output, csv_bytes(verdicts))


def _add_summarise(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("tables", nargs="+", type=Path, metavar="CSV", help="fig1.csv, …")
    parser.add_argument("--output", type=Path, required=True, metavar="CSV")
    parser.set_defaults(command=_summarise)


def _summarise(options: argparse.Namespace) -> None:
    from actor_critic_gap.experiment.summary import summarise
    from actor_critic_gap.files import csv_bytes, write_atomically

    tables = {name: table for name, table in _tables(options.tables).items() if name in FIGURES}
    write_atomically(options.output, csv_bytes(summarise(tables)))


def _add_manifest(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="or the folder of a run")
    parser.add_argument("--output", type=Path, required=True, metavar="JSON")
    parser.set_defaults(command=_manifest)


def _manifest(options: argparse.Namespace) -> None:
    from actor_critic_gap.files import json_bytes, write_atomically
    from actor_critic_gap.provenance.manifest import manifest

    write_atomically(options.output, json_bytes(manifest(options.files)))


def _add_verify(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("manifest", type=Path, metavar="JSON", help="results/<config>/manifest.json")
    parser.add_argument(
        "--retrain", type=int, default=0, metavar="N", help="train N of its runs again (default: 0)"
    )
    parser.add_argument("--draw", type=int, metavar="SEED", help="that draws them (default: a fresh one)")
    parser.add_argument("--claims", type=Path, default=Path("config/claims.yaml"), metavar="YAML")
    parser.set_defaults(command=_verify)


def _verify(options: argparse.Namespace) -> None:
    from actor_critic_gap.provenance.manifest import runs, verify

    if options.retrain < 0 or (options.draw is not None and options.draw < 0):
        raise InvalidInput("verify: expected --retrain >= 0 and --draw >= 0")
    n_files, problems = verify(options.manifest)
    if problems:
        raise InvalidInput(f"{options.manifest}: {len(problems)} of {n_files}:\n  " + "\n  ".join(problems))
    print(f"{n_files} files as in {options.manifest}")
    if options.retrain:
        from actor_critic_gap.provenance.retraining import check

        seed = secrets.randbelow(2**32) if options.draw is None else options.draw
        print(f"runs drawn by --draw {seed}")
        for line in check(runs(options.manifest), options.retrain, seed, options.claims):
            print(line, flush=True)


def _add_report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("results", type=Path, metavar="RESULTS", help="the folder of tables and verdicts")
    parser.add_argument("figures", type=Path, metavar="FIGURES", help="the folder of the figures")
    parser.add_argument("--readings", type=Path, required=True, metavar="MD", help="the unstated choices")
    parser.add_argument("--output", type=Path, required=True, metavar="HTML")
    parser.set_defaults(command=_report)


def _report(options: argparse.Namespace) -> None:
    from actor_critic_gap.files import write_atomically
    from actor_critic_gap.report.page import build

    page = build(options.results, options.figures, options.readings)
    write_atomically(options.output, page.encode())


def _add_estimate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "configs", nargs="+", type=Path, metavar="YAML", help="each on top of those before it"
    )
    parser.add_argument(
        "--benchmarks",
        type=Path,
        default=Path("results/paper"),
        metavar="RESULTS",
        help="finished runs with benchmarks and calibration.json (default: results/paper)",
    )
    parser.add_argument("--cores", type=int, default=1, help="to share the jobs (default: 1)")
    parser.set_defaults(command=_estimate)


def _estimate(options: argparse.Namespace) -> None:
    from actor_critic_gap.experiment import costs

    if options.cores < 1:
        raise InvalidInput(f"estimate: --cores = {options.cores}: expected at least 1")
    config = costs.read_config(options.configs)
    there = costs.read_calibration(options.benchmarks)
    benchmarks = costs.read_benchmarks(options.benchmarks)
    here = costs.calibrate()
    print("\n".join(costs.table(costs.estimate(config, benchmarks, here / there), options.cores)))
    print(
        f"from {len(benchmarks)} finished jobs; this machine takes {here / there:.2f} times as long as theirs"
    )


def _add_calibrate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--output", type=Path, required=True, metavar="JSON")
    parser.set_defaults(command=_calibrate)


def _calibrate(options: argparse.Namespace) -> None:
    from actor_critic_gap.experiment import costs
    from actor_critic_gap.files import json_bytes, write_atomically
    from actor_critic_gap.runs.checkout import machine

    write_atomically(options.output, json_bytes({"seconds": costs.calibrate(), "machine": machine()}))


def _add_readme(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("page", type=Path, metavar="MD", help="a page with the two markers")
    parser.add_argument("results", type=Path, metavar="RESULTS")
    parser.add_argument("figures", type=Path, metavar="FIGURES")
    parser.add_argument("--claims", type=Path, default=Path("config/claims.yaml"), metavar="YAML")
    parser.set_defaults(command=_readme)


def _readme(options: argparse.Namespace) -> None:
    from actor_critic_gap.files import write_atomically
    from actor_critic_gap.report.readme import updated

    text = updated(options.page, options.results, options.figures, options.claims)
    write_atomically(options.page, text.encode())


def _add_why(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("figure", type=Path, metavar="FIGURE", help="a .png or .pdf of the workflow")
    parser.set_defaults(command=_why)


def _why(options: argparse.Namespace) -> None:
    from actor_critic_gap.provenance.lineage import why

    lines, problems = why(options.figure)
    print("\n".join(lines))
    if problems:
        raise InvalidInput("no longer matches:\n  " + "\n  ".join(problems))


def _known_figure(figure: str) -> None:
    if figure not in FIGURES:
        raise InvalidInput(f"figure = {figure!r}: expected one of {', '.join(FIGURES)}")


def _add_watch(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", type=Path, metavar="RUN", help="the run's folder")
    parser.add_argument("--output", type=Path, metavar="GIF", help="default: RUN/policy.gif")
    parser.add_argument("--seed", type=int, default=0, help="of the episode (default: 0)")
    parser.add_argument("--steps", type=int, help="at most this many steps (default: the whole episode)")
    parser.set_defaults(command=_watch)


def _watch(options: argparse.Namespace) -> None:
    from actor_critic_gap.sac.render import watch

    watch(options.run, options.output or options.run / "policy.gif", options.seed, options.steps)
