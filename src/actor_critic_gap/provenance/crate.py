"""What an RO-Crate of an experiment is, as `verify` and the archive read it.

It lies in results/<config>/ as ro-crate-metadata.json, describes what is in results/<config>/ and
figures/<config>/ and the workflow that made it, and names every file by its path from its own folder, so
that the same file serves any tool that reads RO-Crates (version 1.1, Workflow Run Crate 0.5).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import unquote

from pydantic import BaseModel, ConfigDict, Field

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.files import read_model

NAME = "ro-crate-metadata.json"
VERSION = "1.1"
TERMS = {
    term: f"https://w3id.org/ro/terms/workflow-run#{term}"
    for term in ("environment", "resourceUsage", "sha256")
}
"""What crates have beyond the context of RO-Crate, with its meaning in the Workflow Run Crate profile."""

CONTEXT: list[Any] = [f"https://w3id.org/ro/crate/{VERSION}/context", TERMS]


class Entity(BaseModel):
    """A node of a crate's graph; `@type` is one or several, and other properties are as they come."""

    model_config = ConfigDict(extra="allow", strict=True)

    id: Annotated[str, Field(alias="@id")]
    type: Annotated[str | list[str], Field(alias="@type")]
    sha256: str | None = None

    @property
    def types(self) -> list[str]:
        """Its types, also where it is one."""
        return [self.type] if isinstance(self.type, str) else self.type


class Crate(BaseModel):
    """A crate as it is written: its context and its graph."""

    model_config = ConfigDict(strict=True)

    context: Annotated[Any, Field(alias="@context")]
    graph: Annotated[list[Entity], Field(alias="@graph", min_length=1)]

    def files(self) -> Iterator[Entity]:
        """The files that it describes."""
        return (entity for entity in self.graph if "File" in entity.types)


def read_crate(path: Path) -> Crate:
    """Read a crate; raises InvalidInput where it is none."""
    return read_model(path, Crate, "the RO-Crate of an experiment")


def top(crate: Path) -> Path:
    """The folder that a crate may name files of: its checkout if it is in results/<config>/, else its own."""
    folder = crate.absolute().parent
    return folder.parent.parent if folder.parent.name == "results" else folder


def within(crate: Path, identifier: str) -> Path:
    """The file that a crate means by an identifier.

    Raises:
        InvalidInput: it is absolute, a URL, or leads out of `top`.

    """
    name = unquote(identifier)
    file = Path(os.path.normpath(crate.parent / name))
    url, absolute = re.match(r"[a-zA-Z][\w+.-]*:", identifier), Path(name).is_absolute()
    if url or absolute or "\0" in name or os.path.relpath(file, top(crate)).startswith(".."):
        raise InvalidInput(f"{crate}: {identifier!r}: expected a relative path that stays in its checkout")
    return file
