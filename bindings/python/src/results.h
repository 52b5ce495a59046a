// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "isoflop/report/json.h"
#include "isoflop/report/text.h"
#include "keywords.h"

namespace isoflop::python {

/// What every result has: its JSON (the command's bytes), the same as a dict,
/// and its text.
template <class Result, class... Extra>
void add_report(py::class_<Result, Extra...>& result) {
  const auto json = [](const Result& self) { return to_json(self); };
  const auto text = [](const Result& self) { return to_text(self); };
  result.def("to_json", json, "JSON, byte for byte as the command gives it.")
      .def(
          "to_dict",
          [](const Result& self) {
            return py::module_::import("json").attr("loads")(to_json(self));
          },
          "The JSON as a dict.")
      .def("__str__", text)
      .def("__repr__", [](const Result& self) {
        const std::string whole = to_text(self);
        return "<isoflop: " + whole.substr(0, whole.find('\n')) + ">";
      });
}

}  // namespace isoflop::python
