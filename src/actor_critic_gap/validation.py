"""How data from outside is checked: strictly, and with one line that names what is wrong."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from actor_critic_gap.errors import InvalidInput

Count = Annotated[int, Field(gt=0, le=1_000_000)]
Length = Annotated[int, Field(gt=0, le=100_000_000)]
LearningRate = Annotated[float, Field(gt=0, le=1)]
Deviation = Annotated[float, Field(ge=0, le=1e6)]


class Strict(BaseModel):
    """Data from outside: unknown keys, wrong types and numbers that are not finite are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, data: Any) -> Any:
        if isinstance(data, Mapping):
            for key in data:
                if key not in cls.model_fields:
                    known = ", ".join(cls.model_fields)
                    raise PydanticCustomError(
                        "unknown_key",
                        "unknown key {key}; expected one of: {known}",
                        {"key": repr(key), "known": known},
                    )
        return data


Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]

MOST_SEEDS = 10_000
"""What a config can ask for."""

Seeds = Annotated[
    list[Annotated[int, Field(ge=0, lt=MOST_SEEDS)]], Field(min_length=1, max_length=MOST_SEEDS)
]

MOST_VALUES, MOST_NESTED = 500_000, 30
"""How much a file in JSON or YAML may hold, with what it repeats by reference, and how deep."""

MOST_MEGABYTES = 32_000
"""That any run of an experiment may take, wherever it is trained."""

HERE_MEGABYTES = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e6
"""Of the memory of this machine."""

Model = TypeVar("Model", bound=BaseModel)


def check_size(content: Any, where: str) -> None:
    """Refuse what would take for ever to walk through.

    Raises:
        InvalidInput: nested lists and mappings hold more than `MOST_VALUES`, or are more than `MOST_NESTED`
            deep.

    """
    level, n_values = [content], 0
    for _ in range(MOST_NESTED):
        nested = [value for value in level if isinstance(value, (list, Mapping))]
        n_values += sum(map(len, nested))
        if n_values > MOST_VALUES:
            raise InvalidInput(f"{where}: more than {MOST_VALUES} values: expected fewer")
        level = [
            each for value in nested for each in (value.values() if isinstance(value, Mapping) else value)
        ]
        if not level:
            return
    raise InvalidInput(f"{where}: nested more than {MOST_NESTED} deep: expected less")


def check_numbers(data: Any, where: str = "") -> None:
    """Refuse a text that is a number, as YAML takes 1e-3 for one.

    Raises:
        InvalidInput: one stands in nested mappings and lists; the message says how YAML has it.

    """
    for key, text in _texts(data, ""):
        if number := _number(text):
            expected = f"text: expected a number (in YAML write {number})"
            raise InvalidInput(f"{where}{key.lstrip('.')} = {text!r}: {expected}")


def validated(model: type[Model], data: Any, where: str) -> Model:
    """`data` as `model`, or InvalidInput with one line: where, which key, its value, what is expected."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first, *others = error.errors()
        key = "".join(
            f"[{part}]" if isinstance(part, int) else f".{part}"
            for part in first["loc"]
            if not str(part).endswith("float") and not str(part).startswith("literal[")  # of a union
        )
        message = first["msg"].removeprefix("Value error, ")
        value = first["input"]
        if first["type"] == "missing":
            line = f"{key.lstrip('.')}: missing key"
        elif key and first["type"] not in ("unknown_key", "value_error"):
            line = f"{key.lstrip('.')} = {value!r}: {message[0].lower()}{message[1:]}"
        else:
            line = f"{key.lstrip('.')}: {message}".removeprefix(": ")
        more = f" (and {len(others)} more)" if others else ""
        raise InvalidInput(" ".join(f"{where}: {line}{more}".split())) from None


def _texts(data: Any, key: str) -> Iterator[tuple[str, str]]:
    """Every text in nested mappings and lists, with the key at which it stands."""
    if isinstance(data, str):
        yield key, data
    elif isinstance(data, Mapping):
        for name, inner in data.items():
            yield from _texts(inner, f"{key}.{name}")
    elif isinstance(data, list):
        for position, inner in enumerate(data):
            yield from _texts(inner, f"{key}[{position}]")


def _number(text: str) -> str | None:
    """How YAML has a number that stands there as text, as it does with 1e-3; None if it is none."""
    mantissa, _, exponent = text.strip().lower().partition("e")
    try:
        value = float(text)
        number = f"{float(mantissa)}e{int(exponent):+d}" if exponent else mantissa
    except ValueError:
        return None
    if not math.isfinite(value):
        return None
    return f"{value:.0f}" if value.is_integer() else number
