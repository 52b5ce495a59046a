// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <tuple>

#include "isoflop/cost/accelerator.h"
#include "isoflop/cost/model.h"
#include "results.h"

namespace isoflop::python {
namespace {

/// A row of a table: its columns are attributes, of the same names.
template <class Row>
void bind_row(py::module_& module, const char* name, const char* doc) {
  py::class_<Row> row(module, name, doc);
  const auto each = [](const auto& columns, auto&& bind) {
    std::apply([&](const auto&... column) { (bind(column), ...); }, columns);
  };
  each(Row::fields(), [&](const auto& field) {
    row.def_readonly(std::string(field.name).c_str(),
                     field.member,
                     std::string(field.help).c_str());
  });
  each(Row::derived(), [&](const auto& column) {
    row.def_property_readonly(std::string(column.name).c_str(),
                              column.get,
                              std::string(column.help).c_str());
  });
  add_report(row);
}

TableFilter filter_of(py::dict keywords, const char* owner) {
  TableFilter filter;
  take(filter, keywords, owner);
  require_none_left(
      keywords, detail::names_of(option_infos<TableFilter>()), owner);
  return filter;
}

}  // namespace

void bind_cost(py::module_& module) {
  bind_row<Model>(module,
                  "Model",
                  "A trained model: size, data, compute, and where the "
                  "numbers are from. None is not known.");
  bind_row<Accelerator>(module,
                        "Accelerator",
                        "A device: peaks, memory, links, power, prices. None "
                        "is not known.");
  const std::string options = options_doc(option_infos<TableFilter>());
  module.def(
      "models",
      [](py::kwargs keywords) {
        return published_models(filter_of(keywords, "models"));
      },
      ("The models that come with the library.\n" + options).c_str());
  module.def(
      "accelerators",
      [](py::kwargs keywords) {
        return published_accelerators(filter_of(keywords, "accelerators"));
      },
      ("The accelerators that come with the library.\n" + options).c_str());
  module.def("find_model",
             &find_model,
             py::arg("name"),
             "The model of this id or name; case, blanks, - and _ do not "
             "matter.");
  module.def("find_accelerator",
             &find_accelerator,
             py::arg("id"),
             "The accelerator of this id or name; case, blanks, - and _ do "
             "not matter.");
}

}  // namespace isoflop::python
