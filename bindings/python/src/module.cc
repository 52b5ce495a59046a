// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <thread>

#include "isoflop/base/error.h"
#include "isoflop/base/interrupt.h"
#include "isoflop/check/check.h"
#include "isoflop/check/checks.h"
#include "isoflop/cost/table.h"
#include "isoflop/fit/backtest.h"
#include "isoflop/fit/compare.h"
#include "isoflop/fit/curves.h"
#include "isoflop/fit/envelope.h"
#include "isoflop/fit/fit.h"
#include "isoflop/fit/forecast.h"
#include "isoflop/fit/valleys.h"
#include "isoflop/laws/predict.h"
#include "isoflop/plan/plan.h"
#include "isoflop/plan/scenario_file.h"
#include "isoflop/plan/what_if.h"
#include "isoflop/runs/convert.h"
#include "isoflop/runs/read_runs.h"
#include "isoflop/version.h"
#include "keywords.h"

namespace isoflop::python {
namespace {

py::list table_of(const std::vector<OptionInfo>& infos) {
  py::list rows;
  for (const OptionInfo& info : infos) {
    py::dict row;
    row["name"] = info.name;
    row["type"] = info.type;
    row["help"] = info.help;
    row["range"] = info.range;
    row["default"] = info.default_text;
    rows.append(row);
  }
  return rows;
}

/// The keywords of every verb, for stubs and reference pages.
py::dict option_table() {
  py::dict table;
  table["read_runs"] = table_of(all_infos<ReadOptions>());
  table["convert"] = table_of(all_infos<ConvertOptions, ReadOptions>());
  table["fit"] = table_of(all_infos<FitOptions>());
  table["read_curves"] = table_of(all_infos<ReadOptions>());
  table["fit_curves"] = table_of(all_infos<CurveFitOptions>());
  table["forecast"] = table_of(all_infos<ForecastOptions>());
  table["backtest"] = table_of(all_infos<BacktestOptions>());
  table["compare"] = table_of(all_infos<CompareOptions>());
  table["isoflop_valleys"] = table_of(all_infos<ValleyOptions>());
  table["envelope"] = table_of(all_infos<EnvelopeOptions>());
  table["predict"] = table_of(all_infos<PredictInputs, PredictOptions>());
  table["plan"] = table_of(all_infos<Scenario, PlanOptions, ScenarioEdits>());
  table["what_if"] =
      table_of(all_infos<Scenario, WhatIfOptions, ScenarioEdits>());
  table["check"] = table_of(all_infos<Scenario, CheckOptions, ScenarioEdits>());
  table["check_all"] = table_of(
      all_infos<Scenario, CheckOptions, ChecksOptions, ScenarioEdits>());
  table["check_many"] = table_of(all_infos<CheckOptions>());
  table["check_router"] = table_of(all_infos<RouterOptions>());
  table["models"] = table_of(all_infos<TableFilter>());
  table["accelerators"] = table_of(all_infos<TableFilter>());
  return table;
}

/// Runs Python's signal handlers, now and then, where Python runs them.
bool is_interrupted() {
  using Clock = std::chrono::steady_clock;
  constexpr auto kPause = std::chrono::milliseconds(10);
  static const std::thread::id main_thread = std::this_thread::get_id();
  static Clock::time_point asked;
  if (std::this_thread::get_id() != main_thread) return false;
  const Clock::time_point now = Clock::now();
  if (now - asked < kPause) return false;
  asked = now;
  const py::gil_scoped_acquire gil;
  return PyErr_CheckSignals() != 0;
}

/// Ctrl-C stops a computation as it stops Python's own.
void stop_on_interrupt() {
  is_interrupted();  // the thread that imports is the main one
  set_interrupt_check(is_interrupted);
  py::register_exception_translator([](std::exception_ptr thrown) {
    try {
      if (thrown) std::rethrow_exception(thrown);
    } catch (const Interrupted&) {
      if (!PyErr_Occurred()) PyErr_SetNone(PyExc_KeyboardInterrupt);
    }
  });
}

/// Gives each property without a text of its own that of the C++ member which
/// it shows, see property_docs.py.
void document_properties(const py::module_& module) {
  static constexpr std::pair<std::string_view, const char*> kDocs[] = {
#include <property_docs.inc>
  };
  for (const auto& [name, text] : kDocs) {
    const std::size_t dot = name.find('.');
    const py::str type(std::string(name.substr(0, dot)));
    const py::str property(std::string(name.substr(dot + 1)));
    module.attr(type).attr("__dict__")[property].attr("__doc__") = text;
  }
}

}  // namespace
}  // namespace isoflop::python

PYBIND11_MODULE(_core, module) {
  namespace py = pybind11;
  module.doc() = "Scaling laws: fit runs, plan runs, check plans.";
  module.attr("__version__") = std::string(isoflop::version());
  const auto& data_error = py::register_exception<isoflop::DataError>(
      module, "DataError", PyExc_ValueError);
  py::register_exception<isoflop::FileError>(module, "FileError", data_error);
  module.attr("DataError").attr("__doc__") =
      "A file whose content cannot be used: malformed, wrong columns.";
  module.attr("FileError").attr("__doc__") =
      "A file that cannot be opened, read or written.";
  isoflop::python::stop_on_interrupt();
  isoflop::python::bind_progress(module);
  isoflop::python::bind_runs(module);
  isoflop::python::bind_convert(module);
  isoflop::python::bind_form(module);
  isoflop::python::bind_loss_forecast(module);
  isoflop::python::bind_laws(module);
  isoflop::python::bind_predict(module);
  isoflop::python::bind_doubt(module);
  isoflop::python::bind_fit(module);
  isoflop::python::bind_forecast(module);
  isoflop::python::bind_compare(module);
  isoflop::python::bind_cost(module);
  isoflop::python::bind_shapes(module);
  isoflop::python::bind_training_formulas(module);
  isoflop::python::bind_serving_formulas(module);
  isoflop::python::bind_run_cost(module);
  isoflop::python::bind_plan(module);
  isoflop::python::bind_what_if(module);
  isoflop::python::bind_router(module);
  isoflop::python::bind_check(module);
  isoflop::python::bind_checks(module);
  isoflop::python::document_properties(module);
  module.def("option_table",
             &isoflop::python::option_table,
             "The keywords of every verb: name, type, help, range, default.");
}
