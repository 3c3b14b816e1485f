"""A commit with its results as one zip."""

import json
import os
import subprocess
import zipfile
from pathlib import Path
from urllib.parse import unquote

import pytest
from rocrate.rocrate import ROCrate
from tiny import CRATE, FIGURES, RESULTS, describe_crate

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.files import sha256
from actor_critic_gap.provenance.archive import TIME, write_archive
from actor_critic_gap.runs import checkout

ZIP = Path("archive.zip")


def commit() -> None:
    author = ["-c", "user.name=A", "-c", "user.email=a@b.c"]
    for step in (["init", "-q"], ["add", "-A"], [*author, "commit", "-qm", "all"]):
        subprocess.run(["git", *step], check=True)


@pytest.fixture
def committed(experiment: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A commit of an experiment, and a script."""
    describe_crate(RESULTS / "fig1.csv", FIGURES / "fig1.png", RESULTS / "runs/four-room/res-ac")
    Path("script").write_text("#!/bin/sh\n", "utf-8")
    Path("script").chmod(0o755)
    monkeypatch.setattr(checkout, "ROOT", experiment)
    commit()
    return experiment


def test_the_same_commit_is_the_same_bytes(committed: Path) -> None:
    assert write_archive(RESULTS, ZIP) > 10
    before = ZIP.read_bytes()
    os.utime("script", (0, 0))
    Path("uncommitted").touch()
    (RESULTS / "fig1.csv").write_text("uncommitted", "utf-8")
    write_archive(RESULTS, ZIP)
    assert ZIP.read_bytes() == before
    with zipfile.ZipFile(ZIP) as archive:
        entries = {entry.filename: entry for entry in archive.infolist()}
    assert list(entries) == sorted(entries)
    assert {entry.date_time for entry in entries.values()} == {TIME}
    assert [oct(entries[name].external_attr >> 16) for name in ("Snakefile", "script")] == ["0o644", "0o755"]
    assert "uncommitted" not in entries


def test_it_is_a_crate_itself(committed: Path, tmp_path: Path) -> None:
    write_archive(RESULTS, ZIP)
    with zipfile.ZipFile(ZIP) as archive:
        archive.extractall(tmp_path / "elsewhere")
    crate = ROCrate(tmp_path / "elsewhere")
    assert {entity.id for entity in crate.data_entities} == {
        "CITATION.cff",
        "Snakefile",
        "figures/x/fig1.png",
        "results/x/fig1.csv",
        *(
            f"results/x/runs/four-room/res-ac/{name}"
            for name in ("policy.npz", "progress.csv", "record.json")
        ),
    }
    for entity in crate.data_entities:
        assert entity["sha256"] == sha256(tmp_path / "elsewhere" / unquote(entity.id))
    assert crate.mainEntity.id == "Snakefile"
    below = json.loads((tmp_path / "elsewhere" / CRATE).read_text("utf-8"))
    assert below == json.loads(CRATE.read_text("utf-8"))


def test_other_results_than_the_crates_are_refused(committed: Path) -> None:
    (RESULTS / "fig1.csv").write_text("x", "utf-8")
    commit()
    with pytest.raises(InvalidInput, match=r"fig1\.csv: committed with another sha256 than in results/x"):
        write_archive(RESULTS, ZIP)
    (RESULTS / "fig1.csv").unlink()
    commit()
    with pytest.raises(InvalidInput, match=r"results/x/fig1\.csv: not in the commit"):
        write_archive(RESULTS, ZIP)
    assert not ZIP.exists()


def test_without_a_crate_or_a_commit_there_is_none(committed: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"results/y/ro-crate-metadata\.json: not in the commit"):
        write_archive(Path("results/y"), ZIP)
    CRATE.write_text("{", "utf-8")
    commit()
    with pytest.raises(InvalidInput, match=r"ro-crate-metadata\.json: not JSON"):
        write_archive(RESULTS, ZIP)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkout, "ROOT", tmp_path)
        with pytest.raises(InvalidInput, match="no commit: expected a checkout of the project"):
            write_archive(RESULTS, ZIP)
