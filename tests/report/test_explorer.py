"""The explorer on tables made up, and clicked through in a real browser."""

import json
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from browsers import opened
from playwright.sync_api import Browser, Page
from records import record_of

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.evidence.claims import COLUMNS
from actor_critic_gap.figures import FIGURES
from actor_critic_gap.files import csv_bytes, json_bytes, sha256, write_atomically
from actor_critic_gap.provenance.lineage import Lineage
from actor_critic_gap.report.explorer import build

MOST_BYTES = 6_000_000
TAKEN = {"critic_init": 1.0, "res_critic_init": 0.0, "at_goal": "continue", "actor_lr": 0.01, "goal": [9, 9]}
STATEMENT = "J_q < 1 & so"
RESULTS = Path("results/x")


def _verdicts() -> pd.DataFrame:
    """Claim 1 holds where the critic starts at 1, claim 12 everywhere."""
    rows = []
    for critic_init, at_goal in product((0.0, 1.0), ("continue", "reset")):
        made = {**TAKEN, "critic_init": critic_init, "at_goal": at_goal, "goal": "9-9"}
        for claim, verdict in {
            "1": "reproduced" if critic_init else "not reproduced",
            "12": "reproduced",
        }.items():
            estimate = critic_init + (0.5 if at_goal == "reset" else 0.25)
            numbers = {
                "estimate": estimate,
                "ci_low": estimate - 0.2,
                "ci_high": estimate + 0.2,
                "n_seeds": 20,
            }
            rows.append({**made, "claim": claim, "verdict": verdict, **numbers})
    return pd.DataFrame(rows)[FIGURES["fig9"].columns]


def _runs() -> pd.DataFrame:
    """Stack-AC with two values of eta ends at these, Res-AC at 3; of 1000 rows each."""
    tables = []
    for algorithm, eta, end in (("stack-ac", 0.0, 1.0), ("stack-ac", 0.5, 2.0), ("res-ac", 0.5, 3.0)):
        for seed in range(3):
            x = np.arange(1, 1001)
            curve = end * np.minimum(1, x / 500) + 0.01 * seed
            labels = {"algorithm": algorithm, "eta": eta, "stack_next_action": "score", "seed": seed}
            measures = {"episode_return": curve, "objective": curve / 10, "stackelberg_factor": 0.5}
            tables.append(pd.DataFrame({"environment_steps": 300 * x, **labels, **measures}))
    return pd.concat(tables)[FIGURES["fig8"].columns]


@pytest.fixture(scope="module")
def experiment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("explorer")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        claims = pd.DataFrame(
            [
                {
                    **dict.fromkeys(COLUMNS, "x"),
                    "claim": name,
                    "case": "",
                    "unit": "",
                    "rule": rule,
                    "rule_low": low,
                    "rule_high": high,
                    "statement": "J_q < 1 & so",
                }
                for name, rule, low, high in (("1", ">= 1", 1, None), ("12", "+- 5", -5, 5))
            ]
        ).assign(
            verdict="reproduced",
            estimate=1.0,
            ci_low=0.5,
            ci_high=1.5,
            detectable=0.5,
            n_seeds=20,
            seeds_needed=10,
        )
        tables = {"claims": claims, "fig8": _runs(), "fig9": _verdicts(), "fig1": pd.DataFrame({"a": [1]})}
        for name, table in tables.items():
            write_atomically(RESULTS / f"{name}.csv", csv_bytes(table))
        record = RESULTS / "runs/four-room/res-ac/record.json"
        write_atomically(record, json_bytes(record_of({**TAKEN, "eta": 0.5}, [0]).model_dump(mode="json")))
        Lineage(inputs={record.as_posix(): sha256(record)}, command="by hand").write(RESULTS / "fig1.csv")
        (RESULTS / "explorer.html").write_text(build(RESULTS), "utf-8")
        yield folder


@pytest.fixture
def content(experiment: Path) -> dict[str, Any]:
    page = (RESULTS / "explorer.html").read_text("utf-8")
    found: dict[str, Any] = json.loads(page.split('id="content">')[1].split("</script>")[0])
    return found


def test_the_page_is_small_needs_nothing_but_itself_and_is_the_same_again(experiment: Path) -> None:
    page = (RESULTS / "explorer.html").read_text("utf-8")
    assert len(page.encode()) < MOST_BYTES
    markup = re.sub(r"(?s)(<script[^>]*>).*?</script>", r"\1", page)
    assert markup.count("<script") == 3
    assert re.findall(r"src=|<link[^>]+stylesheet|url\(", markup) == []
    assert build(RESULTS) == page


def test_every_combination_and_claim_is_there(content: dict[str, Any]) -> None:
    figures = {figure["name"]: figure for figure in content["figures"]}
    assert list(figures) == ["fig8", "fig9"]
    assert len(figures["fig9"]["verdicts"]["rows"]) == 4 * 2
    choices = {choice["key"]: choice for choice in figures["fig9"]["choices"]}
    assert choices["critic_init"]["values"] == ["0", "1"]
    assert {key: choice["default"] for key, choice in choices.items()} == {
        "critic_init": "1",
        "res_critic_init": "0",
        "at_goal": "continue",
        "actor_lr": "0.01",
        "goal": "9-9",
    }
    assert [claim["low"] for claim in figures["fig9"]["verdicts"]["claims"]] == [1, -5]


def test_curves_are_thinned_to_their_ends(content: dict[str, Any]) -> None:
    lines = content["figures"][0]["runs"]["lines"]
    assert [line["name"] for line in lines] == ["Stack-AC, eta 0", "Stack-AC", "Res-AC"]
    assert len({line["colour"] for line in lines}) == 3
    for line, end in zip(lines, (1.0, 2.0, 3.0), strict=True):
        curve = line["measures"]["episode_return"]
        assert len(curve["x"]) == 80
        assert (curve["x"][0], curve["x"][-1]) == (300, 300_000)
        assert curve["mean"][-1] == pytest.approx(end + 0.01)
        assert curve["high"][-1] - curve["mean"][-1] == pytest.approx(0.01, rel=0.01)
        assert curve["final"][0] == pytest.approx(end + 0.01)
        assert curve["final"][1] < curve["final"][0] < curve["final"][2]
        assert curve["area"][0] == pytest.approx(0.75 * end + 0.01, rel=0.01)


def test_what_it_needs_must_be_there(experiment: Path, tmp_path: Path) -> None:
    write_atomically(tmp_path / "claims.csv", (RESULTS / "claims.csv").read_bytes())
    with pytest.raises(InvalidInput, match=r"no figure with choices: expected the table of one of fig8"):
        build(tmp_path)
    table = _verdicts().replace({"claim": {"12": "99"}})
    write_atomically(tmp_path / "fig9.csv", csv_bytes(table))
    with pytest.raises(InvalidInput, match=r"fig9.csv: claim = 99: expected one of 1, 12"):
        build(tmp_path)


@pytest.fixture
def shown(experiment: Path, browser: Browser) -> Iterator[Page]:
    page, said = opened(browser, experiment / RESULTS / "explorer.html", 1280)
    yield page
    assert said == []
    page.close()


def rows(page: Page, chart: str, n: int) -> None:
    """Wait until a chart shows so many rows of data."""
    page.wait_for_function(f"document.getElementById('{chart}').dataset.rows === '{n}'")


def verdicts(page: Page) -> list[str]:
    return page.locator("#verdicts tbody td:nth-child(2)").all_inner_texts()


@pytest.mark.parametrize("width", [390, 1280])
def test_a_browser_shows_it_whole(experiment: Path, browser: Browser, width: int) -> None:
    page, said = opened(browser, experiment / RESULTS / "explorer.html", width)
    rows(page, "effects", 4)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("#effects svg").bounding_box()["width"] > 0.8 * min(width, 1100)  # type: ignore[index]
    assert (
        page.locator("sub").first.inner_text() == "q"
    )  # of J_q in a statement, whose < and & stand as they are
    assert "< 1 & so" in page.locator("#verdicts tbody").inner_text()
    assert said == []
    page.close()


def test_another_choice_shows_other_verdicts_and_any_choice_counts(shown: Page) -> None:
    rows(shown, "effects", 4)
    assert shown.locator("#matching").inner_text() == "1 of 4 combinations"
    assert verdicts(shown) == ["reproduced", "reproduced"]
    assert shown.locator("#verdicts tbody td.n").first.inner_text() == "1.25 [1.05, 1.45]"
    shown.check("input[name=critic_init][value='0']")
    assert verdicts(shown) == ["not reproduced", "reproduced"]
    assert shown.locator("#verdicts tbody td.n").first.inner_text() == "0.25 [0.05, 0.45]"
    shown.check("input[name=critic_init][value='']")
    assert shown.locator("#matching").inner_text() == "2 of 4 combinations"
    assert verdicts(shown)[0].strip() == "reproduced 1, not reproduced 1"
    assert shown.locator("#verdicts tbody td.n").first.inner_text() == "0.25 to 1.25"
    shown.click("#any")
    assert shown.locator("#matching").inner_text() == "4 of 4 combinations"
    shown.click("#defaults")
    assert shown.locator("#matching").inner_text() == "1 of 4 combinations"


def test_a_claim_shows_its_effect_sizes_and_a_point_makes_its_choices(shown: Page) -> None:
    rows(shown, "effects", 4)
    shown.locator("#verdicts tbody button").nth(1).click()
    assert shown.locator("#claim").inner_text().startswith("12")
    points = shown.locator("#effects .mark-symbol.role-mark path")
    assert points.count() == 4
    assert points.evaluate_all("all => all.filter(p => p.getAttribute('opacity') === '1').length") == 1
    points.first.click()  # the least estimate: a critic from 0, and on from the goal
    assert shown.locator("input[name=critic_init]:checked").get_attribute("value") == "0"
    assert shown.locator("input[name=at_goal]:checked").get_attribute("value") == "continue"
    assert verdicts(shown) == ["not reproduced", "reproduced"]


def test_curves_and_what_they_come_to_change_with_the_choice(shown: Page) -> None:
    shown.click("[data-figure=fig8]")
    rows(shown, "summaries", 2)  # of Stack-AC the reading taken, and Res-AC
    assert not shown.locator("#verdicts").is_visible()
    assert shown.locator("#curves .mark-line.role-mark path").count() == 2
    before = shown.locator("#curves .mark-line.role-mark path").first.get_attribute("d")
    shown.check("input[name=eta][value='0']")
    rows(shown, "curves", 2 * 80)
    assert shown.locator("#curves .mark-line.role-mark path").first.get_attribute("d") != before
    shown.click("#any")
    rows(shown, "summaries", 3)
    assert shown.locator("#curves .mark-line.role-mark path").count() == 3
    assert "Stack-AC, eta 0" in shown.locator("#summaries").inner_text()
    shown.select_option("#summary", "area")
    shown.select_option("#measure", "objective")
    shown.wait_for_function("document.querySelector('#curves').textContent.includes('0.30')")


def test_a_link_leads_to_its_figure(experiment: Path, browser: Browser) -> None:
    page = browser.new_page()
    page.goto((experiment / RESULTS / "explorer.html").as_uri() + "#fig8")
    assert page.locator("[aria-selected=true]").inner_text().startswith("Fig. 8")
    page.close()
