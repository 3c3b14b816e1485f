"""What came out, in words made from the verdicts, and whether the runs could judge at all."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import pandas as pd

from actor_critic_gap.evidence.claims import ALL, INCONCLUSIVE, LARGEST_ERROR, STATISTICS
from actor_critic_gap.figures.verdicts import COLOURS
from actor_critic_gap.figures.words import named
from actor_critic_gap.runs.folder import Record


def explanations() -> dict[str, str]:
    """What each statistic measures, in words."""
    said = {name: inspect.getdoc(function) or "" for name, function in STATISTICS.items()}
    said[LARGEST_ERROR] = (
        "The largest difference of the two sides of the identity, relative to the larger one."
    )
    return {name: " ".join(words.replace("`", "").split()) for name, words in said.items()}


def by_verdict(claims: pd.DataFrame, n_cases: Mapping[str, int]) -> dict[str, list[dict[str, Any]]]:
    """Under each verdict its claims: the row over all cases, with the cases by verdict where these differ.

    Args:
        claims: the table of verdicts.
        n_cases: how many of a claim's cases, the first ones, count for it (`claims.Claim.n_cases`).

    """
    found: dict[str, list[dict[str, Any]]] = {verdict: [] for verdict in COLOURS}
    for _, rows in claims.groupby("claim", sort=False):
        whole: dict[str, Any] = dict(rows.iloc[-1])
        cases = rows[rows["case"] != ALL].head(n_cases.get(str(whole["claim"]), len(rows)))
        by = {name: [named(case) for case in cases["case"][cases["verdict"] == name]] for name in COLOURS}
        differing = {name: listed for name, listed in by.items() if listed and len(listed) < len(cases)}
        found[whole["verdict"]].append({**whole, "cases": differing})
    return found


def too_few(claims: pd.DataFrame, runs: Mapping[str, Mapping[Any, Record]]) -> list[str]:
    """Of each figure whose claims ask for more seeds than there are: how many, and how long its runs are."""
    found: dict[str, tuple[int, int]] = {}
    for row in claims[claims["case"] != ALL].to_dict("records"):
        asked = int(row["seeds_needed"])
        if row["verdict"] == INCONCLUSIVE and 0 < row["n_seeds"] < asked:
            n, most = found.get(row["figure"], (int(row["n_seeds"]), 0))
            found[row["figure"]] = (n, max(most, asked))
    return [
        f"Fig. {figure[3:]}: {n} seeds, where its claims ask for {asked}{_length(runs.get(figure, {}))}"
        for figure, (n, asked) in found.items()
        if figure.startswith("fig")
    ]


def _length(runs: Mapping[Any, Record]) -> str:
    """The steps of runs of SAC, shortest and longest."""
    steps = [record.settings.get("environment_steps") for record in runs.values()]
    known = sorted({step for step in steps if isinstance(step, int)})
    if not known:
        return ""
    return f"; runs of {' to '.join(f'{step:,}' for step in dict.fromkeys((known[0], known[-1])))} steps"


def headline(counts: Mapping[str, int]) -> str:
    """How many claims came out how, in a sentence."""
    reproduced, not_reproduced, inconclusive = counts.values()
    be = "is" if reproduced == 1 else "are"
    return (
        f"{reproduced} of {sum(counts.values())} claims {be} reproduced; "
        f"not reproduced: {not_reproduced}, still open: {inconclusive}."
    )
