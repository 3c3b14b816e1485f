"""`--sdm conda` as far as it goes without a channel: with a stand-in that makes environments of this one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from workflows import ROOT, command, variables, workspace

CONDA = """#!/usr/bin/env bash
set -euo pipefail
case "$*" in
    "info --json") echo '{{"conda_prefix": "{base}", "platform": "linux-64"}}' ;;
    "--version") echo "conda 25.1.0" ;;
    "config --get channel_priority --json") echo '{{"get": {{"channel_priority": "strict"}}}}' ;;
    "env create "*)
        [[ "$*" =~ --file\\ ([^ ]+)\\ --prefix\\ ([^ ]+) ]]
        cp "${{BASH_REMATCH[1]}}" "{base}/created.yml"
        mkdir -p "${{BASH_REMATCH[2]}}/bin"
        cp "{base}/python" "${{BASH_REMATCH[2]}}/bin/python" ;;
    "clean -y --tarballs") ;;
    *) echo "unexpected: conda $*" >&2; exit 1 ;;
esac
"""
PYTHON = """#!/usr/bin/env bash
echo "${{PYTHONPATH:-}} $*" >> "{base}/called"
exec "{python}" "$@"
"""


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """Where the stand-in lies."""
    folder = tmp_path / "conda"
    (folder / "bin").mkdir(parents=True)
    for path, text in {"bin/conda": CONDA, "python": PYTHON}.items():
        (folder / path).write_text(text.format(base=folder, python=sys.executable))
        (folder / path).chmod(0o755)
    (folder / "bin/activate").write_text('export PATH="$1/bin:$PATH"\n')
    return folder


def test_jobs_run_in_the_environment_of_the_file_and_find_the_package_in_src(
    base: Path, tmp_path: Path
) -> None:
    folder = workspace(tmp_path)
    target = "results/small/four_room.json"
    env = variables(folder)
    env["PATH"] = os.pathsep.join([str(base / "bin"), env["PATH"]])
    call = command("--cores", "1", target, "--software-deployment-method", "conda")
    run = subprocess.run(call, cwd=folder, env=env, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    assert (folder / target).is_file()
    assert (base / "created.yml").read_bytes() == (ROOT / "environment.yml").read_bytes()
    (called,) = (base / "called").read_text().splitlines()
    assert called.startswith(f"{ROOT / 'src'} -m actor_critic_gap describe")
