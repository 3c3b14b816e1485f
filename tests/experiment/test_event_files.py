"""Event files of finished runs, read back."""

import struct
import sys
from pathlib import Path

import pandas as pd
import pytest

from actor_critic_gap.cli.main import main
from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.experiment.event_files import write_event_files

RUNS = Path(__file__).parents[2] / "results/paper/runs"
TRAIN = ["train", "sampled", "--episodes", "30", "--seeds", "2"]


def scalars(folder: Path) -> dict[tuple[str, int], float]:
    """The values in the event file of a folder, by name and step."""
    from tensorboardX.proto.event_pb2 import Event

    (path,) = folder.glob("events.out.tfevents.*")
    content, found, position = path.read_bytes(), {}, 0
    while position < len(content):
        (length,) = struct.unpack_from("<Q", content, position)  # then its check sum, the record, and its own
        event = Event.FromString(content[position + 12 : position + 12 + length])
        position += length + 16
        found.update({(value.tag, event.step): value.simple_value for value in event.summary.value})
    return found


def test_the_progress_of_every_seed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tensorboardX")
    run, events = tmp_path / "run", tmp_path / "events"
    assert main([*TRAIN, "--output", str(run), "--tensorboard", str(events)]) == 0
    assert "wrote event files of 2 seeds" in capsys.readouterr().out
    progress = pd.read_csv(run / "progress.csv")
    for seed, rows in progress.groupby("seed"):
        found = scalars(events / "run" / f"seed-{seed}")
        assert len(found) == len(rows) * (len(rows.columns) - 2)
        for _, row in rows.iterrows():
            step = int(row["environment_steps"])
            assert found["episode_return", step] == pytest.approx(row["episode_return"], rel=1e-6)
    assert main(["tensorboard", str(run), "--output", str(events)]) == 2
    assert "is there already" in capsys.readouterr().err


def test_runs_of_one_seed_each_and_two_of_one_name(tmp_path: Path) -> None:
    pytest.importorskip("tensorboardX")
    folders = [RUNS / f"Pendulum-v1/sac-10-0/seed-{seed}" for seed in (0, 1)]
    assert write_event_files(folders, tmp_path) == [
        tmp_path / f"Pendulum-v1/sac-10-0/seed-{seed}" for seed in (0, 1)
    ]
    with pytest.raises(InvalidInput, match=r"seed-0: of .*seed-0 and .*seed-0: expected one run"):
        write_event_files([folders[0], folders[0]], tmp_path / "twice")
    with pytest.raises(
        InvalidInput, match="no curves: expected columns seed and environment_steps or iteration"
    ):
        write_event_files([next((RUNS / "robustness").iterdir())], tmp_path / "twice")
    assert not (tmp_path / "twice").exists()


def test_the_extra_is_named_before_anything_is_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    assert main([*TRAIN, "--output", str(tmp_path / "run"), "--tensorboard", str(tmp_path)]) == 2
    assert "-e '.[tensorboard]'" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_event_files_in_the_way_are_named_before_anything_is_trained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("tensorboardX")
    there = tmp_path / "events" / "run" / "seed-1"
    there.mkdir(parents=True)
    assert main([*TRAIN, "--output", str(tmp_path / "run"), "--tensorboard", str(tmp_path / "events")]) == 2
    assert f"{there}: is there already: expected a run that is not" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
