"""The gallery shows every drawn figure, and says of each what its files, claims and records say."""

import re
from pathlib import Path

import pandas as pd
import pytest
from extension import gallery

from actor_critic_gap.figures import FIGURES
from actor_critic_gap.provenance.lineage import records

ROOT = Path(__file__).parents[2]
DRAWN = [name for name in FIGURES if (ROOT / "figures" / "paper" / f"{name}.png").is_file()]


@pytest.fixture(autouse=True)
def _root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@pytest.fixture(scope="module")
def sections() -> dict[str, str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        found = gallery.page("results/paper", "figures/paper").split("\n## ")
    return {re.findall(r"^\((\w+)\)=$", text, re.MULTILINE)[0]: text for text in found}


def test_every_drawn_figure_is_shown(sections: dict[str, str]) -> None:
    assert list(sections) == DRAWN
    thumbnails = gallery.thumbnails("figures/paper")
    for name, text in sections.items():
        assert FIGURES[name].title in text
        assert FIGURES[name].caption in text
        assert f"](figures/paper/{name}.png)](#{name})" in thumbnails


def test_links_lead_somewhere(sections: dict[str, str]) -> None:
    for text in sections.values():
        links = re.findall(r"\]\(([^)#]+)\)", text)
        assert len(links) >= 4
        assert [link for link in links if not (ROOT / link).is_file()] == []


def test_every_verdict_stands_under_its_figure(sections: dict[str, str]) -> None:
    claims = pd.read_csv("results/paper/claims.csv", dtype=str, keep_default_na=False)
    for name, text in sections.items():
        of_figure = claims[claims["figure"] == name]
        whole = of_figure.groupby("claim", sort=False).tail(1)
        cases = of_figure.drop(index=whole.index)
        shown = re.findall(r"^- \*\*(.+)\*\*: (.+) Claim (\S+), ", text, re.MULTILINE)
        assert shown == list(whole[["verdict", "statement", "claim"]].itertuples(index=False, name=None))
        shown = re.findall(r"^    - (.+): (\w+(?: \w+)?), ", text, re.MULTILINE)
        assert shown == list(cases[["case", "verdict"]].itertuples(index=False, name=None))


def test_where_the_numbers_come_from(sections: dict[str, str]) -> None:
    for name, text in sections.items():
        runs = records(Path("results/paper") / f"{name}.csv")
        trained = re.findall(r"^- (\d+) trained by commit `(\w+)`", text, re.MULTILINE)
        assert sum(int(n) for n, _ in trained) == len(runs)
        assert {commit for _, commit in trained} == {(run.git.commit or "")[:12] for run in runs.values()}
        assert f"actor-critic-gap plot {name} " in text
