"""What the README shows runs, and the files that it names are there."""

import re
import shlex
from pathlib import Path

import pandas as pd
import pytest

from actor_critic_gap.cli.commands import COMMANDS
from actor_critic_gap.cli.parsing import parse
from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.evidence.claims import ALL, COLUMNS, judge, read_claims
from actor_critic_gap.experiment.room import read_room
from actor_critic_gap.experiment.summary import summarise
from actor_critic_gap.experiment.tables import read_claims_table, read_tables
from actor_critic_gap.figures import FIGURES
from actor_critic_gap.figures.verdicts import verdict_counts
from actor_critic_gap.files import csv_bytes
from actor_critic_gap.provenance.lineage import trace
from actor_critic_gap.report.readme import updated, verdict_table
from actor_critic_gap.runs.checkout import PROJECT
from actor_critic_gap.tables import read_csv

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "README.md").read_text("utf-8")
PAGES = [ROOT / "README.md", *(ROOT / "docs" / name for name in ("running.md", "package.md"))]
SHOWN = "\n".join(page.read_text("utf-8") for page in PAGES)
CLAIMS = Path("config/claims.yaml")


@pytest.mark.parametrize("code", re.findall(r"```python\n(.*?)```", SHOWN, re.DOTALL))
def test_python_examples_run(code: str) -> None:
    exec(code, {})


def test_commands_are_understood() -> None:
    program = rf"(?:python -m actor_critic_gap|{PROJECT})"
    shown = re.findall(rf"^{program} ((?:.*\\\n)*.*)$", SHOWN, re.MULTILINE)
    shown += re.findall(rf"`{program} ([^`]+)`", SHOWN)
    assert len(shown) > 3
    for line in shown:
        words = shlex.split(line.replace("\\\n", " "), comments=True)
        if "--help" in words:
            with pytest.raises(SystemExit, match="0"):
                parse(COMMANDS, words)
        else:
            parse(COMMANDS, words)


@pytest.fixture
def in_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@pytest.mark.parametrize("page", ["README.md", "docs/beyond.md", "docs/claims.md"])
def test_verdicts_and_figures_are_those_of_the_results(in_the_checkout: None, page: str) -> None:
    """`actor-critic-gap readme results/paper figures/paper PAGE` makes them anew."""
    made = updated(Path(page), Path("results/paper"), Path("figures/paper"), CLAIMS)
    assert made == Path(page).read_text("utf-8")


def test_the_first_page_is_short() -> None:
    assert len(README.split()) <= 1100


def test_the_verdicts_follow_from_the_tables_and_claims(in_the_checkout: None, tmp_path: Path) -> None:
    results = Path("results/paper")
    optimum = read_room(results / "four_room.json").optimal_objective
    tables = read_tables([results / f"{name}.csv" for name in FIGURES])
    theory = read_csv(results / "theory.csv")
    verdicts = judge(read_claims(CLAIMS), {**tables, "theory": theory}, optimum)
    (tmp_path / "claims.csv").write_bytes(csv_bytes(verdicts))
    made, shipped = (read_claims_table(folder / "claims.csv") for folder in (tmp_path, results))
    pd.testing.assert_frame_equal(made, shipped, rtol=1e-6)
    pd.testing.assert_frame_equal(summarise(tables), read_csv(results / "summary.csv"), rtol=1e-6)


def test_every_shipped_figure_matches_its_lineage(in_the_checkout: None) -> None:
    figures = list(Path("figures/paper").glob("*.png"))
    assert len(figures) >= len(FIGURES)
    assert [problems for figure in figures for problems in trace(figure)[1]] == []


def test_a_page_without_markers_is_refused(in_the_checkout: None, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- results: end --> <!-- results: begin -->", "utf-8")
    with pytest.raises(InvalidInput, match=r"page.md: expected the markers <!-- results: begin -->"):
        updated(page, Path("results/paper"), Path("figures"), CLAIMS)
    page.write_text("nothing", "utf-8")
    with pytest.raises(InvalidInput, match=r"page.md: no markers: expected one of <!-- results: begin -->"):
        updated(page, Path("results/paper"), Path("figures"), CLAIMS)


def test_links_lead_somewhere() -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    assert len(links) > 5
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_verdict_table_has_a_row_a_claim() -> None:
    table = pd.read_csv("results/paper/claims.csv", keep_default_na=False)
    n_cases = {claim.id: claim.n_cases for claim in read_claims(CLAIMS)}
    lines = verdict_table(read_claims_table(Path("results/paper/claims.csv")), n_cases).splitlines()
    assert len(lines) == 2 + table["claim"].nunique()
    assert sum(verdict_counts(table).values()) == table["claim"].nunique()


def test_an_environment_that_was_added_does_not_count_in_the_verdict_table() -> None:
    cases = {"A": "reproduced", "B": "reproduced", "added": "not reproduced", ALL: "reproduced"}
    shared = dict.fromkeys(COLUMNS, "x") | {"claim": "8", "estimate": 1.0, "n_seeds": 5, "seeds_needed": 5}
    claims = pd.DataFrame([{**shared, "case": case, "verdict": verdict} for case, verdict in cases.items()])
    assert "| 1 over 2 cases, 2 reproduced | x, n >= 5 | **reproduced** |" in verdict_table(claims, {"8": 2})
    claims.loc[claims["case"] == "B", "estimate"] = -2.0
    assert "| -2 to 1 over 2 cases, 2 reproduced | x, n >= 5 |" in verdict_table(claims, {"8": 2})
    with pytest.raises(InvalidInput, match="claim 8: has a verdict, but is not one of 7"):
        verdict_table(claims, {"7": 2})
