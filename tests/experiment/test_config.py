from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.evidence.robustness import RobustnessSettings
from actor_critic_gap.experiment.config import Config, PlannedRun, read_config
from actor_critic_gap.experiment.families import FAMILIES
from actor_critic_gap.figures import FIGURES
from actor_critic_gap.mdp.four_room import FourRoom, FourRoomSettings
from actor_critic_gap.sac.settings import SACSettings
from actor_critic_gap.tabular.settings import DynamicProgrammingSettings, SampledSettings
from actor_critic_gap.validation import validated

CONFIG = Path(__file__).parent.parent.parent / "config"
PAPER: dict[str, Any] = yaml.safe_load((CONFIG / "paper.yaml").read_text("utf-8"))


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
    "angle_interval",
}
"""By the figures' entries and by `environments`; the map is the classic one."""


def changed(*path: Any, value: Any) -> dict[str, Any]:
    config: dict[str, Any] = yaml.safe_load((CONFIG / "paper.yaml").read_text("utf-8"))
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
    quick = yaml.safe_load((CONFIG / "quick.yaml").read_text("utf-8"))
    assert set(quick) == {"name", "sac_seeds", "figure_seeds", "sac", "environments", "figures"}
    assert all(not FIGURES[figure].in_paper for figure in quick["figures"])


def test_a_figure_may_have_its_own_number_of_seeds() -> None:
    config = validated(Config, PAPER, "paper.yaml")
    assert [config.seeds_of(figure) for figure in ("fig1", "fig3", "fig9", "fig10")] == [20, 20, 20, 10]
    runs = config.runs("fig3").items()
    on = {name.partition("/")[0]: config.seeds_of("fig3", settings) for name, settings in runs}
    assert on == {"Pendulum-v1": 20, "Reacher-v4": 10, "HalfCheetah-v4": 10}
    assert config.seeds_on("fig3") == on
    assert config.seeds_on("fig1") == config.seeds_on("fig5") == {}


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


def test_a_clip_is_looked_up_in_the_sac_run_of_the_same_critics() -> None:
    entry = {"environment": "HalfCheetah-v4", "algorithm": "res-sac", "clip": "from-sac"}
    single = {**entry, "critics": 1, "residual_of": "min"}
    names = []
    for each in (entry, single):
        config = validated(Config, {**PAPER, "figures": {"fig5": [each]}, "figure_seeds": {}}, "x")
        found = [config.looked_up(name, settings) for name, settings in config.runs("fig5").items()]
        names += [source[0] for source in found if source]
    assert names == ["HalfCheetah-v4/sac-10-0", "HalfCheetah-v4/sac-10-0+critics=1"]


def test_every_run_is_planned_once_for_the_most_seeds_that_a_figure_asks_for() -> None:
    config = validated(Config, PAPER, "paper.yaml")
    planned = config.all_runs()
    name = "Pendulum-v1/sac-10-0"  # of Fig. 3 with 20 seeds, of Fig. 10 with 10
    sac = next(family for family in FAMILIES if family.name == "sac")
    assert planned[name] == PlannedRun(name, sac, config.runs("fig3")[name], list(range(20)))
    assert len(planned["four-room/res-ac"].seeds) == 20


def test_fewer_seeds_than_the_paper_has_are_taken() -> None:
    config = validated(Config, {**PAPER, "seeds": 2, "figure_seeds": {}}, "short.yaml")
    assert not config.published("fig1")
    assert len(config.all_runs()["four-room/res-ac"].seeds) == 2


def test_a_single_critic_is_no_matter_of_algorithms_that_nobody_asked_for() -> None:
    alone = {
        **PAPER,
        "sac": {**PAPER["sac"], "critics": 1},
        "figures": {"fig6": [{"algorithm": "sac"}]},
        "figure_seeds": {},
    }
    runs = validated(Config, alone, "single.yaml").all_runs()
    assert set(runs) == {f"{environment}/sac-10-0" for environment in PAPER["environments"]}


def test_a_grid_without_a_figure_to_judge_is_refused() -> None:
    alone = {**PAPER, "figures": {"fig9": PAPER["figures"]["fig9"]}, "figure_seeds": {}}
    with pytest.raises(InvalidInput, match=r"figures\.fig9\[0\]: no runs to judge: expected one of"):
        validated(Config, alone, "paper.yaml")


def test_a_run_that_only_a_clip_is_looked_up_in_is_planned() -> None:
    entry = {"environment": "HalfCheetah-v4", "algorithm": "res-sac", "clip": "from-sac"}
    config = validated(Config, {**PAPER, "figures": {"fig5": [entry]}, "figure_seeds": {}}, "paper.yaml")
    assert list(config.all_runs()) == [
        "HalfCheetah-v4/res-sac-10-10+clip=from-sac",
        "HalfCheetah-v4/sac-10-0",
    ]


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
        (["figures", "fig99"], [{}], "figures: unknown key 'fig99'"),
        (["figures", "fig1"], [], "figures.fig1 = []: list should have at least 1 item"),
        (
            ["figures", "fig1"],
            [{"algorithm": "dqn"}],
            "figures.fig1[0]: algorithm = 'dqn': expected one of actor-o-critic, actor-g-critic, stack-ac",
        ),
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
            "figures.fig1[0]: eta has no effect on actor-g-critic: expected stack-ac",
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
            "figures.fig9[0]: unknown key 'eta'; expected one of: algorithm, iterations",
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
        (["figure_seeds"], {"fig99": 3}, "figure_seeds: unknown key 'fig99'; expected one of: fig1, fig2"),
        (
            ["figure_seeds"],
            {"fig3": {"Hopper-v5": 3}},
            "figure_seeds.fig3: unknown key 'Hopper-v5'; expected one of: Pendulum-v1",
        ),
        (
            ["figure_seeds"],
            {"fig1": {"Pendulum-v1": 3}},
            "figure_seeds.fig1 = {'Pendulum-v1': 3}: shows FourRoom: expected a number",
        ),
        (
            ["figure_seeds"],
            {"fig9": {"Pendulum-v1": 3}},
            "figure_seeds.fig9 = {'Pendulum-v1': 3}: shows FourRoom: expected a number",
        ),
        (["sac", "critic_updates"], 0, "sac.critic_updates = 0: input should be greater than 0"),
        (
            ["environments", "Reacher-v4", "clip"],
            -1,
            "environments.Reacher-v4: clip = -1: input should be greater than 0",
        ),
        (
            ["environments", "Reacher-v4", "prediction_interval"],
            201,
            "environments.Reacher-v4: prediction_interval = 201: expected at most 200, the rows of the run",
        ),
        (
            ["environments", "Reacher-v4", "angle_interval"],
            10,
            "environments.Reacher-v4: angle_interval = 10: expected 0 on Reacher-v4: the policy gradient is",
        ),
        (
            ["environments", "Reacher-v4", "prediction_interval"],
            0,
            "figures.fig12: Reacher-v4/sac-1-0: prediction_interval = 0: expected more, as fig12 shows it",
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
        (["sac", "lr"], "1e-3", "sac.lr = '1e-3': text: expected a number (in YAML write 1.0e-3)"),
        (
            ["sampled", "episodes"],
            "4e3",
            "sampled.episodes = '4e3': text: expected a number (in YAML write 4000)",
        ),
        (["figures", "fig8", 0, "eta"], "0.1", "figures.fig8[0].eta = '0.1': text: expected a number"),
        (["sampled", "episodes"], 10**9, "sampled.episodes = 1000000000: input should be less than"),
        (["dynamic_programming", "iterations"], 10**9, "dynamic_programming.iterations = 1000000000: input"),
        (["figures", "fig9", 0, "iterations"], 10**9, "figures.fig9[0]: iterations = 1000000000: input"),
        (["sac", "environment_steps"], 10**10, "sac.environment_steps = 10000000000: input should be less"),
        (["sac", "replay_size"], 10**9, "sac.replay_size = 1000000000: input should be less than"),
        (["sac", "hidden_units"], 4097, "sac.hidden_units = 4097: input should be less than"),
        (["sac", "batch_size"], 10**5, "sac.batch_size = 100000: input should be less than"),
        (
            ["four_room", "layout"],
            ["#" * 23, *["#" + " " * 21 + "#"] * 21, "#" * 23],
            "four_room: layout: 441 free cells: expected at most 400",
        ),
        (
            ["environments", "Pendulum-v1"],
            {"environment_steps": 2000},
            "environments.Pendulum-v1: environment_steps = 2000: expected more than the 2000 steps",
        ),
        (
            ["figures", "fig5", 0, "warmup_steps"],
            250_000,
            "figures.fig5: HalfCheetah-v4/res-sac-10-10+clip=0.5+warmup_steps=250000: environment_steps = "
            "250000: expected more than the 250000 steps of warm-up on HalfCheetah-v4",
        ),
        (
            ["environments", "HalfCheetah-v4"],
            {"environment_steps": 10**9, "replay_size": 10**8},
            "environments.HalfCheetah-v4: replay_size = 100000000: the run needs 51903 MB of memory",
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


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("HalfCheetah-v0", "environment = 'HalfCheetah-v0': "),
        ("CartPole-v1", "environment = 'CartPole-v1': action space Discrete(2): expected a bounded Box"),
        ("actor_critic_gap/FourRoom-v0", "action space Discrete(4): expected a bounded Box"),
        ("../Pendulum-v1", "environment = '../Pendulum-v1': string should match pattern"),
        ("a/../Pendulum-v1", "string should match pattern"),
        ("/Pendulum-v1", "string should match pattern"),
        ("..", "string should match pattern"),
    ],
)
def test_an_environment_that_no_job_could_train_on_is_refused(name: str, message: str) -> None:
    environments = {**PAPER["environments"], name: {"environment_steps": 50_000}}
    with pytest.raises(InvalidInput) as error:
        validated(Config, {**PAPER, "environments": environments}, "paper.yaml")
    assert str(error.value).startswith(f"paper.yaml: environments.{name}: ")
    assert message in str(error.value)


def test_configs_are_merged_as_snakemake_does(tmp_path: Path) -> None:
    from snakemake.utils import update_config  # type: ignore[import-untyped]

    paths = [CONFIG / "paper.yaml", CONFIG / "quick.yaml"]
    merged: dict[str, Any] = {}
    for path in paths:
        update_config(merged, yaml.safe_load(path.read_text("utf-8")))
    config = read_config(paths)
    assert config == validated(Config, merged, "merged")
    assert (config.name, config.seeds_of("fig10"), config.seeds_of("fig1")) == ("quick", 2, 20)


def test_what_is_on_top_of_another_names_itself(tmp_path: Path) -> None:
    paper, mine = CONFIG / "paper.yaml", tmp_path / "mine.yaml"
    expected = r"mine.yaml: name = 'paper': expected a name of its own, as it changes .*paper.yaml and"
    for text in ("seeds: 30", "name: paper\nseeds: 30"):
        mine.write_text(text, "utf-8")
        with pytest.raises(InvalidInput, match=expected):
            read_config([paper, mine])
    with pytest.raises(InvalidInput, match=r"^--config: name = 'quick': expected a name of its own"):
        read_config([paper, CONFIG / "quick.yaml"], {"seeds": 30})
    mine.write_text("name: mine\nseeds: 30", "utf-8")
    assert read_config([paper, mine], {"name": "other"}).seeds == 30
    assert read_config([paper, paper], {}).name == "paper"


LETTERS = "abcdefghijklmnopqrstuvwxyz"
DOUBLED = "".join(f"{new}: &{new} [*{old}, *{old}]\n" for old, new in pairwise(LETTERS))
HUGE = {
    f"a: &a [x]\n{DOUBLED}": "more than 500000 values",
    f"a: {'[' * 40}{']' * 40}": "nested more than 30 deep",
    "seeds: 5\nseeds: 6": "key 'seeds' stands twice",
    "sac: {lr: 1e-3}": r"sac.lr = '1e-3': text: expected a number \(in YAML write 1.0e-3\)",
    f"four_room: {{layout: ['{'#' * 10001}']}}": "layout: 10001 cells: expected at most 10000",
    "sac: {batch_size: 65536, critic_updates: 10000}": r"batch_size = 65536: the run needs \d+ MB of memory",
    "sampled: {episodes: 100000000}": r"log_interval = 10: the run needs \d+ MB of memory",
    f"figures: {{fig9: [{{algorithm: robustness, goal: [{'3, ' * 10001}]}}]}}": "10001 combinations",
}


def test_a_figure_that_is_null_is_left_out_with_its_seeds(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("name: own\nfigures: {fig9: null, fig11: null}\n")
    paper = read_config([CONFIG / "paper.yaml"])
    config = read_config([CONFIG / "paper.yaml", own])
    assert set(paper.figures) - set(config.figures) == {"fig9", "fig11"}
    assert set(paper.figure_seeds) - set(config.figure_seeds) == {"fig11"}
    own.write_text("name: own\nfigures: {fig99: null}\n")
    with pytest.raises(InvalidInput, match=r"figures\.fig99 = None"):
        read_config([CONFIG / "paper.yaml", own])


@pytest.mark.parametrize("text", HUGE, ids=lambda text: text[:20])
def test_what_no_machine_could_take_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "mine.yaml").write_text(f"name: mine\n{text}", "utf-8")
    with pytest.raises(InvalidInput, match=HUGE[text]) as error:
        read_config([CONFIG / "paper.yaml", tmp_path / "mine.yaml"])
    assert "\n" not in str(error.value)


def test_a_config_that_lacks_what_it_goes_on_top_of_says_so() -> None:
    path = CONFIG / "quick.yaml"
    expected = rf"seeds: missing key .* \(a config that is read on top of another: .*paper.yaml {path}\)$"
    with pytest.raises(InvalidInput, match=expected):
        read_config([path])


@pytest.mark.parametrize("text", ["[", "3", "", "- 1", "name: x", "a: 1\na: 2"])
def test_a_broken_config_is_one_line_that_names_the_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(InvalidInput) as error:
        read_config([path])
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)


def test_a_missing_key_is_named() -> None:
    config = {key: value for key, value in PAPER.items() if key != "seeds"}
    with pytest.raises(InvalidInput, match=r"^paper.yaml: seeds: missing key$"):
        validated(Config, config, "paper.yaml")


def test_a_map_is_data() -> None:
    settings = FourRoomSettings(layout=("####", "#  #", "####"), goal=(1, 2))
    assert FourRoom.of(settings).mdp.n_states == 2
