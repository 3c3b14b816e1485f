"""The sessions that pages show print what they show."""

from pathlib import Path

import pytest
from extension import sessions

PAGE = Path(__file__).parents[2] / "docs" / "paper-in-code.md"


def test_the_paper_in_code_prints_what_it_shows() -> None:
    failed, attempted = sessions.run(PAGE)
    assert failed == 0
    assert attempted > 40


def test_another_output_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.md"
    page.write_text("```pycon\n>>> x = 1\n```\ntext\n```pycon\n>>> x + 1\n3\n```\n", "utf-8")
    assert sessions.run(page) == (1, 2)
    assert "Expected:\n    3\nGot:\n    2\n" in capsys.readouterr().out
