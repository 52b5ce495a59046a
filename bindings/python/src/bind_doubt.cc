// SPDX-License-Identifier: Apache-2.0
#include "isoflop/fit/fit.h"
#include "keywords.h"

namespace isoflop::python {
namespace {

void bind_influence(py::module_& module) {
  py::class_<RunInfluence>(
      module, "RunInfluence", "What one run does to the fit.")
      .def_readonly("row", &RunInfluence::row)
      .def_readonly("name", &RunInfluence::name)
      .def_readonly("residual", &RunInfluence::residual)
      .def_readonly("leverage", &RunInfluence::leverage)
      .def_readonly("shift_log_params", &RunInfluence::shift_log_params)
      .def_readonly("shift_log_loss", &RunInfluence::shift_log_loss);
  py::class_<FitInfluence>(
      module, "FitInfluence", "Every run left out once, at most 1000.")
      .def_readonly("runs", &FitInfluence::runs)
      .def_readonly("left_out", &FitInfluence::left_out);
}

void bind_residual_checks(py::module_& module) {
  py::class_<ResidualTrend>(
      module, "ResidualTrend", "Rank correlation of the residuals.")
      .def_readonly("variable", &ResidualTrend::variable)
      .def_readonly("correlation", &ResidualTrend::correlation)
      .def_readonly("p_value", &ResidualTrend::p_value);
  py::class_<LackOfFit>(
      module, "LackOfFit", "Misfit against the scatter of repeated runs.")
      .def_readonly("repeats", &LackOfFit::repeats)
      .def_readonly("freedom", &LackOfFit::freedom)
      .def_readonly("pure_sd", &LackOfFit::pure_sd)
      .def_readonly("f", &LackOfFit::f)
      .def_readonly("p_value", &LackOfFit::p_value);
  py::class_<GroupCorrelation>(
      module, "GroupCorrelation", "Whether runs of one group err together.")
      .def_readonly("groups", &GroupCorrelation::groups)
      .def_readonly("correlation", &GroupCorrelation::correlation)
      .def_readonly("p_value", &GroupCorrelation::p_value);
  py::class_<UnevenErrors>(
      module, "UnevenErrors", "Errors whose size depends on the run.")
      .def_readonly("variable", &UnevenErrors::variable)
      .def_readonly("correlation", &UnevenErrors::correlation)
      .def_readonly("p_value", &UnevenErrors::p_value);
  py::class_<ResidualChecks>(
      module, "ResidualChecks", "What the residuals say against the law.")
      .def_readonly("uneven", &ResidualChecks::uneven)
      .def_readonly("trends", &ResidualChecks::trends)
      .def_readonly("lack_of_fit", &ResidualChecks::lack_of_fit)
      .def_readonly("groups", &ResidualChecks::groups);
}

void bind_profile(py::module_& module) {
  py::class_<ProfilePoint>(module, "ProfilePoint", "A point of a profile.")
      .def_readonly("value", &ProfilePoint::value)
      .def_readonly("deviance", &ProfilePoint::deviance);
  py::class_<Profile>(
      module, "Profile", "The objective with one quantity held.")
      .def_readonly("quantity", &Profile::quantity)
      .def_readonly("flops", &Profile::flops)
      .def_readonly("estimate", &Profile::estimate)
      .def_readonly("interval", &Profile::interval, "an open end is infinite")
      .def_readonly("lambda_", &Profile::lambda)
      .def_readonly("points", &Profile::points)
      .def_property_readonly("is_closed", &Profile::is_closed);
  py::class_<FitProfile>(
      module, "FitProfile", "Profiles of coefficients and of the optimum.")
      .def_readonly("level", &FitProfile::level)
      .def_readonly("cut", &FitProfile::cut)
      .def_readonly("profiles", &FitProfile::profiles)
      .def("find",
           &FitProfile::find,
           py::arg("quantity"),
           py::return_value_policy::reference_internal,
           "The profile of a coefficient by name, or None.");
}

}  // namespace

void bind_doubt(py::module_& module) {
  py::class_<FitBootstrap>(module, "FitBootstrap", "Refits to resampled runs.")
      .def_readonly("kind", &FitBootstrap::kind)
      .def_readonly("replicates", &FitBootstrap::replicates)
      .def_readonly("clusters", &FitBootstrap::clusters)
      .def_readonly("failed", &FitBootstrap::failed)
      .def_readonly("escalated", &FitBootstrap::escalated);
  py::class_<StandardErrors>(
      module, "StandardErrors", "Standard errors to first order, by name.")
      .def_readonly("classical", &StandardErrors::classical)
      .def_readonly("sandwich", &StandardErrors::sandwich);
  bind_profile(module);
  bind_influence(module);
  bind_residual_checks(module);
}

}  // namespace isoflop::python
