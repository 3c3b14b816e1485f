"""The figures, one module each, `fig1.py` and so on; a module that is added here is one more."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from actor_critic_gap.figures.figure import Figure

_NUMBERS = sorted(
    int(module.name[3:])
    for module in pkgutil.iter_modules(__path__)
    if module.name.startswith("fig") and module.name[3:].isdigit()
)

FIGURES: dict[str, Figure] = {
    f"fig{number}": import_module(f"{__name__}.fig{number}").FIGURE for number in _NUMBERS
}
"""Each by its name, in order."""
