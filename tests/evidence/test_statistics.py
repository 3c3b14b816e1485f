import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.testing import assert_allclose
from scipy import integrate, stats

from actor_critic_gap.errors import InvalidInput
from actor_critic_gap.evidence import statistics

numbers = st.floats(-1e6, 1e6)
CURVES = np.array([[0.0, 1.0, 3.0, 2.0], [0.0, 0.0, 0.5, 1.0], [2.0, 2.0, 2.0, 2.0]])
X = np.array([0.0, 10.0, 20.0, 40.0])


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@given(arrays(np.float64, array_shapes(max_dims=2), elements=numbers))
def test_the_interquartile_mean_leaves_out_a_quarter_at_each_end(values: np.ndarray) -> None:
    cut = values.size // 4
    middle = np.sort(values, axis=None)[cut : values.size - cut]
    assert statistics.interquartile_mean(values) == pytest.approx(middle.mean(), abs=1e-6)


def test_final_values_are_means_over_the_last_tenth() -> None:
    assert statistics.final_values(CURVES).tolist() == [2.0, 1.0, 2.0]
    assert statistics.final_values(np.arange(20.0)[None]).tolist() == [18.5]


def test_the_area_is_the_mean_height_over_uneven_steps() -> None:
    expected = integrate.trapezoid(CURVES, X, axis=1) / 40
    assert_allclose(statistics.area_under_curve(CURVES, X), expected)
    assert statistics.area_under_curve(CURVES, X)[2] == 2.0
    assert statistics.area_under_curve(CURVES[:, :1], X[:1]).tolist() == [0.0, 0.0, 2.0]


def test_a_run_that_never_arrives_is_censored_not_dropped() -> None:
    times = statistics.steps_to_threshold(CURVES, X, 1.0)
    assert times.tolist() == [10.0, 40.0, 0.0]
    times = statistics.steps_to_threshold(CURVES, X, 2.5)
    assert times.tolist() == [20.0, np.inf, np.inf]
    assert statistics.restricted_mean(times, 40.0) == pytest.approx(100 / 3)
    survival = stats.ecdf(stats.CensoredData(uncensored=[20.0], right=[40.0, 40.0])).sf
    assert statistics.restricted_mean(times, 40.0) == pytest.approx(
        integrate.trapezoid([1, 1], [0, 20]) + float(survival.evaluate(np.array(30.0))) * 20
    )


@given(arrays(np.float64, 6, elements=st.integers(0, 5)), arrays(np.float64, 4, elements=st.integers(0, 5)))
def test_probability_of_improvement_counts_pairs(first: np.ndarray, second: np.ndarray) -> None:
    expected = stats.mannwhitneyu(first, second).statistic / (len(first) * len(second))
    assert statistics.probability_of_improvement(first, second) == pytest.approx(expected)


def test_intervals_draw_seeds_with_all_their_runs() -> None:
    first = rng().normal(1, 1, (8, 5))
    second = first + 10

    def difference(a: np.ndarray, b: np.ndarray) -> float:
        assert {tuple(row) for row in a} <= {tuple(row) for row in first}
        assert_allclose(b, a + 10)
        return float(a.mean() * b.mean())

    interval = statistics.bootstrap(difference, [first, second], rng(), resamples=500)
    assert interval.estimate == pytest.approx(first.mean() * second.mean())
    assert interval.low < interval.estimate < interval.high
    assert interval == statistics.bootstrap(difference, [first, second], rng(), resamples=500)


@pytest.mark.parametrize(("n", "scale"), [(5, 1.0), (20, 1.0)])
def test_intervals_cover_the_truth(n: int, scale: float) -> None:
    """Of 400 samples about 380 intervals hold the mean that they were drawn with, also with few seeds."""
    covered = 0
    for seed in range(400):
        sample = np.random.default_rng(seed).normal(3, scale, n)
        interval = statistics.bootstrap(np.mean, [sample], rng(), resamples=400)
        covered += interval.low <= 3 <= interval.high
    assert 365 <= covered <= 395


@pytest.mark.parametrize(
    ("sample", "message"),
    [
        (np.ones((1, 4)), "an interval over one seed: expected at least 2"),
        (np.array([1.0, np.nan]), "values that are not finite"),
    ],
)
def test_no_interval_over_one_seed_or_nan(sample: np.ndarray, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        statistics.bootstrap(np.mean, [sample], rng())


def test_statistics_agree_with_rliable() -> None:
    """Optional: pip install rliable. Scores there are (runs, tasks)."""
    metrics = pytest.importorskip("rliable.metrics", reason="rliable is not installed (optional)")
    scores = rng().normal(size=(13, 4))
    assert statistics.interquartile_mean(scores) == pytest.approx(metrics.aggregate_iqm(scores))
    first, second = scores[:, 0], scores[:8, 1]
    expected = metrics.probability_of_improvement(first[:, None], second[:, None])
    assert statistics.probability_of_improvement(first, second) == pytest.approx(expected)
