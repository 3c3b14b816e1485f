"""One more algorithm that learns from samples is an edit of tabular/kernels.py and an entry in the config."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from actor_critic_gap.tabular.family import SAMPLED

ROOT = Path(__file__).parents[2]
COLOUR = "#CC79A7"
EDITS = {
    '"stack-ac", "res-ac"]': '"stack-ac", "res-ac", "half-res-ac"]',
    "ACTOR_O_CRITIC, ACTOR_G_CRITIC, STACK_AC, RES_AC = range(4)": (
        "ACTOR_O_CRITIC, ACTOR_G_CRITIC, STACK_AC, RES_AC, HALF_RES_AC = range(5)"
    ),
    '    "res-ac": ("Res-AC", "#D55E00"),\n': (
        f'    "res-ac": ("Res-AC", "#D55E00"),\n    "half-res-ac": ("Half-Res-AC", "{COLOUR}"),\n'
    ),
    "    if rule.algorithm == ACTOR_G_CRITIC or rule.algorithm == RES_AC:\n": (
        "    if rule.algorithm == HALF_RES_AC:\n"
        "        coefficients = lookup(q + w / 2, batch.states, batch.actions)\n"
        "        return score_gradient(policy, batch.states, batch.actions, coefficients)\n"
        "    if rule.algorithm == ACTOR_G_CRITIC or rule.algorithm == RES_AC:\n"
    ),
    "    if rule.algorithm == RES_AC:\n        delta": (
        "    if rule.algorithm == RES_AC or rule.algorithm == HALF_RES_AC:\n        delta"
    ),
}
"""Half of the residual: as Res-AC with q + w / 2 in its actor."""

SCRIPT = """
import json
import sys
from pathlib import Path

import yaml
from matplotlib.colors import to_hex

from actor_critic_gap.experiment.aggregation import tidy
from actor_critic_gap.experiment.config import Config
from actor_critic_gap.experiment.training import train
from actor_critic_gap.figures import FIGURES
from actor_critic_gap.mdp.four_room import FourRoom
from actor_critic_gap.mdp.finite_mdp import optimal_objective
from actor_critic_gap.runs.folder import read_run
from actor_critic_gap.validation import validated

config = validated(Config, yaml.safe_load(Path(sys.argv[1]).read_text("utf-8")), "config")
planned = config.all_runs()
runs = []
for name in config.runs("fig1"):
    train(planned[name].settings, [0, 1], Path(name))
    runs.append(read_run(Path(name)))
table = tidy("fig1", runs, 2)
room = {"optimal_objective": optimal_objective(FourRoom.of(config.four_room).mdp)}
figure = FIGURES["fig1"].plot(table, room)
figure.savefig("fig1.png")
legend = figure.axes[1].get_legend()
handles = zip(legend.get_texts(), legend.get_lines(), strict=True)
print(json.dumps({
    "runs": list(planned),
    "ends": table.groupby("algorithm")["objective"].last().to_dict(),
    "colours": {text.get_text(): to_hex(line.get_color()) for text, line in handles},
    "digests": {run.settings["algorithm"]: run.record.source_hash for run in runs},
}))
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a copy of the package comes to with the algorithm beside Res-AC."""
    folder = tmp_path_factory.mktemp("half-res-ac")
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    kernels = folder / "src" / "actor_critic_gap" / "tabular" / "kernels.py"
    text = kernels.read_text("utf-8")
    for old, new in EDITS.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    kernels.write_text(text, "utf-8")
    config = yaml.safe_load((ROOT / "config" / "paper.yaml").read_text("utf-8"))
    config["sampled"] |= {"episodes": 200, "episode_length": 100}
    config["figures"] = {"fig1": [{"algorithm": "res-ac"}, {"algorithm": "half-res-ac"}]}
    config["figure_seeds"] = {}
    (folder / "config.yaml").write_text(yaml.safe_dump(config), "utf-8")
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, "config.yaml"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder / "src"), "NUMBA_OPT": "0"},  # compiles faster
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    assert (folder / "fig1.png").stat().st_size > 1000
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def test_it_is_trained_by_its_entry_and_learns_its_own_way(made: dict[str, Any]) -> None:
    assert made["runs"] == ["four-room/res-ac", "four-room/half-res-ac"]
    assert made["ends"]["half-res-ac"] != made["ends"]["res-ac"]


def test_it_is_drawn_in_its_colour(made: dict[str, Any]) -> None:
    assert made["colours"]["Half-Res-AC"] == COLOUR.lower()
    assert set(made["colours"]) == {"Res-AC", "Half-Res-AC"}


def test_its_code_is_part_of_the_digest(made: dict[str, Any]) -> None:
    assert made["digests"]["half-res-ac"] == made["digests"]["res-ac"] != SAMPLED.source_hash
