"""How readers are told what things are: names of algorithms, titles and captions of figures, numbers."""

from __future__ import annotations

from typing import Any

NAMES = {
    "actor-o-critic": "Actor_o-Critic",
    "actor-g-critic": "Actor_g-Critic",
    "stack-ac": "Stack-AC",
    "res-ac": "Res-AC",
}
"""The paper's names of Algorithms 1-4."""

TITLES = {
    "fig1": "FourRoom, learning from samples",
    "fig2": "FourRoom, what critic and res-critic predict",
    "fig3": "Continuous control",
    "fig4": "FourRoom with known dynamics",
    "fig5": "Res-SAC under bounds on the residual",
    "fig6": "The TD error of SAC",
    "fig7": "The gap: bias and spread of the actor's update",
    "fig8": "Stack-AC and its regulariser eta",
    "fig9": "Which claims hang on which unstated choice",
    "fig10": "Where Res-SAC's gain comes from",
}

_OF_CURVES = "Lines are means over the seeds, bands one sample standard deviation (ddof = 1)."
_DIVERGED = "A run that diverged goes on at its least return, as in the verdicts."
_UNTRAINED = "Where untrained policies lie below all that follows, their mean return is written instead."
_OWN = {
    "fig3": f"{_OF_CURVES} {_DIVERGED} {_UNTRAINED}",
    "fig5": f"{_OF_CURVES} {_DIVERGED}",
    "fig6": f"{_OF_CURVES} Largest and mean are over both critics and all minibatches since the row before.",
    "fig7": "Lines are medians over the seeds, bands their middle half.",
    "fig8": "Points are means over the seeds, bars one sample standard deviation (ddof = 1).",
    "fig9": "A row is a claim, a column one combination of choices.",
    "fig10": "Dots are runs, bars the means over the seeds with their 95 % intervals. " + _DIVERGED,
}
CAPTIONS = {figure: _OWN.get(figure, _OF_CURVES) for figure in TITLES}
"""What the marks of each figure are."""


def plain(value: Any) -> str:
    """A setting as text, a number without needless digits."""
    return f"{value:g}" if isinstance(value, float) else str(value)
