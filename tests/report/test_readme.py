"""What the README shows runs, and the files that it names are there."""

import re
from pathlib import Path

import pandas as pd
import pytest

from actor_critic_gap.catalogue import FIGURES
from actor_critic_gap.cli.main import main
from actor_critic_gap.report.readme import BEGIN, END, updated

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("code", re.findall(r"```python\n(.*?)```", README, re.DOTALL))
def test_python_examples_run(code: str) -> None:
    exec(code, {})


def test_commands_are_understood(capsys: pytest.CaptureFixture[str]) -> None:
    shown = re.findall(r"^python -m actor_critic_gap (\w+)", README, re.MULTILINE)
    assert set(shown) == {"train", "verify", "watch", "why"}
    for command in shown:
        with pytest.raises(SystemExit) as stop:
            main([command, "--help"])
        assert stop.value.code == 0
    flags = set(
        re.findall(r"--[a-z-]+", " ".join(re.findall(r"python -m actor_critic_gap .*(?:\\\n.*)?", README)))
    )
    main_help = capsys.readouterr().out
    assert {flag for flag in flags if flag not in main_help} <= {"--help"}


def test_verdicts_and_figures_are_those_of_the_results(monkeypatch: pytest.MonkeyPatch) -> None:
    """`python -m actor_critic_gap readme README.md results/paper figures/paper` makes them anew."""
    monkeypatch.chdir(ROOT)
    folders = Path("results/paper"), Path("figures/paper")
    assert updated(Path("README.md"), *folders, Path("config/claims.yaml")) == README


def test_the_verdicts_follow_from_the_tables_and_claims(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    results = Path("results/paper")
    tables = [f"{results}/{name}.csv" for name in FIGURES if (results / f"{name}.csv").is_file()]
    assert len(tables) >= 3
    for command, name in (("judge", "claims.csv"), ("summarise", "summary.csv")):
        arguments = [command, *tables, str(results / "theory.csv"), "--output", str(tmp_path / name)]
        if command == "judge":
            arguments += ["--claims", "config/claims.yaml", "--environment", str(results / "four_room.json")]
        assert main(arguments) == 0
        made, shipped = (pd.read_csv(folder / name) for folder in (tmp_path, results))
        pd.testing.assert_frame_equal(made, shipped, rtol=1e-6)


def test_every_shipped_figure_matches_its_passport(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    for figure in Path("figures/paper").glob("*.png"):
        assert main(["why", str(figure)]) == 0


def test_a_page_without_markers_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"{END} {BEGIN}")
    assert main(["readme", str(page), str(ROOT / "results/paper"), "figures"]) == 2
    assert "page.md: expected the markers <!-- results: begin -->" in capsys.readouterr().err


def test_links_lead_somewhere() -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    assert len(links) > 5
    assert [link for link in links if not (ROOT / link).exists()] == []
