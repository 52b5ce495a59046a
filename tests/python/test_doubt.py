# SPDX-License-Identifier: Apache-2.0
import json
import math

import isoflop
import numpy as np
import pytest

RANDOM = np.random.default_rng(7)
N, D = (
    x.ravel()
    for x in np.meshgrid(np.logspace(8, 10, 6), np.logspace(9.3, 11.3, 5))
)
LOSS = (1.8 + 480 / N**0.35 + 2000 / D**0.37) * np.exp(
    0.003 * RANDOM.standard_normal(30)
)
RUNS = {"params": N, "tokens": D, "loss": LOSS}


def test_profiles_come_as_objects_and_as_json():
    fitted = isoflop.fit(RUNS, bootstrap=0, interval="profile")
    alpha = fitted.profile.find("alpha")
    low, high = fitted.intervals["alpha"]
    assert (low, high) == alpha.interval
    assert low < fitted.law.coefficients["alpha"] < high
    assert alpha.is_closed
    assert fitted.profile.find("nothing") is None
    profiles = json.loads(fitted.to_json())["result"]["profile"]["profiles"]
    assert profiles[3]["interval"] == [low, high]


def test_profile_ends_where_scipy_finds_the_cut():
    optimize = pytest.importorskip("scipy.optimize")
    fitted = isoflop.fit(
        RUNS, bootstrap=0, interval="profile", objective="squared"
    )

    def residuals(theta, alpha):
        e, a, b, beta = theta
        law = np.exp(e) + np.exp(a) / N**alpha + np.exp(b) / D**beta
        return np.log(law) - np.log(LOSS)

    profile = fitted.profile.find("alpha")
    best = fitted.law.coefficients
    start = [*(math.log(best[c]) for c in ("E", "A", "B")), best["beta"]]
    for end in profile.interval:
        found = optimize.least_squares(
            residuals, start, args=(end,), xtol=1e-15, ftol=1e-15, x_scale="jac"
        )
        # The objective is the sum of squares, its errors' variance over the
        # spare runs.
        rise = 2 * found.cost - fitted.objective_value
        variance = fitted.objective_value / (30 - 5)
        assert rise / variance == pytest.approx(fitted.profile.cut, rel=1e-4)


@pytest.mark.parametrize("kind", ["residual", "pairs", "wild", "cluster"])
def test_every_kind_of_refit_is_reported(kind):
    runs = {**RUNS, "group": [str(i % 10) for i in range(30)]}
    fitted = isoflop.fit(runs, bootstrap=20, bootstrap_kind=kind)
    assert fitted.bootstrap.kind == kind
    assert fitted.bootstrap.clusters == (10 if kind == "cluster" else 0)
    assert fitted.law.draws.shape == (20, 5)


def test_influence_and_standard_errors_and_checks():
    fitted = isoflop.fit(RUNS, bootstrap=0, influence=True)
    assert fitted.influence.left_out == 30
    leverage = sum(run.leverage for run in fitted.influence.runs)
    assert leverage == pytest.approx(5)
    assert set(fitted.standard_errors.sandwich) == set("EAB") | {"alpha", "beta"}
    assert fitted.residual_checks.lack_of_fit is None
    assert [t.variable for t in fitted.residual_checks.trends] == [
        "params",
        "tokens",
        "flops",
    ]


def test_a_new_run_scatters_more_than_the_law():
    fitted = isoflop.fit(RUNS, bootstrap=100)
    answer = isoflop.predict(law=fitted.law, params=1e9, tokens=2e10)
    assert answer.run_interval[0] < answer.interval[0]
    assert answer.run_interval[1] > answer.interval[1]
