"""The report: one page that needs nothing but itself, made of what the workflow has written."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markdown_it import MarkdownIt

from actor_critic_gap.captions import CAPTIONS, TITLES
from actor_critic_gap.catalogue import FIGURES
from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.evidence.claims import ALL, INCONCLUSIVE, NOT_REPRODUCED, REPRODUCED
from actor_critic_gap.evidence.claims import COLUMNS as CLAIM_COLUMNS
from actor_critic_gap.experiment.summary import COLUMNS as SUMMARY_COLUMNS
from actor_critic_gap.findings import findings
from actor_critic_gap.mdp.identities import COLUMNS as THEORY_COLUMNS
from actor_critic_gap.provenance.lineage import TABLE_KEYS, beside, read
from actor_critic_gap.runs.checkout import git_state, lock_hash, machine, versions
from actor_critic_gap.runs.folder import RECORD
from actor_critic_gap.tables import read_csv, read_table


def build(results: Path, figures: Path, readings: Path) -> str:
    """The report on a finished experiment as HTML.

    Args:
        results: folder with claims.csv, theory.csv, summary.csv, the tables' passports, and benchmarks/.
        figures: folder with the PNGs.
        readings: the Markdown page of unstated choices.

    Raises:
        InvalidInput: one of them is missing.

    """
    claims = read_claims_table(results / "claims.csv")
    summary = _table(results / "summary.csv", SUMMARY_COLUMNS)
    shown = [name for name in FIGURES if (figures / f"{name}.png").is_file()]
    passports = {name: read(beside(results / f"{name}.csv"), TABLE_KEYS) for name in shown}
    environment = Environment(
        loader=PackageLoader("actor_critic_gap", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = number
    return environment.get_template("report.html").render(
        name=results.name,
        claims=claims.to_dict("records"),
        counts=verdict_counts(claims),
        figures=[_figure(name, results, figures, passports[name], claims, summary) for name in shown],
        theory=_table(results / "theory.csv", THEORY_COLUMNS).to_dict("records"),
        readings=_markdown(readings),
        here={"git": git_state(), "lock": lock_hash(), "versions": versions(), "machine": machine()},
        origins=_origins(passports.values()),
        costs=_costs(results / "benchmarks"),
    )


def verdict_counts(claims: pd.DataFrame) -> dict[str, int]:
    """How many claims have each verdict; the row over all cases counts for a claim that has some."""
    whole = claims.groupby("claim", sort=False).tail(1)
    return {
        verdict: int((whole["verdict"] == verdict).sum())
        for verdict in (REPRODUCED, NOT_REPRODUCED, INCONCLUSIVE)
    }


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
    passport: Mapping[str, Any],
    claims: pd.DataFrame,
    summary: pd.DataFrame,
) -> dict[str, Any]:
    image = base64.b64encode((figures / f"{name}.png").read_bytes()).decode()
    table = read_table(results / f"{name}.csv", FIGURES[name].columns, FIGURES[name].numbers)
    runs = passport["runs"]
    everywhere = {
        key: value
        for key, value in runs[0]["settings"].items()
        if all(run["settings"].get(key) == value for run in runs)
    }
    own = {}
    for run in runs:
        path = Path(run["folder"])
        label = "/".join(path.parts[-3:-1] if path.name.startswith("seed-") else path.parts[-2:])
        own[label] = {key: value for key, value in run["settings"].items() if key not in everywhere}
    return {
        "name": name,
        "title": TITLES[name],
        "caption": CAPTIONS[name],
        "findings": findings(name, table),
        "image": image,
        "claims": claims[(claims["figure"] == name) & (claims["case"] != ALL)].to_dict("records"),
        "seeds": sorted({seed for run in runs for seed in run["seeds"]}),
        "everywhere": everywhere,
        "own": own,
        "summary": summary[summary["figure"] == name].to_dict("records"),
    }


def _origins(passports: Any) -> list[dict[str, Any]]:
    """Of all runs: which commits, locks, machines and versions trained how many of them."""
    folders = sorted({run["folder"] for passport in passports for run in passport["runs"]})
    counted: dict[str, dict[str, Any]] = {}
    for folder in folders:
        record = read(Path(folder) / RECORD, {"git", "lock", "machine", "versions"})
        origin = {
            "commit": record["git"]["commit"],
            "dirty": record["git"]["dirty"],
            "lock": record["lock"],
            "cpu": record["machine"]["cpu"],
            "versions": record["versions"],
        }
        entry = counted.setdefault(json.dumps(origin, sort_keys=True), {**origin, "runs": 0})
        entry["runs"] += 1
    return sorted(counted.values(), key=lambda origin: -int(origin["runs"]))


def _costs(folder: Path) -> list[dict[str, Any]]:
    """Jobs, wall and CPU hours and the largest memory of each group of jobs, from Snakemake's benchmarks."""
    rows = []
    for path in sorted(folder.rglob("*.tsv")):
        parts = path.relative_to(folder).parts
        group = "/".join(parts[:2] if parts[0] == "train" else parts[:1]).removesuffix(".tsv")
        row = _table(path, ["s", "cpu_time", "max_rss"], sep="\t", na_values=["-"]).iloc[0]
        rows.append((group, row["s"], row["cpu_time"], row["max_rss"]))
    table = pd.DataFrame(rows, columns=["group", "wall", "cpu", "memory"])
    grouped = table.groupby("group").agg(
        jobs=("wall", "size"), wall=("wall", "sum"), cpu=("cpu", "sum"), memory=("memory", "max")
    )
    return grouped.reset_index().to_dict("records")  # type: ignore[return-value]


def _markdown(path: Path) -> str:
    return str(MarkdownIt("commonmark").enable("table").render(_text(path)))


def read_claims_table(path: Path) -> pd.DataFrame:
    """The verdicts as `claims.judge` gave them; an empty case stays the empty string."""
    numbers = dict.fromkeys(("estimate", "ci_low", "ci_high"), "")
    return _table(path, CLAIM_COLUMNS, keep_default_na=False, na_values=numbers)


def _table(path: Path, columns: Sequence[str], **options: Any) -> pd.DataFrame:
    table = read_csv(path, **options)
    if not set(columns) <= set(table) or table.empty:
        raise InvalidInput(f"{path}: expected rows with {', '.join(columns)}")
    return table


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except FileNotFoundError:
        raise InvalidInput(f"{path}: missing: expected what the report shows") from None


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
