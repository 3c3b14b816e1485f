"""Where Stable-Baselines3 is not installed, and what version of it is."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent.parent


def test_without_the_extra_one_line_names_it() -> None:
    code = "import sys; sys.modules['stable_baselines3'] = None; import actor_critic_gap.sb3"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    *_, last = found.stderr.splitlines()
    assert found.returncode == 1
    assert last.startswith("ImportError: stable-baselines3 is not installed: expected the extra sb3")
    assert last.endswith("pip install -e '.[sb3]' in the checkout")


def test_the_extra_allows_the_version_that_is_tested() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    [extra] = map(Requirement, project["optional-dependencies"]["sb3"])
    peers = (ROOT / "benchmarks" / "peers.txt").read_text("utf-8")
    [version] = re.findall(r"^stable-baselines3==(.*)$", peers, re.MULTILINE)
    assert version in extra.specifier
