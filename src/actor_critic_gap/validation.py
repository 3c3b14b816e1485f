"""How data from outside is checked: strictly, and with one line that names what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
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


Model = TypeVar("Model", bound=BaseModel)


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
