"""The gallery: every figure of an experiment with its caption, its claims and where its numbers come from."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import pandas as pd

from actor_critic_gap.evidence.claims import ALL
from actor_critic_gap.figures import FIGURES
from actor_critic_gap.figures.figure import Figure
from actor_critic_gap.provenance.lineage import read_lineage, records
from actor_critic_gap.report.origins import origins
from actor_critic_gap.report.page import number, read_claims_table
from actor_critic_gap.tables import read_table


def page(results: str, figures: str) -> str:
    """The gallery of an experiment as Markdown; links are relative to the current folder.

    Args:
        results: folder of its tables and verdicts.
        figures: folder of its pictures.

    Raises:
        InvalidInput: a table or its lineage is missing or something else.

    """
    claims = read_claims_table(Path(results) / "claims.csv")
    lines = list[str]()
    for name, figure in _drawn(figures).items():
        lines += _figure(name, figure, Path(results), Path(figures), claims)
    return "\n".join(lines)


def thumbnails(figures: str) -> str:
    """The pictures of an experiment, small, each with a link to its place in the gallery, as Markdown."""
    pictures = [
        f"[![Fig. {name[3:]}: {figure.title}]({figures}/{name}.png)](#{name}) Fig. {name[3:]}\n"
        for name, figure in _drawn(figures).items()
    ]
    return "\n".join(["```{container} thumbnails", *pictures, "```"])


def _drawn(figures: str) -> dict[str, Figure]:
    return {name: figure for name, figure in FIGURES.items() if (Path(figures) / f"{name}.png").is_file()}


def _figure(name: str, figure: Figure, results: Path, figures: Path, claims: pd.DataFrame) -> list[str]:
    table = results / f"{name}.csv"
    picture = f"{figures}/{name}"
    lines = [f"## Fig. {name[3:]}: {figure.title}", "", f"({name})=", ""]
    lines += [f"![{figure.title}]({picture}.png)", "", figure.caption, ""]
    lines += [
        f"- {finding}" for finding in figure.findings(read_table(table, figure.columns, figure.numbers))
    ]
    for claim, rows in claims[claims["figure"] == name].groupby("claim", sort=False):
        *cases, whole = rows.to_dict("records")
        lines.append(f"- **{whole['verdict']}**: {whole['statement']} Claim {claim}, {_estimate(whole)}.")
        lines += [f"    - {row['case']}: {row['verdict']}, {_estimate(row)}" for row in cases]
    return [*lines, "", *_provenance(name, table, figures), ""]


def _estimate(row: dict[Hashable, Any]) -> str:
    kind = f"{row['statistic'].replace('_', ' ')} {number(row['estimate'])}"
    if row["case"] == ALL:
        return f"{kind} over all cases"
    return (
        f"{kind} ({number(row['ci_low'])} to {number(row['ci_high'])})"
        if row["ci_low"] < row["ci_high"]
        else kind
    )


def _provenance(name: str, table: Path, figures: Path) -> list[str]:
    runs = records(table)
    trained, _ = origins(table.parent, runs)
    seeds = sorted({seed for record in runs.values() for seed in record.seeds})
    files = [f"[PNG]({figures}/{name}.png)", f"[PDF]({figures}/{name}.pdf)", f"[table]({table})"]
    published = figures / f"{name}-published.png"
    if published.is_file():
        files.append(f"[from as many seeds as in the paper]({published})")
    lines = [
        f"Files: {', '.join(files)}.",
        "",
        f"Runs with a record of their own: {len(runs)}. Seeds: {seeds[0]} to {seeds[-1]}. Made by",
        "",
        "```sh",
        *[read_lineage(path).command for path in (table, figures / f"{name}.png")],
        "```",
        "",
    ]
    for origin in trained:
        commit = f"`{(origin['commit'] or 'unknown')[:12]}`" + (" with changes" if origin["dirty"] else "")
        today = ", ".join(f"{n} {how}" for how, n in origin["today"].items())
        lines.append(
            f"- {origin['runs']} trained by commit {commit} on {origin['cpu']}; today's code: {today}."
        )
    return lines
