"""Proving that a change of training code changes no byte: drawn runs of every arm, trained again."""

from __future__ import annotations

import io
import multiprocessing
import os
import subprocess
import sys
import tarfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.experiment.environments import warmup_steps
from actor_critic_gap.experiment.families import recorded_settings
from actor_critic_gap.experiment.training import Plan
from actor_critic_gap.files import json_bytes
from actor_critic_gap.provenance.retraining import bound, retrain, same_bytes
from actor_critic_gap.runs.checkout import ROOT, changed_files, committed, git_state, lock_hash, machine
from actor_critic_gap.runs.digest import digest
from actor_critic_gap.runs.equivalences import Equivalence, Equivalences, add, arm
from actor_critic_gap.runs.family import Family, RunSettings
from actor_critic_gap.runs.folder import PROGRESS, Record, read_record
from actor_critic_gap.runs.identity import Identity
from actor_critic_gap.sac.settings import SACSettings

Recorded = tuple[Path, Record]
"""The folder of a run, and its record."""


def attest(
    results: Path,
    folders: Sequence[Path],
    n: int,
    seed: int,
    claims: Path,
    cores: int = 1,
    *,
    beside: bool = False,
) -> Iterator[str]:
    """Prove today's code equivalent to that of runs whose records name another; a line on each run.

    Of every family and code at least `n` runs are trained again, at least one of each arm: settings but for
    the seed. Only if all of them are the same bytes is the proof written. With `beside` they are not held
    against their records, which only a machine of the same type can give again, but against what the
    recorded code makes of them here; SAC until it has a row of each measurement.

    Raises:
        InvalidInput: a run came out otherwise, or the code changed meanwhile; nothing is written for its
            family then.

    """
    if changed := changed_files():
        raise InvalidInput(f"{', '.join(changed)}: not as committed: expected code that a commit names")
    proofs = Equivalences.of(results)
    others: dict[tuple[Family[Any], str], list[Recorded]] = defaultdict(list)
    for folder in sorted(folders):
        if not folder.is_relative_to(results):
            raise InvalidInput(f"{folder}: expected a run below {results}")
        record = read_record(folder)
        family, _ = recorded_settings(record, folder)
        if proofs.chain(family, record) is None:
            others[family, record.source_hash].append((folder, record))
    if not others:
        yield "every run is of today's code"
    for (family, source), runs in others.items():
        chosen, arms = drawn(runs, n, seed)
        of = f"{len(chosen)} of {len(runs)} runs, {len(arms)} arms, draw {seed}"
        yield f"{family.name}: {source} -> {family.source_hash}: {of}"
        state = git_state()
        with TemporaryDirectory() as scratch:
            other = _code(Path(scratch), source, chosen) if beside else None
            for done, folder in enumerate(_found_the_same(chosen, claims, cores, other), start=1):
                yield f"{done}/{len(chosen)} {folder}: the same bytes"
        if digest(*family.roots) != family.source_hash:
            expected = f"expected {family.source_hash}"
            raise InvalidInput(f"{family.name}: the code changed while runs were trained: {expected}")
        of_arm, all_of_arm = (Counter(arm(record) for _, record in some) for some in (chosen, runs))
        share = 100 * bound(*((of_arm[name], all_of_arm[name]) for name in arms))
        how = " by both codes, SAC until it has a row of each measurement" if beside else ""
        same = f"all {len(chosen)} drawn are the same{how}"
        proof = Equivalence(
            family=family.name,
            from_=source,
            to=family.source_hash,
            commit=state.commit,
            cpu=machine().cpu,
            lock=lock_hash(),
            arms=arms,
            runs={folder.relative_to(results).as_posix(): run.sha256[PROGRESS] for folder, run in chosen},
            of=len(runs),
            bounds=f"{same}: with 95 % confidence at most {share:.0f} % differ",
        )
        add(results, proof)
        yield f"{family.name}: {proof.bounds}"


def drawn(runs: Sequence[Recorded], n: int, seed: int) -> tuple[list[Recorded], list[str]]:
    """At least `n` of the runs, at least one of each arm, and the arms."""
    shuffled = [runs[i] for i in np.random.default_rng(seed).permutation(len(runs))]
    of_arm = {arm(record): (folder, record) for folder, record in shuffled}
    chosen = list(of_arm.values())
    rest = [run for run in shuffled if run not in chosen]
    chosen += rest[: max(0, n - len(chosen))]
    return sorted(chosen, key=lambda run: run[0]), sorted(of_arm)


def _code(scratch: Path, source: str, runs: Sequence[Recorded]) -> Path:
    """The folder with the code of runs, taken from the commit that one of their records names."""
    commits = [record.git.commit for _, record in runs if record.git.commit and not record.git.dirty]
    if not commits:
        raise InvalidInput(f"{source}: no record names its commit: expected one that does")
    with tarfile.open(fileobj=io.BytesIO(committed(commits[0], "src"))) as tar:
        tar.extractall(scratch, filter="data")
    return scratch


def _found_the_same(runs: Sequence[Recorded], claims: Path, cores: int, other: Path | None) -> Iterator[Path]:
    """The folders of runs as each comes out as the same bytes, which it must."""
    with ProcessPoolExecutor(cores, multiprocessing.get_context("spawn")) as pool:
        jobs = {pool.submit(_is_same, folder, record, claims, other): folder for folder, record in runs}
        try:
            for job in as_completed(jobs):
                if not job.result():
                    raise InvalidInput(f"{jobs[job] / PROGRESS}: other bytes by today's code: not equivalent")
                yield jobs[job]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _is_same(folder: Path, record: Record, claims: Path, other: Path | None) -> bool:
    if other is None:
        return same_bytes(retrain(folder, record, claims), record)
    if record.source is not None:
        raise InvalidInput(f"{folder}: looks something up in another run: expected --attest without --beside")
    family, settings = recorded_settings(record, folder)
    then = Identity(
        settings=record.settings | _shortened(settings), seeds=record.seeds, source_hash=record.source_hash
    )
    now = then.model_copy(update={"source_hash": family.source_hash})
    return _trained_by(other, then, folder, claims) == _trained_by(ROOT, now, folder, claims)


def _trained_by(code: Path, identity: Identity, folder: Path, claims: Path) -> bytes:
    """The progress of a run, whose record is in `folder`, as the code of a checkout trains it here."""
    with TemporaryDirectory() as scratch:
        plan, output = Path(scratch, "plan.json"), Path(scratch, "run")
        plan.write_bytes(json_bytes(Plan(identity=identity).model_dump(mode="json")))
        command = [sys.executable, "-m", "actor_critic_gap", "train", "plan", str(plan)]
        command += ["--output", str(output), "--claims", str(claims.resolve())]
        environment = {**os.environ, "PYTHONPATH": str(code / "src")}
        done = subprocess.run(
            command, cwd=scratch, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            said = "".join(done.stderr.strip().splitlines()[-1:])
            raise InvalidInput(f"{folder}: not trained by {identity.source_hash}: {said or done.returncode}")
        return (output / PROGRESS).read_bytes()


def _shortened(settings: RunSettings) -> dict[str, int]:
    """What a run of SAC needs to have a row of each measurement, and twice the steps before its updates."""
    if not isinstance(settings, SACSettings):
        return {}
    row = settings.iteration_steps * settings.evaluation_interval
    start = -(-2 * warmup_steps(settings) // row)
    rows = max(1, start, settings.prediction_interval, settings.angle_interval)
    return {"environment_steps": min(rows * row, settings.environment_steps)}
