from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from numpy.testing import assert_allclose
from scipy import stats
from workflows import ROOT

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.evidence.claims import read_claims
from actor_critic_gap.evidence.curves import curves_of
from actor_critic_gap.evidence.statistics import Interval
from actor_critic_gap.experiment.families import ALGORITHMS
from actor_critic_gap.figures import (
    FIGURES,
    fig1,
    fig2,
    fig3,
    fig4,
    fig5,
    fig6,
    fig7,
    fig8,
    fig9,
    fig10,
    fig11,
    fig12,
    fig13,
    style,
)
from actor_critic_gap.mdp.four_room import LAYOUT

FOUR_ROOM = {"layout": LAYOUT, "goal": [9, 9], "optimal_objective": 0.28}
SEEDS, STEPS = 3, [300, 600, 900]


def test_figures_are_found_in_order_and_ask_for_what_runs_have() -> None:
    numbers = [int(name.removeprefix("fig")) for name in FIGURES]
    assert numbers == sorted(numbers)
    assert {*range(1, 11), 12, 13} <= set(numbers)
    for figure in FIGURES.values():
        for algorithm in figure.algorithms:
            assert {*figure.labels, *figure.same} <= set(ALGORITHMS[algorithm].settings.model_fields)
        assert len(figure.columns) == len(set(figure.columns))
        assert set(figure.numbers) | set(figure.labels) | set(figure.texts) == set(figure.columns)


def grid(**values: list[str]) -> pd.DataFrame:
    index = pd.MultiIndex.from_product([*values.values(), range(SEEDS), STEPS])
    return index.to_frame(index=False, name=[*values, "seed", "step"])


def fig1_table() -> pd.DataFrame:
    table = grid(algorithm=list(style.NAMES)).rename(columns={"step": "environment_steps"})
    numbers = np.random.default_rng(0).random(len(table))
    return table.assign(episode_return=100 * numbers, objective=numbers / 4)


def lines(axis: Any) -> dict[str, Any]:
    return {to_hex(line.get_color()): line.get_ydata() for line in axis.lines if len(line.get_xdata()) == 3}


def legend(axis: Any) -> dict[str, Any]:
    """The line beside each name."""
    shown = axis.get_legend()
    return {text.get_text(): line for text, line in zip(shown.get_texts(), shown.get_lines(), strict=True)}


def edges(band: Any) -> Any:
    """The lower and the upper edge at each step: (steps, 2)."""
    vertices = pd.DataFrame(band.get_paths()[0].vertices, columns=["x", "y"])
    return vertices.groupby("x")["y"].agg(["min", "max"]).to_numpy()


def test_fig1_draws_the_mean_and_one_deviation_of_each_algorithm_in_its_colour() -> None:
    table = fig1_table()
    figure: Any = fig1.plot(table, FOUR_ROOM)
    grouped = table.groupby(["algorithm", "environment_steps"])
    panels = (("episode_return", "mean episode return"), ("objective", "objective"))
    for axis, (column, label) in zip(figure.axes, panels, strict=True):
        assert axis.get_ylabel().startswith(label)
        means, deviations = grouped[column].mean(), grouped[column].std(ddof=1)
        drawn = lines(axis)
        for i, (algorithm, name) in enumerate(style.NAMES.items()):
            assert_allclose(drawn[style.COLOURS[name].lower()], means[algorithm])
            band = axis.collections[i].get_paths()[0].vertices
            assert band[:, 1].max() == pytest.approx((means + deviations)[algorithm].max())
    assert [text.get_text() for text in figure.axes[1].get_legend().get_texts()] == list(style.NAMES.values())
    assert "3 seeds" in figure.get_suptitle()


def test_fig2_draws_predictions_and_their_errors() -> None:
    table = grid().rename(columns={"step": "environment_steps"})
    table = table.assign(true_return=2.0, critic=0.5, critic_plus_res_critic=2.25)
    figure = fig2.plot(table, FOUR_ROOM)
    drawn = lines(figure.axes[0])
    named = {name: set(drawn[to_hex(line.get_color())]) for name, line in legend(figure.axes[0]).items()}
    assert named == {"true return": {2.0}, "critic": {0.5}, "critic + res-critic": {2.25}}
    assert [set(y) for y in lines(figure.axes[1]).values()] == [{1.5}, {0.25}]


def test_fig4_draws_the_map_and_six_learners() -> None:
    actors = {"actor-o": "Actor$_o$-Critic", "actor-g": "Actor$_g$-Critic", "pg": "Policy gradient"}
    critics = {"td": "TD", "br": "BR"}
    table = grid(actor=list(actors), critic=list(critics)).rename(columns={"step": "iteration"})
    learners = list(product(actors.values(), critics.values()))
    numbers = np.repeat(np.arange(1.0, 7.0), SEEDS * len(STEPS))
    figure: Any = fig4.plot(table.assign(objective=numbers, critic_objective=2 * numbers), FOUR_ROOM)
    room, objective, critic = figure.axes
    assert (room.images[0].get_array() < 1).sum() == 13 * 13 - 104
    assert room.patches[0].get_xy() == (8.5, 8.5)
    look = legend(objective)
    assert set(look) == {*actors.values(), *critics.values()}
    for axis, unit in ((objective, 1), (critic, 2)):
        drawn = [line for line in axis.lines if len(line.get_xdata()) == 3]
        found = {(to_hex(line.get_color()), line.get_linestyle()): set(line.get_ydata()) for line in drawn}
        assert len(drawn) == len(found) == 6
        for value, (of_actor, of_critic) in enumerate(learners, start=1):
            colour, dashes = look[of_actor].get_color(), look[of_critic].get_linestyle()
            assert found[to_hex(colour), dashes] == {unit * value}
    assert critic.get_yscale() == "log"
    assert [0.28, 0.28] in [list(line.get_ydata()) for line in objective.lines]


def returns(label: str, values: list[str]) -> pd.DataFrame:
    table = grid(**{label: values}).rename(columns={"step": "iteration"})
    table["environment_steps"] = 20 * table["iteration"]
    return table.assign(diverged=0, evaluation_return=np.random.default_rng(0).normal(size=len(table)))


def test_fig3_has_a_panel_an_environment_and_names_runs_that_diverged() -> None:
    labels = ["sac-1-0", "sac-10-0", "stack-sac-10-0", "res-sac-10-10", "sac-5-0"]
    tables = [returns("algorithm", labels).assign(environment=name) for name in ("A-v1", "B-v1")]
    table = pd.concat(tables)
    gone = (table["environment"] == "B-v1") & (table["seed"] == 1) & (table["algorithm"] == "res-sac-10-10")
    table = table.assign(diverged=gone.astype(int))[~(gone & (table["iteration"] > 300))]
    figure: Any = fig3.plot(table, {})
    assert [axis.get_title() for axis in figure.axes] == ["A-v1", "B-v1"]
    drawn = lines(figure.axes[0])
    for label in labels[:4]:
        mean = tables[0][tables[0]["algorithm"] == label].groupby("iteration")["evaluation_return"].mean()
        assert_allclose(drawn[style.COLOURS[style.sac_name(label)].lower()], mean)
    assert len(drawn) == 5
    assert "B-v1: Res-SAC-10-10 seed 1 diverged after iteration 300" in figure.get_suptitle()
    assert_allclose(
        lines(figure.axes[1])[style.COLOURS["Res-SAC-10-10"].lower()],
        judged(table[table["environment"] == "B-v1"], {"algorithm": "res-sac-10-10"}),
    )


def test_fig3_names_the_steps_of_each_environments_iterations() -> None:
    tables = [returns("algorithm", ["sac-1-0"]).assign(environment=name) for name in ("A-v1", "B-v1")]
    tables[1]["environment_steps"] = tables[1]["iteration"]
    figure: Any = fig3.plot(pd.concat(tables), {})
    steps = [axis.get_xlabel() for axis in figure.axes]
    assert steps == ["iteration (20 environment steps)", "iteration (1 environment steps)"]


@pytest.mark.parametrize("untrained", [-1.0, -40.0])
def test_fig3_fits_its_axis_to_what_follows_a_start_below_it(untrained: float) -> None:
    table = returns("algorithm", ["sac-1-0"]).assign(environment="A-v1")
    start = table[table["iteration"] == 300].assign(iteration=0, environment_steps=0)
    table.loc[table["iteration"] == 600, "evaluation_return"] = [-3.0, -2.0, -1.0]
    figure: Any = fig3.plot(pd.concat([start.assign(evaluation_return=untrained), table]), {})
    axis = figure.axes[0]
    assert (axis.get_ylim()[0] < untrained) == (untrained == -1.0)
    assert -4.0 < axis.get_ylim()[0] < -3.0
    assert [text.get_text() for text in axis.texts if "-40" in text.get_text()] == [
        r"$\downarrow$ untrained: $-40$"
    ] * (untrained == -40.0)


def test_fig3_draws_one_seed() -> None:
    table = returns("algorithm", ["sac-1-0"]).assign(environment="A-v1")
    alone = pd.concat([table.assign(iteration=0), table]).query("seed == 0")
    figure: Any = fig3.plot(alone, {})
    (drawn,) = (line for line in figure.axes[0].lines if len(line.get_xdata()) == 4)
    assert_allclose(drawn.get_ydata(), alone.groupby("iteration")["evaluation_return"].mean())


def test_fig3_does_not_hide_where_a_diverged_run_goes_on() -> None:
    table = returns("algorithm", ["sac-1-0"]).assign(environment="A-v1")
    start = table[table["iteration"] == 300].assign(iteration=0, environment_steps=0, evaluation_return=-40.0)
    table = pd.concat([start, table]).assign(diverged=lambda rows: (rows["seed"] == 1).astype(int))
    figure: Any = fig3.plot(table[(table["seed"] != 1) | (table["iteration"] <= 300)], {})
    axis = figure.axes[0]
    band = axis.collections[0].get_paths()[0].vertices
    assert axis.get_ylim()[0] < band[band[:, 0] > 0, 1].min() < -30


def judged(table: pd.DataFrame, group: dict[str, str]) -> Any:
    found = curves_of(table, [group], ["evaluation_return"])
    assert found is not None
    return found.curves[0].mean(axis=0)


def test_fig5_has_a_line_a_clip_value_and_draws_what_is_judged() -> None:
    values = ["8", "10", "none", "from-sac"]
    table = returns("clip", values).assign(environment="Hopper-v5")
    gone = (table["clip"] == "none") & (table["seed"] > 0)
    table = table.assign(diverged=gone.astype(int))[~(gone & (table["iteration"] > 300))]
    figure: Any = fig5.plot(table, {})
    assert figure.axes[0].get_title() == "Hopper-v5"
    assert figure.axes[0].get_xlabel() == "iteration (20 environment steps)"
    labels = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert labels == values
    drawn = list(lines(figure.axes[0]).values())
    for line, value in zip(drawn, values, strict=True):
        assert_allclose(line, judged(table, {"clip": value}))
    assert "none seed 2 diverged after iteration 300" in figure.get_suptitle()


def test_fig6_draws_largest_and_mean() -> None:
    table = grid(environment=["Hopper-v5", "HalfCheetah-v4"], algorithm=["sac-1-0", "sac-10-0"])
    table = table.rename(columns={"step": "iteration"}).assign(**dict.fromkeys(FIGURES["fig6"].measures, 1.0))
    table.loc[table["algorithm"] == "sac-10-0", "max_abs_td_error"] = 5.0
    table["environment_steps"] = 20 * table["iteration"]
    table["diverged"] = (table["seed"] == 1).astype(int)
    table = table[(table["seed"] != 1) | (table["iteration"] < 900)]
    figure: Any = fig6.plot(table, {})
    assert [axis.get_title() for axis in figure.axes] == ["Hopper-v5", "HalfCheetah-v4"]
    assert "Hopper-v5 seed 1 diverged after iteration 600" in figure.get_suptitle()
    assert figure.axes[0].get_xlabel() == "iteration (20 environment steps)"
    drawn = [[set(y) for y in lines(axis).values() if len(y)] for axis in figure.axes]
    assert drawn[0] == [{5.0}, {1.0}]  # of SAC-10-0
    assert drawn[1][:2] == [{5.0}, {1.0}]
    assert [set(line.get_ydata()) for line in figure.axes[1].lines][-1] == {6.0}  # the paper's clip
    fewer = table[(table["environment"] == "Hopper-v5") | (table["algorithm"] == "sac-1-0")]
    assert len(fig6.plot(fewer, {}).axes) == 2
    turned: Any = fig6.plot(table.sort_values("environment", ascending=True), {})
    assert [text.get_text() for text in turned.axes[1].get_legend().get_texts()][-1] == "paper's clip"


def test_fig7_draws_medians_with_the_middle_half() -> None:
    table = grid(algorithm=list(style.NAMES)).rename(columns={"step": "environment_steps"})
    numbers = np.random.default_rng(0).random(len(table)) + 0.1
    table = table.assign(
        cosine=numbers, walk_cosine=-numbers, relative_bias=2 * numbers, relative_std=numbers
    )
    figure: Any = fig7.plot(table, FOUR_ROOM)
    grouped = table.groupby(["algorithm", "environment_steps"])[list(fig7.PANELS)]
    lower, medians, upper = (grouped.quantile(share) for share in (0.25, 0.5, 0.75))
    for axis, column in zip(figure.axes, fig7.PANELS, strict=True):
        drawn = lines(axis)
        for (algorithm, name), band in zip(style.NAMES.items(), axis.collections, strict=True):
            assert_allclose(drawn[style.COLOURS[name].lower()], medians.loc[algorithm][column])
            assert_allclose(edges(band).T, [lower.loc[algorithm][column], upper.loc[algorithm][column]])
    assert [axis.get_yscale() for axis in figure.axes] == ["linear", "linear", "log", "log"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == list(style.NAMES.values())


def test_fig8_draws_finals_by_eta_with_the_others_as_lines() -> None:
    stack = grid(algorithm=["stack-ac"], stack_next_action=["score", "sum"], eta=[0.0, 0.5])  # type: ignore[list-item]
    others = grid(algorithm=["res-ac"], stack_next_action=["score"], eta=[0.5])  # type: ignore[list-item]
    table = pd.concat([stack, others]).rename(columns={"step": "environment_steps"})
    factor = 1 - table["eta"] * (table["algorithm"] == "stack-ac")
    final = np.where(table["algorithm"] == "res-ac", 0.3, 0.1 + table["eta"] / 5)
    objective = final * table["environment_steps"] / STEPS[-1]
    figure: Any = fig8.plot(
        table.assign(objective=objective, stackelberg_factor=factor, episode_return=1.0), FOUR_ROOM
    )
    left, right = figure.axes
    assert_allclose(left.lines[0].get_ydata(), [0.1, 0.2])
    (res_ac,) = [line for line in left.lines if line.get_label() == "Res-AC"]
    assert_allclose(res_ac.get_ydata(), 0.3)
    assert to_hex(res_ac.get_color()) == style.COLOURS["Res-AC"].lower()
    assert_allclose(right.lines[0].get_ydata(), [1, 0.5])


def test_fig9_shows_each_verdict_above_its_choices() -> None:
    table = pd.DataFrame(
        [
            {
                "critic_init": critic,
                "res_critic_init": 0.0,
                "at_goal": "reset",
                "actor_lr": 0.01,
                "goal": "9-9",
            }
            | {"claim": claim, "verdict": verdict, "n_seeds": 20}
            for critic, claim, verdict in (
                (0.0, "1", "reproduced"),
                (0.0, "2", "inconclusive"),
                (1.0, "1", "reproduced"),
                (1.0, "2", "not reproduced"),
            )
        ]
    )
    with pytest.raises(InvalidInput, match="fig9: verdict = 'banana': expected one of"):
        fig9.plot(table.assign(verdict="banana"), FOUR_ROOM)
    figure: Any = fig9.plot(table, FOUR_ROOM)
    above, below = figure.axes
    assert above.images[0].get_array().tolist() == [[2, 2], [1, 0]]
    assert [text.get_text() for text in above.texts] == ["2", "0", "reproduced in"]
    names = [text.get_text() for text in below.get_yticklabels()]
    assert names[:2] == ["critic sd 0", "critic sd 1"]
    text: Any = fig9.plot(
        table.assign(critic_init=table["critic_init"].map({0.0: "10", 1.0: "2"})), FOUR_ROOM
    )
    assert [label.get_text() for label in text.axes[1].get_yticklabels()][:2] == [
        "critic sd 2",
        "critic sd 10",
    ]
    assert text.axes[0].images[0].get_array().tolist() == [[2, 2], [0, 1]]
    assert (below.images[0].get_array()[:2] < 1).tolist() == [[True, False], [False, True]]
    assert figure.legends[0].get_texts()[0].get_text() == "reproduced"


def test_fig10_draws_every_run_and_the_mean_of_its_variant() -> None:
    table = grid(environment=["Pendulum-v1", "Reacher-v4"], algorithm=["sac-10-0", "res-sac-10-10"])
    table = table.rename(columns={"step": "environment_steps"})
    of_res = table["algorithm"] == "res-sac-10-10"
    table = table.assign(
        iteration=table["environment_steps"] / 10,
        clip=np.where(of_res, np.where(table["environment"] == "Reacher-v4", "none", "4"), "none"),
        residual_entropy=of_res,
        evaluation_return=np.where(of_res, 2.0, 1.0) + table["seed"],
        diverged=0,
    )
    names = fig10.variants(table)
    assert names.unique().tolist() == [
        "SAC-10-0",
        "Res-SAC-10-10, entropy",
        "Res-SAC-10-10, entropy, no clip",
    ]
    figure: Any = fig10.plot(table, FOUR_ROOM)
    offsets = [c.get_offsets()[:, 0].tolist() for c in figure.axes[0].collections if len(c.get_offsets())]
    assert sorted(offsets) == [[1, 2, 3], [2, 3, 4]]
    means: list[float] = []
    intervals: list[list[float]] = []
    for line in figure.axes[0].lines:
        x = np.asarray(line.get_xdata(), float)
        x = x[np.isfinite(x)].tolist()
        means += x if line.get_marker() == "|" else []
        intervals += [x] if line.get_marker() == "None" and x else []
    assert sorted(means) == [2, 3]
    reach = stats.t.ppf(0.975, 2) / np.sqrt(3)  # of three seeds one apart
    assert_allclose(sorted(intervals), [[2 - reach, 2 + reach], [3 - reach, 3 + reach]])


def test_fig10_tells_clips_apart() -> None:
    table = returns("clip", ["4", "8", "none"]).assign(environment="A-v1", algorithm="res-sac-10-10")
    table = table.assign(residual_entropy=False, res_critics=1)
    assert fig10.variants(table).unique().tolist() == [
        "Res-SAC-10-10, clip 4",
        "Res-SAC-10-10, clip 8",
        "Res-SAC-10-10, no clip",
    ]
    assert set(fig10.variants(table[table["clip"] != "8"])) == {"Res-SAC-10-10", "Res-SAC-10-10, no clip"}


def fig12_table() -> pd.DataFrame:
    table = grid(environment=["A-v1", "B-v1"], algorithm=["sac-10-0", "res-sac-10-10"])
    table = table.rename(columns={"step": "iteration"})
    numbers = {name: np.random.default_rng(i).random(len(table)) for i, name in enumerate(fig12.MEASURES)}
    return table.assign(environment_steps=10 * table["iteration"], diverged=0, **numbers)


def test_fig12_draws_the_errors_of_critics_and_of_the_sum_where_there_is_a_res_critic() -> None:
    table = fig12_table()
    figure: Any = fig12.plot(table, FOUR_ROOM)
    axes = np.array(figure.axes).reshape(3, 2)
    assert [axis.get_title() for axis in axes[0]] == ["A-v1", "B-v1"]
    labels = [text.get_text() for text in axes[0][1].get_legend().get_texts()]
    assert labels == ["SAC-10-0", "Res-SAC-10-10", "Res-SAC-10-10, with res-critic"]
    shown = table[(table["environment"] == "A-v1") & (table["algorithm"] == "res-sac-10-10")]
    means = shown.groupby("iteration")[["critic_rmse", "critic_plus_res_critic_rmse"]].mean()
    drawn = [list(line.get_ydata()) for line in axes[1][0].lines if len(line.get_xdata()) == 3]
    assert drawn[1:] == [pytest.approx(means[name].tolist()) for name in means]


def fig13_table(**cosines: float) -> pd.DataFrame:
    table = grid(variant=list(cosines)).rename(columns={"step": "iteration"})
    names = table.pop("variant").str.split("_", expand=True)
    values = np.repeat(list(cosines.values()), SEEDS * len(STEPS)) + 0.001 * table["seed"]
    return table.assign(
        algorithm=names[0].str.replace("sac", "sac-10-0").str.replace("res", "res-sac-10-10"),
        residual_of=names[1],
        environment_steps=10 * table["iteration"],
        cosine=values,
        cosine_on_policy=values / 2,
        relative_bias=2.0,
        relative_std=3.0,
        gradient_standard_error=0.05,
        diverged=0,
    )


def test_fig13_draws_medians_of_each_reading_of_the_residual() -> None:
    figure: Any = fig13.plot(fig13_table(sac_own=0.2, res_own=0.4, res_min=0.3), FOUR_ROOM)
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["SAC-10-0", "Res-SAC-10-10, residual of own", "Res-SAC-10-10, residual of min"]
    drawn = [list(line.get_ydata()) for line in figure.axes[0].lines if len(line.get_xdata()) == 3]
    values = (0.2, 0.4, 0.3)
    assert drawn == [pytest.approx([value + 0.001] * 3) for value in values]
    for band, value in zip(figure.axes[0].collections, values, strict=True):
        assert_allclose(edges(band), [[value + 0.0005, value + 0.0015]] * 3)
    assert [axis.get_yscale() for axis in figure.axes] == ["linear", "linear", "log", "log"]


def test_fig13_has_colours_for_more_variants_than_ours() -> None:
    table = fig13_table(sac_own=0.2).assign(algorithm="res-sac-1-1", seed=range(9))
    figure: Any = fig13.plot(table.assign(residual_of=[*"abcdefgab"]), FOUR_ROOM)
    assert len({to_hex(line.get_color()) for line in figure.legends[0].get_lines()}) == 7


def fig11_table() -> pd.DataFrame:
    """Res-SAC of each its own learns a fifth more than SAC, of the minimum half; Stack-SAC as much."""
    gains = {"sac-10-0": {"own": 1.0}, "stack-sac-10-0": {"own": 1.0}}
    gains["res-sac-10-10"] = {"own": 1.2, "min": 0.5}
    rows = [
        {"algorithm": algorithm, "residual_of": of, "seed": seed, "iteration": step, "gain": gain}
        for algorithm, readings in gains.items()
        for of, gain in readings.items()
        for seed in range(5)
        for step in range(11)
    ]
    table = pd.DataFrame(rows).assign(
        environment="Reacher-v4",
        critics="2",
        residual_entropy="False",
        res_critics="None",
        clip="1",
        diverged=0,
    )
    table["environment_steps"] = 10 * table["iteration"]
    table["evaluation_return"] = table["iteration"] * table["gain"] + 0.01 * table["seed"]
    return table[FIGURES["fig11"].columns]


def test_fig11_judges_each_reading_against_sac_and_draws_the_effects() -> None:
    table = fig11_table()
    found = {(a.reading, a.question.claim): a for a in fig11.answers(table)}
    assert {key: answer.verdict for key, answer in found.items()} == {
        ("Stack-SAC", "9"): "reproduced",
        ("Res-SAC own", "6"): "reproduced",
        ("Res-SAC own", "7"): "reproduced",
        ("Res-SAC min", "6"): "not reproduced",
        ("Res-SAC min", "7"): "not reproduced",
    }
    assert found["Res-SAC own", "7"].interval.estimate == pytest.approx(0.2, abs=0.01)
    with pytest.raises(InvalidInput, match="fig11: expected runs of sac-10-0 with as many critics"):
        fig11.plot(table[table["algorithm"] != "sac-10-0"], FOUR_ROOM)
    for answer in found.values():
        assert np.mean(answer.of_seeds) == pytest.approx(answer.effect.estimate)
        assert np.ptp(answer.of_seeds) == pytest.approx(0)  # runs of a seed share their offset
    figure: Any = fig11.plot(table, FOUR_ROOM)
    tiles, effects = figure.axes
    assert len(tiles.patches) == 5
    assert effects.get_title() == "Reacher-v4"
    assert len(effects.containers) == 5


def test_fig11_draws_an_interval_that_is_not_centred_at_its_estimate(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = next(fig11.answers(fig11_table()))._replace(effect=Interval(0.2, 0.3, 0.1, 4))
    monkeypatch.setattr(fig11, "answers", lambda table: [answer])
    figure: Any = fig11.plot(fig11_table(), FOUR_ROOM)
    ((points, _, (bar,)),) = figure.axes[1].containers
    assert points.get_xdata() == [0.2]
    assert_allclose(bar.get_segments()[0][:, 0], answer.effect.ends())


def test_fig11_compares_with_sac_of_as_many_critics() -> None:
    def effects(table: pd.DataFrame) -> dict[tuple[str, str], float]:
        return {(a.reading, a.question.claim): a.interval.estimate for a in fig11.answers(table)}

    table = fig11_table()
    doubled = table.assign(critics="1", evaluation_return=2 * table["evaluation_return"])
    twins = effects(table)
    single = {(f"{reading} + single critic", claim): effect for (reading, claim), effect in twins.items()}
    assert effects(pd.concat([table, doubled])) == pytest.approx(twins | single)


@pytest.mark.parametrize("question", fig11.QUESTIONS, ids=lambda question: question.claim)
def test_fig11_asks_what_the_claim_does(question: fig11.Question) -> None:
    (claim,) = [each for each in read_claims(ROOT / "config" / "claims.yaml") if each.id == question.claim]
    assert (question.statistic, question.rule, "learned") == (claim.statistic, claim.rule, claim.unit)


def test_fig11_names_readings_by_what_differs() -> None:
    table = fig11_table().query("seed == 0 and iteration == 0 and algorithm == 'res-sac-10-10'")
    other = table.assign(residual_entropy="True", res_critics="2", critics="1", clip="6")
    fewer = table.head(1).assign(algorithm="res-sac-1-1")
    names = fig11.variants(pd.concat([table, other, fewer], ignore_index=True))
    assert names.tolist() == [
        "Res-SAC own",
        "Res-SAC min",
        "Res-SAC own + single critic + entropy + twin W + clip 6",
        "Res-SAC min + single critic + entropy + twin W + clip 6",
        "Res-SAC-1-1 own",
    ]
    elsewhere = pd.concat([table, other]).assign(environment="Elsewhere-v0")
    assert fig11.variants(elsewhere).iloc[0] == "Res-SAC own + clip 1"
