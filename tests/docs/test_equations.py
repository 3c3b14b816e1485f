"""The index of the paper's numbers names functions that there are, where their docstrings say so."""

import pkgutil
from pathlib import Path

import pytest
from extension import equations

INDEX = equations.index()


@pytest.mark.parametrize("name", sorted({name for named in INDEX.values() for name in named}))
def test_what_the_index_names_exists(name: str) -> None:
    if name.startswith("actor_critic_gap.sb3"):
        pytest.importorskip("stable_baselines3")
    assert pkgutil.resolve_name(name) is not None


@pytest.mark.parametrize(
    ("number", "name"),
    [
        ("Eq. 3", "stationary_distribution"),
        ("Eq. 8", "policy_gradient"),
        ("Eq. 9", "actor_g_gradient"),
        ("Eq. 12", "actor_o_gradient"),
        ("Eq. 13", "critic_gradient"),
        ("Eq. 18", "critic_semi_gradient"),
        ("Eq. 29", "correction"),
        ("Eq. 33", "res_actor_gradient"),
        ("Eq. 38", "stackelberg_gradient"),
        ("Eq. 45", "stackelberg_semi_gradient"),
        ("Theorem 2", "stationary_distribution_jacobian"),
    ],
)
def test_the_equations_of_the_paper_are_found(number: str, name: str) -> None:
    assert f"actor_critic_gap.mdp.finite_mdp.{name}" in INDEX[number]


def test_numbers_come_in_the_order_of_the_paper() -> None:
    assert list(INDEX)[:3] == ["Eq. 1", "Eq. 3", "Eq. 4"]
    assert list(INDEX).index("Eq. 9") < list(INDEX).index("Eq. 10") < list(INDEX).index("Theorem 1")
    assert list(INDEX).index("App. D.1") < list(INDEX).index("App. D.1.2")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the distribution (Eqs. 3-5)", ["Eq. 3", "Eq. 4", "Eq. 5"]),
        ("Eqs. 30, 33 and 46", ["Eq. 30", "Eq. 33", "Eq. 46"]),
        ("J_w (Eq. 31); `weights` as in Eq. 11", ["Eq. 31"]),
        ("Algorithms 1-2, App. D.1.2.", ["Algorithm 1", "Algorithm 2", "App. D.1.2"]),
        ("Theorem 1 (a) of 12 states", ["Theorem 1"]),
        ("nothing of Sec. 2", []),
    ],
)
def test_numbers_in_a_text(text: str, expected: list[str]) -> None:
    assert equations.numbers(text) == expected


def test_only_public_summaries_count(tmp_path: Path) -> None:
    package = tmp_path / "paper"
    package.mkdir()
    (package / "room.py").write_text(
        '"""A room."""\n'
        'def _hidden():\n    """Eq. 1."""\n'
        'def shown():\n    """Eq. 2.\n\n    Not Eq. 3.\n    """\n'
        'class Table:\n    def column(self):\n        """A cell a|b of\n        `x_y` and x_y (Eq. 2)."""\n',
        "utf-8",
    )
    found = equations.index(package)
    summary = "A cell a|b of `x_y` and x_y (Eq. 2)."
    assert found == {"Eq. 2": {"paper.room.shown": "Eq. 2.", "paper.room.Table.column": summary}}
    assert equations.escaped(summary) == r"A cell a\|b of `x_y` and x\_y (Eq. 2)."


def test_every_number_has_a_row_on_the_page() -> None:
    page = equations.page()
    for number, named in INDEX.items():
        assert f"| {number.replace(' ', '&nbsp;')} | " in page
        for name in named:
            assert f"<{name}>`" in page
