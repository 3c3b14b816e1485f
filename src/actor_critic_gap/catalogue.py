"""The figures: what each shows, which runs it can show, and the columns of its table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A figure and its tidy table.

    Attributes:
        title: for the report.
        algorithms: those whose runs it can show.
        labels: the settings that tell its runs apart; they are columns. Without any it shows one run.
        keys: seed and position of a row.
        measures: what is measured; the summary has a row for each.
        others: further columns.

    """

    title: str
    algorithms: tuple[str, ...]
    labels: tuple[str, ...]
    keys: tuple[str, ...]
    measures: tuple[str, ...]
    others: tuple[str, ...] = ()

    @property
    def columns(self) -> list[str]:
        """All columns of the table, in order."""
        return [*self.labels, *self.numbers]

    @property
    def numbers(self) -> list[str]:
        """The columns that hold numbers."""
        return [*self.keys, *self.measures, *self.others]


SAC_KEYS = ("seed", "iteration", "environment_steps")

FIGURES = {
    "fig1": Figure(
        "FourRoom, learning from samples",
        ("actor-o-critic", "actor-g-critic", "stack-ac", "res-ac"),
        ("algorithm",),
        ("seed", "environment_steps"),
        ("episode_return", "objective"),
    ),
    "fig2": Figure(
        "FourRoom, what critic and res-critic predict",
        ("res-ac",),
        (),
        ("seed", "environment_steps"),
        ("true_return", "critic", "critic_plus_res_critic"),
    ),
    "fig3": Figure(
        "Continuous control",
        ("sac", "stack-sac", "res-sac"),
        ("environment", "algorithm"),
        SAC_KEYS,
        ("evaluation_return",),
        ("training_return", "diverged"),
    ),
    "fig4": Figure(
        "FourRoom with known dynamics",
        ("dynamic-programming",),
        ("actor", "critic"),
        ("seed", "iteration"),
        ("objective", "critic_objective"),
    ),
    "fig5": Figure(
        "Res-SAC under bounds on the residual",
        ("res-sac",),
        ("clip",),
        SAC_KEYS,
        ("evaluation_return",),
        ("training_return", "diverged"),
    ),
    "fig6": Figure(
        "The TD error of SAC",
        ("sac",),
        (),
        SAC_KEYS,
        ("max_abs_td_error", "mean_abs_td_error"),
        ("diverged",),
    ),
}
