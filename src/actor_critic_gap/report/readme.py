"""The parts of Markdown pages that are made from results, each between two markers."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.evidence.claims import ALL, REPRODUCED, read_claims
from actor_critic_gap.evidence.comparison import asked
from actor_critic_gap.experiment.tables import read_claims_table
from actor_critic_gap.figures import FIGURES
from actor_critic_gap.figures.verdicts import verdict_counts
from actor_critic_gap.figures.words import number
from actor_critic_gap.files import read_text
from actor_critic_gap.tables import read_table


def _summary(page: Path, results: Path, figures: Path, claims: Path) -> str:
    """Which claims have which verdict."""
    verdicts = read_claims_table(results / "claims.csv")
    whole = verdicts.groupby("claim", sort=False).tail(1)
    lines = [f"From `{results.as_posix()}`, by the numbers of the claims:", ""]
    for verdict, n in verdict_counts(verdicts).items():
        named = ", ".join(whole["claim"][whole["verdict"] == verdict])
        lines.append(f"- **{verdict}** ({n}): {named or 'none'}")
    return "\n".join([*lines, ""])


def _table(page: Path, results: Path, figures: Path, claims: Path) -> str:
    """The verdicts with their estimates."""
    verdicts = read_claims_table(results / "claims.csv")
    counts = ", ".join(f"{n} {verdict}" for verdict, n in verdict_counts(verdicts).items())
    n_cases = {claim.id: claim.n_cases for claim in read_claims(claims)}
    return f"From `{results.as_posix()}`: {counts}.\n\n{verdict_table(verdicts, n_cases)}"


def verdict_table(claims: pd.DataFrame, n_cases: Mapping[str, int]) -> str:
    """The verdicts as a Markdown table, one row a claim.

    Args:
        claims: the verdicts.
        n_cases: how many of a claim's cases, the first ones, count for it (`claims.Claim.n_cases`).

    Raises:
        InvalidInput: a claim is not in `n_cases`.

    """
    lines = ["| | claim | estimate (95 % interval) | rule | verdict |", "|---|---|---|---|---|"]
    for claim, rows in claims.groupby("claim", sort=False):
        if claim not in n_cases:
            raise InvalidInput(f"claim {claim}: has a verdict, but is not one of {', '.join(n_cases)}")
        row = rows.iloc[-1]
        cases = rows[rows["case"] != ALL].head(n_cases[str(claim)])
        held = (cases["verdict"] == REPRODUCED).sum()
        trained = (cases["n_seeds"] > 0).sum()
        if not trained:
            estimate = "no runs yet"
        elif trained < len(cases):
            estimate = f"{trained} of {len(cases)} cases have runs, {held} reproduced"
        elif row["case"] == ALL:
            ends = dict.fromkeys(number(end) for end in (cases["estimate"].min(), cases["estimate"].max()))
            estimate = f"{' to '.join(ends)} over {len(cases)} cases, {held} reproduced"
        else:
            estimate = f"{number(row['estimate'])} ({number(row['ci_low'])} to {number(row['ci_high'])})"
        statement = f"{row['place']}: {row['statement']}"
        statement = statement.replace("|", r"\|")
        cells = (str(row["claim"]), statement, estimate, asked(dict(row)), f"**{row['verdict']}**")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _pictures(page: Path, results: Path, figures: Path, claims: Path) -> str:
    """All figures; links lead there from the page."""
    lines = []
    for name, shown in FIGURES.items():
        picture, published = (figures / f"{name}{ending}.png" for ending in ("", "-published"))
        if picture.is_file():
            link = f"![{shown.title}]({_from(page, picture)})"
            lines += [f"**Fig. {name[3:]}: {shown.title}**", "", link, ""]
        if published.is_file():
            link = f"[from as many seeds as in the paper]({_from(page, published)})"
            lines += [f"The same {link}.", ""]
    return "\n".join(lines)


def _findings(page: Path, results: Path, figures: Path, claims: Path) -> str:
    """What the figures show that no claim is about, in sentences made from their tables."""
    lines = []
    for name, shown in FIGURES.items():
        table = results / f"{name}.csv"
        if table.is_file() and (found := shown.findings(read_table(table, shown.columns, shown.numbers))):
            lines += [f"## Fig. {name[3:]}: {shown.title}", "", *(f"- {sentence}" for sentence in found), ""]
    return "\n".join(lines)


def _from(page: Path, picture: Path) -> str:
    return Path(os.path.relpath(picture, page.parent)).as_posix()


PARTS: dict[str, Callable[[Path, Path, Path, Path], str]] = {
    "results": _summary,
    "verdicts": _table,
    "figures": _pictures,
    "findings": _findings,
}
"""What is made, by the name in its markers."""


def markers(name: str) -> tuple[str, str]:
    """The lines between which a part of a page stands."""
    return f"<!-- {name}: begin -->", f"<!-- {name}: end -->"


def updated(page: Path, results: Path, figures: Path, claims: Path) -> str:
    """The text of a page with what lies between markers made anew.

    Raises:
        InvalidInput: the page or a marker is missing.

    """
    text = read_text(page, "a page with results between two markers")
    there = [name for name in PARTS if any(marker in text for marker in markers(name))]
    if not there:
        expected = ", ".join(markers(name)[0] for name in PARTS)
        raise InvalidInput(f"{page}: no markers: expected one of {expected}, and its end")
    for name in there:
        begin, end = markers(name)
        before, found, rest = text.partition(begin)
        _, ended, after = rest.partition(end)
        if not found or not ended:
            raise InvalidInput(f"{page}: expected the markers {begin} and {end}, in this order")
        text = f"{before}{begin}\n\n{PARTS[name](page, results, figures, claims)}\n{end}{after}"
    return text
