"""Experiments held against each other from their folders: a part of the shipped one, changed."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from actor_critic_gap.cli.main import main

ROOT = Path(__file__).parent.parent.parent
PAPER = Path("results/paper")
RUN = "runs/four-room/res-ac+episodes=2000+res_critic_updates=5"


@pytest.fixture
def mine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Fig. 2 of the shipped experiment on its own."""
    monkeypatch.chdir(ROOT)
    for name in ("claims.csv", "four_room.json", "fig2.csv", "fig2.json", "equivalences.json"):
        shutil.copy(PAPER / name, tmp_path / name)
    shutil.copytree(PAPER / RUN, tmp_path / RUN)
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    assert main(["compare", *map(str, words)]) == 0
    return capsys.readouterr().out


def test_the_same_runs_elsewhere_come_out_the_same(mine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = said(capsys, PAPER, mine)
    assert "changed between runs of the same name: nothing" in out
    assert "curves: 3 of 3 the same number for number" in out
    assert f"only in {PAPER}: fig1, fig3" in out
    assert "*" not in out


def test_a_changed_setting_and_a_curve_that_rose(mine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = json.loads((mine / RUN / "record.json").read_text("utf-8"))
    record["settings"]["critic_lr"] = 0.5
    record["settings"]["layout"][1] = "##" + record["settings"]["layout"][1][2:]
    (mine / RUN / "record.json").write_text(json.dumps(record), "utf-8")
    table = pd.read_csv(mine / "fig2.csv")
    table["critic"] += 1
    table.to_csv(mine / "fig2.csv", index=False)
    out = said(capsys, PAPER, mine, "--output", mine / "page.html")
    assert "critic_lr: 0.02 -> 0.5" in out
    assert max(map(len, out.splitlines())) < 200  # of what is long the hash
    (row,) = [line for line in out.splitlines() if "fig2 all critic " in line]
    assert row.split()[0] == "*"
    assert "1 [1, 1]" in row
    page = (mine / "page.html").read_text("utf-8")
    assert '<td>critic_lr</td><td data-label="A">0.02</td><td data-label="B">0.5</td>' in page
    assert "http" not in page


@pytest.mark.parametrize(
    ("missing", "problem"),
    [
        ("claims.csv", "claims.csv: missing"),
        ("four_room.json", "four_room.json: missing"),
        ("fig2.json", "fig2.json: missing"),
        ("fig2.csv", "and no tables: expected a figure that both have"),
        (f"{RUN}/record.json", "record.json: missing"),
    ],
)
def test_what_is_missing_is_said_in_a_line(
    mine: Path, capsys: pytest.CaptureFixture[str], missing: str, problem: str
) -> None:
    (mine / missing).unlink()
    (mine / "theory.csv").unlink(missing_ok=True)
    assert main(["compare", str(PAPER), str(mine)]) == 2
    error = capsys.readouterr().err
    assert problem in error
    assert error.count("\n") == 1
