"""Arrows between rooms go down only, and a change that adds another is found."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", LINT, "--no-cache", "--config", str(ROOT / "pyproject.toml")]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_arrows_go_down_only() -> None:
    found = lint(ROOT / "src")
    assert found.returncode == 0, found.stdout
    assert "2 kept, 0 broken" in found.stdout


def test_an_arrow_up_is_found(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    module = tmp_path / "src/actor_critic_gap/mdp/finite_mdp.py"
    module.write_text(module.read_text("utf-8") + "\nimport actor_critic_gap.report.page\n", "utf-8")
    found = lint(tmp_path / "src")
    assert found.returncode == 1
    assert "actor_critic_gap.mdp is not allowed to import actor_critic_gap.report" in found.stdout
