// SPDX-License-Identifier: Apache-2.0
#include "form_handle.h"
#include "isoflop/laws/evaluate.h"
#include "isoflop/laws/form.h"
#include "keywords.h"

namespace isoflop::python {
namespace {

py::list coefficient_list(const FormHandle& self) {
  py::list rows;
  for (const CoefficientInfo& info : self.form->coefficients()) {
    py::dict row;
    row["name"] = py::str(std::string(info.name));
    row["meaning"] = py::str(std::string(info.meaning));
    row["low"] = info.low;
    row["high"] = info.high;
    row["start"] = info.nominal;
    rows.append(row);
  }
  return rows;
}

std::vector<std::string> input_names(const FormHandle& self) {
  std::vector<std::string> names;
  for (const Variable& input : self.form->inputs()) {
    names.emplace_back(input.name);
  }
  return names;
}

/// A column, or one number for all rows.
Eigen::VectorXd column_of(const std::string& name, const py::handle& values) {
  const py::module_ numpy = py::module_::import("numpy");
  const py::object column =
      numpy.attr("atleast_1d")(numpy.attr("asarray")(values, "float64"));
  if (column.attr("ndim").cast<int>() != 1) {
    throw std::invalid_argument("evaluate: " + name +
                                " must be a number or one column of numbers");
  }
  return column.cast<Eigen::VectorXd>();
}

Eigen::VectorXd evaluate_form(const FormHandle& self,
                              const std::map<std::string, double>& coefficients,
                              const py::kwargs& inputs) {
  InputColumns columns;
  for (const auto& [key, values] : inputs) {
    const std::string name = py::str(key);
    columns[name] = column_of(name, values);
  }
  return evaluate(*self.form, coefficients, columns);
}

}  // namespace

void bind_form(py::module_& module) {
  py::class_<FormHandle>(module,
                         "Form",
                         "A functional form: a loss as a function of a run, up "
                         "to its coefficients.")
      .def_property_readonly(
          "name",
          [](const FormHandle& self) { return std::string(self.form->name()); })
      .def_property_readonly("formula",
                             [](const FormHandle& self) {
                               return std::string(self.form->formula());
                             })
      .def_property_readonly("source",
                             [](const FormHandle& self) {
                               return std::string(self.form->source());
                             })
      .def_property_readonly("coefficients",
                             &coefficient_list,
                             "name, meaning, low, high and start of each")
      .def_property_readonly(
          "inputs", &input_names, "names of the variables that it reads")
      .def_property_readonly("output",
                             [](const FormHandle& self) {
                               return std::string(self.form->output().name);
                             })
      .def("evaluate",
           &evaluate_form,
           py::arg("coefficients"),
           "Answers for columns of inputs by name, or numbers: for a loss nats "
           "per token.")
      .def("__str__",
           [](const FormHandle& self) {
             return std::string(self.form->formula());
           })
      .def("__repr__", [](const FormHandle& self) {
        return "<isoflop form: " + std::string(self.form->name()) + ">";
      });
  module.def(
      "form",
      [](const std::string& name_or_formula,
         const std::vector<std::string>& coefficients,
         const std::vector<std::string>& fix,
         const std::vector<std::string>& columns) {
        return FormHandle{find_form(name_or_formula,
                                    {coefficients, columns, Scale::Log, fix})};
      },
      py::arg("name_or_formula"),
      py::kw_only(),
      py::arg("coefficients") = std::vector<std::string>(),
      py::arg("fix") = std::vector<std::string>(),
      py::arg("columns") = std::vector<std::string>(),
      "A form by name, or the form that a formula is: 'E + A/N^alpha'.\n\n"
      "coefficients: ranges and starts, as 'alpha=0.05..2' or 'A=480'\n"
      "fix: coefficients held or tied, as 'gamma=1' or 'beta=alpha'\n"
      "columns: names of further columns of the runs that the formula reads");
}

}  // namespace isoflop::python
