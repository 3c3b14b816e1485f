"""Statistics over seeds. The seed is the unit: a run's curve is one observation, never a row of it.

Curves are arrays of shape (seeds, rows); rows are the logging intervals of a run. Intervals are bootstrap
intervals that draw seeds, and so whole curves.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

from actor_critic_gap.errors import InvalidInput

Array = NDArray[np.float64]

FINAL_SHARE = 0.1
"""The final value of a curve is its mean over this last part of its rows."""

RESAMPLES = 5000
"""How often the bootstrap draws."""


class Interval(NamedTuple):
    """An estimate with the ends of its confidence interval."""

    estimate: float
    low: float
    high: float


def interquartile_mean(values: Array) -> float:
    """The mean of all values but a quarter, rounded down, at either end."""
    # scipy's trim_mean takes twenty times as long, which a bootstrap feels
    cut = values.size // 4
    return float(np.sort(values, axis=None)[cut : values.size - cut].mean())


def final_values(curves: Array) -> Array:
    """The mean over the last tenth of the rows, at least one: (seeds, rows) -> (seeds,)."""
    rows = max(1, round(FINAL_SHARE * curves.shape[1]))
    return np.asarray(curves[:, -rows:].mean(axis=1))


def area_under_curve(curves: Array, x: Array) -> Array:
    """The mean height of each curve over x, by the trapezoidal rule: (seeds, rows), (rows,) -> (seeds,)."""
    if len(x) == 1:
        return curves[:, 0]
    return np.asarray(np.trapezoid(curves, x, axis=1) / (x[-1] - x[0]))


def steps_to_threshold(curves: Array, x: Array, threshold: float) -> Array:
    """The first x at which each curve is at the threshold or above; infinity where it never is: (seeds,)."""
    reached = curves >= threshold
    return np.where(reached.any(axis=1), x[reached.argmax(axis=1)], np.inf)


def restricted_mean(times: Array, horizon: float) -> float:
    """The mean of min(time, horizon): a run that never arrives is censored at the horizon, not dropped.

    All runs are censored at the same horizon, so this is the area under the Kaplan-Meier curve.
    """
    return float(np.minimum(times, horizon).mean())


def probability_of_improvement(first: Array, second: Array) -> float:
    """P(X > Y) + P(X = Y) / 2 for a run X of the first and Y of the second group; arrays (seeds,)."""
    # Mann and Whitney's U over the number of pairs; scipy's takes a hundred times as long
    return float(np.heaviside(np.subtract.outer(first, second), 0.5).mean())


def bootstrap(
    statistic: Callable[..., float],
    samples: Sequence[Array],
    rng: np.random.Generator,
    level: float = 0.95,
    resamples: int = RESAMPLES,
) -> Interval:
    """The statistic of the samples with its interval, which is empty where the statistic is not finite.

    Seeds are drawn with replacement, and with a seed its runs in all samples: runs of a seed start alike. The
    percentiles are those of Hesterberg's expanded interval (2015, Sec. 5.3), which makes up for the
    narrowness of percentile intervals over few seeds.

    Args:
        statistic: takes as many arrays as there are samples.
        samples: arrays (seeds, ...) with the same seeds.
        rng: draws the resamples.
        level: of confidence.
        resamples: how many.

    Raises:
        InvalidInput: there are fewer than two seeds, or a value is not finite.

    """
    n = len(samples[0])
    if n < 2:
        raise InvalidInput("an interval over one seed: expected at least 2")
    if not all(np.isfinite(sample).all() for sample in samples):
        raise InvalidInput("an interval over values that are not finite: expected numbers")
    estimate = float(statistic(*samples))
    if not np.isfinite(estimate):
        return Interval(estimate, np.nan, np.nan)

    def of_seeds(seeds: Any) -> float:
        return statistic(*(sample[seeds] for sample in samples))

    tail = scipy.stats.norm.cdf(np.sqrt(n / (n - 1)) * scipy.stats.t.ppf((1 - level) / 2, n - 1))
    with warnings.catch_warnings():
        # of resamples without a number; the interval has none either then, which the caller sees
        warnings.simplefilter("ignore", scipy.stats.DegenerateDataWarning)
        drawn = scipy.stats.bootstrap(
            [np.arange(n)],
            of_seeds,
            n_resamples=resamples,
            vectorized=False,
            method="percentile",
            confidence_level=1 - 2 * tail,
            rng=rng,
        )
    low, high = drawn.confidence_interval
    return Interval(estimate, float(low), float(high))
