// SPDX-License-Identifier: Apache-2.0
#include "isoflop/check/router.h"
#include "results.h"

namespace isoflop::python {
namespace {

/// A load from what a caller has: a path, columns by name or an array.
RouterLoad load_of(const py::object& load) {
  if (py::isinstance<py::str>(load) || py::hasattr(load, "__fspath__")) {
    return read_router_load(py::str(load));
  }
  const auto floats = [](const py::object& values) {
    return py::module_::import("numpy").attr("asarray")(values, "float64");
  };
  if (!py::hasattr(load, "keys")) {
    return router_load(floats(load).cast<Eigen::MatrixXd>());
  }
  std::vector<NamedColumn> columns;
  for (const py::handle key : load.attr("keys")()) {
    columns.push_back(
        {py::str(key), floats(load[key]).cast<Eigen::VectorXd>()});
  }
  return router_load(columns);
}

}  // namespace

void bind_router(py::module_& module) {
  py::class_<RouterLayer>(module, "RouterLayer", "How evenly a layer is used.")
      .def_readonly("layer", &RouterLayer::layer)
      .def_readonly("tokens", &RouterLayer::tokens)
      .def_readonly("dead", &RouterLayer::dead)
      .def_readonly("max_vio", &RouterLayer::max_vio)
      .def_readonly("effective", &RouterLayer::effective)
      .def_readonly("slowest_device", &RouterLayer::slowest_device);
  py::class_<RouterCost>(module, "RouterCost", "What uneven experts cost.")
      .def_readonly("idle_params", &RouterCost::idle_params)
      .def_readonly("expert_share", &RouterCost::expert_share)
      .def_readonly("time_factor", &RouterCost::time_factor)
      .def_readonly("idle_flops", &RouterCost::idle_flops)
      .def_readonly("is_least", &RouterCost::is_least);
  py::class_<DenseEquivalent>(
      module, "DenseEquivalent", "The dense model of the same loss.")
      .def_readonly("law", &DenseEquivalent::law)
      .def_readonly("loss", &DenseEquivalent::loss)
      .def_readonly("balanced_loss", &DenseEquivalent::balanced_loss)
      .def_readonly("params", &DenseEquivalent::params)
      .def_readonly("balanced_params", &DenseEquivalent::balanced_params)
      .def_readonly("extrapolation", &DenseEquivalent::extrapolation);
  py::class_<RouterCheck> check(
      module, "RouterCheck", "The verdict on a router's load.");
  check.def_readonly("verdict", &RouterCheck::verdict)
      .def_readonly("experts", &RouterCheck::experts)
      .def_readonly("layers", &RouterCheck::layers)
      .def_readonly("dead", &RouterCheck::dead)
      .def_readonly("dead_share", &RouterCheck::dead_share)
      .def_readonly("max_vio", &RouterCheck::max_vio)
      .def_readonly("worst", &RouterCheck::worst)
      .def_readonly("effective", &RouterCheck::effective)
      .def_readonly("slowest_device", &RouterCheck::slowest_device)
      .def_readonly("cost", &RouterCheck::cost)
      .def_readonly("dense", &RouterCheck::dense)
      .def_readonly("accepted", &RouterCheck::accepted)
      .def_readonly("findings", &RouterCheck::findings);
  add_report(check);
  const auto infos = option_infos<RouterOptions>();
  const std::string doc =
      "Whether a mixture of experts is used evenly.\n\n"
      "    load: a table (path), columns layer, expert and tokens, or an "
      "array\n"
      "        of tokens, layers x experts" +
      options_doc(infos);
  module.def(
      "check_router",
      [infos](const py::object& load, py::kwargs keywords) {
        RouterOptions options;
        take(options, keywords, "check_router");
        require_none_left(keywords, detail::names_of(infos), "check_router");
        return check_router(load_of(load), options);
      },
      py::arg("load"),
      doc.c_str());
}

}  // namespace isoflop::python
