"""The forest plot has a row a case, on the right side of what its rule asks for."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.evidence.claims import ALL, COLUMNS, Rule
from actor_critic_gap.experiment.tables import read_claims_table
from actor_critic_gap.figures.verdicts import COLOURS, MARKERS, PANEL, as_set, plot, region, verdict_counts
from actor_critic_gap.files import csv_bytes

NAN = math.nan


def verdicts(*rows: tuple[str, str, float, float, float, str, float, float, str]) -> pd.DataFrame:
    """Rows of claim, case, estimate, interval, rule with its bounds, and verdict."""
    names = ["claim", "case", "estimate", "ci_low", "ci_high", "rule", "rule_low", "rule_high", "verdict"]
    same = {
        "figure": "fig3",
        "place": "Fig. 3",
        "statement": "Actor_o is so.",
        "statistic": "lead",
        "unit": "",
    }
    table = pd.DataFrame(rows, columns=names).assign(**same, detectable=NAN, n_seeds=5, seeds_needed=5)
    return table[COLUMNS]


THREE = verdicts(
    ("1", "", 2.0, 1.5, 2.5, ">= 1", 1, NAN, "reproduced"),
    ("2", "A", -2.5, -3.0, -1.0, "< 0", NAN, 0, "reproduced"),
    ("2", "B", 0.5, 0.2, 0.8, "< 0", NAN, 0, "not reproduced"),
    ("2", ALL, -1.0, NAN, NAN, "< 0", NAN, 0, "not reproduced"),
    ("3", "", 0.02, -0.2, 0.2, "+- 0.1", -0.1, 0.1, "inconclusive"),
)


def drawn(figure: Figure) -> list[tuple[str, list[float], list[float]]]:
    """Of each interval its colour and ends, with the ends of the region on its line."""
    axis = figure.axes[0]
    regions: dict[float, list[float]] = {}
    for patch in axis.collections:
        box = patch.get_paths()[0].get_extents()
        regions[round((box.y0 + box.y1) / 2, 3)] = [box.x0, box.x1]
    found = []
    for line in axis.lines:
        x, y = (np.asarray(values, float).tolist() for values in line.get_data())
        if len(x) == 2 and y[0] == y[1] and round(y[0], 3) in regions:
            found.append((to_hex(line.get_color()), x, regions[round(y[0], 3)]))
    return found


def test_every_case_has_its_interval_in_the_colour_of_its_verdict_where_its_rule_puts_it() -> None:
    intervals = drawn(plot(THREE))
    cases = THREE[THREE["case"] != ALL]
    assert [colour for colour, *_ in intervals] == [COLOURS[verdict].lower() for verdict in cases["verdict"]]
    for verdict, (_, (low, high), (least, most)) in zip(cases["verdict"], intervals, strict=True):
        assert (least <= low and high <= most) == (verdict == "reproduced")
        assert (high <= least or low >= most) == (verdict == "not reproduced")


def test_cases_of_a_claim_share_a_scale() -> None:
    _, (_, (low, high), _), (_, (other_low, other_high), _), _ = drawn(plot(THREE))
    assert (high - low) / 2.0 == pytest.approx((other_high - other_low) / 0.6)


def test_an_interval_reaches_from_its_estimate_as_far_as_its_ends_do() -> None:
    figure: Any = plot(THREE)
    dots = [float(x[0]) for x in (line.get_xdata() for line in figure.axes[0].lines) if len(x) == 1]
    within = [x for x in dots if x > PANEL[0]]
    cases = THREE.loc[THREE["case"] != ALL, ["ci_low", "estimate", "ci_high"]].to_numpy(float)
    for (least, estimate, most), dot, (_, (low, high), _) in zip(cases, within, drawn(figure), strict=True):
        assert (high - dot) / (dot - low) == pytest.approx((most - estimate) / (estimate - least))


def test_words_numbers_and_counts_stand_beside() -> None:
    figure = plot(THREE)
    texts = [text.get_text() for text in figure.axes[0].texts]
    for expected in ("Fig. 3", "1", "Actor$_{o}$ is so.", "A", "2 [1.5, 2.5]", "≥ 1", "± 0.1", "5"):
        assert expected in texts
    assert figure.get_suptitle() == "3 claims: 1 reproduced, 1 not reproduced, 1 inconclusive"
    assert len(set(MARKERS.values())) == len(MARKERS) == len(COLOURS)


def test_a_claim_without_runs_is_a_row_without_interval() -> None:
    figure = plot(verdicts(("1", "", NAN, NAN, NAN, "5 to 6", 5, 6, "inconclusive")).assign(n_seeds=0))
    assert drawn(figure) == []
    assert "no runs" in [text.get_text() for text in figure.axes[0].texts]


@pytest.mark.parametrize(
    ("given", "expected", "shown"),
    [
        ({"at_least": 150000}, (150000, math.inf), "≥ 150,000"),
        ({"more_than": 0.5}, (0.5, math.inf), "> 0.5"),
        ({"at_most": 1e-10}, (-math.inf, 1e-10), "≤ 1e−10"),
        ({"less_than": -2}, (-math.inf, -2), "< −2"),
        ({"within": 0.1}, (-0.1, 0.1), "± 0.1"),
        ({"between": [5, 6]}, (5, 6), "5 to 6"),
        ({"at_least": 0.99999}, (0.99999, math.inf), "≥ 0.99999"),
        ({"between": [10000, 2e6]}, (10000, 2e6), "10,000 to 2e+06"),
    ],
)
def test_every_rule_is_read_back(given: dict[str, Any], expected: tuple[float, float], shown: str) -> None:
    rule = Rule.model_validate(given)
    low, high = (bound if math.isfinite(bound) else NAN for bound in rule.bounds)
    assert region({"rule_low": low, "rule_high": high}) == expected
    assert as_set(str(rule)) == shown


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"rule_low": 2, "rule_high": 1}, "rule = '>= 1': expected rule_low or rule_high, in order"),
        ({"rule_low": NAN, "rule_high": NAN}, "rule = '>= 1': expected rule_low or rule_high, in order"),
        ({"rule": "about $5"}, "rule = 'about \\$5': expected one such as '>= 0.99'"),
        ({"verdict": "maybe"}, "verdict = 'maybe': expected one of reproduced, not reproduced, inconclusive"),
        ({"unit": "metres"}, "unit = 'metres': expected one of nothing, learned, optimum, steps"),
    ],
)
def test_what_no_verdict_holds_is_refused_with_its_file(
    wrong: dict[str, Any], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "claims.csv"
    path.write_bytes(csv_bytes(THREE.assign(**wrong)))
    with pytest.raises(InvalidInput, match=f"claims.csv: {message}"):
        read_claims_table(path)


def test_an_interval_without_end_reaches_to_the_edge() -> None:
    figure = plot(verdicts(("1", "", 2.0, 1.5, NAN, ">= 1", 1, NAN, "reproduced")))
    ((_, (low, high), _),) = drawn(figure)
    assert (low > PANEL[0], high) == (True, PANEL[1])
    assert "2 [1.5, ∞]" in [text.get_text() for text in figure.axes[0].texts]


def test_counts_are_of_claims() -> None:
    assert verdict_counts(THREE) == {"reproduced": 1, "not reproduced": 1, "inconclusive": 1}
