"""Which claims are on something that there is."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.experiment.tables import read_known_claims

CLAIMS = Path(__file__).parents[2] / "config/claims.yaml"


def test_the_papers_claims_are_known() -> None:
    assert len(read_known_claims(CLAIMS)) == 27


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"figure": "fig77"}, r"claim 1: figure = 'fig77': expected one of fig1, fig2"),
        ({"figure": "fig9"}, r"claim 1: figure = 'fig9': expected one of fig1, fig2, .*, fig8, fig10, "),
        ({"value": "reward"}, r"claim 1: value = 'reward': expected one of seed, environment_steps"),
        ({"cases": {"A": {"value": "algorithm"}}}, r"claim 1: value = 'algorithm': expected one of seed, "),
        (
            {"figure": "fig2", "statistic": "share_closer", "groups": [{}], "parameters": {}}
            | {"value": ["critic", "true_return", "critic"], "cases": {"A": {"value": "critic"}}},
            r"claim 1: value = \['critic'\]: expected 3 columns in a case, as in the claim",
        ),
        (
            {"figure": "theory", "statistic": "largest_error", "groups": [{}], "value": []}
            | {"parameters": {}, "unit": None},
            r"claim 1: value = \[\]: expected 1 column in a case",
        ),
        ({"groups": [{"algorithm": "x"}, {"actor": "pg"}]}, r"claim 1: actor: expected a label of fig1"),
        (
            {"groups": [{"algorithm": "res-acc"}, {}]},
            r"claim 1: algorithm = 'res-acc': did you mean res-ac\? exp",
        ),
        (
            {"figure": "fig3", "value": "evaluation_return", "groups": [{"algorithm": "sak-1-0"}, {}]},
            r"claim 1: algorithm = 'sak-1-0': did you mean sac\?",
        ),
        (
            {"figure": "fig3", "value": "evaluation_return", "groups": [{"algorithm": "res-sac"}, {}]},
            r"claim 1: algorithm = 'res-sac': expected its updates too, such as res-sac-10-0",
        ),
        ({"unit": "optimum"}, r"claim 1: unit = 'optimum': expected value = objective"),
        (
            {"figure": "fig4", "value": "objective", "groups": [{"actor": "pg"}, {"actor": "gp"}]},
            r"claim 1: actor = 'gp': expected one of actor-o, actor-g, pg",
        ),
        (
            {"rule": {"at_least": "1e-3"}},
            r"claim 1: rule.at_least = '1e-3': text: expected a number \(in YAML write 1.0e-3\)",
        ),
        ({"each": {"clip": ["1"]}}, r"claim 1: clip: expected a label of fig1: algorithm"),
        (
            {"figure": "fig11", "value": "evaluation_return", "groups": [{"residual_entropy": "true"}, {}]},
            r"claim 1: residual_entropy = 'true': did you mean True\?",
        ),
    ],
)
def test_a_claim_on_what_is_not_there_is_refused(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    claims = yaml.safe_load(CLAIMS.read_text("utf-8"))
    claims[0] |= changes
    (tmp_path / "claims.yaml").write_text(yaml.safe_dump(claims), "utf-8")
    with pytest.raises(InvalidInput, match=message):
        read_known_claims(tmp_path / "claims.yaml")
