"""A disk that is full in the middle of a run, on a file system of less than a megabyte."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
set -u
mount -t tmpfs -o size=900k none disk
mkdir disk/run && head -c 650000 /dev/zero > disk/filler && echo kept > disk/run/progress.csv
train() {
    "$1" -m actor_critic_gap train sac --algorithm res-sac --env Pendulum-v1 --environment-steps 3000 \\
        --warmup-steps 200 --evaluation-interval 10 --evaluation-episodes 1 --hidden-units 32 --clip 2 \\
        --seed 0 --checkpoint-seconds 0 --output "$2" > /dev/null
}
train "$1" disk/run; echo "code $?"
cat disk/run/progress.csv
find disk -name '.*' -type f | wc -l
rm disk/filler
train "$1" disk/run && train "$1" undisturbed && cmp disk/run/progress.csv undisturbed/progress.csv \\
    && cmp disk/run/policy.npz undisturbed/policy.npz && echo the same
"""


def can_mount() -> bool:
    """Whether a mount of its own is allowed: to root, and to users on most Linux systems."""
    probe = ["unshare", "--map-root-user", "--mount", "sh", "-c", "mount -t tmpfs none /mnt"]
    try:
        return subprocess.run(probe, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not can_mount(), reason="no user namespace with a mount of its own here")
def test_a_full_disk_is_one_clear_line_and_the_run_goes_on_when_there_is_room(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    done = subprocess.run(
        ["unshare", "--map-root-user", "--mount", "bash", "-c", SCRIPT, "bash", sys.executable],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    lines = done.stdout.splitlines()
    assert lines == ["code 2", "kept", "0", "the same"], done.stdout + done.stderr
    errors = [line for line in done.stderr.splitlines() if "No space left on device" in line]
    assert len(errors) == 1
    assert errors[0].startswith("error: disk/run")
    assert "Traceback" not in done.stderr
    assert "resumed at iteration" in done.stderr
