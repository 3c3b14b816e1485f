from pathlib import Path
from typing import Any

import pytest
import yaml

from actor_critic_gap.catalogue import FIGURES
from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.mdp.four_room import FourRoom
from actor_critic_gap.experiment.config import (
    Config,
    DynamicProgrammingSettings,
    FourRoomSettings,
    RobustnessSettings,
    SACSettings,
    SampledSettings,
)
from actor_critic_gap.validation import validated

CONFIG = Path(__file__).parent.parent / "config"
PAPER: dict[str, Any] = yaml.safe_load((CONFIG / "paper.yaml").read_text())


STATED_ELSEWHERE = {
    "layout",
    "algorithm",
    "actor",
    "critic",
    "res_critic_updates",
    "environment",
    "environment_steps",
    "clip",
    "gap_batches",
}
"""By the figures' entries and by `environments`; the map is the classic one."""


def changed(*path: Any, value: Any) -> dict[str, Any]:
    config: dict[str, Any] = yaml.safe_load((CONFIG / "paper.yaml").read_text())
    inner = config
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return config


def test_the_paper_config_states_every_default() -> None:
    """The config is the table of hyper-parameters; the code's defaults must not say otherwise."""
    for section, model in (
        ("four_room", FourRoomSettings),
        ("sampled", SampledSettings),
        ("dynamic_programming", DynamicProgrammingSettings),
        ("sac", SACSettings),
    ):
        defaults = model().model_dump(mode="json")
        assert {key: defaults[key] for key in PAPER[section]} == PAPER[section]
        unstated = set(defaults) - set(PAPER[section]) - set(PAPER["four_room"])
        assert unstated <= STATED_ELSEWHERE


def test_quick_changes_neither_the_papers_tabular_runs_nor_which_runs_its_figures_show() -> None:
    quick = yaml.safe_load((CONFIG / "quick.yaml").read_text())
    assert set(quick) == {"name", "sac_seeds", "figure_seeds", "sac", "environments", "figures"}
    assert all(FIGURES[figure].beyond for figure in (*quick["figure_seeds"], *quick["figures"]))


def test_a_figure_may_have_its_own_number_of_seeds() -> None:
    config = validated(Config, PAPER, "paper.yaml")
    assert [config.seeds_of(figure) for figure in ("fig1", "fig3", "fig9", "fig10")] == [20, 5, 20, 10]


def test_figures_that_share_a_tabular_run_have_as_many_seeds() -> None:
    config = changed("figures", "fig8", value=[{"algorithm": "stack-ac"}])
    assert validated(Config, config, "paper.yaml").seeds_of("fig8") == 20
    with pytest.raises(
        InvalidInput, match="fig1 and fig8 share the run four-room/stack-ac: expected the same"
    ):
        validated(Config, {**config, "figure_seeds": {"fig8": 3}}, "paper.yaml")


def test_a_grid_is_a_run_for_each_combination_but_of_the_res_critics_table() -> None:
    runs = validated(Config, PAPER, "paper.yaml").runs("fig9")
    assert len(runs) == 3 * 3 * 3 * 3
    settings = runs["robustness/critic_init=0.1+at_goal=reset+actor_lr=0.003+goal=3-3"]
    assert isinstance(settings, RobustnessSettings)
    assert (settings.critic_init, settings.at_goal, settings.actor_lr, settings.goal) == (
        0.1,
        "reset",
        0.003,
        (3, 3),
    )
    assert settings.res_critic_init == [0.0, 1.0]
    assert {figure: len(shown) for figure, shown in settings.runs.items()} == {
        "fig1": 4,
        "fig2": 1,
        "fig4": 6,
    }


def test_runs_are_named_by_what_their_entry_says_and_inherit_the_rest() -> None:
    config = validated(Config, changed("four_room", "goal", value=[3, 3]), "paper.yaml")
    names = ["actor-o-critic", "actor-g-critic", "stack-ac", "res-ac"]
    assert list(config.runs("fig1")) == [f"four-room/{name}" for name in names]
    ((name, settings),) = config.runs("fig2").items()
    assert name == "four-room/res-ac+episodes=2000+res_critic_updates=5"
    assert isinstance(settings, SampledSettings)
    assert (settings.episodes, settings.res_critic_updates, settings.goal) == (2000, 5, (3, 3))
    # Snakemake splits the wildcards of a job on a cluster at commas
    assert not any("," in run for run in config.all_runs())
    assert len(config.runs("fig4")) == 6
    assert all(isinstance(s, DynamicProgrammingSettings) for s in config.runs("fig4").values())


def test_a_sac_entry_stands_for_a_run_on_each_environment_with_its_settings() -> None:
    config = validated(Config, PAPER, "paper.yaml")
    runs = config.runs("fig3")
    assert len(runs) == 3 * 4
    res_sac = runs["Reacher-v4/res-sac-10-10+clip=1"]
    assert isinstance(res_sac, SACSettings)
    assert (res_sac.clip, res_sac.environment_steps, res_sac.label) == (1.0, 200_000, "res-sac-10-10")
    sac = runs["Reacher-v4/sac-1-0"]
    assert isinstance(sac, SACSettings)
    assert sac.clip == "none"


def test_figures_share_runs() -> None:
    config = validated(Config, PAPER, "paper.yaml")
    fig3, fig5, fig6 = (config.runs(figure) for figure in ("fig3", "fig5", "fig6"))
    for runs, folder in ((fig5, "HalfCheetah-v4/res-sac-10-10+clip=6"), (fig6, "HalfCheetah-v4/sac-10-0")):
        assert runs[folder] == fig3[folder]
    looked_up = fig5["HalfCheetah-v4/res-sac-10-10+clip=from-sac"]
    assert isinstance(looked_up, SACSettings)
    folder, settings = config.sac_run("fig5", looked_up)
    assert fig3[folder] == settings


def test_rows_of_a_run() -> None:
    assert SampledSettings(episodes=30, log_interval=10).rows == 3
    assert DynamicProgrammingSettings(iterations=30, log_interval=10).rows == 4


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (["sampled", "actor_learning_rate"], 0.1, "sampled: unknown key 'actor_learning_rate'; expected"),
        (["speed"], 1, "unknown key 'speed'; expected one of: name, seeds"),
        (["sampled", "actor_lr"], -0.01, "sampled.actor_lr = -0.01: input should be greater than 0"),
        (["sampled", "actor_lr"], "fast", "sampled.actor_lr = 'fast': input should be a valid number"),
        (["sampled", "episodes"], 10.5, "sampled.episodes = 10.5: input should be a valid integer"),
        (["sampled", "log_interval"], 7, "sampled: log_interval = 7: expected a divisor of episodes = 4000"),
        (["sampled", "half_loss"], 1, "sampled.half_loss = 1: input should be a valid boolean"),
        (["four_room", "gamma"], 1, "four_room.gamma = 1: input should be less than 1"),
        (["four_room", "gamma"], float("nan"), "four_room.gamma = nan"),
        (["four_room", "goal"], [0, 0], "four_room: goal = [0, 0]; expected the row and column of a free"),
        (["four_room", "goal"], [9], "four_room.goal"),
        (["four_room", "at_goal"], "stop", "four_room.at_goal = 'stop': input should be 'continue', 'reset'"),
        (["seeds"], 0, "seeds = 0: input should be greater than or equal to 2"),
        (["name"], "a/b", "name = 'a/b': string should match pattern"),
        (["figures", "fig11"], [{}], "figures: unknown key 'fig11'"),
        (["figures", "fig1"], [], "figures.fig1 = []: list should have at least 1 item"),
        (["figures", "fig1"], [{"algorithm": "dqn"}], "figures.fig1[0]: algorithm = 'dqn': input should be"),
        (["figures", "fig1"], [{"algorithm": "res-ac", "lr": 1}], "figures.fig1[0]: unknown key 'lr'"),
        (["figures", "fig1"], [{"algorithm": "res-ac"}] * 2, "figures.fig1[1]: four-room/res-ac twice"),
        (
            ["figures", "fig1"],
            [{"algorithm": "stack-ac"}, {"algorithm": "stack-ac", "eta": 0.1}],
            "figures.fig1: four-room/stack-ac+eta=0.1: stack-ac twice: expected each algorithm once",
        ),
        (
            ["figures", "fig1"],
            [{"algorithm": "actor-g-critic", "eta": 0.1}],
            "figures.fig1[0]: eta has no effect on actor-g-critic: expected stack-ac or stack-sac",
        ),
        (
            ["figures", "fig1"],
            [{"algorithm": "res-ac", "goal": [1, 1]}],
            "figures.fig1: four-room/res-ac+goal=1-1: another environment: expected that of four_room",
        ),
        (["figures", "fig2"], [{"algorithm": "stack-ac"}], "algorithm = stack-ac: expected res-ac"),
        (["figures", "fig4"], [{"algorithm": "res-ac"}], "expected dynamic-programming"),
        (
            ["figures", "fig9", 0, "goal"],
            [[0, 0]],
            "goal = [0, 0]; expected the row and column of a free cell",
        ),
        (
            ["figures", "fig9", 0, "actor_lr"],
            [2.0],
            "figures.fig9[0]: actor_lr[0] = 2.0: input should be less",
        ),
        (
            ["figures", "fig9", 0, "eta"],
            [0.1],
            "figures.fig9[0]: unknown key 'eta'; expected one of: iterations",
        ),
        (
            ["figures", "fig9", 0, "at_goal"],
            [],
            "figures.fig9[0]: at_goal = []: list should have at least 1 item",
        ),
        (
            ["figures", "fig7", 0, "gap_batches"],
            -1,
            "gap_batches = -1: input should be greater than or equal to 0",
        ),
        (
            ["sampled", "update_order"],
            "critic-first",
            "figures.fig7[0]: gap_batches = 200: expected 0 with update_order = critic-first",
        ),
        (["figure_seeds"], {"fig12": 3}, "figure_seeds: unknown key 'fig12'; expected one of: fig1, fig2"),
        (["sac", "critic_updates"], 0, "sac.critic_updates = 0: input should be greater than 0"),
        (
            ["environments", "Reacher-v4", "clip"],
            -1,
            "environments.Reacher-v4: clip = -1: input should be greater than 0",
        ),
        (["environments", "Reacher-v4", "steps"], 1, "environments.Reacher-v4: unknown key 'steps'"),
        (
            ["figures", "fig3"],
            [{"algorithm": "sac", "res_critic_updates": 1}],
            "figures.fig3[0]: res_critic_updates = 1: expected 0 for sac",
        ),
        (
            ["figures", "fig3"],
            [{"algorithm": "res-sac", "res_critic_updates": 0}],
            "figures.fig3[0]: res_critic_updates = 0: expected at least 1",
        ),
        (
            ["figures", "fig6"],
            [{"algorithm": "sac", "environment": "HalfCheetah-v5"}],
            "figures.fig6[0]: environment = 'HalfCheetah-v5': expected one of environments: Pendulum-v1",
        ),
        (
            ["figures", "fig3"],
            [{"algorithm": "sac", "environment_steps": 1234}],
            "figures.fig3[0]: environment_steps = 1234: expected a multiple of iteration_steps",
        ),
    ],
)
def test_errors_name_file_key_value_and_what_is_expected(path: list[Any], value: Any, message: str) -> None:
    with pytest.raises(InvalidInput) as error:
        validated(Config, changed(*path, value=value), "paper.yaml")
    line = str(error.value)
    assert line.startswith("paper.yaml: ")
    assert message in line
    assert "\n" not in line


def test_a_missing_key_is_named() -> None:
    config = {key: value for key, value in PAPER.items() if key != "seeds"}
    with pytest.raises(InvalidInput, match=r"^paper.yaml: seeds: missing key$"):
        validated(Config, config, "paper.yaml")


def test_a_map_is_data() -> None:
    settings = FourRoomSettings(layout=("####", "#  #", "####"), goal=(1, 2))
    assert FourRoom.of(settings).mdp.n_states == 2
