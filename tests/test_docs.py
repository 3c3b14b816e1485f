"""What the documentation shows runs, what it links to is there, and what it lists is what there is."""

import re
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pytest
import yaml
from workflows import jobs, workspace

from actor_critic_gap.evidence.claims import COLUMNS as CLAIM_COLUMNS
from actor_critic_gap.evidence.claims import LARGEST_ERROR, STATISTICS
from actor_critic_gap.experiment.config import Config, read_config
from actor_critic_gap.experiment.summary import COLUMNS as SUMMARY_COLUMNS
from actor_critic_gap.figures import FIGURES
from actor_critic_gap.mdp.identities import COLUMNS as THEORY_COLUMNS
from actor_critic_gap.sac.training import COLUMNS as SAC_COLUMNS
from actor_critic_gap.validation import validated

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
EXTENDING = (DOCS / "extending.md").read_text()
CONFIG_PAGE = (ROOT / "config" / "README.md").read_text()


def code(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", EXTENDING, re.DOTALL)


def test_python_examples_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = code("python")
    assert len(blocks) == 5
    for block in blocks:
        exec(block, {})
    assert Path("angles.png").stat().st_size > 1000
    plt.close("all")


def test_configs_add_what_they_say(tmp_path: Path) -> None:
    hopper, corridor, _ = map(yaml.safe_load, code("yaml"))
    folder = workspace(tmp_path)
    config = folder / "config" / "small.yaml"
    small = yaml.safe_load(config.read_text())
    del small["environments"]["Hopper-v5"]
    paper = yaml.safe_load((ROOT / "config" / "paper.yaml").read_text())
    small["figures"]["fig3"] = paper["figures"]["fig3"]
    config.write_text(yaml.safe_dump(small))
    before = jobs(folder, "fig3")["train_sac"]
    for key, value in hopper.items():
        small[key] = {**small.get(key, {}), **value} if isinstance(value, dict) else value
    config.write_text(yaml.safe_dump(small))
    assert jobs(folder, "fig3")["train_sac"] == before + 2 * 4  # two seeds of four algorithms
    config.write_text(yaml.safe_dump({**small, **corridor}))
    assert jobs(folder, "fig1")["describe_four_room"] == 1


def test_configs_go_on_top_of_the_papers(tmp_path: Path) -> None:
    for number, block in enumerate(
        [*code("yaml")[:2], *re.findall(r"```yaml\n(name:.*?)```", CONFIG_PAGE, re.DOTALL)]
    ):
        own = tmp_path / f"{number}.yaml"
        own.write_text(block)
        config = read_config([ROOT / "config" / "paper.yaml", own])
        assert config.name == yaml.safe_load(block)["name"]


def test_the_published_configs_are_valid() -> None:
    paper = yaml.safe_load((ROOT / "config" / "paper.yaml").read_text())
    assert validated(Config, paper, "paper").name == "paper"


PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md"), ROOT / "config" / "README.md"])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)\)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_column_of_every_table_is_described() -> None:
    text = (DOCS / "outputs.md").read_text()
    tables: dict[str, Any] = {
        **{figure: shown.columns for figure, shown in FIGURES.items()},
        "claims": CLAIM_COLUMNS,
        "theory": THEORY_COLUMNS,
        "summary": SUMMARY_COLUMNS,
        "progress": SAC_COLUMNS,
    }
    described = set(re.findall(r"`([a-z_0-9]+)`", text))
    assert {
        (name, column) for name, columns in tables.items() for column in columns if column not in described
    } == set()


def test_every_statistic_is_described() -> None:
    described = set(re.findall(r"^\| `(\w+)` \|", (DOCS / "claims.md").read_text(), re.MULTILINE))
    assert described == {*STATISTICS, LARGEST_ERROR}


def test_every_page_can_be_found_from_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    pages = {page.name for page in DOCS.glob("*.md")} - {"index.md"}  # which is the README itself
    assert sorted(page for page in pages if f"docs/{page}" not in readme) == []
