"""The commands: options on one side, what the package does on the other.

Heavy packages are imported where a command runs, so that help and short commands start at once.
"""

from __future__ import annotations

import secrets
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, ClassVar

import tyro
from pydantic import BaseModel, Field, create_model
from pydantic.fields import FieldInfo
from tyro.conf import Positional

from actor_critic_gap.cli.parsing import Command, Group, WithSettings
from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.experiment.event_files import event_folders, write_event_files
from actor_critic_gap.experiment.families import FAMILIES
from actor_critic_gap.experiment.training import CLAIMS, train, train_planned
from actor_critic_gap.files import csv_bytes, json_bytes, read_model, write_atomically
from actor_critic_gap.mdp.four_room import FourRoom, FourRoomSettings
from actor_critic_gap.runs.checkout import PROJECT
from actor_critic_gap.runs.family import Family
from actor_critic_gap.validation import MOST_SEEDS


def _figures() -> Iterable[str]:
    from actor_critic_gap.figures import FIGURES

    return FIGURES


FigureName = Annotated[str, _figures]
Tables = Annotated[tuple[Path, ...], Field(min_length=1, description="tidy tables: fig1.csv, …")]
Runs = Annotated[tuple[Path, ...], Field(description="folders of runs")]
RunsFile = Annotated[Path | None, Field(description="JSON file with their folders under `runs`")]
Claims = Annotated[Path, Field(description="the paper's claims, in YAML")]
Csv = Annotated[Path, Field(description="the table to write, CSV")]
Drawn = Annotated[tuple[Path, ...], Field(min_length=1, description="the files to write, .pdf or .png")]
Results = Annotated[Path, Field(description="the folder of tables and verdicts")]
Figures = Annotated[Path, Field(description="the folder of figures")]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Cores = Annotated[int, Field(ge=1, le=4096)]


def say(lines: Iterable[str]) -> None:
    """Print lines as they come, of which parts are from files."""
    for line in lines:
        print(printable(line), flush=True)


def printable(text: str) -> str:
    """The text in one line, what a terminal could take for commands as escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _wrote(path: Path, then: str) -> None:
    say([f"wrote {path}", f"next: {then}"])


class _RunList(BaseModel):
    runs: list[Path]


def _with_listed(paths: tuple[Path, ...], runs_file: Path | None) -> list[Path]:
    listed = [] if runs_file is None else read_model(runs_file, _RunList, "a list of runs").runs
    return [*paths, *listed]


_SEED_OR_SEEDS = tyro.conf.create_mutex_group(required=False, title="seeds, one of")


class Training(Command):
    """What the two ways to train share."""

    interrupted: ClassVar[str] = (
        "interrupted: the same command goes on from the last checkpoint, if there is one"
    )

    output: Annotated[Path, Field(description="the folder of the run")]
    source: Annotated[
        Path | None, Field(description="folder of the finished run in which settings are looked up")
    ] = None
    claims: Claims = CLAIMS
    checkpoints: Annotated[Path | None, Field(description="their folder, else OUTPUT/checkpoints")] = None

    def say_what_is_next(self) -> None:
        """Say which commands read the folder."""
        table = f"`{PROJECT} aggregate FIGURE RUN...` makes a figure's table of such runs"
        watch = f"`{PROJECT} watch {shlex.quote(str(self.output))}` shows its policy"
        _wrote(self.output, f"{table}, {watch}")


class Train(WithSettings, Training):
    """Train a run and write its folder."""

    family: ClassVar[Family[Any]]

    seed: Annotated[int | None, Field(ge=0, lt=MOST_SEEDS, description="train this one"), _SEED_OR_SEEDS] = (
        None
    )
    seeds: Annotated[
        int | None,
        Field(ge=1, le=MOST_SEEDS, description="train 0 to SEEDS - 1; else only 0"),
        _SEED_OR_SEEDS,
    ] = None
    checkpoint_seconds: Annotated[float, Field(ge=0, le=86400, description="least time between two")] = 60.0
    replace: Annotated[bool, Field(description="whether a finished run that is there is replaced")] = False
    tensorboard: Annotated[
        Path | None, Field(description="folder for event files, written once the run is finished")
    ] = None

    @classmethod
    def options(cls) -> dict[str, FieldInfo]:
        """Its own options, as far as its family has a use for them, and those of its family."""
        family = cls.family
        useless = {"seeds"} if family.folder_per_seed else {"source", "checkpoints", "checkpoint_seconds"}
        useless |= {"seed", "tensorboard"} if family.judges else {"claims"}
        options = {name: field for name, field in super().options().items() if name not in useless}
        for name, algorithms in family.used_by.items():
            words = f"{options[name].description}; only of {' and '.join(algorithms)}"
            options[name] = FieldInfo.merge_field_infos(options[name], description=words)
        return options

    def run(self, command_line: str) -> None:
        where = f"train {self.family.name}"
        settings = self.read_settings(where)
        self.family.check_used(self.given, settings.algorithm, where)
        seeds = list(range(self.seeds or 1)) if self.seed is None else [self.seed]
        if self.tensorboard is not None:
            event_folders(self.output, seeds, self.tensorboard)
        options = self.model_dump(exclude={"settings", "given", "seed", "seeds", "tensorboard"})
        if train(settings, seeds, **options):
            self.say_what_is_next()
        else:
            say([f"{self.output}: is there already, trained in this way"])
        if self.tensorboard is not None:
            _say_event_files(write_event_files([self.output], self.tensorboard), self.tensorboard)


def _say_event_files(written: list[Path], output: Path) -> None:
    shown = f"next: `tensorboard --logdir {shlex.quote(str(output))}`"
    say([f"wrote event files of {len(written)} seeds", shown])


class Tensorboard(Command):
    """Write the progress of finished runs as TensorBoard's event files."""

    runs: Positional[Annotated[tuple[Path, ...], Field(min_length=1, description="folders of runs")]]
    output: Annotated[Path, Field(description="the folder to write them to")]

    def run(self, command_line: str) -> None:
        _say_event_files(write_event_files(self.runs, self.output), self.output)


class TrainPlan(Training):
    """Train the run of a plan, as the workflow does."""

    plan: Positional[Annotated[Path, Field(description="the plan, a JSON file")]]
    allow_dirty: Annotated[
        bool, Field(description="whether the code may differ from the commit that the record names")
    ] = False

    def run(self, command_line: str) -> None:
        train_planned(**self.model_dump())
        self.say_what_is_next()


def _train(family: Family[Any]) -> type[Train]:
    command = create_model(f"Train{family.name}", __base__=Train, __doc__=family.settings.__doc__)
    command.family, command.model = family, family.settings
    return command


class Describe(WithSettings):
    """Write FourRoom's map and optimum."""

    model = FourRoomSettings
    output: Annotated[Path, Field(description="the JSON file to write")]

    def run(self, command_line: str) -> None:
        from actor_critic_gap.experiment.room import describe

        room = describe(self.read_settings("describe"))
        write_atomically(self.output, json_bytes(room.model_dump(mode="json")))


class Aggregate(Command):
    """Runs -> the tidy table of a figure, with its lineage beside it."""

    figure: Positional[Annotated[FigureName, Field(description="the figure")]]
    runs: Positional[Runs] = ()
    runs_file: RunsFile = None
    seeds: Annotated[int, Field(ge=1, le=MOST_SEEDS, description="the number that each run must have")]
    seeds_on: Annotated[
        tuple[Annotated[str, Field(pattern=r"^.+=[1-9][0-9]{0,5}$")], ...],
        Field(description="another number on an environment: Pendulum-v1=20"),
    ] = ()
    output: Csv

    def run(self, command_line: str) -> None:
        from actor_critic_gap.provenance.stages import make_table

        runs = _with_listed(self.runs, self.runs_file)
        seeds_on: dict[str, int] = {}
        for entry in self.seeds_on:
            environment, _, seeds = entry.rpartition("=")
            if environment in seeds_on:
                raise InvalidInput(f"--seeds-on: {environment} twice: expected one number")
            seeds_on[environment] = int(seeds)
        make_table(self.figure, runs, self.seeds, seeds_on, self.output, command_line)


class Plot(Command):
    """A tidy table -> its figure, with its lineage in it and beside it."""

    figure: Positional[Annotated[FigureName, Field(description="the figure")]]
    table: Positional[Annotated[Path, Field(description="its tidy table, CSV")]]
    room: Annotated[Path | None, Field(description="FourRoom's map and optimum, from `describe`")] = None
    seeds: Annotated[int | None, Field(ge=2, le=MOST_SEEDS, description="draw the first N; else all")] = None
    output: Drawn

    def run(self, command_line: str) -> None:
        from actor_critic_gap.provenance.stages import draw_figure

        draw_figure(self.figure, self.table, self.room, self.seeds, self.output, command_line)
        _wrote(
            self.output[0],
            f"`{PROJECT} trace {shlex.quote(str(self.output[0]))}` walks back to its runs and their settings",
        )


class Theory(WithSettings):
    """Check the identities of the paper and write their errors."""

    model = FourRoomSettings
    mdps: Annotated[int, Field(ge=1, le=100_000, description="random MDPs to try")] = 200
    seed: Annotated[Seed, Field(description="that draws them")] = 0
    output: Csv

    def run(self, command_line: str) -> None:
        from actor_critic_gap.mdp.identities import check

        settings = self.read_settings("theory")
        write_atomically(self.output, csv_bytes(check(FourRoom.of(settings).mdp, self.mdps, self.seed)))


class Judge(Command):
    """Tidy tables and claims -> verdicts, with their lineage beside them."""

    tables: Positional[Tables]
    claims: Claims = CLAIMS
    room: Annotated[Path, Field(description="FourRoom's map and optimum, from `describe`")]
    output: Csv

    def run(self, command_line: str) -> None:
        from actor_critic_gap.provenance.stages import make_verdicts

        make_verdicts(self.tables, self.room, self.claims, self.output, command_line)


class PlotClaims(Command):
    """Verdicts -> the forest plot of all claims, with its lineage in it and beside it."""

    verdicts: Positional[Annotated[Path, Field(description="the table of verdicts, claims.csv")]]
    output: Drawn

    def run(self, command_line: str) -> None:
        from actor_critic_gap.provenance.stages import draw_verdicts

        draw_verdicts(self.verdicts, self.output, command_line)
        _wrote(
            self.output[0],
            f"`{PROJECT} trace {shlex.quote(str(self.output[0]))}` walks back to the tables and their runs",
        )


class Summarise(Command):
    """Tidy tables -> final values and areas of each group of runs."""

    tables: Positional[Tables]
    output: Csv

    def run(self, command_line: str) -> None:
        from actor_critic_gap.experiment.summary import summarise
        from actor_critic_gap.experiment.tables import read_tables

        write_atomically(self.output, csv_bytes(summarise(read_tables(self.tables))))


class TDErrors(Command):
    """The table of Fig. 6 -> the largest TD error over training, by each definition."""

    table: Positional[Annotated[Path, Field(description="fig6.csv")]]
    output: Csv

    def run(self, command_line: str) -> None:
        from actor_critic_gap.figures import FIGURES
        from actor_critic_gap.figures.fig6 import maxima
        from actor_critic_gap.tables import read_table

        shown = FIGURES["fig6"]
        write_atomically(self.output, csv_bytes(maxima(read_table(self.table, shown.columns, shown.numbers))))


class Crate(Command):
    """Describe an experiment as an RO-Crate: its files with their hashes, and the runs that made them."""

    files: Positional[Annotated[tuple[Path, ...], Field(description="results, and folders of runs")]] = ()
    runs_file: RunsFile = None
    workflow: Annotated[Path, Field(description="the main file of the workflow")] = Path("Snakefile")
    sources: Annotated[tuple[Path, ...], Field(description="what else the workflow consists of")] = ()
    given: Annotated[tuple[Path, ...], Field(description="what it is given: configs and claims")] = ()
    citation: Annotated[Path, Field(description="the project's CITATION.cff")] = Path("CITATION.cff")
    output: Annotated[
        Path, Field(description="the ro-crate-metadata.json to write, in the folder of results")
    ]

    def run(self, command_line: str) -> None:
        from actor_critic_gap.provenance.describing import write_crate

        paths = _with_listed(self.files, self.runs_file)
        write_crate(paths, self.workflow, self.sources, self.given, self.citation, self.output)


class Verify(Command):
    """Hold the files of an experiment against its crate, and train some of its runs again."""

    crate: Positional[Annotated[Path, Field(description="as in results/paper/ro-crate-metadata.json")]]
    retrain: Annotated[int, Field(ge=0, le=1_000_000, description="train so many of its runs again")] = 0
    draw: Annotated[Seed | None, Field(description="the seed that draws them; else a fresh one")] = None
    attest: Annotated[
        bool, Field(description="write down the proof that code which changed trains them to the same bytes")
    ] = False
    beside: Annotated[
        bool,
        Field(
            description="for --attest on another type of machine than the records': the recorded code trains "
            "beside today's, SAC until it has a row of each measurement"
        ),
    ] = False
    claims: Claims = CLAIMS
    cores: Annotated[Cores, Field(description="processes that train at once for --attest")] = 1

    def run(self, command_line: str) -> None:
        from actor_critic_gap.provenance.attestation import attest
        from actor_critic_gap.provenance.retraining import check
        from actor_critic_gap.provenance.verification import runs, verify

        if self.beside and not self.attest:
            raise InvalidInput("verify: beside = True: is of --attest alone: expected that with it")
        if self.cores > 1 and not self.attest:
            raise InvalidInput(f"verify: cores = {self.cores}: is of --attest alone: expected that with it")
        if self.draw is not None and not (self.attest or self.retrain):
            raise InvalidInput(
                f"verify: draw = {self.draw}: draws runs to train: expected --retrain or --attest"
            )
        seed = secrets.randbelow(2**32) if self.draw is None else self.draw
        drawn = (self.retrain, seed, self.claims)
        if self.attest:
            say(attest(self.crate.parent, runs(self.crate), *drawn, self.cores, beside=self.beside))
            return
        verified = verify(self.crate)
        say([*verified.notes, *verified.problems])
        if verified.problems:
            wrong = f"{len(verified.problems)} problems with its {verified.n_files} files"
            raise InvalidInput(f"{self.crate}: {wrong}: expected none, see above")
        say([f"{verified.n_files} files as in {self.crate}"])
        if self.retrain:
            say([f"runs drawn by --draw {seed}"])
            say(check(runs(self.crate), *drawn))


class Archive(Command):
    """Write the checkout's commit with an experiment as one zip to deposit."""

    results: Positional[Results]
    output: Annotated[Path, Field(description="the zip to write")]

    def run(self, command_line: str) -> None:
        from actor_critic_gap.files import sha256
        from actor_critic_gap.provenance.archive import write_archive

        if self.output.suffix != ".zip":
            raise InvalidInput(f"{self.output}: expected a name that ends in .zip")
        n_files = write_archive(self.results, self.output)
        say([f"{n_files} files, sha256 {sha256(self.output)}"])
        _wrote(self.output, "docs/archiving.md says how to deposit it")


class Report(Command):
    """Write everything on one page."""

    results: Positional[Results]
    figures: Positional[Figures]
    readings: Annotated[Path, Field(description="the choices that the paper leaves open, in Markdown")]
    claims: Claims = CLAIMS
    output: Annotated[Path, Field(description="the HTML file to write")]

    def run(self, command_line: str) -> None:
        from actor_critic_gap.report.page import build

        page = build(self.results, self.figures, self.readings, self.claims)
        write_atomically(self.output, page.encode())
        _wrote(self.output, "open it in a browser")


class Explorer(Command):
    """Write the page to make the choices that the paper leaves open, and see what hangs on them."""

    results: Positional[Results]
    output: Annotated[Path, Field(description="the HTML file to write")]

    def run(self, command_line: str) -> None:
        from actor_critic_gap.report.explorer import build

        write_atomically(self.output, build(self.results).encode())
        _wrote(self.output, "open it in a browser")


class Compare(Command):
    """Hold an experiment against another: what changed in its settings, and what came out differently."""

    first: Positional[Annotated[Path, Field(description="the results to compare with: results/paper")]]
    second: Positional[Annotated[Path, Field(description="yours: results/mine")]]
    claims: Claims = CLAIMS
    output: Annotated[Path | None, Field(description="an HTML page to write with all of it")] = None

    def run(self, command_line: str) -> None:
        from actor_critic_gap.report.comparison import compare, lines, page

        found = compare(self.first, self.second, self.claims)
        say(lines(found))
        if self.output is not None:
            write_atomically(self.output, page(found).encode())
            _wrote(self.output, "open it in a browser")


class Estimate(Command):
    """Say what an experiment costs before it is run, from the runs of one that was."""

    configs: Positional[
        Annotated[tuple[Path, ...], Field(min_length=1, description="YAML, each on top of those before it")]
    ]
    results: Annotated[Path, Field(description="of the finished experiment")] = Path("results/paper")
    cores: Annotated[Cores, Field(description="to share the jobs")] = 1

    def run(self, command_line: str) -> None:
        from actor_critic_gap.experiment.estimate import estimate_lines

        say(estimate_lines(self.configs, self.results, self.cores))


class Progress(Command):
    """Say how far an experiment is: runs done, under way and left, and the hours that those left take."""

    configs: Positional[
        Annotated[tuple[Path, ...], Field(min_length=1, description="YAML, each on top of those before it")]
    ]
    claims: Claims = CLAIMS
    results: Annotated[Path, Field(description="of the finished experiment that says what runs cost")] = Path(
        "results/paper"
    )
    cores: Annotated[Cores, Field(description="to share the jobs")] = 1

    def run(self, command_line: str) -> None:
        from actor_critic_gap.experiment.progress import progress_line

        say([progress_line(self.configs, self.claims, self.results, self.cores)])


class Readme(Command):
    """Put verdicts and figures into Markdown files, between their markers."""

    results: Positional[Results]
    figures: Positional[Figures]
    pages: Positional[
        Annotated[tuple[Path, ...], Field(min_length=1, description="Markdown files with markers")]
    ]
    claims: Claims = CLAIMS

    def run(self, command_line: str) -> None:
        from actor_critic_gap.report.readme import updated

        texts = {page: updated(page, self.results, self.figures, self.claims) for page in self.pages}
        for page, text in texts.items():
            write_atomically(page, text.encode())


class Trace(Command):
    """Walk from a figure back to its table, its runs, their settings and seeds."""

    figure: Positional[Annotated[Path, Field(description="a .png or .pdf of the workflow")]]

    def run(self, command_line: str) -> None:
        from actor_critic_gap.provenance.lineage import trace

        lines, problems = trace(self.figure)
        say([*lines, *problems])
        if problems:
            raise InvalidInput(f"{self.figure}: no longer matches what it was made of: see above")


class Watch(Command):
    """Show a trained policy as a GIF: an episode of SAC's, or walkers in FourRoom."""

    folder: Positional[Annotated[Path, Field(description="the folder of the run")]]
    output: Annotated[Path | None, Field(description="the GIF to write, else FOLDER/policy.gif")] = None
    seed: Annotated[Seed, Field(description="of the episode")] = 0
    steps: Annotated[
        int | None,
        Field(ge=1, le=1_000_000, description="at most so many; else the whole episode, in FourRoom 100"),
    ] = None
    width: Annotated[
        int | None, Field(ge=16, le=2000, description="of the picture in pixels; else as it is rendered")
    ] = None

    def run(self, command_line: str) -> None:
        from actor_critic_gap.experiment.pictures import watch

        output = self.output or self.folder / "policy.gif"
        frames, total = watch(self.folder, output, self.seed, self.steps, self.width)
        say([f"{frames} frames, return {total:.1f}"])
        _wrote(output, "open it in a browser")


COMMANDS = Group(
    "Every step of the workflow by hand. Errors are one line and exit code 2; --version says the version.",
    {
        "train": Group(
            "Train a run and write its folder.",
            {**{family.name: _train(family) for family in FAMILIES}, "plan": TrainPlan},
        ),
        "describe": Describe,
        "aggregate": Aggregate,
        "plot": Plot,
        "theory": Theory,
        "judge": Judge,
        "plot-claims": PlotClaims,
        "summarise": Summarise,
        "td-errors": TDErrors,
        "crate": Crate,
        "verify": Verify,
        "archive": Archive,
        "report": Report,
        "explorer": Explorer,
        "compare": Compare,
        "estimate": Estimate,
        "progress": Progress,
        "readme": Readme,
        "trace": Trace,
        "tensorboard": Tensorboard,
        "watch": Watch,
    },
)
