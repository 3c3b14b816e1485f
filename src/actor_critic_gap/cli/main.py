"""The entry point: a command line is run, and what goes wrong ends in one line and an exit code."""

from __future__ import annotations

import io
import os
import shlex
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from actor_critic_gap.cli.commands import COMMANDS, printable
from actor_critic_gap.cli.parsing import Command, parse
from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.runs.checkout import PROJECT, versions

BAD_INPUT, INTERRUPTED = 2, 130

MOST_SHOWN = 2000
"""Of the characters of an error, which can quote a value from a file."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; bad input and failing disks end in one line on stderr and exit code 2."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    if words == ["--version"]:
        print(PROJECT, versions().get(PROJECT, "of a checkout that is not installed"))
        return 0
    command: Command | None = None
    try:
        command = parse(COMMANDS, words)
        with _ended_by_ctrl_c(command.interrupted):
            command.run(shlex.join([PROJECT, *words]))
    except InvalidInput as error:
        return _failed(str(error))
    except BrokenPipeError:
        # who reads has seen enough, as `head` has; nor is there anyone for what is left to be flushed to
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        # a failing write does not name its file
        output = getattr(command, "output", "output")
        where = error.filename or (output[0] if isinstance(output, tuple) else output)
        return _failed(f"{where}: {error.strerror or error}")
    except MemoryError:
        return _failed("out of memory: expected settings that need less")
    return 0


def _failed(problem: str) -> int:
    shown = printable(problem)
    if len(shown) > MOST_SHOWN:
        shown = f"{shown[: MOST_SHOWN // 2]} … {shown[-MOST_SHOWN // 2 :]}"
    print(f"error: {shown}", file=sys.stderr)
    return BAD_INPUT


@contextmanager
def _ended_by_ctrl_c(line: str) -> Iterator[None]:
    """End the process at once, after a line, on Ctrl-C.

    Files are written whole or not at all, so nothing needs to be put in order; and an exception that comes up
    in the middle of compiled code can crash it.
    """

    def end(*_: object) -> None:
        os.write(2, f"{line}\n".encode())
        os._exit(INTERRUPTED)

    before = signal.signal(signal.SIGINT, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
