# SPDX-License-Identifier: Apache-2.0
"""Approaches 1 and 2 and comparisons against NumPy and SciPy."""

import math

import isoflop
import numpy as np
import pytest

LAW = isoflop.published_law("besiroglu2024").coefficients


def loss(n, d):
    return (
        LAW["E"] + LAW["A"] / n ** LAW["alpha"] + LAW["B"] / d ** LAW["beta"]
    )


@pytest.fixture
def sweeps():
    """Five budgets with 9 sizes each, with noise."""
    budgets = np.repeat(10.0 ** np.arange(17, 22), 9)
    place = np.tile(np.linspace(-1, 1, 9), 5)
    params = np.sqrt(budgets / 120) * 4**place
    tokens = budgets / 6 / params
    noise = np.random.default_rng(1).normal(0, 0.002, len(params))
    return {
        "params": params,
        "tokens": tokens,
        "loss": loss(params, tokens) * np.exp(noise),
    }


def parabola(x, y):
    curvature, slope, _ = np.polyfit(x, y, 2)
    return -slope / curvature / 2


def test_valleys_are_those_of_polyfit(sweeps):
    found = isoflop.isoflop_valleys(sweeps, bootstrap=0)
    sizes = []
    for i, valley in enumerate(found.valleys):
        rows = slice(9 * i, 9 * i + 9)
        best = parabola(np.log(sweeps["params"][rows]), sweeps["loss"][rows])
        assert valley.shape == "minimum"
        assert math.log(valley.params) == pytest.approx(best, rel=1e-9)
        sizes.append(best)
    line = np.polyfit(np.log(10.0) * np.arange(17, 22), sizes, 1)
    assert found.params.exponent == pytest.approx(line[0], rel=1e-9)
    assert found.params.log_factor == pytest.approx(line[1], rel=1e-9)


def test_intervals_of_the_exponent_are_those_of_scipy(sweeps):
    stats = pytest.importorskip("scipy.stats")
    found = isoflop.isoflop_valleys(sweeps, bootstrap=0)
    line = stats.linregress(
        np.log([valley.flops for valley in found.valleys]),
        np.log([valley.params for valley in found.valleys]),
    )
    half = stats.t.ppf(0.95, 3) * line.stderr
    low, high = found.params.exponent_interval(0.9)
    assert low == pytest.approx(line.slope - half, rel=1e-9)
    assert high == pytest.approx(line.slope + half, rel=1e-9)


def test_interval_of_a_valley_is_that_of_the_covariance(sweeps):
    stats = pytest.importorskip("scipy.stats")
    found = isoflop.isoflop_valleys(sweeps, bootstrap=0)
    x = np.log(sweeps["params"][:9])
    x, centre = x - x.mean(), x.mean()
    (a, b, _), cov = np.polyfit(x, sweeps["loss"][:9], 2, cov=True)
    gradient = np.array([b / (2 * a * a), -1 / (2 * a), 0])
    half = stats.t.ppf(0.95, 6) * math.sqrt(gradient @ cov @ gradient)
    low, high = np.log(found.valleys[0].params_interval)
    assert low == pytest.approx(centre - b / a / 2 - half, rel=1e-8)
    assert high == pytest.approx(centre - b / a / 2 + half, rel=1e-8)


def test_likelihood_of_huber_is_that_of_quadrature(sweeps):
    integrate = pytest.importorskip("scipy.integrate")
    optimize = pytest.importorskip("scipy.optimize")
    delta = 1e-3
    score = isoflop.compare(sweeps, law=["additive"]).forms[0]
    value = isoflop.fit(sweeps, bootstrap=0).objective_value
    n = len(sweeps["loss"])

    def rho(r):
        return np.where(
            abs(r) < delta, r * r / 2, delta * (abs(r) - delta / 2)
        )

    def minus(log_s):
        s = math.exp(log_s)
        reach = 60 * (s / delta + delta)
        total = 2 * sum(
            integrate.quad(lambda r: math.exp(-rho(r) / s), *part)[0]
            for part in ((0, delta), (delta, reach))
        )
        return n * math.log(total) + value / s

    centre = math.log(value / n)
    best = optimize.minimize_scalar(
        minus, bounds=(centre - 3, centre + 3), method="bounded"
    )
    assert score.log_likelihood == pytest.approx(-best.fun, rel=1e-6)
    k = score.coefficients + 1
    assert score.bic == pytest.approx(
        k * math.log(n) - 2 * score.log_likelihood
    )


CASES = {
    "valleys": ("isoflop", lambda path: isoflop.isoflop_valleys(path)),
    "envelope": (
        "checkpoints",
        lambda path: isoflop.envelope(path, bootstrap=100),
    ),
    "compare": ("isoflop", lambda path: isoflop.compare(path)),
}
FLAGS = {"envelope": ["--bootstrap", "100"]}


@pytest.mark.parametrize("verb", CASES)
def test_json_and_text_are_those_of_the_command(verb, root, command):
    name, make = CASES[verb]
    path = str(root / "data" / "pilot" / f"{name}.csv")
    flags = FLAGS.get(verb, [])
    made = make(path)
    wanted = command(verb, path, *flags, "--format", "json")
    assert made.to_json().encode() == wanted
    assert str(made).encode() == command(verb, path, *flags)


def test_gain_of_two_sets_is_that_of_the_command(root, command):
    first = str(root / "data" / "pilot" / "isoflop.csv")
    second = str(root / "data" / "pilot" / "isoflop_b.csv")
    made = isoflop.compare(first, second, bootstrap=100)
    wanted = command(
        "compare", first, second, "--bootstrap", "100", "--format", "json"
    )
    assert made.to_json().encode() == wanted
    low, high = made.gains[0].interval
    assert low < 1.44 < high
