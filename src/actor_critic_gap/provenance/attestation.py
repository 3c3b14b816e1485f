"""Proving that a change of training code changes no byte: drawn runs of every arm, trained again."""

from __future__ import annotations

import multiprocessing
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import numpy as np

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.experiment.families import recorded_settings
from actor_critic_gap.provenance.retraining import bound, retrain, same_bytes
from actor_critic_gap.runs.checkout import changed_files, git_state, lock_hash, machine
from actor_critic_gap.runs.digest import digest
from actor_critic_gap.runs.equivalences import Equivalence, Equivalences, add, arm
from actor_critic_gap.runs.family import Family
from actor_critic_gap.runs.folder import PROGRESS, Record, read_record

Recorded = tuple[Path, Record]
"""The folder of a run, and its record."""


def attest(
    results: Path, folders: Sequence[Path], n: int, seed: int, claims: Path, cores: int = 1
) -> Iterator[str]:
    """Prove today's code equivalent to that of runs whose records name another; a line on each run.

    Of every family and code at least `n` runs are trained again, at least one of each arm: settings but for
    the seed. Only if all of them are the same bytes is the proof written.

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
        for done, folder in enumerate(_found_the_same(chosen, claims, cores), start=1):
            yield f"{done}/{len(chosen)} {folder}: the same bytes"
        if digest(*family.roots) != family.source_hash:
            expected = f"expected {family.source_hash}"
            raise InvalidInput(f"{family.name}: the code changed while runs were trained: {expected}")
        share = 100 * bound(len(chosen), len(runs))
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
            bounds=f"all {len(chosen)} drawn are the same: with 95 % confidence at most {share:.0f} % differ",
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


def _found_the_same(runs: Sequence[Recorded], claims: Path, cores: int) -> Iterator[Path]:
    """The folders of runs as each comes out as the same bytes, which it must."""
    with ProcessPoolExecutor(cores, multiprocessing.get_context("spawn")) as pool:
        jobs = {pool.submit(_is_same, folder, record, claims): folder for folder, record in runs}
        try:
            for job in as_completed(jobs):
                if not job.result():
                    raise InvalidInput(f"{jobs[job] / PROGRESS}: other bytes by today's code: not equivalent")
                yield jobs[job]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _is_same(folder: Path, record: Record, claims: Path) -> bool:
    return same_bytes(retrain(folder, record, claims), record)
