import json
import os
from pathlib import Path
from typing import Any

import pytest

from actor_critic_gap.experiment.stamps import OLD, is_current, stamp

RECORD: dict[str, Any] = {"settings": {"lr": 0.1, "goal": [1, 2]}, "seeds": [0, 1], "source_hash": "abc"}


def test_a_run_is_current_where_its_record_says_so(tmp_path: Path) -> None:
    arguments = list(RECORD.values())
    assert not is_current(tmp_path, *arguments)
    (tmp_path / "record.json").write_text(json.dumps({**RECORD, "wall_seconds": 3}))
    assert is_current(tmp_path, *arguments)
    for key, value in (("settings", {"lr": 0.2, "goal": [1, 2]}), ("seeds", [0]), ("source_hash", "abd")):
        assert not is_current(tmp_path, *{**RECORD, key: value}.values())


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'{"settings": 3}'])
def test_a_damaged_record_is_not_current(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "record.json").write_bytes(content)
    assert not is_current(tmp_path, *RECORD.values())


def test_a_stamp_is_old_as_long_as_the_run_is_current(tmp_path: Path) -> None:
    path = tmp_path / "stamps" / "run"
    stamp(path, "a", current=True)
    assert path.stat().st_mtime == OLD
    stamp(path, "b", current=False)  # the code has changed
    changed = path.stat().st_mtime
    assert changed > OLD
    stamp(path, "b", current=False)  # a dry run in between does not hide it
    assert path.stat().st_mtime == changed
    stamp(path, "a", current=True)  # changed back
    assert path.stat().st_mtime == OLD
    stamp(path, "a", current=False)  # the record is another one
    assert path.stat().st_mtime > OLD


def test_a_record_put_there_later_does_not_look_newer_than_its_stamp(tmp_path: Path) -> None:
    path, record = tmp_path / "run", tmp_path / "record.json"
    stamp(path, "a", current=False, record=record)
    record.write_text("{}")
    later = path.stat().st_mtime - 100
    os.utime(path, (later, later))
    stamp(path, "a", current=False, record=record)
    assert path.stat().st_mtime >= record.stat().st_mtime
