"""The words of a command line -> a command with its options.

A command is a pydantic model whose fields are its options. tyro is the library for that: it reads such models
themselves, with their types, defaults and descriptions, those of the settings of runs too, so that nothing
about a setting is said twice. What was asked for is then validated by the models, as everything from outside
is. Of tyro's own errors only the facts are taken, from its hook for parse errors, to say them in one line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FunctionType
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, NoReturn, get_args, get_origin

import tyro
from pydantic import BaseModel, Field
from pydantic.fields import FieldInfo
from tyro import _errors
from tyro.constructors import ConstructorRegistry, StructConstructorSpec, StructFieldSpec, StructTypeInfo

from actor_critic_gap.errors import InvalidInput, did_you_mean
from actor_critic_gap.files import read_model
from actor_critic_gap.runs.checkout import PROJECT
from actor_critic_gap.validation import Strict, validated

ALIASES = {"environment": "env"}
"""Other names of options."""


class Command(Strict):
    """A command; its fields are its options.

    A function among the annotations of a field gives its choices, where they are asked for only when needed.
    """

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


class WithSettings(Command):
    """A command whose options are settings too: those that have a default."""

    model: ClassVar[type[Strict]]

    settings: Path | None = Field(None, description="settings in a JSON file; options override them")
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

    def read_settings(self, where: str) -> Any:
        """The settings of the file, overridden by those given."""
        if self.settings is None:
            return validated(self.model, self.given, where)
        if not self.given:
            return read_model(self.settings, self.model, "settings")
        there = read_model(self.settings, _Anything, "settings").model_dump()
        return validated(self.model, {**there, **self.given}, f"{self.settings} with options")


class _Anything(BaseModel, extra="allow"):
    """Settings of which others override some before they are checked."""


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
    for before, word in zip(("", *words), words, strict=False):
        option, equals, value = word.partition("=") if word.startswith("--") else (before, "=", word)
        if equals and not value:
            name = option if option.startswith("--") else "argument"
            raise InvalidInput(f"{' '.join(path) or PROJECT}: {name}: empty: expected a value")
    if words and words[0].startswith("--tyro"):  # its own options, which fail otherwise than by its hook
        raise InvalidInput(f"{PROJECT}: {_unknown(words[0], group)}")
    registry = ConstructorRegistry()
    registry.struct_rule(_options)
    config = (tyro.conf.DisallowNone, tyro.conf.OmitArgPrefixes)
    with _errors.on_parse_error(lambda event: _refuse(event, " ".join(path), command)):
        values: dict[str, Any] = _app(group).cli(
            prog=PROJECT, description=group.about, args=words, config=config, registry=registry
        )
    assert not isinstance(command, Group)
    asked = {word.partition("=")[0].lstrip("-").replace("-", "_") for word in words if word.startswith("--")}
    own = {name: value for name, value in values.items() if name in command.model_fields}
    given = {
        name: value
        for name, value in values.items()
        if name not in own and asked & {name, f"no_{name}", ALIASES.get(name, name)}
    }
    return validated(command, {**own, "given": given} if given else own, " ".join(path))


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
            app.command(name=name)(command)
    return app


def _options(info: StructTypeInfo) -> StructConstructorSpec | None:
    """How tyro reads a command: its options, and their values without any check."""
    command: Any = info.type
    if not (isinstance(command, type) and issubclass(command, Command)):
        return None

    def found(**values: Any) -> dict[str, Any]:
        return values

    found.__doc__ = command.__doc__
    fields = [_option(name, field) for name, field in command.options().items()]
    return StructConstructorSpec(found, tuple(fields))


def _option(name: str, field: FieldInfo) -> StructFieldSpec:
    names = [choices() for choices in field.metadata if isinstance(choices, FunctionType)]
    kind: Any = Literal[tuple(names[0])] if names else field.annotation
    aliases = [_flag(ALIASES[name])] if name in ALIASES else None
    hint = None if field.is_required() else _default
    argument = tyro.conf.arg(help_behavior_hint=hint, aliases=aliases)
    default = tyro.MISSING_NONPROP if field.is_required() else field.get_default(call_default_factory=True)
    marked = Annotated[(kind, argument, *field.metadata)]
    return StructFieldSpec(name, marked, default, f"{field.description}{_bounds(field)}")


def _bounds(field: FieldInfo) -> str:
    """The bounds of a number in words, of those of one kind the last, which is the narrowest."""
    signs = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}
    found = {
        sign: f"{sign} {getattr(bound, name):,.12g}"
        for name, sign in signs.items()
        for bound in field.metadata
        if hasattr(bound, name)
    }
    return f"; {', '.join(found.values())}" if found else ""


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _default(shown: str) -> str:
    if shown in ("None", ""):
        return "(optional)"
    return f"(default: {shown if len(shown) < 60 else shown[:40] + '…'})"


def _refuse(event: _errors.ParseErrorEvent, where: str, asked: type[Command] | Group) -> NoReturn:
    """Say in one line what tyro found wrong: what, its value, and what was expected."""
    match event:
        case (
            _errors.UnrecognizedArgs(tokens=[token, *_])
            | _errors.MissingArgs(unrecognized_tokens=[token, *_])
        ):
            problem = _unknown(token, asked)
        case _errors.MissingArgs():
            problem = f"missing: expected {', '.join(_name(each.arg) for each in event.missing_arguments)}"
        case _errors.MissingSubcommand():
            problem = f"expected one of {', '.join(event.subcommand_spec.parser_from_name)}"
        case _errors.InvalidChoice(value=value, choices=choices):
            near = did_you_mean(value, choices)
            problem = f"{_name(event.argument)} = {value!r}: {near}expected one of {', '.join(choices)}"
        case _errors.InstantiationFailure(argument=argument) if argument is not None:
            expected = str(argument.lowered.metavar)
            quoted = re.search(r"'(.*)'", event.message)
            near = did_you_mean(quoted[1], re.findall(r"[\w.-]+", expected)) if quoted else ""
            given = f" = {quoted[0]}" if quoted else ""
            problem = f"{_name(argument)}{given}: {near}expected {expected}"
        case _errors.BadValue(argument=argument):
            problem = f"{_name(argument)}: value missing: expected {argument.lowered.metavar}"
        case _errors.MutexConflict():
            problem = f"{event.first_token} and {event.second_token}: expected one of them"
        case _:
            problem = f"cannot be read: see {event.prog} --help"
    raise InvalidInput(f"{where or PROJECT}: {problem}")


def _unknown(token: str, asked: type[Command] | Group) -> str:
    if isinstance(asked, Group):
        names = list(asked.commands)
        if token.startswith("-"):
            return f"{token!r} without a command: expected one of {', '.join(names)} before it"
        return f"unknown command {token!r}: {did_you_mean(token, names)}expected one of {', '.join(names)}"
    if not token.startswith("-"):
        return f"{token!r}: expected no further value"
    flags = [_flag(name) for name in asked.options()]
    option = token.partition("=")[0]
    return f"unknown option {option!r}: {did_you_mean(option, flags) or 'see '}--help lists them"


def _name(argument: Any) -> str:
    return str(argument.display_name()).partition("/")[0]
