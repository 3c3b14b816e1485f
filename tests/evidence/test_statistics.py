from collections.abc import Callable

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


def mean(values: np.ndarray) -> float:
    return float(values.mean())


def test_the_interval_of_a_mean_is_students() -> None:
    sample = rng().normal(3, 2, 7)
    expected = stats.t.interval(0.95, 6, sample.mean(), stats.sem(sample))
    assert statistics.jackknife(mean, [sample]).ends() == pytest.approx(expected)
    expected = stats.t.interval(0.99, 6, sample.mean(), stats.sem(sample))
    assert statistics.jackknife(mean, [sample]).ends(0.99) == pytest.approx(expected)


def test_seeds_are_pairs() -> None:
    """A seed is left out with all its runs, so what its runs share does not count."""
    first = rng().normal(1, 1, (8, 5))
    found = statistics.jackknife(lambda a, b: float(b.mean() - a.mean()), [first, first + 10])
    assert found.ends() == pytest.approx((10, 10))
    other = np.random.default_rng(1).normal(0, 1, (8, 5))
    found = statistics.jackknife(lambda a, b: float(a.mean() - b.mean()), [first, other])
    paired = stats.ttest_rel(first.mean(axis=1), other.mean(axis=1)).confidence_interval()
    assert found.ends() == pytest.approx((paired.low, paired.high))


def test_shares_that_agree_still_have_an_interval() -> None:
    """Agresti and Caffo's own example of 0 in 10 against 0 in 10 is wide, and so it is here."""
    none, all_ = np.zeros(10, bool), np.ones(10, bool)
    found = statistics.difference_of_shares(none, none)
    width = stats.norm.ppf(0.975) * np.sqrt(2 * (1 / 12) * (11 / 12) / 12)
    assert found.estimate == 0
    assert found.ends() == pytest.approx((-width, width))
    assert statistics.difference_of_shares(all_, none).low > 0.5


def test_what_can_be_detected_is_detected_in_four_of_five_repetitions() -> None:
    n, seen = 6, 0
    shift = statistics.Interval(0, 0, 1 / np.sqrt(n), n - 1).detectable
    for seed in range(2000):
        sample = np.random.default_rng(seed).normal(shift, 1, n)
        seen += statistics.jackknife(mean, [sample]).low > 0
    assert seen / 2000 == pytest.approx(0.8, abs=0.03)
    assert np.isnan(statistics.Interval(0, 0, 1, np.inf).detectable)
    assert np.isnan(statistics.Interval(0, 0, 0, 4).detectable)


def coverage(n: int, draw: Callable[[np.random.Generator, int], list[np.ndarray]], truth: float) -> float:
    """In how many of 2000 experiments the interval of a difference of means holds the truth."""
    held = 0
    for seed in range(2000):
        groups = draw(np.random.default_rng(seed), n)
        found = statistics.jackknife(lambda a, b: float(a.mean() - b.mean()), groups)
        held += found.low <= truth <= found.high
    return held / 2000


def normal(rng: np.random.Generator, n: int) -> list[np.ndarray]:
    return [rng.normal(1, 1, n), rng.normal(0, 1, n)]


def one_in_five_fails(rng: np.random.Generator, n: int) -> list[np.ndarray]:
    return [rng.normal(0, 0.1, n) - (rng.random(n) < 0.2), rng.normal(0, 0.1, n)]


@pytest.mark.parametrize("n", [3, 5, 8, 10, 20])
def test_intervals_cover_the_truth_at_few_seeds(n: int) -> None:
    assert coverage(n, normal, 1.0) == pytest.approx(0.95, abs=0.015)


def in_units(differences: np.ndarray, units: np.ndarray) -> statistics.Interval:
    """The mean of the first in units of the mean of the second."""
    return statistics.jackknife(lambda a, _: mean(a), [differences, units], lambda _, b: mean(b))


@pytest.mark.parametrize("spread", [0.1, 0.7])
@pytest.mark.parametrize("n", [5, 10, 20])
def test_intervals_in_units_cover_the_truth_however_the_unit_varies(n: int, spread: float) -> None:
    held = 0
    for seed in range(2000):
        draw = np.random.default_rng(seed)
        units = draw.normal(1, spread, n)
        found = in_units(0.2 * units + draw.normal(0, 0.1, n), units)
        held += found.low <= 0.2 <= found.high
    assert held / 2000 == pytest.approx(0.95, abs=0.015)


@pytest.mark.parametrize("seed", range(20))
def test_an_interval_in_units_holds_the_ratios_that_a_t_test_does_not_reject(seed: int) -> None:
    """Fieller's construction itself, over a grid, with one end at infinity where the unit may be zero."""
    draw = np.random.default_rng(seed)
    units = draw.normal(1, draw.choice([0.2, 1.5]), 6)
    differences = draw.normal(draw.choice([0.0, 1.0, -1.0]), 0.2, 6)
    units = np.sign(units.mean()) * units
    found = in_units(differences, units)
    low, high = found.ends()
    ratios = np.linspace(-50, 50, 1001)
    kept = np.array([stats.ttest_1samp(differences - ratio * units, 0).pvalue > 0.05 for ratio in ratios])
    inside = (ratios >= low) & (ratios <= high)
    assert not (inside & ~kept).any()
    if np.isfinite([low, high]).all():
        assert not (kept & ~inside).any()
    else:  # what is left out besides is where the unit would be negative
        side = 1 if found.estimate > 0 else -1
        assert not (kept & ~inside & (side * ratios > 0)).any()
    assert low <= found.estimate <= high


@pytest.mark.parametrize(("n", "expected"), [(5, 0.78), (10, 0.88), (20, 0.92)])
def test_runs_that_fail_now_and_then_are_missed_by_intervals_of_few_seeds(n: int, expected: float) -> None:
    """What docs/claims.md says of them: where no run of the sample fails, no interval can know."""
    assert coverage(n, one_in_five_fails, -0.2) == pytest.approx(expected, abs=0.03)


def one_in_ten_fails(rng: np.random.Generator, n: int) -> list[np.ndarray]:
    return [rng.normal(0, 0.1, n) - (rng.random(n) < 0.1), rng.normal(0, 0.1, n)]


def lognormal_alone(rng: np.random.Generator, n: int) -> list[np.ndarray]:
    return [rng.lognormal(size=n), np.full(n, np.exp(0.5))]


@pytest.mark.parametrize(("n", "expected"), [(5, 0.86), (10, 0.81), (20, 0.88)])
def test_the_rarer_failures_are_the_more_seeds_they_take(n: int, expected: float) -> None:
    assert coverage(n, one_in_ten_fails, -0.1) == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize(("n", "expected"), [(5, 0.83), (10, 0.84), (20, 0.87)])
def test_what_is_skewed_in_one_group_alone_is_missed(n: int, expected: float) -> None:
    """Of two groups that are skewed alike the difference is symmetric, and nothing is seen of it."""
    assert coverage(n, lognormal_alone, 0.0) == pytest.approx(expected, abs=0.03)


def test_the_interval_of_the_middle_is_of_trimmed_means() -> None:
    values = np.append(rng().normal(5, 1, 11), 1e6)
    middle, low, high = statistics.interval_of_middle(values)
    assert middle == statistics.interquartile_mean(values)
    assert low < middle < high < 10
    trimmed = np.sort(values)[3:-3]
    winsorised = np.pad(trimmed, 3, mode="edge")  # Student's t with the spread of this over what is kept
    error = winsorised.std(ddof=1) / (0.5 * np.sqrt(12))
    assert (low, high) == pytest.approx(stats.t.interval(0.95, len(trimmed) - 1, middle, error))


@pytest.mark.parametrize("n", [6, 10, 20])
def test_the_interval_of_the_median_holds_it_whatever_the_distribution(n: int) -> None:
    draws = rng().exponential(size=(1000, n))
    intervals = [statistics.interval_of_median(values) for values in draws]
    assert np.mean([low <= np.log(2) <= high for _, low, high in intervals]) > 0.94
    assert np.isnan(statistics.interval_of_median(draws[0, :5])[1:]).all()


@pytest.mark.parametrize(
    ("sample", "message"),
    [
        (np.ones((1, 4)), "an interval over one seed: expected at least 2"),
        (np.array([1.0, np.nan]), "values that are not finite"),
    ],
)
def test_no_interval_over_one_seed_or_nan(sample: np.ndarray, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        statistics.jackknife(mean, [sample])


def test_no_interval_of_what_is_no_number() -> None:
    assert np.isnan(statistics.jackknife(lambda _: np.nan, [np.ones(3)]).ends()).all()


def test_statistics_agree_with_rliable() -> None:
    """Optional: pip install rliable. Scores there are (runs, tasks)."""
    metrics = pytest.importorskip("rliable.metrics", reason="rliable is not installed (optional)")
    scores = rng().normal(size=(13, 4))
    assert statistics.interquartile_mean(scores) == pytest.approx(metrics.aggregate_iqm(scores))
