from pathlib import Path

import pandas as pd
import pytest
from pydantic import BaseModel

from actor_critic_gap import files
from actor_critic_gap.errors import InvalidInput


class Thing(BaseModel):
    size: int


def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "fig1.csv"
    files.write_atomically(path, b"old")

    def no_space(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", no_space)
    with pytest.raises(OSError, match="No space left"):
        files.write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_process_left_is_written_over(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "fig1.csv"
    path.parent.mkdir()
    path.with_name(".fig1.csv.part").write_bytes(b"half of a longer file")
    files.write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(path.parent.iterdir()) == [path]


def test_tables_and_json_are_the_same_bytes_everywhere() -> None:
    table = pd.DataFrame({"name": ["ä"], "value": [1 / 3]})
    assert files.csv_bytes(table) == "name,value\nä,0.333333333333\n".encode()
    assert files.json_bytes({"b": 1, "a": [None]}) == b'{\n "b": 1,\n "a": [\n  null\n ]\n}\n'


def test_a_hash_is_that_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"abc")
    assert files.sha256(tmp_path / "x").startswith("ba7816bf8f01cfea")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff", "not UTF-8"),
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "expected a thing, a JSON object"),
        (b"{}", "size: missing key"),
        (b'{"size": "long"}', "size = 'long': input should be a valid integer"),
    ],
    ids=lambda value: str(value)[:12],
)
def test_what_is_no_model_is_refused_in_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(content)
    with pytest.raises(InvalidInput, match=message) as error:
        files.read_model(path, Thing, "a thing")
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value)


def test_what_is_missing_no_file_or_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.json"
    for nothing in (path, tmp_path):
        with pytest.raises(InvalidInput, match="missing: expected a thing"):
            files.read_bytes(nothing, "a thing")
    path.write_bytes(b'{"size": 3}')
    assert files.read_model(path, Thing, "a thing") == Thing(size=3)
    monkeypatch.setattr(files, "MOST_BYTES", 10)
    with pytest.raises(InvalidInput, match=r"x.json: 0 MB: expected a thing, at most 0 MB"):
        files.read_bytes(path, "a thing")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: {c: 1, c: 2}\n", "key 'c' stands twice"),
        ("a: [", "expected the node content"),
        ("? [a]\n: 1\n", "unhashable key"),
        ("a: 2020-13-45\n", "month must be in 1..12"),
        ("!!python/object:os.system {}", "could not determine a constructor"),
        ("[" * 5000, "maximum recursion depth"),
    ],
    ids=lambda value: value[:12],
)
def test_what_is_no_yaml_is_refused_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(InvalidInput, match=message) as error:
        files.read_yaml(path, "a thing")
    assert str(error.value).endswith(": expected a thing")
    assert "\n" not in str(error.value)


def test_yaml_may_merge_and_override(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("base: &b {x: 1, y: ä}\nown: {<<: *b, x: 2}\n", "utf-8")
    assert files.read_yaml(path, "a thing")["own"] == {"x": 2, "y": "ä"}
