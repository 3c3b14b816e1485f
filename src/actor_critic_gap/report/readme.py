"""The part of the README that is made from results: verdicts and figures, between two markers."""

from __future__ import annotations

from pathlib import Path

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.evidence.claims import read_claims
from actor_critic_gap.experiment.tables import read_claims_table
from actor_critic_gap.figures import FIGURES
from actor_critic_gap.figures.verdicts import verdict_counts
from actor_critic_gap.files import read_text
from actor_critic_gap.report.page import verdict_table

BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"


def block(results: Path, figures: Path, claims: Path) -> str:
    """Verdict table and figures of an experiment as Markdown; links are relative to the current folder."""
    verdicts = read_claims_table(results / "claims.csv")
    counts = ", ".join(f"{n} {verdict}" for verdict, n in verdict_counts(verdicts).items())
    n_cases = {claim.id: claim.n_cases for claim in read_claims(claims)}
    lines = [f"From `{results.as_posix()}`: {counts}.", ""]
    glance = figures / "claims.png"
    if glance.is_file():
        lines += [f"![All claims at a glance]({glance.as_posix()})", ""]
    lines += [verdict_table(verdicts, n_cases)]
    for name, shown in FIGURES.items():
        picture = figures / f"{name}.png"
        if picture.is_file():
            lines += [
                f"**Fig. {name[3:]}: {shown.title}**",
                "",
                f"![{shown.title}]({picture.as_posix()})",
                "",
            ]
        published = figures / f"{name}-published.png"
        if published.is_file():
            lines += [f"The same [from as many seeds as in the paper]({published.as_posix()}).", ""]
    return "\n".join(lines)


def updated(page: Path, results: Path, figures: Path, claims: Path) -> str:
    """The text of a page with what lies between the markers made anew.

    Raises:
        InvalidInput: the page or a marker is missing.

    """
    text = read_text(page, "a page with the results between two markers")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise InvalidInput(f"{page}: expected the markers {BEGIN} and {END}, in this order")
    return f"{before}{BEGIN}\n\n{block(results, figures, claims)}\n{END}{after}"
