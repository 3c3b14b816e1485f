"""What the README shows runs, and the files that it names are there."""

import re
from pathlib import Path

import pytest

from actor_critic_gap.cli import main

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


@pytest.mark.parametrize("code", re.findall(r"```python\n(.*?)```", README, re.DOTALL))
def test_python_examples_run(code: str) -> None:
    exec(code, {})


def test_commands_are_understood(capsys: pytest.CaptureFixture[str]) -> None:
    shown = re.findall(r"^python -m actor_critic_gap (\w+)", README, re.MULTILINE)
    assert set(shown) == {"train", "watch"}
    for command in shown:
        with pytest.raises(SystemExit) as stop:
            main([command, "--help"])
        assert stop.value.code == 0
    flags = set(
        re.findall(r"--[a-z-]+", " ".join(re.findall(r"python -m actor_critic_gap .*(?:\\\n.*)?", README)))
    )
    main_help = capsys.readouterr().out
    assert {flag for flag in flags if flag not in main_help} <= {"--help"}


def test_links_lead_somewhere() -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    assert len(links) > 5
    assert [link for link in links if not (ROOT / link).exists()] == []
