"""Two finished experiments side by side: what changed in their settings, and what came out differently."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.evidence.comparison import (
    ClaimCompared,
    CurvesCompared,
    Difference,
    compare_claims,
    compare_curves,
    groups_of,
)
from actor_critic_gap.experiment.families import recorded_settings
from actor_critic_gap.experiment.room import read_room
from actor_critic_gap.experiment.tables import THEORY, read_claims_table, read_known_claims, read_tables
from actor_critic_gap.figures import FIGURES
from actor_critic_gap.figures.words import number
from actor_critic_gap.provenance.lineage import inside, read_lineage
from actor_critic_gap.report.templating import templates
from actor_critic_gap.runs.equivalences import Equivalences
from actor_critic_gap.runs.folder import Record, read_record, run_name
from actor_critic_gap.tables import plain, short

NOTHING = "–"


class Change(NamedTuple):
    """Something about runs that is different in the second experiment."""

    what: str
    first: str
    second: str
    runs: list[str]
    """the names of the runs of which it is"""


class Comparison(NamedTuple):
    """All that two experiments have in common, and where they differ."""

    names: tuple[str, str]
    lacking: list[str]
    """what only one of them has, in lines"""
    changes: list[Change]
    claims: list[ClaimCompared]
    curves: list[CurvesCompared]
    choices: list[str]
    """of figures without curves, how many rows differ, in lines"""


def compare(first: Path, second: Path, claims: Path) -> Comparison:
    """Hold the second experiment against the first.

    Args:
        first: its folder of results.
        second: that of the other.
        claims: the claims, in YAML, by which both were judged.

    Raises:
        InvalidInput: a folder has no verdicts or no room, a table or a record is not as it should
            be, or they have no figure in common.

    """
    folders = (first, second)
    verdicts = [read_claims_table(folder / "claims.csv") for folder in folders]
    optima = [read_room(folder / "four_room.json").optimal_objective for folder in folders]
    found = [
        [name for name in (*FIGURES, THEORY) if (folder / f"{name}.csv").is_file()] for folder in folders
    ]
    shared = [name for name in found[0] if name in found[1] and name != THEORY]
    if not shared:
        of_each = " and ".join(", ".join(names) or "no tables" for names in found)
        raise InvalidInput(f"{first} and {second}: {of_each}: expected a figure that both have")
    tables = [read_tables([folder / f"{name}.csv" for name in shared]) for folder in folders]
    runs = [_runs(folder, shared) for folder in folders]
    pairs = {name: (tables[0][name], tables[1][name]) for name in shared}
    lacking = [
        line
        for here, there in ((0, 1), (1, 0))
        for line in _only_in(folders[here], found[here], found[there], pairs, here)
    ]
    return Comparison(
        names=(str(first), str(second)),
        lacking=lacking,
        changes=_changes(*runs),
        claims=compare_claims(
            (verdicts[0], verdicts[1]),
            read_known_claims(claims),
            (tables[0], tables[1]),
            (optima[0], optima[1]),
        ),
        curves=[
            compared
            for name, pair in pairs.items()
            for compared in compare_curves(name, pair, FIGURES[name].labels, FIGURES[name].measures)
        ],
        choices=[_choices(name, pair) for name, pair in pairs.items() if not FIGURES[name].measures],
    )


def _only_in(
    folder: Path,
    here: Sequence[str],
    there: Sequence[str],
    pairs: dict[str, tuple[pd.DataFrame, pd.DataFrame]],
    position: int,
) -> Iterator[str]:
    """What the experiment at a position has and the other has not."""
    if alone := [name for name in here if name not in there]:
        yield f"only in {folder}: {', '.join(alone)}"
    for name, pair in pairs.items():
        own, others = (groups_of(pair[i], FIGURES[name].labels) for i in (position, 1 - position))
        if groups := [" ".join(group) for group in own if group not in others]:
            yield f"only in {folder}, {name}: {', '.join(groups)}"


def _choices(name: str, pair: tuple[pd.DataFrame, pd.DataFrame]) -> str:
    """How many verdicts differ of those that both tables of a figure without curves have."""
    figure = FIGURES[name]
    keys = [*figure.labels, *figure.keys]
    one, other = (table.assign(**{key: table[key].map(plain) for key in keys}) for table in pair)
    both = one.merge(other, on=keys, suffixes=("", "_2"))
    differ = int((both["verdict"] != both["verdict_2"]).sum())
    return f"{name}: {differ} of {len(both)} verdicts under the same choices differ"


class _Runs(NamedTuple):
    """Runs of one name, which differ in their seeds."""

    facts: dict[str, str]
    """settings, then packages and machine, whose names have a blank"""
    code: str
    """that trained them"""
    codes: set[str]
    """with it, where that is proved, the code that would train them to the same bytes"""
    seeds: set[int]


def _runs(folder: Path, figures: Sequence[str]) -> dict[str, _Runs]:
    """The runs of figures by their names below `runs`; where each seed has one, the first speaks for all."""
    proofs = Equivalences.of(folder)
    inputs = {path for figure in figures for path in read_lineage(folder / f"{figure}.csv").inputs}
    found: dict[str, _Runs] = {}
    for path in sorted(inputs):
        name = inside(path.rpartition("/runs/")[2]).parent
        run = folder / "runs" / name
        record = read_record(run)
        shown = run_name(run)
        if shown not in found:
            family, _ = recorded_settings(record, run)
            proved = [family.source_hash] if proofs.chain(family, record) is not None else []
            source = record.source_hash
            found[shown] = _Runs(_facts(record), source, {source, *proved}, set())
        found[shown].seeds.update(record.seeds)
    return found


def _facts(record: Record) -> dict[str, str]:
    settings = {key: short(_exact(value)) for key, value in record.settings.items()}
    packages = {f"version of {name}": version for name, version in record.versions.items()}
    machine = {f"machine's {key}": str(value) for key, value in record.machine.model_dump().items()}
    return {**settings, **packages, **machine}


def _changes(first: dict[str, _Runs], second: dict[str, _Runs]) -> list[Change]:
    """What differs between runs of the same name, each difference once."""
    found = defaultdict[tuple[str, str, str], list[str]](list)
    for name in sorted(first.keys() & second.keys()):
        one, other = first[name], second[name]
        for key in {**one.facts, **other.facts}:
            values = one.facts.get(key, NOTHING), other.facts.get(key, NOTHING)
            if values[0] != values[1]:
                found[key, *values].append(name)
        if len(one.seeds) != len(other.seeds):
            found["number of seeds", str(len(one.seeds)), str(len(other.seeds))].append(name)
        if not one.codes & other.codes:
            found["code that trained them", one.code, other.code].append(name)
    changes = [Change(*what, names) for what, names in found.items()]
    return sorted(changes, key=lambda change: (" " in change.what, change.what, change.runs))


def _exact(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def lines(found: Comparison) -> Iterator[str]:
    """The comparison for a terminal: what is the same is counted, what differs stands in aligned rows."""
    yield f"A = {found.names[0]}   B = {found.names[1]}"
    yield from found.lacking
    yield ""
    yield from _section("changed between runs of the same name", _change_rows(found.changes), "nothing")
    differ = [claim for claim in found.claims if not claim.same]
    yield ""
    yield from _section(
        f"verdicts: {len(found.claims) - len(differ)} of {len(found.claims)} rows the same",
        [("", "claim", "A", "B", "estimate A", "estimate B", "B - A [95 %]"), *map(_claim_row, differ)]
        if differ
        else [],
    )
    unlike = [each for each in found.curves if not each.same]
    yield ""
    yield from _section(
        f"curves: {len(found.curves) - len(unlike)} of {len(found.curves)} the same number for number",
        [
            (
                "",
                "figure, runs, measure",
                "n",
                "until",
                "final A",
                "final B",
                "B - A [95 %]",
                "area B - A [95 %]",
            ),
            *map(_curve_row, unlike),
        ]
        if unlike
        else [],
    )
    yield from found.choices
    if differ or unlike:
        yield "B - A is over the seeds that both have, of curves as far as both go"
        yield "* its interval leaves out 0, or the verdict is another"


def _section(title: str, rows: Sequence[Sequence[str]], otherwise: str = "") -> Iterator[str]:
    yield title if rows or not otherwise else f"{title}: {otherwise}"
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  " + "  ".join(cells).rstrip()


MOST_NAMED = 3


def _change_rows(changes: Sequence[Change]) -> list[tuple[str, str]]:
    def shown(change: Change) -> str:
        more = len(change.runs) - MOST_NAMED
        return ", ".join(change.runs[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")

    return [(f"{each.what}: {each.first} -> {each.second}", shown(each)) for each in changes]


def _claim_row(claim: ClaimCompared) -> tuple[str, ...]:
    another = claim.verdicts[0] != claim.verdicts[1]
    name = " ".join(filter(None, (claim.claim, claim.case)))
    return (
        "*" if another or claim.estimate.told_apart else "",
        name,
        *claim.verdicts,
        number(claim.estimate.first),
        number(claim.estimate.second),
        interval(claim.estimate),
    )


def _curve_row(each: CurvesCompared) -> tuple[str, ...]:
    return (
        "*" if each.final.told_apart or each.area.told_apart else "",
        f"{each.figure} {each.runs} {each.measure}",
        str(each.n_seeds),
        f"{each.until:,.0f}",
        number(each.final.first),
        number(each.final.second),
        interval(each.final),
        interval(each.area),
    )


def interval(difference: Difference) -> str:
    """The second minus the first, over the seeds that both have, with the interval if there is one."""
    shown = number(difference.estimate)
    if pd.isna(difference.low):
        return shown
    return f"{shown} [{number(difference.low)}, {number(difference.high)}]"


def page(found: Comparison) -> str:
    """The comparison as an HTML page that needs nothing else."""
    return templates().get_template("comparison.html").render(found._asdict())
