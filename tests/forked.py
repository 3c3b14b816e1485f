"""Snakemake in a fork of a process that has imported it, which takes longer than to plan a small workflow."""

import multiprocessing
import os
import runpy
import sys
import tempfile
from pathlib import Path

FORKS = multiprocessing.get_context("forkserver")
# not the package, of which a folder can have a copy
FORKS.set_forkserver_preload(["snakemake.cli", "gymnasium", "mujoco", "numba", "pandas"])


def snakemake(folder: Path, arguments: list[str], variables: dict[str, str]) -> tuple[int | None, str]:
    """Call Snakemake in a folder, with these variables of the environment: exit code, and what it says."""
    with tempfile.NamedTemporaryFile() as output:
        process = FORKS.Process(target=_call, args=(folder, arguments, variables, output.name))
        process.start()
        process.join()
        return process.exitcode, Path(output.name).read_text("utf-8")


def _call(folder: Path, arguments: list[str], variables: dict[str, str], output: str) -> None:
    written = os.open(output, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(written, stream)
    os.chdir(folder)
    os.environ.update(variables)
    sys.path[:0] = variables["PYTHONPATH"].split(os.pathsep)
    sys.argv[1:] = arguments
    runpy.run_module("snakemake", run_name="__main__", alter_sys=True)
