"""Proving that a change of training code changes no byte: drawn runs of every arm, trained again."""

from __future__ import annotations

import multiprocessing
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import numpy as np

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.experiment.families import FAMILIES, read_settings
from actor_critic_gap.runs.equivalences import Equivalence, Equivalences, add, arm
from actor_critic_gap.provenance.retraining import bound, retrain, same_bytes
from actor_critic_gap.runs.checkout import changed_files, git_state, lock_hash, machine
from actor_critic_gap.runs.family import Family
from actor_critic_gap.runs.folder import PROGRESS, RECORD, Record, read_record


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
    others: dict[tuple[str, str], list[tuple[Path, Record]]] = defaultdict(list)
    today = {family.name: family.source_hash for family in FAMILIES}
    for folder in sorted(folders):
        record = read_record(folder)
        family, _ = read_settings(record.settings, str(folder / RECORD))
        if proofs.chain(results, family.name, record, today[family.name]) is None:
            others[family.name, record.source_hash].append((folder, record))
    if not others:
        yield "every run is of today's code"
    for (name, source), runs in others.items():
        (family,) = (family for family in FAMILIES if family.name == name)
        yield from _attest(results, family, source, today[name], runs, n, seed, claims, cores)


def drawn(
    runs: Sequence[tuple[Path, Record]], n: int, seed: int
) -> tuple[list[tuple[Path, Record]], list[str]]:
    """At least `n` of the runs, at least one of each arm, and the arms."""
    arms: dict[str, list[tuple[Path, Record]]] = defaultdict(list)
    for folder, record in runs:
        arms[arm(record)].append((folder, record))
    rng = np.random.default_rng(seed)
    chosen = [members[rng.integers(len(members))] for members in arms.values()]
    rest = [run for run in runs if run not in chosen]
    more = rng.permutation(len(rest))[: max(0, n - len(chosen))]
    return sorted([*chosen, *(rest[i] for i in more)], key=lambda run: run[0]), sorted(arms)


def _attest(
    results: Path,
    family: Family[object],  # type: ignore[type-var]
    source: str,
    today: str,
    runs: Sequence[tuple[Path, Record]],
    n: int,
    seed: int,
    claims: Path,
    cores: int,
) -> Iterator[str]:
    chosen, arms = drawn(runs, n, seed)
    of = f"{len(chosen)} of {len(runs)} runs, {len(arms)} arms, draw {seed}"
    yield f"{family.name}: {source} -> {today}: {of}"
    state = git_state()
    compared = {}
    with ProcessPoolExecutor(cores, multiprocessing.get_context("spawn")) as pool:
        jobs = {pool.submit(_is_same, folder, record, claims): (folder, record) for folder, record in chosen}
        try:
            for done, job in enumerate(as_completed(jobs), start=1):
                folder, record = jobs[job]
                if not job.result():
                    raise InvalidInput(f"{folder / PROGRESS}: other bytes by today's code: not equivalent")
                compared[folder.relative_to(results).as_posix()] = record.sha256[PROGRESS]
                yield f"{done}/{len(chosen)} {folder}: the same bytes"
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    if family.source_hash != today:
        raise InvalidInput(f"{family.name}: the code changed while runs were trained: expected {today}")
    share = 100 * bound(len(chosen), len(runs))
    proof = Equivalence(
        family=family.name,
        from_=source,
        to=today,
        commit=state.commit,
        cpu=machine().cpu,
        lock=lock_hash(),
        arms=arms,
        runs=dict(sorted(compared.items())),
        of=len(runs),
        bounds=f"all {len(chosen)} drawn are the same: with 95 % confidence at most {share:.0f} % differ",
    )
    add(results, proof)
    yield f"{family.name}: {proof.bounds}"


def _is_same(folder: Path, record: Record, claims: Path) -> bool:
    return same_bytes(retrain(folder, record, claims), record)
