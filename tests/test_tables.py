from contextlib import suppress
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from actor_critic_gap import files
from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.tables import read_csv, read_table

COLUMNS = ["algorithm", "seed", "iteration", "objective", "diverged"]
WHOLE = pd.DataFrame(
    [(name, seed, step, 0.5, 0) for name in ("ä", "b") for seed in range(3) for step in (0, 10, 20)],
    columns=COLUMNS,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "fig4.csv"


def write(path: Path, table: pd.DataFrame) -> None:
    path.write_bytes(files.csv_bytes(table))


def test_a_table_comes_back_as_it_was_written(path: Path) -> None:
    write(path, WHOLE)
    assert_frame_equal(read_table(path, COLUMNS, COLUMNS[1:]), WHOLE)
    assert_frame_equal(read_csv(path), WHOLE)


def test_labels_are_text_whatever_else_their_column_holds(path: Path) -> None:
    values = {"0": "0", "0.50": "0.5", "1e-4": "0.0001"}
    for written in (values, {"0": "0"}):
        path.write_text("eta,seed,iteration\n" + "".join(f"{value},0,1\n" for value in written))
        table = read_table(path, ["eta", "seed", "iteration"], ["seed", "iteration"])
        assert table["eta"].tolist() == list(written.values())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a CSV table"),
        (b"\n\n", "not a CSV table"),
        (b'seed,iteration\n0,"1\n', "not a CSV table"),
        (b"seed,iteration\n0,\x00\n", "not a CSV table"),
        ("seed,iteration\nä,1\n".encode("latin1"), "not UTF-8"),
        ("seed,iteration\n0,1\n".encode("utf-16"), "not UTF-8"),
        (b"seed,iteration,seed\n0,1,2\n", "column 'seed' twice"),
        (b"seed,iteration\n0,1,2\n", "row 2 has 3 cells: expected 2"),
        (b"seed,iteration\n0,1\n0\n", "row 3 has 1 cells: expected 2"),
        (b"seed,iteration\n0,1\n\n0,2\n", "row 3 has 0 cells: expected 2"),
        (b"seed,objective\n0,1\n", "lacks column iteration"),
        (b"seed,iteration\n", "is empty"),
        (b"seed,iteration\n0,\n", "empty cells"),
        (b"seed,iteration\n0,10\n1,abc\n", "iteration = abc: expected a finite number"),
        (b"seed,iteration\n0,10\n1,inf\n", "iteration = inf: expected a finite number"),
        (b"seed,iteration\n0,1e999\n", "iteration = inf: expected a finite number"),
        (b"seed,iteration\n0.5,10\n", "seed = 0.5: expected one of 0, 1, 2"),
        (b"seed,iteration\n-1,10\n", "seed = -1: expected one of 0, 1, 2"),
        (b"seed,iteration\n1e9,10\n", "seed = 1e\\+09: expected one of 0, 1, 2"),
        (b"seed,iteration\n" + b"9" * 40 + b",1\n", "seed = 1e\\+40: expected one of 0, 1, 2"),
        (b"seed,iteration\n0,nan\n", "iteration = nan: expected a finite number"),
    ],
)
def test_broken_tables_are_refused(path: Path, content: bytes, message: str) -> None:
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=message) as error:
        read_table(path, ["seed", "iteration"], ["seed", "iteration"])
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (pd.concat([WHOLE, WHOLE.iloc[4:5]]), "row 20 twice"),
        (pd.concat([WHOLE, WHOLE.iloc[4:5].assign(objective=0.6)]), "ä: seed 1 has 4 rows: expected 3"),
        (WHOLE.drop(10), "b: seed 0: iteration 10 is missing"),
        (WHOLE.drop(17), "b: seed 2: iteration 20 is missing"),
        (WHOLE[WHOLE["seed"] != 1], "ä: seed 1 is missing"),
        (WHOLE.iloc[[0, 2, 1, *range(3, 18)]], "ä: seed 0: iteration: expected in order"),
    ],
)
def test_rows_that_are_missing_doubled_or_out_of_order_are_refused(
    path: Path, broken: pd.DataFrame, message: str
) -> None:
    write(path, broken)
    with pytest.raises(InvalidInput, match=message):
        read_table(path, COLUMNS, COLUMNS[1:])


def test_a_run_that_diverged_ends_early(path: Path) -> None:
    last = (WHOLE["algorithm"] == "b") & (WHOLE["seed"] == 2)
    early = WHOLE.assign(diverged=last.astype(int)).drop(17)
    write(path, early)
    assert_frame_equal(read_table(path, COLUMNS, COLUMNS[1:]), early)


def test_a_table_that_is_missing_or_too_large_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidInput, match=r"fig4.csv: missing: expected a table"):
        read_csv(path)
    write(path, WHOLE)
    monkeypatch.setattr(files, "MOST_BYTES", 100)
    with pytest.raises(InvalidInput, match=r"fig4.csv: 0 MB: expected a table, at most 0 MB"):
        read_csv(path)


@given(st.one_of(st.binary(max_size=40), st.text('0,1"\n\r\t a\0', max_size=30).map(str.encode)))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_a_table_or_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with suppress(InvalidInput):
        assert len(read_csv(path).columns)
