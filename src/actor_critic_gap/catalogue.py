"""The figures: what each shows, which runs it can show, and the columns of its table."""

from __future__ import annotations

from dataclasses import dataclass

NAMES = {
    "actor-o-critic": "Actor_o-Critic",
    "actor-g-critic": "Actor_g-Critic",
    "stack-ac": "Stack-AC",
    "res-ac": "Res-AC",
}
"""The paper's names of Algorithms 1-4."""


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
        texts: those columns besides the labels that do not hold numbers.
        beyond: whether it is one that the paper does not have.
        caption: what its marks are.

    """

    title: str
    algorithms: tuple[str, ...]
    labels: tuple[str, ...]
    keys: tuple[str, ...]
    measures: tuple[str, ...]
    others: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    beyond: bool = False
    caption: str = "Lines are means over the seeds, bands one sample standard deviation (ddof = 1)."

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
    "fig7": Figure(
        "The gap: bias and spread of the actor's update",
        ("actor-o-critic", "actor-g-critic", "stack-ac", "res-ac"),
        ("algorithm",),
        ("seed", "environment_steps"),
        ("cosine", "walk_cosine", "relative_bias", "relative_std"),
        beyond=True,
        caption="Lines are medians over the seeds, bands their middle half.",
    ),
    "fig8": Figure(
        "Stack-AC and its regulariser eta",
        ("actor-o-critic", "actor-g-critic", "stack-ac", "res-ac"),
        ("algorithm", "eta", "stack_next_action"),
        ("seed", "environment_steps"),
        ("episode_return", "objective", "stackelberg_factor"),
        beyond=True,
        caption="Points are means over the seeds, bars one sample standard deviation (ddof = 1).",
    ),
    "fig9": Figure(
        "Which claims hang on which unstated choice",
        ("robustness",),
        ("critic_init", "at_goal", "actor_lr", "goal"),
        ("res_critic_init", "claim"),
        (),
        ("verdict", "estimate", "ci_low", "ci_high", "n_seeds"),
        texts=("claim", "verdict"),
        beyond=True,
        caption="A row is a claim, a column one combination of choices.",
    ),
    "fig10": Figure(
        "Where Res-SAC's gain comes from",
        ("sac", "res-sac"),
        ("environment", "algorithm", "clip", "residual_entropy", "res_critics"),
        SAC_KEYS,
        ("evaluation_return",),
        ("diverged",),
        beyond=True,
        caption="Dots are runs, bars the means over the seeds with their 95 % intervals.",
    ),
}
