"""Strategies for files that nobody would write, and what every command must do with them."""

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from actor_critic_gap.cli.main import main
from actor_critic_gap.errors import InvalidInput

words = st.sampled_from(["", "algorithm", "sac", "res-ac", "fig1", "none", "from-sac", "é\n", "10", "9" * 40])
scalars = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 10**12), st.floats(), words, st.text(max_size=3)
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
cells = st.sampled_from(
    ["", "nan", "inf", "-1", "1e999", "x", "2", '"', ",", "0.5", "\x00", "é", "9" * 400, "True"]
)

NO_JSON = [
    b"",
    b"\xff\xfe{\x00",
    b"[" * 100_000,
    b'{"a":' * 900 + b"1" + b"}" * 900,
    b'{"a": %s}' % (b"9" * 5000),
]
NO_JSON += [b'{"\\ud800": 1}', b"NaN", b"[]", b"[%s]" % (b"0," * 10**6 + b"0"), b"x" * 20_000_000]
"""Empty, of another encoding, nested, huge."""


def places(content: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of everything in nested lists and dictionaries."""
    inner = content.items() if isinstance(content, dict) else enumerate(content)
    for key, value in inner:
        yield (*path, key)
        if isinstance(value, (dict, list)):
            yield from places(value, (*path, key))


def broken(content: Any) -> st.SearchStrategy[Any]:
    """The content with one to three places replaced, dropped, or given a further key."""
    everywhere = list(places(content))

    @st.composite
    def build(draw: st.DrawFn) -> Any:
        changed = deepcopy(content)
        for _ in range(draw(st.integers(1, 3))):
            *path, last = draw(st.sampled_from(everywhere))
            inner = changed
            try:
                for key in path:
                    inner = inner[key]
                action = draw(st.sampled_from(["replace", "drop", "add"]))
                if action == "drop":
                    del inner[last]
                elif action == "add" and isinstance(inner, dict):
                    inner[draw(words)] = draw(values)
                else:
                    inner[last] = draw(values)
            except (KeyError, IndexError, TypeError):
                continue  # an earlier change took the place away
        return changed

    return build()


@st.composite
def damaged(draw: st.DrawFn, text: str, separator: str = ",") -> bytes:
    """A table with a few cells, rows or columns changed, or cut off."""
    rows = [line.split(separator) for line in text.splitlines()]
    for _ in range(draw(st.integers(1, 3))):
        if not rows:
            break
        i = draw(st.integers(0, len(rows) - 1))
        action = draw(st.sampled_from(["cell", "drop row", "repeat row", "drop column", "cut"]))
        if action == "cell" and rows[i]:
            rows[i][draw(st.integers(0, len(rows[i]) - 1))] = draw(cells)
        elif action == "drop row":
            del rows[i]
        elif action == "repeat row":
            rows.insert(i, list(rows[i]))
        elif action == "drop column":
            column = draw(st.integers(0, 8))
            rows = [row[:column] + row[column + 1 :] for row in rows]
        elif action == "cut":
            return "\n".join(map(separator.join, rows)).encode()[: draw(st.integers(0, 400))]
    return ("\n".join(map(separator.join, rows)) + "\n").encode()


def accepted_or_refused_in_one_line(call: Any, *arguments: Any) -> Any:
    try:
        return call(*arguments)
    except InvalidInput as error:
        line = str(error)
        assert line
        assert "\n" not in line
        return None


def tree(folder: Path) -> dict[Path, bytes]:
    """Every file below a folder."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def works_or_changes_nothing(command: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> int:
    """The command works, or exits with 2 after one line and leaves every file as it was; its exit code."""
    before = tree(folder)
    capsys.readouterr()
    code = main(command.split())
    error = capsys.readouterr().err
    assert code in (0, 2)
    if code == 2:
        assert error.startswith("error: ")
        assert error.count("\n") == 1
        assert error[:-1].isprintable()
        assert tree(folder) == before
    return code
