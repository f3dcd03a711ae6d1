"""Computes reference values of the statistics of experiments by other software.

Each case is made from raw values per user, drawn from a seed. Their sums are the input of this
package; what is expected comes from the raw values: Welch's t test and the chi-squared test by
SciPy, regression, power and adjusted p-values by statsmodels, sequential intervals by gbstats.

To write the table again, from this folder:

    python3 -m venv /tmp/reference
    /tmp/reference/bin/pip install scipy==1.17.1 statsmodels==0.15.0 numpy==2.4.6 pydantic==2.14.4
    /tmp/reference/bin/pip install --no-deps gbstats==0.8.0
    /tmp/reference/bin/python reference.py
"""

import math
from importlib.metadata import version
from pathlib import Path

import numpy as np
import statsmodels.api as sm
from gbstats.frequentist.tests import SequentialConfig, SequentialTwoSidedTTest
from gbstats.models.statistics import SampleMeanStatistic
from scipy import stats
from scipy.optimize import brentq
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import NormalIndPower, normal_power_het

PACKAGES = ["numpy", "scipy", "statsmodels", "gbstats"]
COLUMNS = """\
comparison: alpha, then of control and variation: users, sum, sum of squares; of the denominator its
  sum, sum of squares, sum of products with the value; of the covariate its sum, sum of squares, sums
  of products with value and denominator; a dash where there is none
  -> control, variation; difference, standard error, degrees of freedom, low, high, p; theta and the p
  of the imbalance, or dashes; lift, standard error, low, high
sequential: alpha, tuning, then of control and variation: users, sum, sum of squares
  -> difference, low, high, p; lift, low, high
student: degrees of freedom, t, alpha -> p, critical value
ratio: users of each variation | weights -> chi-squared, p
benjamini-hochberg, holm: p-values -> adjusted p-values
mean-plan: standard deviation, share of the variation, alpha, power, effect, users
  -> needed users of control and variation, detectable effect, power
proportion-plan: rate, share of the variation, alpha, power, effect, users -> power"""

rng = np.random.default_rng(20_240_607)
lines = []


def text(value):
    if isinstance(value, str):
        return value
    if value is None:
        return "-"
    return repr(int(value)) if isinstance(value, (int, np.integer)) else repr(float(value))


def write(kind, inputs, expected):
    lines.append("\t".join([kind, " ".join(map(text, inputs)), " ".join(map(text, expected))]))


def total(*factors):
    return math.fsum(np.prod(np.array(factors, dtype=float), axis=0))


def sums(value, denominator, covariate):
    row = [len(value), total(value), total(value, value)]
    if denominator is None:
        row += [None] * 3
    else:
        row += [
            total(denominator),
            total(denominator, denominator),
            total(denominator, value),
        ]
    if covariate is None:
        row += [None] * 4
    else:
        products = None if denominator is None else total(covariate, denominator)
        row += [total(covariate), total(covariate, covariate), total(covariate, value), products]
    return row


def linear(value, denominator):
    """The ratio, and the values per user whose mean deviates as the ratio does."""
    if denominator is None:
        return value.mean(), value - value.mean()
    ratio = value.mean() / denominator.mean()
    return ratio, (value - ratio * denominator) / denominator.mean()


def welch(variation, control, alpha):
    """Value, standard error, degrees of freedom, interval and p of a difference of means."""
    test = stats.ttest_ind(variation, control, equal_var=False)
    interval = test.confidence_interval(1 - alpha)
    error = math.sqrt(variation.var(ddof=1) / len(variation) + control.var(ddof=1) / len(control))
    difference = variation.mean() - control.mean()
    return [difference, error, test.df, interval.low, interval.high, test.pvalue]


def comparison(alpha, control, variation):
    """Each group is its values, denominators and covariates, None where there are none."""
    (ratio_c, z_c), (ratio_v, z_v) = linear(*control[:2]), linear(*variation[:2])
    theta = imbalance = None
    x_c, x_v = np.zeros(len(z_c)), np.zeros(len(z_v))
    if control[2] is not None:
        x_c, x_v = control[2], variation[2]
        group = np.repeat([0.0, 1.0], [len(z_c), len(z_v)])
        outcome = np.concatenate([z_c + ratio_c, z_v + ratio_v])
        design = np.column_stack([np.ones(len(group)), group, np.concatenate([x_c, x_v])])
        fit = sm.OLS(outcome, design).fit()
        theta = fit.params[2]
        imbalance = stats.ttest_ind(x_v, x_c, equal_var=False).pvalue
    adjusted_c = z_c + ratio_c - (theta or 0.0) * x_c
    adjusted_v = z_v + ratio_v - (theta or 0.0) * x_v
    absolute = welch(adjusted_v, adjusted_c, alpha)
    if theta is not None:
        # The regression gives the same difference.
        assert math.isclose(absolute[0], fit.params[1], rel_tol=1e-9)
    lift = absolute[0] / ratio_c
    # What a user adds to the lift, through the difference and through the divisor.
    share_v = (z_v - (theta or 0.0) * x_v) / ratio_c
    share_c = ((1 + lift) * z_c - (theta or 0.0) * x_c) / ratio_c
    share_v += lift - share_v.mean()
    share_c -= share_c.mean()
    relative = welch(share_v, share_c, alpha)
    expected = [ratio_c, ratio_v, *absolute, theta, imbalance]
    expected += [lift, relative[1], relative[3], relative[4]]
    write("comparison", [alpha, *sums(*control), *sums(*variation)], expected)


def comparisons():
    cases = [(30, 41, 0.05), (500, 480, 0.05), (9_500, 500, 0.1), (20_000, 20_300, 0.01)]
    for users_c, users_v, alpha in cases:
        for change in [0.0, 0.15]:
            sizes = [(users_c, 1.0), (users_v, 1.0 + change)]
            normal = [rng.normal(20.0 * by, 6.0 * by, size) for size, by in sizes]
            comparison(alpha, *[(value, None, None) for value in normal])
            skewed = [rng.lognormal(1.0, 1.0, size) * by for size, by in sizes]
            comparison(alpha, *[(value, None, None) for value in skewed])
            share = [(rng.random(size) < 0.6 * by).astype(float) for size, by in sizes]
            comparison(alpha, *[(value, None, None) for value in share])
            groups = []
            for size, by in sizes:
                taste = rng.gamma(3.0, 1.0, size)
                bookings = 1.0 + rng.poisson(taste)
                seats = bookings + rng.poisson(bookings * 0.8 * by)
                before = rng.poisson(taste * 2.0) + rng.normal(0.0, 0.3, size)
                groups.append((seats.astype(float), bookings.astype(float), before))
            comparison(alpha, *[(seats, None, before) for seats, _, before in groups])
            comparison(alpha, *[(seats, bookings, None) for seats, bookings, _ in groups])
            comparison(alpha, *groups)


def sequential():
    cases = [
        (200, 210, 0.05, 5_000),
        (4_000, 4_100, 0.05, 5_000),
        (9_500, 500, 0.01, 800),
        (90_000, 90_000, 0.1, 5_000),
    ]
    for users_c, users_v, alpha, tuning in cases:
        for change in [0.0, 0.06]:
            control = rng.gamma(4.0, 1.0, users_c)
            variation = rng.gamma(4.0, 1.0 + change, users_v)
            rows = [sums(value, None, None)[:3] for value in (control, variation)]
            found = []
            for kind in ["absolute", "relative"]:
                config = SequentialConfig(
                    difference_type=kind, alpha=alpha, sequential_tuning_parameter=tuning
                )
                arms = [SampleMeanStatistic(n=n, sum=sum, sum_squares=squares) for n, sum, squares in rows]
                test = SequentialTwoSidedTTest(*arms, config)
                found += [test.point_estimate, *test.confidence_interval]
                found += [test.p_value] if kind == "absolute" else []
            write("sequential", [alpha, tuning, *rows[0], *rows[1]], found)


def student():
    for df in [1.0, 1.7, 5.0, 29.3, 47.0, 49.0, 333.3, 1e4, 1e6, 3.3e7]:
        for t in [0.001, 0.5, 1.0, 1.96, 3.3, 6.0, 12.0]:
            for alpha in [0.2, 0.05, 0.001]:
                write("student", [df, t, alpha], [2 * stats.t.sf(t, df), stats.t.isf(alpha / 2, df)])


def ratio():
    cases = [
        ([5_010, 4_990], [0.5, 0.5]),
        ([9_512, 488], [0.95, 0.05]),
        ([9_400, 600], [0.95, 0.05]),
        ([1_000_000, 1_003_000], [0.5, 0.5]),
        ([334, 310, 356], [0.3, 0.3, 0.4]),
        ([2_000, 2_050, 1_950, 2_200], [0.25, 0.25, 0.25, 0.25]),
        ([60, 40], [0.5, 0.5]),
    ]
    for users, weights in cases:
        test = stats.chisquare(users, np.array(weights) * sum(users))
        write("ratio", [*users, "|", *weights], [test.statistic, test.pvalue])


def corrections():
    for size in [1, 2, 5, 12, 30]:
        p = rng.random(size) ** 3
        if size > 4:
            p[3] = p[1]
        for kind, method in [("benjamini-hochberg", "fdr_bh"), ("holm", "holm")]:
            write(kind, p, multipletests(p, method=method)[1])


def plans():
    planner = NormalIndPower()
    for deviation, effect in [(2.0, 0.2), (1.0, 0.5), (30.0, 0.4)]:
        for share in [0.5, 0.2, 0.05]:
            for alpha, power in [(0.05, 0.8), (0.01, 0.95), (0.2, 0.5)]:
                users = 4_000
                ratio = share / (1 - share)
                size = effect / deviation
                control = planner.solve_power(size, alpha=alpha, power=power, ratio=ratio)

                def power_of(size):
                    return planner.power(size, users * (1 - share), alpha, ratio=ratio)

                # The planner's own search for an effect ends at six digits.
                least = brentq(lambda size: power_of(size) - power, 1e-3, 2.0, xtol=1e-15)
                found = power_of(size)
                needed = [math.ceil(control), math.ceil(control * ratio)]
                inputs = [deviation, share, alpha, power, effect, users]
                write("mean-plan", inputs, [*needed, least * deviation, found])
    for rate, effect in [(0.1, 0.02), (0.5, -0.05), (0.01, 0.004)]:
        for share in [0.5, 0.1]:
            users = 6_000
            after = rate + effect
            deviation = math.sqrt(rate * (1 - rate) / (1 - share) + after * (1 - after) / share)
            # Takes one group of all users, whose mean has the standard error of the difference.
            found = normal_power_het(effect, users, 0.05, std_null=deviation, std_alternative=deviation)
            write("proportion-plan", [rate, share, 0.05, 0.8, effect, users], [found])


def main():
    for part in [comparisons, sequential, student, ratio, corrections, plans]:
        part()
    head = ["Written by ../reference.py: do not edit.", *COLUMNS.splitlines()]
    head.append("with " + ", ".join(f"{name} {version(name)}" for name in PACKAGES))
    table = "".join(f"# {line}\n" for line in head) + "\n".join(lines) + "\n"
    Path(__file__).with_name("it").joinpath("reference.tsv").write_text(table)


main()
