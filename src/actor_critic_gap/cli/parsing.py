"""The words of a command line -> a command with its options.

A command is a pydantic model whose fields are its options. tyro is the library for that: it reads such models
themselves, with their types, defaults and descriptions, those of the settings of runs too, so that nothing
about a setting is said twice. What was asked for is then validated by the models, as everything from outside
is. Of tyro's own errors only the facts are taken, from its hook for parse errors, to say them in one line.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Any, ClassVar, Literal, NamedTuple, NoReturn, TypeVar, Union, get_args, get_origin

import tyro
from pydantic import Field
from pydantic.fields import FieldInfo
from tyro import _errors
from tyro.constructors import ConstructorRegistry, StructConstructorSpec, StructFieldSpec, StructTypeInfo

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.files import read_model
from actor_critic_gap.validation import Strict, validated

PROGRAM = "actor-critic-gap"

ALIASES = {"environment": "env"}
"""Short forms of options."""


@dataclass(frozen=True)
class Choices:
    """The values that an option can have, where they are asked for only when needed."""

    names: Callable[[], Iterable[str]]


class Command(Strict):
    """A command; its fields are its options."""

    interrupted: ClassVar[str] = "interrupted"

    @classmethod
    def options(cls) -> dict[str, FieldInfo]:
        """Its options by name."""
        return dict(cls.model_fields)

    def run(self, command_line: str) -> None:
        """Do it.

        Raises:
            InvalidInput: it cannot be done so.

        """
        raise NotImplementedError


Settings = TypeVar("Settings", bound=Strict)


class WithSettings(Command):
    """A command whose options are settings too: those that have a default."""

    model: ClassVar[type[Strict]]

    settings: Path | None = Field(
        None, description="settings in a JSON file; options go before them, and what is no option stands there"
    )
    given: dict[str, Any] = Field({}, description="the settings that are options, where given")

    @classmethod
    def options(cls) -> dict[str, FieldInfo]:
        """Its own options, and the settings that can be any."""
        settings = {
            name: field
            for name, field in cls.model.model_fields.items()
            if not field.is_required() and not _has_one_value(field)
        }
        return {name: field for name, field in (cls.model_fields | settings).items() if name != "given"}

    def read_settings(self, model: type[Settings], where: str) -> Settings:
        """The settings of the file, overridden by those given."""
        there = {}
        if self.settings is not None:
            there = read_model(self.settings, model, "settings").model_dump(mode="json", exclude_unset=True)
        return validated(model, {**there, **self.given}, where)


def _has_one_value(field: FieldInfo) -> bool:
    return get_origin(field.annotation) is Literal and len(get_args(field.annotation)) == 1


class Group(NamedTuple):
    """Commands under one name."""

    about: str
    commands: Mapping[str, type[Command] | Group]


def parse(group: Group, words: Sequence[str]) -> Command:
    """The command that the words ask for.

    Raises:
        InvalidInput: they ask for none, or for one with options that it has not.
        SystemExit: they ask for help, which is printed.

    """
    path, command = _asked_for(group, words)
    registry = ConstructorRegistry()
    registry.struct_rule(_options)
    config = (tyro.conf.DisallowNone, tyro.conf.OmitArgPrefixes)
    with _errors.on_parse_error(lambda event: _refuse(event, " ".join(path), command)):
        found: _Found = _app(group).cli(
            prog=PROGRAM, description=group.about, args=words, config=config, registry=registry
        )
    asked = {word.partition("=")[0].lstrip("-").replace("-", "_") for word in words if word.startswith("--")}
    values = {
        name: value
        for name, value in found.values.items()
        if _is_positional(found.command.options()[name])
        or asked & {name, f"no_{name}", ALIASES.get(name, name)}
    }
    own = {name: value for name, value in values.items() if name in found.command.model_fields}
    settings = {name: value for name, value in values.items() if name not in own}
    return validated(found.command, {**own, "given": settings} if settings else own, " ".join(path))


class _Found(NamedTuple):
    command: type[Command]
    values: dict[str, Any]


def _asked_for(group: Group, words: Sequence[str]) -> tuple[list[str], type[Command] | Group]:
    """As far as the words name commands."""
    path: list[str] = []
    asked: type[Command] | Group = group
    for word in words:
        if not isinstance(asked, Group) or word not in asked.commands:
            break
        path.append(word)
        asked = asked.commands[word]
    return path, asked


def _app(group: Group) -> tyro.extras.SubcommandApp:
    app = tyro.extras.SubcommandApp()
    for name, command in group.commands.items():
        if isinstance(command, Group):
            app.command(_app(command), name=name, help=command.about)
        else:
            app.command(command, name=name)
    return app


def _options(info: StructTypeInfo) -> StructConstructorSpec | None:
    """How tyro reads a command: its options, and their values without any check."""
    command: Any = info.type
    if not (isinstance(command, type) and issubclass(command, Command)):
        return None

    def found(**values: Any) -> _Found:
        return _Found(command, values)

    found.__doc__ = command.__doc__
    fields = [_option(name, field) for name, field in command.options().items()]
    return StructConstructorSpec(found, tuple(fields))


def _option(name: str, field: FieldInfo) -> StructFieldSpec:
    kind: Any = field.rebuild_annotation()
    for choices in field.metadata:
        if isinstance(choices, Choices):
            kind = Literal[tuple(choices.names())]
    if _is_positional(field):
        kind = tyro.conf.Positional[kind]
    default = tyro.MISSING_NONPROP if field.is_required() else field.get_default(call_default_factory=True)
    hint = _short if not field.is_required() else None
    aliases = [f"--{ALIASES[name]}"] if name in ALIASES else None
    kind = tyro._typing_annotated(kind, tyro.conf.arg(help_behavior_hint=hint, aliases=aliases))
    return StructFieldSpec(name, kind, default, field.description)
