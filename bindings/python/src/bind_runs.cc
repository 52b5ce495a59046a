// SPDX-License-Identifier: Apache-2.0
#include <stdexcept>

#include "isoflop/base/error.h"
#include "isoflop/base/finding.h"
#include "isoflop/runs/read_curves.h"
#include "isoflop/runs/read_runs.h"
#include "isoflop/runs/runs.h"
#include "runs_of.h"

namespace isoflop::python {
namespace {

bool is_text(const py::handle& item) {
  return py::isinstance<py::str>(item) || py::isinstance<py::bytes>(item);
}

/// "" for None and what a data frame has for it (NaN, NaT, NA).
std::string text_of(const py::handle& item) {
  if (item.is_none()) return {};
  if (is_text(item)) return item.cast<std::string>();
  const std::string text = py::str(item);
  return text == "nan" || text == "NaT" || text == "<NA>" ? "" : text;
}

/// One column as numpy sees it: of numbers where all its cells are, else of
/// texts, which the library uses or leaves out.
void add_column(const std::string& name,
                const py::object& column,
                std::vector<NamedColumn>& numbers,
                std::vector<TextColumn>& texts) {
  const py::object asarray = py::module_::import("numpy").attr("asarray");
  const py::object cells = asarray(column);
  const int dimensions = cells.attr("ndim").cast<int>();
  if (dimensions == 0) {
    throw std::invalid_argument("runs: column '" + name +
                                "' is a single value, not a list");
  }
  const auto kind = cells.attr("dtype").attr("kind").cast<std::string>();
  bool is_number =
      dimensions == 1 && std::string("biuf").find(kind) != std::string::npos;
  if (kind == "O" && dimensions == 1) {
    is_number = true;
    for (const py::handle item : cells) is_number &= !is_text(item);
  }
  if (is_number) {
    try {
      const py::object values = asarray(cells, py::str("float64"));
      numbers.push_back({name, values.cast<Eigen::VectorXd>()});
      return;
    } catch (const py::error_already_set& error) {
      // Dates and other objects are no numbers; anything else is an error.
      if (!error.matches(PyExc_TypeError) && !error.matches(PyExc_ValueError)) {
        throw;
      }
    }
  }
  TextColumn text{name, {}};
  for (const py::handle item : cells) text.values.push_back(text_of(item));
  texts.push_back(std::move(text));
}

bool is_path(const py::object& runs) {
  return py::isinstance<py::str>(runs) || py::hasattr(runs, "__fspath__");
}

template <class FromColumns>
Runs from_mapping(const py::object& table, const FromColumns& from_columns) {
  if (!py::hasattr(table, "keys")) {
    throw py::type_error(
        "runs: expected Runs, a path, or columns by name (a dict or a data "
        "frame)");
  }
  std::vector<NamedColumn> numbers;
  std::vector<TextColumn> texts;
  for (const py::handle key : table.attr("keys")()) {
    const py::object column = table[key];
    if (!column.is_none()) add_column(py::str(key), column, numbers, texts);
  }
  return from_columns(numbers, texts);
}

}  // namespace

ReadOptions take_reading(const py::object& runs, py::dict& keywords) {
  ReadOptions options;
  if (is_path(runs)) take(options, keywords, "read_runs");
  return options;
}

Runs runs_of(const py::object& runs, const ReadOptions& reading) {
  if (py::isinstance<Runs>(runs)) return runs.cast<Runs>();
  if (is_path(runs)) {
    const std::string path = py::str(runs);
    const py::gil_scoped_release release;
    return read_runs(path, reading);
  }
  return from_mapping(runs, runs_from_columns);
}

Runs curves_of(const py::object& curves, const ReadOptions& reading) {
  if (py::isinstance<Runs>(curves)) return curves.cast<Runs>();
  if (is_path(curves)) {
    const std::string path = py::str(curves);
    const py::gil_scoped_release release;
    return read_curves(path, reading);
  }
  return from_mapping(curves, curves_from_columns);
}

void bind_runs(py::module_& module) {
  py::enum_<Severity>(module, "Severity", "How grave a finding is.")
      .value("Note", Severity::Note)
      .value("Warning", Severity::Warning)
      .value("Error", Severity::Error);
  py::class_<Evidence>(module, "Evidence", "A number behind a finding.")
      .def_readonly("name", &Evidence::name)
      .def_readonly("value", &Evidence::value);
  py::class_<Finding>(module, "Finding", "What the reader must know.")
      .def_readonly("code", &Finding::code)
      .def_readonly("severity", &Finding::severity)
      .def_readonly("message", &Finding::message)
      .def_readonly("remedy", &Finding::remedy)
      .def_readonly("values", &Finding::values)
      .def("__repr__", [](const Finding& finding) {
        return "<" + finding.code + ": " + finding.message + ">";
      });
  py::class_<Runs>(
      module,
      "Runs",
      "Observed training runs, one row a run.\n\n"
      "Made by read_runs, or from columns by name: loss in nats "
      "per token and two of\nparams, tokens, flops, or flops alone. Numbers "
      "may "
      "be texts with a unit; columns\nof other names are kept if they hold "
      "numbers.")
      .def(py::init([](const py::object& columns) { return runs_of(columns); }),
           py::arg("columns"))
      .def("__len__", &Runs::size)
      .def_readonly("params", &Runs::params)
      .def_readonly("tokens", &Runs::tokens)
      .def_readonly("flops", &Runs::flops)
      .def_readonly("loss_nats", &Runs::loss_nats)
      .def_readonly("name", &Runs::name)
      .def_readonly("group", &Runs::group)
      .def_readonly("source", &Runs::source)
      .def_readonly("dropped", &Runs::dropped)
      .def_readonly("findings", &Runs::findings)
      .def("__repr__", [](const Runs& runs) {
        return "<isoflop.Runs: " + std::to_string(runs.size()) + " runs of " +
               runs.source + ">";
      });
  const std::string doc =
      "Runs from a CSV table with a header row.\n\nOptions:" +
      options_doc(option_infos<ReadOptions>());
  module.def(
      "read_runs",
      [](const py::object& path, py::kwargs keywords) {
        ReadOptions options;
        take(options, keywords, "read_runs");
        require_none_left(keywords,
                          detail::names_of(option_infos<ReadOptions>()),
                          "read_runs");
        const std::string text = py::str(path);
        const py::gil_scoped_release release;
        return read_runs(text, options);
      },
      py::arg("path"),
      doc.c_str());
}

}  // namespace isoflop::python
