"""The reference: which modules stand on which page, and what autodoc does not say of them by itself."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

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


def fields(documented: Any) -> list[str]:
    """The settings that a model of settings has, as lines of a docstring: type, default, description."""
    if not (inspect.isclass(documented) and issubclass(documented, BaseModel)) or not documented.model_fields:
        return []
    lines = ["", "Keys:", ""]
    for name, field in documented.model_fields.items():
        kind = inspect.formatannotation(field.annotation).replace("actor_critic_gap.", "")
        value = field.get_default(call_default_factory=True)
        default = "" if field.is_required() else f" = {str(value) if isinstance(value, Path) else repr(value)}"
        described = f": {field.description}" if field.description else ""
        lines.append(f"* ``{name}: {kind}{default}``{described}")
    return lines
