"""Statistics over seeds. The seed is the unit: a run's curve is one observation, never a row of it.

Curves are arrays of shape (seeds, rows); rows are the logging intervals of a run. Intervals are by formula,
from a standard error over seeds: no resampling, no chance.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

from actor_critic_gap.errors import InvalidInput

Array = NDArray[np.float64]

FINAL_SHARE = 0.1
"""The final value of a curve is its mean over this last part of its rows."""

LEVEL, POWER = 0.95, 0.8


class Interval(NamedTuple):
    """An estimate with its confidence interval: centre +- quantile of Student's t times standard error.

    Attributes:
        estimate: what was measured.
        centre: of the interval.
        error: the standard error; of a ratio its numerator's, over the divisor.
        df: the degrees of freedom of t; infinity for a normal quantile.
        covariance: of a ratio's numerator and divisor, over the divisor's square.
        variance: of a ratio's divisor, over its square.

    """

    estimate: float
    centre: float
    error: float
    df: float
    covariance: float = 0.0
    variance: float = 0.0

    def ends(self, level: float = LEVEL) -> tuple[float, float]:
        """The ends of the interval; not numbers where there is no standard error.

        Of a ratio they are Fieller's (1954) for a divisor that is positive by nature: every ratio r for which
        numerator - r divisor may be zero. One end is infinite, or both, where the divisor may be zero.
        """
        quantile = float(scipy.stats.t.ppf((1 + level) / 2, self.df))
        if self.variance == 0:
            return self.centre - quantile * self.error, self.centre + quantile * self.error
        # the roots r of (centre - r)^2 = quantile^2 (error^2 - 2 r covariance + r^2 variance)
        square = quantile**2
        leading = 1 - square * self.variance
        middle = self.centre - square * self.covariance
        constant = self.centre**2 - square * self.error**2
        reach = float(np.sqrt(max(middle**2 - leading * constant, 0.0)))
        if leading > 0:
            return (middle - reach) / leading, (middle + reach) / leading
        if constant <= 0:
            return -np.inf, np.inf
        if self.centre > 0:
            return constant / (middle + reach), np.inf
        return -np.inf, constant / (middle - reach)

    @property
    def low(self) -> float:
        """The lower end of the 95 % interval."""
        return self.ends()[0]

    @property
    def high(self) -> float:
        """The upper end of the 95 % interval."""
        return self.ends()[1]

    @property
    def detectable(self) -> float:
        """How far from a bound the truth must lie for the interval to leave the bound out with 80 % power.

        By the non-central t distribution, as if the standard error that was seen were the true one, and of a
        ratio the divisor; not a number where there is no error, or no t distribution.
        """
        if not (self.error > 0 and np.isfinite(self.df)):
            return float("nan")
        quantile = float(scipy.stats.t.ppf((1 + LEVEL) / 2, self.df))

        def lacks(shift: float) -> float:
            return POWER - float(scipy.stats.nct.sf(quantile, self.df, shift))

        return float(scipy.optimize.brentq(lacks, 0, 10 * quantile + 10)) * self.error


def interquartile_mean(values: Array) -> float:
    """The mean of all values but a quarter, rounded down, at either end."""
    return float(scipy.stats.trim_mean(values, 0.25, axis=None))


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


def jackknife(
    statistic: Callable[..., float], samples: Sequence[Array], divisor: Callable[..., float] | None = None
) -> Interval:
    """The statistic of the samples with the jackknife's interval (Tukey, 1958; Efron and Tibshirani, 1993).

    A seed is left out with its runs in all samples, as runs of a seed start alike. For means and their
    differences this is Student's interval over seeds (of pairs), exact on normal data, and with a divisor
    that is a mean too it is Fieller's. There is none where the statistic is not finite or the divisor zero.

    Args:
        statistic: takes as many arrays as there are samples.
        samples: arrays (seeds, ...) with the same seeds.
        divisor: takes the same; the statistic is measured in units of its size.

    Raises:
        InvalidInput: there are fewer than two seeds, or a value is not finite.

    """
    n = len(samples[0])
    if n < 2:
        raise InvalidInput("an interval over one seed: expected at least 2")
    if not all(np.isfinite(sample).all() for sample in samples):
        raise InvalidInput("an interval over values that are not finite: expected numbers")
    left_out = [[np.delete(sample, seed, axis=0) for sample in samples] for seed in range(n)]
    estimate = float(statistic(*samples))
    without = [statistic(*left) for left in left_out]
    error = float(np.std(without)) * np.sqrt(n - 1) if np.isfinite(estimate) else np.nan
    if divisor is None:
        return Interval(estimate, estimate, error, n - 1)
    unit = float(divisor(*samples))
    if unit == 0:
        return Interval(np.nan, np.nan, np.nan, n - 1)
    (_, covariance), (_, variance) = (n - 1) * np.cov(without, [divisor(*left) for left in left_out], ddof=0)
    size = abs(unit)
    ratio, covariance, variance = estimate / size, float(covariance), float(variance)
    return Interval(ratio, ratio, error / size, n - 1, covariance / (unit * size), variance / unit**2)


def difference_of_shares(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> Interval:
    """The share of true values (seeds,) in the first minus that in the second (Agresti and Caffo, 2000).

    The interval adds one true and one false value to either, so it has a width where all agree.
    """
    shares, variance = [], 0.0
    for values in (first, second):
        share, n = (values.sum() + 1) / (values.size + 2), values.size + 2
        shares.append(share)
        variance += share * (1 - share) / n
    estimate = float(first.mean() - second.mean())
    return Interval(estimate, float(shares[0] - shares[1]), float(np.sqrt(variance)), np.inf)


def interval_of_median(values: Array) -> tuple[float, float, float]:
    """The median of values (n,) with the ends of its interval, two of the values (Thompson, 1936).

    Free of the distribution; the ends are not numbers with fewer than six values, which hold none at 95 %.
    """
    low, high = np.asarray(scipy.stats.quantile_test(values, p=0.5).confidence_interval(LEVEL))
    return float(np.median(values)), float(low), float(high)


def interval_of_middle(values: Array) -> tuple[float, float, float]:
    """The interquartile mean of values (n,) with the ends of its interval (Tukey and McLaughlin, 1963)."""
    low, high = scipy.stats.mstats.trimmed_mean_ci(values, (0.25, 0.25), alpha=1 - LEVEL)
    return interquartile_mean(values), float(low), float(high)
