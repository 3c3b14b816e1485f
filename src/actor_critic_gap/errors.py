"""The one exception that the package raises for input that it cannot accept, and a hint for its message."""

import difflib
from collections.abc import Iterable


class InvalidInput(ValueError):
    """Bad input; the message is one line that names what, its value and what was expected."""


def did_you_mean(value: str, known: Iterable[str]) -> str:
    """A question about the known value that is most alike; empty where none is."""
    near = difflib.get_close_matches(value, list(known), 1)
    return f"did you mean {near[0]}? " if near else ""
