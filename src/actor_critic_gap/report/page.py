"""The report: one page that needs nothing but itself, made of what the workflow has written."""

from __future__ import annotations

import base64
import io
import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
from markdown_it import MarkdownIt
from PIL import Image

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.evidence.claims import ALL, REPRODUCED, read_claims
from actor_critic_gap.experiment.summary import COLUMNS as SUMMARY_COLUMNS
from actor_critic_gap.experiment.tables import read_claims_table
from actor_critic_gap.figures import FIGURES, notation, style
from actor_critic_gap.figures.verdicts import verdict_counts
from actor_critic_gap.files import read_bytes, read_text
from actor_critic_gap.mdp.identities import COLUMNS as THEORY_COLUMNS
from actor_critic_gap.provenance.crate import NAME
from actor_critic_gap.provenance.lineage import records
from actor_critic_gap.report.origins import origins
from actor_critic_gap.report.outcome import by_verdict, explanations, headline, too_few
from actor_critic_gap.report.templating import templates
from actor_critic_gap.runs.checkout import git_state, lock_hash, machine, versions
from actor_critic_gap.runs.folder import Record, run_name
from actor_critic_gap.tables import read_benchmark, read_columns, read_table

CSS_PIXELS = 0.46
"""For each pixel of a figure, which has 200 an inch: text of 9 points is 11.5 pixels high."""

THUMBNAIL = (360, 240)


def build(results: Path, figures: Path, readings: Path, rules: Path) -> str:
    """The report on a finished experiment as HTML.

    Args:
        results: folder with claims.csv, theory.csv, summary.csv, the figures' tables with their sidecars, and
            benchmarks/.
        figures: folder with the PNGs.
        readings: the Markdown page of unstated choices.
        rules: the claims in YAML by which they were judged.

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
    counts = verdict_counts(claims)
    page = (
        templates()
        .get_template("report.html")
        .render(
            name=results.name,
            date=datetime.now(UTC).date(),
            headline=headline(counts),
            too_few=too_few(claims, runs),
            outcome=by_verdict(claims, {claim.id: claim.n_cases for claim in read_claims(rules)}),
            glance=_picture(figures / "claims.png"),
            claims=[rows.to_dict("records") for _, rows in claims.groupby("claim", sort=False)],
            counts=counts,
            explanations=explanations(),
            figures=[_figure(name, results, figures, runs[name], claims, summary) for name in shown],
            places={
                name: f"Fig. {name[3:]}" if name in FIGURES else name for name in claims["figure"].unique()
            },
            explorer=any(FIGURES[name].choices for name in shown),
            to_figures=os.path.relpath(figures, results),
            theory=read_columns(results / "theory.csv", THEORY_COLUMNS, THEORY_COLUMNS[-2:]).to_dict(
                "records"
            ),
            readings=_rendered(readings, results),
            here={"git": git_state(), "lock": lock_hash(), "versions": versions(), "machine": machine()},
            origins=trained_by,
            proofs=proofs,
            costs=_costs(results / "benchmarks"),
            badges={
                "docs": Path(os.path.relpath(readings.parent, results)).as_posix(),
                "crate": NAME,
                "claims": sum(counts.values()),
                "reproduced": counts[REPRODUCED],
                "runs": sum(origin["runs"] for origin in trained_by),
                "other_code": sum(origin["today"].get("by none", 0) for origin in trained_by),
            },
        )
    )
    return notation.html(page)


def _rendered(page: Path, folder: Path) -> str:
    """A Markdown page as part of one in another folder: its links lead where they did."""
    text = read_text(page, "the unstated choices")
    here = os.path.relpath(page.parent, folder)
    text = re.sub(r"\]\((?!\w+:|#)", f"]({here}/", text)
    rendered: str = MarkdownIt("commonmark").enable("table").render(text)
    return rendered


def _figure(
    name: str,
    results: Path,
    figures: Path,
    runs: Mapping[Path, Record],
    claims: pd.DataFrame,
    summary: pd.DataFrame,
) -> dict[str, Any]:
    shown = FIGURES[name]
    table = read_table(results / f"{name}.csv", shown.columns, shown.numbers)
    settings = [record.settings for record in runs.values()]
    n_seeds = max(len(record.seeds) for record in runs.values())
    everywhere = {
        key: value for key, value in settings[0].items() if all(other.get(key) == value for other in settings)
    }
    own = {}
    for folder, record in runs.items():
        own[run_name(folder)] = {
            key: value for key, value in record.settings.items() if key not in everywhere
        }
    return {
        "name": name,
        "title": shown.title,
        "caption": shown.caption,
        "choices": bool(shown.choices),
        "findings": shown.findings(table),
        "picture": _picture(figures / f"{name}.png"),
        "thumbnail": _thumbnail(figures / f"{name}.png"),
        "pdf": (figures / f"{name}.pdf").is_file(),
        "claims": claims[(claims["figure"] == name) & (claims["case"] != ALL)].to_dict("records"),
        "n_seeds": style.n_seeds(table) if "seed" in table else f"{n_seeds} seeds",
        "everywhere": everywhere,
        "own": own,
        "summary": summary[summary["figure"] == name].to_dict("records"),
    }


def _picture(path: Path) -> dict[str, Any]:
    """A figure with the width at which all have text of one size."""
    with _opened(path) as image:
        width = round(CSS_PIXELS * image.width)
    return {"data": base64.b64encode(read_bytes(path, "a figure")).decode(), "width": width}


def _thumbnail(path: Path) -> str:
    """A figure at a size to choose it by."""
    buffer = io.BytesIO()
    with _opened(path) as image:
        small = image.convert("RGB")
    small.thumbnail(THUMBNAIL)
    small.quantize(64).save(buffer, "PNG", optimize=True)
    return base64.b64encode(buffer.getvalue()).decode()


def _opened(path: Path) -> Image.Image:
    content = read_bytes(path, "a figure")
    try:
        return Image.open(io.BytesIO(content), formats=["PNG"])
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        raise InvalidInput(f"{path}: not a PNG figure") from None


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
