// SPDX-License-Identifier: Apache-2.0
#include "isoflop/fit/backtest.h"
#include "isoflop/fit/forecast.h"
#include "isoflop/laws/predict_table.h"
#include "results.h"
#include "runs_of.h"

namespace isoflop::python {
namespace {

void bind_table(py::module_& module) {
  py::class_<PredictionScore>(
      module, "PredictionScore", "How near predictions came to known losses.")
      .def_readonly("runs", &PredictionScore::runs)
      .def_readonly("mean_abs_error", &PredictionScore::mean_abs_error)
      .def_readonly("mean_error", &PredictionScore::mean_error)
      .def_readonly("coverage", &PredictionScore::coverage);
  py::class_<PredictionTable> table(
      module, "PredictionTable", "The losses of many runs, as arrays.");
  table.def_readonly("law", &PredictionTable::law)
      .def_readonly("is_forecast", &PredictionTable::is_forecast)
      .def_readonly("score", &PredictionTable::score)
      .def_readonly("findings", &PredictionTable::findings)
      .def_readonly("source", &PredictionTable::source)
      .def_readonly("law_options", &PredictionTable::law_options)
      .def_readonly("tested", &PredictionTable::tested)
      .def("__len__", [](const PredictionTable& t) { return t.rows.size(); });
  for (const PredictedColumn& column : predicted_columns()) {
    table.def_property_readonly(
        column.name,
        [column](const PredictionTable& t) { return values_of(t, column); },
        column.meaning);
  }
  add_report(table);
  module.def(
      "predict_table",
      [](const py::object& law,
         const Eigen::VectorXd& params,
         const Eigen::VectorXd& tokens,
         const std::optional<Eigen::VectorXd>& loss_nats,
         double level) {
        const Law known = law_of(law);
        PlannedRuns runs{params, tokens};
        if (loss_nats) runs.loss_nats = *loss_nats;
        const py::gil_scoped_release release;
        return predict_table(known, runs, {level});
      },
      py::arg("law"),
      py::arg("params"),
      py::arg("tokens"),
      py::arg("loss_nats") = py::none(),
      py::kw_only(),
      py::arg("level") = 0.9,
      "Losses of many runs with their intervals, from arrays. With loss_nats, "
      "the losses they had, how near the predictions came.");
}

void bind_backtest(py::module_& module) {
  py::class_<BacktestMethod>(module, "BacktestMethod", "A way to predict.")
      .def_readonly("name", &BacktestMethod::name)
      .def_readonly("law", &BacktestMethod::law)
      .def_readonly("objective", &BacktestMethod::objective)
      .def_readonly("overall", &BacktestMethod::overall)
      .def_readonly("by_split", &BacktestMethod::by_split)
      .def_readonly("by_distance", &BacktestMethod::by_distance);
  py::class_<BacktestSplit>(module, "BacktestSplit", "What was held out.")
      .def_readonly("factor", &BacktestSplit::factor)
      .def_readonly("training", &BacktestSplit::training)
      .def_readonly("held_out", &BacktestSplit::held_out)
      .def_readonly("flops_limit", &BacktestSplit::limit);
  py::class_<Backtest> result(
      module, "Backtest", "How forecasts and fits predict the larger runs.");
  result.def_readonly("splits", &Backtest::splits)
      .def_readonly("methods", &Backtest::methods)
      .def_readonly("trusted", &Backtest::trusted)
      .def_readonly("status", &Backtest::status)
      .def_readonly("findings", &Backtest::findings);
  add_report(result);
  const std::string doc =
      "Predicts the larger runs from the smaller, and says what to trust.\n\n"
      "    runs: Runs, a path, with the options of read_runs, or columns by "
      "name (a\n        dict or a data frame)" +
      options_doc(option_infos<BacktestOptions>());
  module.def(
      "backtest",
      [](const py::object& runs, py::kwargs keywords) {
        BacktestOptions options;
        take(options, keywords, "backtest");
        const ReadOptions reading = take_reading(runs, keywords);
        require_none_left(keywords,
                          detail::names_of(option_infos<BacktestOptions>()),
                          "backtest");
        const Runs columns = runs_of(runs, reading);
        const py::gil_scoped_release release;
        return backtest(columns, options);
      },
      py::arg("runs"),
      doc.c_str());
}

}  // namespace

void bind_loss_forecast(py::module_& module) {
  py::class_<LossForecast>(
      module, "LossForecast", "The loss of a run that is forecast.")
      .def_property_readonly("loss_nats", &LossForecast::loss)
      .def_property_readonly("log_loss", &LossForecast::log_loss)
      .def_readonly("law", &LossForecast::law)
      .def_readonly("discrepancy", &LossForecast::discrepancy)
      .def_readonly("sd_law", &LossForecast::sd_law)
      .def_readonly("sd_discrepancy", &LossForecast::sd_discrepancy)
      .def_readonly("sd_drift", &LossForecast::sd_drift)
      .def_readonly("sd_noise", &LossForecast::sd_noise)
      .def_property_readonly("sd_curve", &LossForecast::sd_curve)
      .def_property_readonly("sd_run", &LossForecast::sd_run)
      .def("curve_interval",
           &LossForecast::curve_interval,
           py::arg("level") = 0.9,
           "Of the mean over runs, in nats.")
      .def("run_interval",
           &LossForecast::run_interval,
           py::arg("level") = 0.9,
           "Of one new run, in nats.");
  py::class_<DiscrepancyScales>(
      module, "DiscrepancyScales", "How runs depart from a law, in log loss.")
      .def_readonly("amplitude", &DiscrepancyScales::amplitude)
      .def_readonly("length", &DiscrepancyScales::length)
      .def_readonly("growth", &DiscrepancyScales::growth)
      .def_readonly("run_effect", &DiscrepancyScales::run_effect)
      .def_readonly("noise", &DiscrepancyScales::noise);
}

void bind_forecast(py::module_& module) {
  bind_table(module);
  bind_backtest(module);
  py::class_<Forecast> result(
      module, "Forecast", "A law and how runs depart from it.");
  result.def_readonly("law", &Forecast::law)
      .def_readonly("source", &Forecast::source)
      .def_readonly("rows_used", &Forecast::rows_used)
      .def_readonly("rows_dropped", &Forecast::rows_dropped)
      .def_readonly("runs", &Forecast::runs)
      .def_readonly("residual_scale", &Forecast::residual_scale)
      .def_readonly("log_evidence", &Forecast::log_evidence)
      .def_property_readonly("scales", &Forecast::scales)
      .def_property_readonly(
          "prior_deviations",
          [](const Forecast& self) {
            return std::map<std::string, double>(self.prior_deviations.begin(),
                                                 self.prior_deviations.end());
          },
          "By coordinate of the prior: how far off the mode is, in sds.")
      .def_property_readonly(
          "options",
          [](const Forecast& self) { return self.law.provenance.options; },
          "The options it was made with, as texts by name.")
      .def_readonly("findings", &Forecast::findings)
      .def(
          "predict",
          [](const Forecast& self, double params, double tokens) {
            return self.predict(Params(params), Tokens(tokens));
          },
          py::arg("params"),
          py::arg("tokens"),
          "The loss of one run; predict_table takes arrays.");
  add_report(result);
  const std::string doc =
      "Learns from runs what larger runs will lose.\n\n"
      "    runs: Runs, a path, with the options of read_runs, or columns by "
      "name (a\n        dict or a data frame)" +
      options_doc(option_infos<ForecastOptions>());
  module.def(
      "forecast",
      [](const py::object& runs, py::kwargs keywords) {
        ForecastOptions options;
        take(options, keywords, "forecast");
        const ReadOptions reading = take_reading(runs, keywords);
        require_none_left(keywords,
                          detail::names_of(option_infos<ForecastOptions>()),
                          "forecast");
        const Runs columns = runs_of(runs, reading);
        const py::gil_scoped_release release;
        return forecast(columns, options);
      },
      py::arg("runs"),
      doc.c_str());
}

}  // namespace isoflop::python
