"""The report: one page that needs nothing but itself, made of what the workflow has written."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markdown_it import MarkdownIt

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.evidence.claims import ALL, INCONCLUSIVE, NOT_REPRODUCED, REPRODUCED
from actor_critic_gap.evidence.claims import COLUMNS as CLAIM_COLUMNS
from actor_critic_gap.experiment.summary import COLUMNS as SUMMARY_COLUMNS
from actor_critic_gap.figures import FIGURES
from actor_critic_gap.files import read_bytes, read_text
from actor_critic_gap.mdp.identities import COLUMNS as THEORY_COLUMNS
from actor_critic_gap.provenance.lineage import records
from actor_critic_gap.report.origins import origins
from actor_critic_gap.report.reproducibility import reproducibility
from actor_critic_gap.runs.checkout import git_state, lock_hash, machine, versions
from actor_critic_gap.runs.folder import Record
from actor_critic_gap.tables import read_benchmark, read_columns, read_table


def build(results: Path, figures: Path, readings: Path) -> str:
    """The report on a finished experiment as HTML.

    Args:
        results: folder with claims.csv, theory.csv, summary.csv, the figures' tables with their sidecars, and
            benchmarks/.
        figures: folder with the PNGs.
        readings: the Markdown page of unstated choices.

    Raises:
        InvalidInput: one of them is missing or something else.

    """
    claims = read_claims_table(results / "claims.csv")
    measured = SUMMARY_COLUMNS[3:]
    summary = read_columns(results / "summary.csv", SUMMARY_COLUMNS, measured, measured)
    shown = [name for name in FIGURES if (figures / f"{name}.png").is_file()]
    runs = {name: records(results / f"{name}.csv") for name in shown}
    all_runs = {folder: record for of_figure in runs.values() for folder, record in of_figure.items()}
    trained_by, proofs = origins(results, all_runs)
    environment = Environment(
        loader=PackageLoader("actor_critic_gap.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = number
    counts = verdict_counts(claims)
    return environment.get_template("report.html").render(
        name=results.name,
        claims=claims.to_dict("records"),
        counts=counts,
        figures=[_figure(name, results, figures, runs[name], claims, summary) for name in shown],
        theory=read_columns(results / "theory.csv", THEORY_COLUMNS, THEORY_COLUMNS[-2:]).to_dict("records"),
        readings=_rendered(readings, results),
        here={"git": git_state(), "lock": lock_hash(), "versions": versions(), "machine": machine()},
        origins=trained_by,
        proofs=proofs,
        costs=_costs(results / "benchmarks"),
        badges=reproducibility(results, readings.parent, counts, trained_by),
    )


def _rendered(page: Path, folder: Path) -> str:
    """A Markdown page as part of one in another folder: its links lead where they did."""
    text = read_text(page, "the unstated choices")
    here = os.path.relpath(page.parent, folder)
    text = re.sub(r"\]\((?!\w+:|#)", f"]({here}/", text)
    rendered: str = MarkdownIt("commonmark").enable("table").render(text)
    return rendered


def verdict_counts(claims: pd.DataFrame) -> dict[str, int]:
    """How many claims have each verdict; the row over all cases counts for a claim that has some."""
    whole = claims.groupby("claim", sort=False).tail(1)
    counts = whole["verdict"].value_counts().to_dict()
    return {verdict: counts.get(verdict, 0) for verdict in (REPRODUCED, NOT_REPRODUCED, INCONCLUSIVE)}


def number(value: Any) -> str:
    """A number for reading: four significant digits, or two where it is small; a dash for none."""
    if value is None or value == "" or pd.isna(value):
        return "–"
    if value == 0 or 1e-3 <= abs(value) < 1e3:
        return f"{value:.4g}"
    return f"{value:,.0f}" if abs(value) >= 1e3 else f"{value:.1e}"


def _figure(
    name: str,
    results: Path,
    figures: Path,
    runs: Mapping[Path, Record],
    claims: pd.DataFrame,
    summary: pd.DataFrame,
) -> dict[str, Any]:
    image = base64.b64encode(read_bytes(figures / f"{name}.png", "a figure")).decode()
    shown = FIGURES[name]
    table = read_table(results / f"{name}.csv", shown.columns, shown.numbers)
    settings = [record.settings for record in runs.values()]
    everywhere = {
        key: value for key, value in settings[0].items() if all(other.get(key) == value for other in settings)
    }
    own = {}
    for folder, record in runs.items():
        label = "/".join(folder.parts[-3:-1] if folder.name.startswith("seed-") else folder.parts[-2:])
        own[label] = {key: value for key, value in record.settings.items() if key not in everywhere}
    return {
        "name": name,
        "title": shown.title,
        "caption": shown.caption,
        "findings": shown.findings(table),
        "image": image,
        "claims": claims[(claims["figure"] == name) & (claims["case"] != ALL)].to_dict("records"),
        "seeds": sorted({seed for record in runs.values() for seed in record.seeds}),
        "everywhere": everywhere,
        "own": own,
        "summary": summary[summary["figure"] == name].to_dict("records"),
    }


def _costs(folder: Path) -> list[dict[str, Any]]:
    """Jobs, wall and CPU hours and the largest memory of each group of jobs, from Snakemake's benchmarks."""
    rows = []
    for path in sorted(folder.rglob("*.tsv")):
        parts = path.relative_to(folder).parts
        group = "/".join(parts[:2] if parts[0] == "train" else parts[:1]).removesuffix(".tsv")
        row = read_benchmark(path, ["s", "cpu_time", "max_rss"]).iloc[0]
        rows.append((group, row["s"], row["cpu_time"], row["max_rss"]))
    table = pd.DataFrame(rows, columns=["group", "wall", "cpu", "memory"])
    grouped = table.groupby("group").agg(
        jobs=("wall", "size"), wall=("wall", "sum"), cpu=("cpu", "sum"), memory=("memory", "max")
    )
    return grouped.reset_index().to_dict("records")  # type: ignore[return-value]


def read_claims_table(path: Path) -> pd.DataFrame:
    """The verdicts as `claims.judge` gave them; an empty case stays the empty string."""
    numbers = ["estimate", "ci_low", "ci_high"]
    return read_columns(path, CLAIM_COLUMNS, [*numbers, "n_seeds"], [*numbers, "case"]).fillna({"case": ""})


def verdict_table(claims: pd.DataFrame, n_cases: Mapping[str, int]) -> str:
    """The verdicts as a Markdown table, one row a claim: what the README shows.

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
            estimate = f"{number(row['estimate'])} over {len(cases)} cases, {held} reproduced"
        else:
            estimate = f"{number(row['estimate'])} ({number(row['ci_low'])} to {number(row['ci_high'])})"
        statement = f"{row['place']}: {row['statement']}"
        lines.append(f"| {row['claim']} | {statement} | {estimate} | {row['rule']} | **{row['verdict']}** |")
    return "\n".join(lines) + "\n"
