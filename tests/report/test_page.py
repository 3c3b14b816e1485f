"""The report on a small experiment of Figs. 1, 4 and theory, made by hand, and seen in a real browser."""

import hashlib
import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from browsers import opened
from playwright.sync_api import Browser, Page
from records import record_of

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.evidence.claims import ALL, COLUMNS, STATISTICS, judge, read_claims
from actor_critic_gap.experiment.room import describe
from actor_critic_gap.experiment.summary import summarise
from actor_critic_gap.experiment.tables import read_tables
from actor_critic_gap.experiment.training import train
from actor_critic_gap.figures.verdicts import verdict_counts
from actor_critic_gap.figures.words import number
from actor_critic_gap.files import csv_bytes, json_bytes, write_atomically
from actor_critic_gap.mdp.four_room import FourRoom, FourRoomSettings
from actor_critic_gap.mdp.identities import check
from actor_critic_gap.provenance.crate import NAME
from actor_critic_gap.provenance.stages import draw_figure, draw_verdicts, make_table
from actor_critic_gap.report import page as report
from actor_critic_gap.report.origins import origins
from actor_critic_gap.report.outcome import by_verdict, explanations, too_few
from actor_critic_gap.runs.equivalences import Equivalence, Equivalences, arm
from actor_critic_gap.runs.family import RunSettings
from actor_critic_gap.tabular.family import SAMPLED
from actor_critic_gap.tabular.settings import DynamicProgrammingSettings, SampledSettings

ROOT = Path(__file__).parent.parent.parent
READINGS = ROOT / "docs" / "readings.md"
RESULTS, FIGURE_FOLDER = Path("results/x"), Path("figures/x")
RULES = ROOT / "config" / "claims.yaml"
CLAIMS = read_claims(RULES)
RUNS: dict[str, list[RunSettings]] = {
    "fig1": [
        SampledSettings(algorithm=name, episodes=20)
        for name in ("actor-o-critic", "actor-g-critic", "res-ac")
    ],
    "fig4": [
        DynamicProgrammingSettings(actor=actor, critic=critic, iterations=40)
        for actor in ("actor-o", "pg")
        for critic in ("td", "br")
    ],
}


@pytest.fixture(scope="module")
def experiment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("report")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        room = describe(FourRoomSettings())
        write_atomically(RESULTS / "four_room.json", json_bytes(room.model_dump(mode="json")))
        for figure, runs in RUNS.items():
            folders = [RESULTS / "runs" / "four-room" / f"{figure}-{i}" for i in range(len(runs))]
            for settings, run in zip(runs, folders, strict=True):
                train(settings, [0, 1], run)
            table, picture = RESULTS / f"{figure}.csv", FIGURE_FOLDER / f"{figure}.png"
            make_table(figure, folders, 2, {}, table, "by hand")
            draw_figure(figure, table, RESULTS / "four_room.json", None, [picture], "by hand")
        tables = read_tables([RESULTS / f"{figure}.csv" for figure in RUNS])
        theory = check(FourRoom().mdp, 3, 0)
        verdicts = judge(CLAIMS, {**tables, "theory": theory}, room.optimal_objective)
        for claim, verdict in {"12": "reproduced", "4": "not reproduced"}.items():
            verdicts.loc[verdicts["claim"] == claim, "verdict"] = (
                verdict  # so that there is something to choose
            )
        for name, made in {"theory": theory, "claims": verdicts, "summary": summarise(tables)}.items():
            write_atomically(RESULTS / f"{name}.csv", csv_bytes(made))
        draw_verdicts(RESULTS / "claims.csv", [FIGURE_FOLDER / "claims.png"], "by hand")
        benchmark = RESULTS / "benchmarks" / "train" / "four-room" / "fig1-0.tsv"
        benchmark.parent.mkdir(parents=True)
        benchmark.write_text("s\th:m:s\tmax_rss\tcpu_time\n2.5\t0:00:02\t213.0\t2.25\n", "utf-8")
        page = report.build(RESULTS, FIGURE_FOLDER, READINGS, RULES)
        (RESULTS / "report.html").write_text(page, "utf-8")
        (RESULTS / NAME).touch()  # made after the report, which links to it
        yield folder


@pytest.fixture
def text(experiment: Path) -> str:
    return (RESULTS / "report.html").read_text("utf-8")


def test_the_page_needs_nothing_but_itself(text: str) -> None:
    class Sources(HTMLParser):
        found: list[str]

        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            loads = {"src"} if tag != "link" else {"href"}
            self.found += [value or "" for key, value in attributes if key in loads]

    sources = Sources()
    sources.found = []
    sources.feed(text)
    assert len(sources.found) == 1 + 1 + 2 * len(RUNS)  # icon, forest plot, figures, thumbnails
    assert all(source.startswith("data:") for source in sources.found)


def test_links_lead_to_a_place_on_the_page_or_to_a_file(text: str) -> None:
    links = [link for link in re.findall(r'href="([^"]+)"', text) if not re.match(r"\w+:", link)]
    places = {f"#{place}" for place in re.findall(r'id="([^"]+)"', text)}
    files = [link for link in links if link not in places]
    assert len(links) > len(files) > 0
    assert [link for link in files if not (RESULTS / link).resolve().is_file()] == []


def test_every_verdict_stands_on_the_page(text: str, experiment: Path) -> None:
    table = pd.read_csv(RESULTS / "claims.csv", keep_default_na=False)
    bodies = re.findall(r'<tbody id="claim-([^"]+)"(.*?)</tbody>', text, re.DOTALL)
    assert [name for name, _ in bodies] == table["claim"].unique().tolist()
    for name, body in bodies:
        rows = table[table["claim"] == name]
        expected = [rows["verdict"].iloc[-1], *(rows["verdict"].iloc[:-1])]  # the claim, then its cases
        assert re.findall(r'<span class="badge [^"]+">([^<]+)<', body) == expected


def test_what_came_out_is_said_first_and_by_verdict(text: str, experiment: Path) -> None:
    counts = verdict_counts(pd.read_csv(RESULTS / "claims.csv"))
    said = text.split('id="outcome"')[1].split("<h2")[0]
    assert f"{counts['reproduced']} of {sum(counts.values())} claims is reproduced" in said
    assert re.findall(r"</span> (\d+)</p>", said) == [str(n) for n in counts.values() if n]
    assert said.count('<a href="#claim-') == sum(counts.values())
    assert "arxiv.org/abs/2106.06932" in text
    assert f"made on {datetime.now(UTC).date()}" in text


def test_runs_that_are_too_few_say_so_before_anything_else(text: str) -> None:
    before = text.split('id="outcome"')[0]
    assert "too short to judge the paper by" in before
    assert re.findall(r"<li>(.*)</li>", before) == [
        f"Fig. {n}: 2 seeds, where its claims ask for 10" for n in (1, 4)
    ]


def test_enough_seeds_need_no_warning_and_runs_of_sac_say_how_long_they_are() -> None:
    row = dict.fromkeys(COLUMNS, "x") | {"claim": "6", "figure": "fig3", "seeds_needed": 5, "n_seeds": 2}
    runs = {"fig3": {i: record_of({"environment_steps": steps}, [0]) for i, steps in enumerate((4000, 6000))}}
    few = pd.DataFrame([{**row, "verdict": "inconclusive"}])
    assert too_few(few, runs) == ["Fig. 3: 2 seeds, where its claims ask for 5; runs of 4,000 to 6,000 steps"]
    assert too_few(few.assign(n_seeds=5), runs) == []
    more = pd.concat([few, few.assign(claim="7", seeds_needed=10)])
    assert "for 10;" in too_few(more, runs)[0]


def test_a_claim_whose_cases_differ_names_them_by_verdict() -> None:
    cases = {"A": "reproduced", "sac-1-0": "not reproduced", "C": "reproduced", ALL: "not reproduced"}
    shared = dict.fromkeys(COLUMNS, "x") | {"claim": "8"}
    claims = pd.DataFrame([{**shared, "case": case, "verdict": verdict} for case, verdict in cases.items()])
    (found,) = by_verdict(claims, {"8": 3})["not reproduced"]
    assert found["cases"] == {"reproduced": ["A", "C"], "not reproduced": ["SAC-1-0"]}
    (alike,) = by_verdict(claims.assign(verdict="reproduced"), {"8": 3})["reproduced"]
    assert alike["cases"] == {}
    (first,) = by_verdict(claims, {"8": 1})["not reproduced"]
    assert first["cases"] == {}


def test_every_statistic_is_explained(text: str) -> None:
    assert set(explanations()) == {*STATISTICS, "largest_error"}
    assert all(len(words) > 30 for words in explanations().values())
    assert "How many steps earlier the first group" in text


def test_names_are_set_as_in_the_paper(text: str) -> None:
    assert "Actor<sub>g</sub>-Critic" in text
    shown = re.sub(r"(?s)<(script|style|code|title)\b.*?</\1>|<[^>]+>", "", text)
    assert re.findall(r"Actor_|J_q|d_theta", shown) == []


def test_origin_and_cost_stand_on_the_page(text: str) -> None:
    assert "train/four-room" in text
    assert "2.25" in text
    assert "7 of it" in text  # the runs, of today's code
    for package in ("numpy", "torch", "gymnasium", "mujoco"):
        assert re.search(rf"{package} \d", text)
    assert "T10" in text  # the unstated choices


def test_what_the_badges_ask_for_is_met_or_said_not_to_be(text: str) -> None:
    section = text.split('id="reproducibility"')[1]
    rows = re.findall(r"<tr>.*?</tr>", section, re.DOTALL)[1:]
    assert all(re.search(r"<td>(<b>)?(yes|no|in part)\b", row) for row in rows)
    verdicts = pd.read_csv(RESULTS / "claims.csv", keep_default_na=False).groupby("claim").tail(1)["verdict"]
    held = f"{(verdicts == 'reproduced').sum()} of {len(verdicts)} claims hold"
    assert held in " ".join(section.split())
    assert "7 runs, of which none is" in " ".join(section.split())


def test_an_origin_tells_how_its_runs_lead_to_todays_code(tmp_path: Path) -> None:
    codes = ["1" * 16, "2" * 16, SAMPLED.source_hash, "9" * 16]
    records = {
        tmp_path / str(i): record_of({"algorithm": "res-ac"}, [i], source_hash=code)
        for i, code in enumerate(codes)
    }
    content = b"compared"
    write_atomically(tmp_path / "runs" / "progress.csv", content)
    shared: dict[str, Any] = {
        "family": SAMPLED.name,
        "commit": None,
        "cpu": "x86",
        "lock": None,
        "of": 5,
        "bounds": "little",
    }
    shared |= {
        "arms": [arm(next(iter(records.values())))],
        "runs": {"runs": hashlib.sha256(content).hexdigest()},
    }
    proofs = [
        Equivalence.model_validate({**shared, "from": code, "to": to})
        for code, to in ((codes[0], codes[1]), (codes[1], codes[2]))
    ]
    Equivalences(equivalences=proofs).write(tmp_path)
    (origin,), used = origins(tmp_path, records)
    assert origin["runs"] == 4
    assert origin["today"] == {"by 2 proofs": 1, "by 1 proof": 1, "of it": 1, "by none": 1}
    assert used == proofs


def test_what_the_page_needs_must_be_there(experiment: Path, tmp_path: Path) -> None:
    for missing in ("claims.csv", "theory.csv", "summary.csv", "fig1.json"):
        broken = tmp_path / missing.replace(".", "-")
        shutil.copytree(RESULTS, broken)
        (broken / missing).unlink()
        with pytest.raises(InvalidInput, match=f"{missing}: missing"):
            report.build(broken, FIGURE_FOLDER, READINGS, RULES)


@pytest.mark.parametrize("broken", ["claims.csv", "theory.csv", "summary.csv", "fig1.json"])
@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "\udc80"])
def test_garbled_inputs_are_named(experiment: Path, tmp_path: Path, broken: str, text: str) -> None:
    copy = tmp_path / "x"
    shutil.copytree(RESULTS, copy)
    (copy / broken).write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(InvalidInput, match=broken):
        report.build(copy, FIGURE_FOLDER, READINGS, RULES)


def test_numbers_are_short() -> None:
    shown = {0: "0", 0.25: "0.25", 1234.5: "1,234", 375_000.0: "375,000", 2.7e-14: "2.7e-14", -0.04: "-0.04"}
    assert {value: number(value) for value in shown} == shown
    assert {number(value) for value in (None, "", float("nan"))} == {"–"}


@pytest.fixture
def shown(experiment: Path, browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    page.goto((experiment / RESULTS / "report.html").as_uri())
    yield page
    page.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_a_browser_shows_it_whole(experiment: Path, browser: Browser, width: int) -> None:
    page, said = opened(browser, experiment / RESULTS / "report.html", width)
    assert said == []
    assert "gap" in page.title()
    images = page.evaluate("[...document.images].map(i => [i.complete, i.naturalWidth])")
    assert len(images) == 1 + 2 * len(RUNS)
    assert all(complete and natural > 0 for complete, natural in images)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("h2").first.inner_text() == "What came out"
    assert len(page.pdf()) > 10_000
    page.close()


def test_figures_have_text_of_one_size(shown: Page) -> None:
    scales = shown.evaluate(
        "[...document.querySelectorAll('figure img')].map(i => i.clientWidth / i.naturalWidth)"
    )
    assert len(scales) == 1 + len(RUNS)
    assert scales == pytest.approx([report.CSS_PIXELS] * len(scales), rel=0.01)


def test_contents_stay_in_view_and_say_where_the_reader_is(shown: Page) -> None:
    shown.set_viewport_size({"width": 390, "height": 700})
    shown.locator("nav").get_by_text("Cost").click()
    shown.wait_for_function("document.querySelector('nav a.here').textContent !== 'What came out'")
    assert shown.evaluate("scrollY") > 1000
    assert shown.locator("nav").bounding_box()["y"] == 0  # type: ignore[index]


def test_cases_unfold_under_their_claim(shown: Page) -> None:
    cases = shown.locator("#claim-3 .case")
    assert cases.count() == 2
    assert not cases.first.is_visible()
    button = shown.locator("#claim-3 button")
    assert button.inner_text() == "2 cases"
    button.click()
    assert cases.first.is_visible()
    assert button.get_attribute("aria-expanded") == "true"
    button.click()
    assert not cases.first.is_visible()
    shown.locator("#unfold").click()
    assert shown.locator(".case").evaluate_all("rows => rows.every(row => row.offsetHeight > 0)")


def test_claims_are_chosen_by_verdict_and_figure_and_sorted(shown: Page, experiment: Path) -> None:
    whole = pd.read_csv(RESULTS / "claims.csv", keep_default_na=False).drop_duplicates("claim", keep="last")

    def visible() -> list[str]:
        names: list[str] = shown.evaluate(
            "[...table.tBodies].filter(claim => claim.offsetHeight).map(claim => claim.id.slice(6))"
        )
        return names

    assert visible() == whole["claim"].tolist()
    shown.select_option("#figure", "fig4")
    assert visible() == whole["claim"][whole["figure"] == "fig4"].tolist()
    assert shown.locator("#shown").inner_text() == f"{len(visible())} of {len(whole)} claims"
    shown.select_option("#figure", "")
    shown.select_option("#verdict", "reproduced")
    assert visible() == whole["claim"][whole["verdict"] == "reproduced"].tolist()
    shown.select_option("#verdict", "")
    shown.select_option("#order", "verdict")
    order = ["reproduced", "not reproduced", "inconclusive"]
    by_verdict = whole.sort_values("verdict", key=lambda column: column.map(order.index), kind="stable")
    assert visible() == by_verdict["claim"].tolist() != whole["claim"].tolist()


def test_a_tooltip_explains_a_statistic(shown: Page) -> None:
    tip = shown.locator("#claim-1 .tip")
    tip.focus()
    shown_there = tip.evaluate("element => getComputedStyle(element, '::after').content")
    assert "How many steps earlier" in shown_there
    shown.keyboard.press("Escape")
    assert tip.evaluate("element => getComputedStyle(element, '::after').content") == "none"
