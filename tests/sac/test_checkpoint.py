from pathlib import Path

import numpy as np
import pytest

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.sac import checkpoint

ARRAYS = {"replay": np.arange(6, dtype=np.float32).reshape(2, 3), "none": np.zeros((0, 2), np.float32)}


def save(folder: Path, iteration: int) -> None:
    checkpoint.save(folder, "ä run", {"iteration": iteration, "rows": [{"loss": 0.1}]}, ARRAYS)


def test_state_and_arrays_come_back_exactly(tmp_path: Path) -> None:
    save(tmp_path, 7)
    state, arrays = checkpoint.load(tmp_path / checkpoint.NAME, "ä run")
    assert state == {"iteration": 7, "rows": [{"loss": 0.1}]}
    assert arrays.keys() == ARRAYS.keys()
    for name, array in arrays.items():
        assert array.dtype == np.float32
        np.testing.assert_array_equal(array, ARRAYS[name])


def test_the_one_before_is_kept_and_comes_second(tmp_path: Path) -> None:
    assert list(checkpoint.candidates(tmp_path)) == []
    for iteration in (1, 2, 3):
        save(tmp_path, iteration)
    found = [checkpoint.load(path, "ä run")[0]["iteration"] for path in checkpoint.candidates(tmp_path)]
    assert found == [3, 2]


def test_one_of_another_run_is_refused(tmp_path: Path) -> None:
    save(tmp_path, 1)
    with pytest.raises(InvalidInput, match="of a run with other settings or other code: expected b, found"):
        checkpoint.load(tmp_path / checkpoint.NAME, "b")


def test_a_file_that_is_cut_off_or_has_a_byte_changed_is_damaged_or_holds_the_same(tmp_path: Path) -> None:
    save(tmp_path, 1)
    path = tmp_path / checkpoint.NAME
    whole = path.read_bytes()
    state, _ = checkpoint.load(path, "ä run")
    cut = [whole[:length] for length in range(0, len(whole), 23)]
    changed = [whole[:i] + bytes([whole[i] ^ 0x41]) + whole[i + 1 :] for i in range(0, len(whole), 7)]
    damaged = 0
    for content in (*cut, *changed):
        path.write_bytes(content)
        try:
            found, arrays = checkpoint.load(path, "ä run")
        except checkpoint.Damaged:
            damaged += 1
        else:
            assert found == state
            known = arrays.keys() & ARRAYS.keys()  # the names of arrays have no checksum
            assert all((arrays[name] == ARRAYS[name]).all() for name in known)
    assert damaged >= len(cut) + len(changed) // 2


@pytest.mark.parametrize("content", [b"", b"PK", b"text", b"\x93NUMPY", b"\x80\x04."])
def test_files_of_another_kind_are_damaged(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / checkpoint.NAME
    path.write_bytes(content)
    with pytest.raises(checkpoint.Damaged):
        checkpoint.load(path, "ä run")


@pytest.mark.parametrize(
    "meta", [b"", b"{", b"[]", b"3", b"{}", b'{"identity": "x"}', b"\xff", b"[" * 100_000]
)
def test_archives_without_a_state_are_damaged(tmp_path: Path, meta: bytes) -> None:
    path = tmp_path / checkpoint.NAME
    np.savez(path, meta=np.frombuffer(meta, np.uint8))
    with pytest.raises(checkpoint.Damaged):
        checkpoint.load(path, "ä run")


def test_a_finished_run_leaves_no_checkpoints_nor_half_of_one(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    save(folder, 1)
    save(folder, 2)
    (folder / f".{checkpoint.NAME}.part").write_bytes(b"half")
    checkpoint.clear(folder)
    assert not folder.exists()
    (tmp_path / "kept").touch()
    checkpoint.clear(tmp_path)
    assert (tmp_path / "kept").is_file()
