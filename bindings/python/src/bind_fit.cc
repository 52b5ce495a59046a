// SPDX-License-Identifier: Apache-2.0
#include "form_handle.h"
#include "isoflop/fit/curves.h"
#include "isoflop/runs/read_curves.h"
#include "results.h"
#include "runs_of.h"

namespace isoflop::python {
namespace {

void bind_parts(py::module_& module) {
  py::class_<SuggestedRun>(module, "SuggestedRun", "A run that would help.")
      .def_readonly("params", &SuggestedRun::params)
      .def_readonly("tokens", &SuggestedRun::tokens)
      .def_readonly("others", &SuggestedRun::others);
  py::class_<Identifiability>(
      module, "Identifiability", "Whether the runs determine the coefficients.")
      .def_readonly("status", &Identifiability::status)
      .def_readonly("distinct_runs", &Identifiability::distinct_runs)
      .def_readonly("rank", &Identifiability::rank)
      .def_readonly("condition", &Identifiability::condition)
      .def_readonly("design_condition", &Identifiability::design_condition)
      .def_readonly("target_flops", &Identifiability::target)
      .def_readonly("sd_log_loss", &Identifiability::sd_log_loss)
      .def_readonly("sd_log_params", &Identifiability::sd_log_params)
      .def_readonly("vanished", &Identifiability::vanished)
      .def_readonly("reasons", &Identifiability::reasons)
      .def_readonly("free_combinations", &Identifiability::free_combinations)
      .def_readonly("still_known", &Identifiability::still_known)
      .def_readonly("suggested_runs", &Identifiability::suggested_runs)
      .def_readonly("suggests_fewest", &Identifiability::suggests_fewest);
  py::class_<FitSearch>(module, "FitSearch", "How the optimum was found.")
      .def_readonly("starts", &FitSearch::starts)
      .def_readonly("best_start", &FitSearch::best_start)
      .def_readonly("reached", &FitSearch::reached)
      .def_readonly("distinct_optima", &FitSearch::distinct_optima)
      .def_readonly("optima", &FitSearch::optima)
      .def_readonly("gradient_norm", &FitSearch::gradient_norm)
      .def_readonly("relative_gap", &FitSearch::relative_gap)
      .def_readonly("check_gap", &FitSearch::check_gap)
      .def_readonly("is_confirmed", &FitSearch::is_confirmed)
      .def_readonly("at_bound", &FitSearch::at_bound)
      .def_readonly("evaluations", &FitSearch::evaluations)
      .def_readonly("converged", &FitSearch::converged);
}

/// A form given as an object stands for its text and its ranges.
void take_form(py::dict& keywords, FitOptions& options) {
  const py::str key("law");
  if (!keywords.contains(key)) return;
  const py::object law = keywords[key];
  if (!py::isinstance<FormHandle>(law)) return;
  const auto handle = law.cast<FormHandle>();
  keywords.attr("pop")(key);
  options.law = handle.form->name();
  options.coefficient = handle.form->settings().coefficients;
  options.fix = handle.form->settings().fixed;
}

void bind_curves(py::module_& module) {
  const std::string read_doc =
      "Loss curves from a table with a row a step.\n\nOptions:" +
      options_doc(option_infos<ReadOptions>());
  module.def(
      "read_curves",
      [](const py::object& path, py::kwargs keywords) {
        ReadOptions options;
        take(options, keywords, "read_curves");
        require_none_left(keywords,
                          detail::names_of(option_infos<ReadOptions>()),
                          "read_curves");
        const std::string text = py::str(path);
        const py::gil_scoped_release release;
        return read_curves(text, options);
      },
      py::arg("path"),
      read_doc.c_str());
  const std::string fit_doc =
      "Fits a form of loss curves to curves of one model.\n\n"
      "    curves: Runs of read_curves, a path, with the options of "
      "read_curves, or\n"
      "        columns by name (a dict or a data frame): step, loss, and name "
      "and lr\n"
      "        where there are such" +
      options_doc(option_infos<CurveFitOptions>());
  module.def(
      "fit_curves",
      [](const py::object& curves, py::kwargs keywords) {
        CurveFitOptions options;
        take_form(keywords, options);
        take(options, keywords, "fit_curves");
        const ReadOptions reading = take_reading(curves, keywords);
        require_none_left(keywords,
                          detail::names_of(option_infos<CurveFitOptions>()),
                          "fit_curves");
        const Runs rows = curves_of(curves, reading);
        const py::gil_scoped_release release;
        return fit_curves(rows, options);
      },
      py::arg("curves"),
      fit_doc.c_str());
}

void bind_tests(py::module_& module) {
  py::class_<BacktestScore>(module, "BacktestScore", "How a method came out.")
      .def_readonly("runs", &BacktestScore::runs)
      .def_readonly("mean_abs_error", &BacktestScore::mean_abs_error)
      .def_readonly("mean_error", &BacktestScore::mean_error)
      .def_readonly("coverage", &BacktestScore::coverage)
      .def_readonly("width", &BacktestScore::width);
  py::class_<FormTrial>(module, "FormTrial", "A form that law='auto' tried.")
      .def_readonly("law", &FormTrial::law)
      .def_readonly("score", &FormTrial::score)
      .def_readonly("problem", &FormTrial::problem)
      .def_readonly("is_close", &FormTrial::is_close);
}

}  // namespace

void bind_fit(py::module_& module) {
  bind_parts(module);
  bind_tests(module);
  py::class_<FitResult> result(
      module, "FitResult", "A fitted law and how far it can be trusted.");
  result.def_readonly("law", &FitResult::law)
      .def_readonly("source", &FitResult::source)
      .def_readonly("schedule", &FitResult::schedule)
      .def_readonly("objective_value", &FitResult::objective_value)
      .def_readonly("residual_scale", &FitResult::residual_scale)
      .def_readonly("runs_used", &FitResult::runs_used)
      .def_readonly("runs_dropped", &FitResult::runs_dropped)
      .def_property_readonly("intervals", &FitResult::named_intervals)
      .def_readonly("optimum", &FitResult::optimum)
      .def_readonly("identifiability", &FitResult::identifiability)
      .def_readonly("search", &FitResult::search)
      .def_readonly("bootstrap", &FitResult::bootstrap)
      .def_readonly("standard_errors", &FitResult::standard_errors)
      .def_readonly("profile", &FitResult::profile)
      .def_readonly("influence", &FitResult::influence)
      .def_readonly("residual_checks", &FitResult::residual_checks)
      .def_readonly("trials", &FitResult::trials)
      .def_readonly("findings", &FitResult::findings)
      .def_property_readonly("is_identified", &FitResult::is_identified);
  add_report(result);
  const std::string doc =
      "Fits a law to runs and says how far it can be trusted.\n\n"
      "    runs: Runs, a path, with the options of read_runs, or columns by "
      "name (a\n        dict or a data frame)" +
      options_doc(option_infos<FitOptions>());
  module.def(
      "fit",
      [](const py::object& runs, py::kwargs keywords) {
        FitOptions options;
        take_form(keywords, options);
        take(options, keywords, "fit");
        const ReadOptions reading = take_reading(runs, keywords);
        require_none_left(
            keywords, detail::names_of(option_infos<FitOptions>()), "fit");
        const Runs columns = runs_of(runs, reading);
        const py::gil_scoped_release release;
        return fit(columns, options);
      },
      py::arg("runs"),
      doc.c_str());
  bind_curves(module);
}

}  // namespace isoflop::python
