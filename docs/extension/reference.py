"""The reference: which modules stand on which page, and what autodoc does not say of them by itself."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_type_hints

from pydantic import BaseModel

from extension.equations import PACKAGE


def modules(room: str, package: Path = PACKAGE) -> list[str]:
    """The dotted names of a room's modules, or that of the module where the room is one.

    Args:
        room: a name below the package.
        package: folder of the package.

    """
    if (package / f"{room}.py").is_file():
        return [f"{package.name}.{room}"]
    files = sorted((package / room).rglob("*.py"))
    return [
        ".".join([package.name, *path.relative_to(package).with_suffix("").parts]).removesuffix(".__init__")
        for path in files
    ]


def page(*rooms: str) -> str:
    """The reference of some rooms as Markdown: each module with all that is public in it."""
    lines = list[str]()
    for module in (module for room in rooms for module in modules(room)):
        directive = [f".. automodule:: {module}", "   :members:", "   :ignore-module-all:"]
        lines += [f"## `{module.partition('.')[2]}`", "", "```{eval-rst}", *directive, "```", ""]
    return "\n".join(lines)


def short(signature: str) -> str:
    """A signature with arrays by the name under which they are imported."""
    array = r"~?numpy\.ndarray\[tuple\[~?typing\.Any, \.\.\.\], ~?numpy\.dtype\[(.+?)\]\]"
    return re.sub(array, r"~numpy.typing.NDArray[\1]", signature)


def as_written(lines: list[str]) -> list[str]:
    """The docstring of an attribute as it was written, if it was.

    Napoleon takes what stands before a colon for its type.
    """
    if lines and lines[0].startswith("Alias for field number"):
        return []  # Python's own words on a field of a named tuple
    kind = next((line for line in lines if line.startswith(":type: ")), None)
    if kind is None:
        return lines
    rest = [line for line in lines if line is not kind]
    return [f"{kind.removeprefix(':type: ')}: {rest[0]}", *rest[1:]]


def fields(documented: Any) -> list[str]:
    """The settings that a model of settings has, as lines of a docstring: type, default, description."""
    if not (inspect.isclass(documented) and issubclass(documented, BaseModel)) or not documented.model_fields:
        return []
    annotations = {name: field.annotation for name, field in documented.model_fields.items()}
    types = get_type_hints(SimpleNamespace(__annotations__=annotations))  # without their bounds
    lines = ["", "Keys:", ""]
    for name, field in documented.model_fields.items():
        kind = inspect.formatannotation(types[name]).replace("actor_critic_gap.", "")
        value = field.get_default(call_default_factory=True)
        default = (
            "" if field.is_required() else f" = {str(value) if isinstance(value, Path) else repr(value)}"
        )
        described = f": {field.description}" if field.description else ""
        lines.append(f"* ``{name}: {kind}{default}``{described}")
    return lines
