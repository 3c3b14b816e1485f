"""The figures: which runs each can show, and the columns of its table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A figure and its tidy table.

    Attributes:
        algorithms: those whose runs it can show.
        labels: the settings that tell its runs apart; they are columns. Without any it shows one run.
        keys: seed and position of a row.
        measures: what is measured; the summary has a row for each.
        others: further columns.
        texts: those columns besides the labels that do not hold numbers.
        beyond: whether it is one that the paper does not have.

    """

    algorithms: tuple[str, ...]
    labels: tuple[str, ...]
    keys: tuple[str, ...]
    measures: tuple[str, ...]
    others: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    beyond: bool = False

    @property
    def columns(self) -> list[str]:
        """All columns of the table, in order."""
        return [*self.labels, *self.keys, *self.measures, *self.others]

    @property
    def numbers(self) -> list[str]:
        """The columns that hold numbers."""
        return [column for column in self.columns if column not in (*self.labels, *self.texts)]


SAC_KEYS = ("seed", "iteration", "environment_steps")

FIGURES = {
    "fig1": Figure(
        ("actor-o-critic", "actor-g-critic", "stack-ac", "res-ac"),
        ("algorithm",),
        ("seed", "environment_steps"),
        ("episode_return", "objective"),
    ),
    "fig2": Figure(
        ("res-ac",),
        (),
        ("seed", "environment_steps"),
        ("true_return", "critic", "critic_plus_res_critic"),
    ),
    "fig3": Figure(
        ("sac", "stack-sac", "res-sac"),
        ("environment", "algorithm"),
        SAC_KEYS,
        ("evaluation_return",),
        ("training_return", "diverged"),
    ),
    "fig4": Figure(
        ("dynamic-programming",),
        ("actor", "critic"),
        ("seed", "iteration"),
        ("objective", "critic_objective"),
    ),
    "fig5": Figure(
        ("res-sac",),
        ("clip",),
        SAC_KEYS,
        ("evaluation_return",),
        ("training_return", "diverged"),
    ),
    "fig6": Figure(
        ("sac",),
        (),
        SAC_KEYS,
        ("max_abs_td_error", "mean_abs_td_error"),
        ("diverged",),
    ),
    "fig7": Figure(
        ("actor-o-critic", "actor-g-critic", "stack-ac", "res-ac"),
        ("algorithm",),
        ("seed", "environment_steps"),
        ("cosine", "walk_cosine", "relative_bias", "relative_std"),
        beyond=True,
    ),
    "fig8": Figure(
        ("actor-o-critic", "actor-g-critic", "stack-ac", "res-ac"),
        ("algorithm", "eta", "stack_next_action"),
        ("seed", "environment_steps"),
        ("episode_return", "objective", "stackelberg_factor"),
        beyond=True,
    ),
    "fig9": Figure(
        ("robustness",),
        ("critic_init", "at_goal", "actor_lr", "goal"),
        ("res_critic_init", "claim"),
        (),
        ("verdict", "estimate", "ci_low", "ci_high", "n_seeds"),
        texts=("claim", "verdict"),
        beyond=True,
    ),
    "fig10": Figure(
        ("sac", "res-sac"),
        ("environment", "algorithm", "clip", "residual_entropy", "res_critics"),
        SAC_KEYS,
        ("evaluation_return",),
        ("diverged",),
        beyond=True,
    ),
}
