"""The paper's numbers as an index: which function is Eq. 12, by what docstrings name in their summary."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "src" / "actor_critic_gap"

_LIST = r"(\d+(?:(?:-|, | and | or )\d+)*)"
KINDS = {
    "Eq.": rf"(?<!as in )Eqs?\. {_LIST}",
    "Theorem": rf"Theorems? {_LIST}",
    "Algorithm": rf"(?:Algorithms?|Alg\.) {_LIST}",
    "App.": r"(?<!as in )App\. ([A-D](?:\.\d+)*)",
}
"""What is numbered, and how docstrings name it."""


def index(package: Path = PACKAGE) -> dict[str, dict[str, str]]:
    """What implements each numbered thing of the paper.

    Args:
        package: folder of the package, which is read and not imported.

    Returns:
        By name ("Eq. 12"), in the paper's order: the summaries of public functions, methods, classes and
        modules by their dotted names.

    """
    named = defaultdict[str, dict[str, str]](dict)
    for name, docstring in _docstrings(package):
        summary = " ".join(docstring.split("\n\n")[0].split())
        for number in numbers(summary):
            named[number][name] = summary
    return {number: named[number] for number in sorted(named, key=_order)}


def numbers(text: str) -> list[str]:
    """The numbered things that a text names, ranges in full: "Eqs. 3-4" are Eq. 3 and Eq. 4."""
    named = []
    for kind, pattern in KINDS.items():
        for listed in re.findall(pattern, text):
            if kind == "App.":
                named.append(f"{kind} {listed}")
                continue
            for first, last in re.findall(r"(\d+)(?:-(\d+))?", listed):
                named += [f"{kind} {number}" for number in range(int(first), int(last or first) + 1)]
    return named


def _order(number: str) -> tuple[int, list[tuple[int, str]]]:
    kind, _, rest = number.partition(" ")
    parts = [(int(part), "") if part.isdigit() else (0, part) for part in rest.split(".")]
    return list(KINDS).index(kind), parts


def _docstrings(package: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        module = ".".join(parts).removesuffix(".__init__")
        yield from _of(ast.parse(path.read_text("utf-8")), module)


def _of(node: ast.Module | ast.ClassDef | ast.FunctionDef, name: str) -> Iterator[tuple[str, str]]:
    yield name, ast.get_docstring(node) or ""
    if isinstance(node, ast.FunctionDef):
        return
    for child in node.body:
        if isinstance(child, ast.ClassDef | ast.FunctionDef) and not child.name.startswith("_"):
            yield from _of(child, f"{name}.{child.name}")


def page() -> str:
    """The index as Markdown, a table for each kind of number."""
    titles = {"Eq.": "Equations", "Theorem": "Theorems", "Algorithm": "Algorithms", "App.": "Appendices"}
    entries = index()
    lines = list[str]()
    for kind, title in titles.items():
        lines += [f"## {title}", "", "| | in the package |", "|---|---|"]
        for number, implemented in entries.items():
            if number.startswith(f"{kind} "):
                shown = [number.replace(" ", "&nbsp;"), *[""] * (len(implemented) - 1)]
                for label, (name, summary) in zip(shown, implemented.items(), strict=True):
                    lines.append(f"| {label} | {link(name)}<br>{escaped(summary)} |")
        lines.append("")
    return "\n".join(lines)


def link(name: str) -> str:
    """A dotted name as a link to its place in the reference, without the name of the package."""
    return f"{{py:obj}}`{name.removeprefix('actor_critic_gap.')} <{name}>`"


def escaped(text: str) -> str:
    """Plain text, code in backticks, as a cell of a Markdown table."""
    parts = text.replace("|", "\\|").split("`")
    parts[::2] = [re.sub(r"([\\*_<$\[\]])(?!\|)", r"\\\1", part) for part in parts[::2]]
    return "`".join(parts)
