"""One file and one entry in the config are all that a figure takes, as docs/extending.md has them."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from workflows import ROOT, SMALL, snakemake, workspace

from actor_critic_gap.provenance.lineage import trace
from actor_critic_gap.tables import read_csv

EXTENDING = (ROOT / "docs" / "extending.md").read_text("utf-8").split("## A figure\n")[1]


def shown(language: str) -> str:
    """The first block of the section on figures."""
    found = re.search(rf"```{language}\n(.*?)```", EXTENDING, re.DOTALL)
    assert found is not None
    return found[1]


def test_a_file_and_an_entry_make_table_figure_lineage_and_a_place_in_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = workspace(tmp_path, "src", "pyproject.toml")
    nothing: dict[str, Any] = {"figures": {}, "figure_seeds": {}}
    paper = yaml.safe_load((ROOT / "config" / "paper.yaml").read_text("utf-8"))
    (folder / "config" / "paper.yaml").write_text(yaml.safe_dump(paper | nothing), "utf-8")
    entry = yaml.safe_load(shown("yaml"))
    (folder / "config" / "small.yaml").write_text(yaml.safe_dump(SMALL | nothing | entry), "utf-8")
    (folder / "src" / "actor_critic_gap" / "figures" / "fig99.py").write_text(shown("python"), "utf-8")

    run = snakemake(folder, "--cores", "1", "fig99", "all")
    assert run.returncode == 0, run.stdout + run.stderr
    monkeypatch.chdir(folder)
    lines, problems = trace(Path("figures/small/fig99.png"))
    assert problems == []
    assert any("results/small/runs/four-room/res-ac" in line for line in lines)
    assert Path("figures/small/fig99.pdf").stat().st_size > 1000
    table = read_csv(Path("results/small/fig99.csv"))
    assert table.columns.tolist() == ["algorithm", "seed", "environment_steps", "objective"]
    assert table["algorithm"].unique().tolist() == ["actor-o-critic", "res-ac"]
    assert set(read_csv(Path("results/small/summary.csv"))["figure"]) == {"fig99"}
    page = Path("results/small/report.html").read_text("utf-8")
    for words in (
        '<h2 id="fig99">Fig. 99: FourRoom, where it ends</h2>',
        'href="#fig99"',
        "Dots are runs.",
        "res-ac ends at",
    ):
        assert words in page
