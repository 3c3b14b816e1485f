"""Passports: what a table or a figure was made of, beside it and in it, and the walk back along them.

A passport is JSON. A table's names its runs with settings, seeds and hashes of their progress; a figure's
names its table, by path and hash, and stands in the figure's own metadata too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.runs.checkout import sha256
from actor_critic_gap.runs.folder import PROGRESS, RECORD, Run

KEY = "passport"
"""Of the passport in a PNG's text; a PDF has it among its keywords."""

TABLE_KEYS, FIGURE_KEYS = {"sha256", "command", "runs"}, {"inputs", "settings", "command", "files"}


def beside(path: Path) -> Path:
    """Where the passport of a table or figure lies."""
    return path.with_suffix(".json")


def of_table(table: bytes, runs: Sequence[Run], command: str) -> dict[str, Any]:
    """The passport of a table (its bytes) made of runs."""
    members = [
        {
            "folder": run.folder.as_posix(),
            "progress": sha256(run.folder / PROGRESS),
            "source": run.source_hash,
            "seeds": run.seeds,
            "settings": run.settings,
        }
        for run in runs
    ]
    return {"sha256": hashlib.sha256(table).hexdigest(), "command": command, "runs": members}


def of_figure(inputs: Sequence[Path], command: str) -> dict[str, Any]:
    """The passport of a figure made of files, the first of them its table."""
    table = read(beside(inputs[0]), TABLE_KEYS)
    described = [{key: run[key] for key in ("settings", "seeds", "source")} for run in table["runs"]]
    return {
        "inputs": {path.as_posix(): sha256(path) for path in inputs},
        "settings": hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest(),
        "command": command,
    }


def environments(table: Path) -> list[str]:
    """The gymnasium environments of the runs that a table is made of; none for FourRoom's."""
    settings = [run["settings"] for run in read(beside(table), TABLE_KEYS)["runs"]]
    return list(dict.fromkeys(each["environment"] for each in settings if "environment" in each))


def in_figure(path: Path) -> dict[str, Any] | None:
    """The passport that a PNG carries; None for other files."""
    if path.suffix != ".png":
        return None
    try:
        with Image.open(path) as image:
            text = image.info.get(KEY)
        return None if text is None else dict(json.loads(text))
    except (OSError, ValueError):
        raise InvalidInput(f"{path}: not a PNG figure") from None


def why(figure: Path) -> tuple[list[str], list[str]]:
    """The chain from a figure to its settings, in lines, and what in it no longer matches.

    Paths in passports are those that the commands were given; they are looked up from the current folder.

    Raises:
        InvalidInput: the figure or a passport is missing or not readable.

    """
    if not figure.is_file():
        raise InvalidInput(f"{figure}: missing: expected a figure")
    passport = read(beside(figure), FIGURE_KEYS)
    own = {Path(name).name: digest for name, digest in passport["files"].items()}
    if figure.name not in own:
        raise InvalidInput(f"{beside(figure)}: not the passport of {figure.name}: expected {', '.join(own)}")
    problems = _mismatch(figure, own[figure.name])
    carried = in_figure(figure)
    if carried is not None and carried != {k: v for k, v in passport.items() if k != "files"}:
        problems.append(f"{figure}: carries another passport than {beside(figure)}")
    lines = [f"{figure}", f"  made by   {passport['command']}", f"  settings  {passport['settings']}"]
    tables = [Path(name) for name in passport["inputs"] if name.endswith(".csv")]
    for name, digest in passport["inputs"].items():
        problems += _mismatch(Path(name), digest)
        lines.append(f"  from      {name}  {digest[:16]}")
    for table in tables:
        chain, wrong = _why_table(table)
        lines += chain
        problems += wrong
    return lines, problems


def _why_table(table: Path) -> tuple[list[str], list[str]]:
    passport = read(beside(table), TABLE_KEYS)
    problems = _mismatch(table, passport["sha256"])
    lines = [f"{table}", f"  made by   {passport['command']}"]
    for run in passport["runs"]:
        folder = Path(run["folder"])
        settings = " ".join(f"{key}={_plain(value)}" for key, value in run["settings"].items())
        lines += [
            f"  from      {folder}  progress {run['progress'][:16]}  code {run['source'][:16]}",
            f"              seeds {', '.join(map(str, run['seeds']))}; {settings}",
        ]
        problems += _mismatch(folder / PROGRESS, run["progress"])
        problems += _other_record(folder, run)
    return lines, problems


def _other_record(folder: Path, run: Mapping[str, Any]) -> Iterator[str]:
    path = folder / RECORD
    if not path.is_file():
        yield f"{path}: missing"
        return
    record = read(path, {"settings", "seeds", "source_hash"})
    for key, name in (("settings", "settings"), ("seeds", "seeds"), ("source", "source_hash")):
        if record.get(name) != run[key]:
            yield f"{path}: other {name} than the table was made of"


def _mismatch(path: Path, digest: str) -> list[str]:
    if not path.is_file():
        return [f"{path}: missing"]
    found = sha256(path)
    return [] if found == digest else [f"{path}: sha256 {found[:16]}…, expected {digest[:16]}…"]


def read(path: Path, keys: Collection[str]) -> dict[str, Any]:
    """A JSON file that must have these keys.

    Raises:
        InvalidInput: it is missing or is something else.

    """
    try:
        content = json.loads(path.read_text())
    except FileNotFoundError:
        raise InvalidInput(f"{path}: missing: expected what tells where results come from") from None
    except (json.JSONDecodeError, UnicodeDecodeError):
        content = None
    if not isinstance(content, dict) or not set(keys) <= set(content):
        raise InvalidInput(f"{path}: expected a JSON object with {', '.join(sorted(keys))}")
    return content


def _plain(value: Any) -> str:
    return json.dumps(value, separators=(",", ":")) if isinstance(value, list) else str(value)
