"""The one exception that the package raises for input that it cannot accept."""


class InvalidInput(ValueError):
    """Bad input; the message is one line that names what, its value and what was expected."""
