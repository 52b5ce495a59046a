# SPDX-License-Identifier: Apache-2.0
"""Forecasts and back-tests, from arrays."""

import math
import pickle
import shutil

import pytest

import isoflop


def runs():
    law = isoflop.published_law("besiroglu2024")
    params = [1e7 * 1.15**i for i in range(40)]
    tokens = [p * (5, 12, 30, 80)[i % 4] for i, p in enumerate(params)]
    loss = [
        law.loss(p, t) * math.exp(0.004 * math.sin(3 * i))
        for i, (p, t) in enumerate(zip(params, tokens))
    ]
    return {"params": params, "tokens": tokens, "loss": loss}


def test_forecast_predicts_arrays_as_it_does_one_run():
    forecast = isoflop.forecast(runs(), threads=1)
    assert forecast.law.is_forecast
    assert forecast.rows_used == 40
    table = isoflop.predict_table(forecast, [7e9, 7e10], [1.4e11, 1.4e12])
    one = forecast.predict(7e9, 1.4e11)
    assert len(table) == 2
    assert table.is_forecast
    assert table.loss_nats[0] == pytest.approx(one.loss_nats, rel=1e-12)
    assert table.run_low[0] < table.curve_low[0] < table.loss_nats[0]
    assert table.curve_high[0] < table.run_high[0]
    assert one.run_interval(0.9)[1] == pytest.approx(table.run_high[0])


def test_a_forecast_stands_for_a_law():
    forecast = isoflop.forecast(runs())
    prediction = isoflop.predict(law=forecast, params=7e9, tokens=1.4e11)
    assert prediction.run_interval[0] < prediction.interval[0]
    assert prediction.forecast.sd_run > prediction.forecast.sd_curve
    plan = isoflop.plan(law=forecast, flops=1e22)
    assert plan.loss_interval[0] < plan.run.loss_nats < plan.loss_interval[1]
    check = isoflop.check(law=forecast, params=7e9, tokens=1.4e11)
    assert check.loss_interval[0] < check.run.loss_nats
    back = pickle.loads(pickle.dumps(forecast.law))
    again = isoflop.predict(law=back, params=7e9, tokens=1.4e11)
    assert again.value == prediction.value


def test_known_losses_are_scored():
    columns = runs()
    table = isoflop.predict_table(
        isoflop.forecast(columns),
        columns["params"],
        columns["tokens"],
        columns["loss"],
        level=0.8,
    )
    assert table.score.runs == 40
    assert table.score.mean_abs_error < 0.01
    assert table.score.coverage > 0.6


def test_backtest_says_what_to_trust():
    result = isoflop.backtest(runs(), factor=[10, 30], bootstrap=20)
    assert [split.factor for split in result.splits] == [10, 30]
    assert result.trusted in [method.name for method in result.methods]
    assert result.methods[0].overall.mean_abs_error < 0.05


def test_unknown_options_are_refused():
    with pytest.raises(ValueError, match="amplitude"):
        isoflop.forecast(runs(), amplitud=[0.1])
    with pytest.raises(ValueError, match="declares no prior"):
        isoflop.forecast(runs(), form="kaplan")


def test_a_forecast_tells_how_it_was_made():
    forecast = isoflop.forecast(runs(), prior="none", discrepancy="none")
    assert forecast.options["discrepancy"] == "none"
    assert forecast.options["level"] == "0.9"
    assert "threads" not in forecast.options
    assert set(forecast.prior_deviations) == {
        "ln alpha gamma", "ln beta gamma", "ln gamma"}
    assert forecast.log_evidence is None
    assert pickle.loads(pickle.dumps(forecast.law)).is_forecast
    with pytest.raises(ValueError, match="amplitude"):
        isoflop.forecast(runs(), amplitude=[])


def test_a_backtest_takes_the_options_of_the_forecast():
    result = isoflop.backtest(
        runs(), factor=[3], bootstrap=20, discrepancy="none", form="additive")
    assert [m.name for m in result.methods] == ["forecast", "additive"]


def test_a_fit_takes_the_form_that_predicts_best():
    fit = isoflop.fit(runs(), law="auto", bootstrap=0)
    assert fit.trials[0].law == fit.law.form
    assert fit.trials[0].score.mean_abs_error < 0.05


def test_intervals_of_a_fit_are_widened_beyond_its_runs():
    fit = isoflop.fit(runs(), bootstrap=50)
    run = {"params": 1e11, "tokens": 1e13}
    prediction = isoflop.predict(law=fit, **run)
    assert prediction.widening == fit.law.widening_at(6e24) > 1.0
    table = isoflop.predict_table(fit, [1e11], [1e13])
    assert table.widening[0] == prediction.widening
    plain = isoflop.fit(runs(), bootstrap=50, widening="none")
    assert isoflop.predict(law=plain, **run).widening == 1.0


@pytest.mark.parametrize("verb", ["predict", "plan", "check"])
def test_runs_by_name_are_learned_from(verb, pile, command, tmp_path):
    options = {
        "predict": {"params": "30B", "tokens": "600B"},
        "plan": {"flops": "1e22"},
        "check": {"params": "30B", "tokens": "600B"},
    }[verb]
    flags = [w for k, v in options.items() for w in (f"--{k}", v)]
    wanted = command(verb, "--from", pile, *flags, "--format", "json")
    made = getattr(isoflop, verb)(law=pile, **options).to_json()
    assert made.encode() == wanted


def test_a_scenario_names_runs_beside_it(pile, tmp_path):
    shutil.copy(pile, tmp_path / "runs.csv")
    path = tmp_path / "plan.toml"
    path.write_text('law = "runs.csv"\nbudget.flops = 1e22\n')
    scenario = isoflop.read_scenario(str(path))
    assert scenario.law == str(tmp_path / "runs.csv")
    plan = isoflop.plan(scenario)
    assert plan.law.is_forecast
    assert plan.run.loss_nats == (
        isoflop.plan(law=isoflop.forecast(pile), flops=1e22).run.loss_nats
    )


def test_a_prediction_says_how_far_it_was_tested(pile):
    tested = isoflop.predict(law=pile, params=3e10, tokens=6e11).tested
    assert tested.runs == 9
    assert 0 <= tested.inside <= tested.runs
    assert tested.distance > 10
    assert tested.level == 0.9
    untested = isoflop.predict(
        law=isoflop.forecast(pile, drift=0.01), params=3e10, tokens=6e11
    )
    assert untested.tested is None
    wanted = f"not tested here: isoflop backtest {pile} --drift 0.01 tells"
    assert wanted in " ".join(str(untested).split())
