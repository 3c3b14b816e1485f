from pathlib import Path

import pytest

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.tables import read_table


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "not a CSV table"),
        ("seed,objective\n0,1\n", "lacks column iteration"),
        ("seed,iteration\n", "is empty"),
        ("seed,iteration\n0,\n", "empty cells"),
        ("seed,iteration\n0,10\n1,abc\n", "iteration = abc: expected a finite number"),
        ("seed,iteration\n0,10\n1,inf\n", "iteration = inf: expected a finite number"),
        ("seed,iteration\n0.5,10\n", "seed = 0.5: expected one of 0, 1, 2"),
        ("seed,iteration\n-1,10\n", "seed = -1: expected one of 0, 1, 2"),
        ("seed,iteration\n1e9,10\n", "seed = 1e\\+09: expected one of 0, 1, 2"),
        ("seed,iteration\n0,nan\n", "iteration = nan: expected a finite number"),
    ],
)
def test_broken_tables_are_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "fig4.csv"
    path.write_text(content)
    with pytest.raises(InvalidInput, match=message):
        read_table(path, ["seed", "iteration"], ["seed", "iteration"])
