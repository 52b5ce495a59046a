// SPDX-License-Identifier: Apache-2.0
#include "isoflop/base/error.h"
#include "isoflop/check/check.h"
#include "isoflop/cost/table.h"
#include "isoflop/fit/fit.h"
#include "isoflop/laws/predict.h"
#include "isoflop/plan/plan.h"
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
  table["fit"] = table_of(all_infos<FitOptions>());
  table["predict"] = table_of(all_infos<PredictInputs, PredictOptions>());
  table["plan"] = table_of(all_infos<Scenario, PlanOptions, ScenarioEdits>());
  table["check"] = table_of(all_infos<Scenario, CheckOptions, ScenarioEdits>());
  table["models"] = table_of(all_infos<TableFilter>());
  table["accelerators"] = table_of(all_infos<TableFilter>());
  return table;
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
  isoflop::python::bind_runs(module);
  isoflop::python::bind_form(module);
  isoflop::python::bind_laws(module);
  isoflop::python::bind_fit(module);
  isoflop::python::bind_cost(module);
  isoflop::python::bind_cost_formulas(module);
  isoflop::python::bind_run_cost(module);
  isoflop::python::bind_plan(module);
  isoflop::python::bind_check(module);
  module.def("option_table",
             &isoflop::python::option_table,
             "The keywords of every verb: name, type, help, range, default.");
}
