"""What the page on Stable-Baselines3 and the example show, runs."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

pytest.importorskip("stable_baselines3")

ROOT = Path(__file__).parent.parent.parent


def test_the_pages_blocks_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (ROOT / "docs" / "stable-baselines3.md").read_text("utf-8")
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    assert len(blocks) == 4
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results").symlink_to(ROOT / "results")
    scope: dict[str, object] = {}
    for block in blocks:
        exec(block, scope)


def test_the_example_draws_both_curves(tmp_path: Path) -> None:
    script = ROOT / "examples" / "res_sac_on_pendulum.py"
    command = [sys.executable, str(script), "--steps", "1200", "--output", str(tmp_path / "curves.png")]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    assert re.search("^SAC-10-0: .*^Res-SAC-10-10: .*^wrote ", found.stdout, re.MULTILINE | re.DOTALL)
    with Image.open(tmp_path / "curves.png") as picture:
        assert len(picture.convert("L").getcolors() or []) > 20
