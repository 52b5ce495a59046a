// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "casters.h"
#include "isoflop/base/field.h"

namespace isoflop::python {

namespace py = pybind11;

/// Text of one keyword value, as the option table reads it: numbers with all
/// their digits, a pair (low, high) as low..high, a list joined by commas.
std::string option_text(const py::handle& value);

/// The texts of a keyword: one, or one an item for a repeatable option.
std::vector<std::string> option_texts(const py::handle& value,
                                      const OptionInfo& info);

/// Sets the keywords that `Options` knows and removes them.
template <class Options>
void take(Options& options, py::dict& keywords, const char* owner) {
  for (const OptionInfo& info : option_infos<Options>()) {
    const py::str key(info.name);
    if (!keywords.contains(key)) continue;
    const py::object value = keywords[key];
    keywords.attr("pop")(key);
    if (value.is_none()) continue;
    for (const std::string& text : option_texts(value, info)) {
      set_option(options, info.name, text, owner);
    }
  }
}

/// @throws std::invalid_argument for the first keyword that is left, with
///     the nearest known one.
void require_none_left(const py::dict& keywords,
                       const std::vector<std::string>& known,
                       const char* owner);

/// Lines of a docstring, one an option, from the option table.
std::string options_doc(const std::vector<OptionInfo>& infos);

template <class... Options>
std::vector<OptionInfo> all_infos() {
  std::vector<OptionInfo> infos;
  (
      [&] {
        const auto part = option_infos<Options>();
        infos.insert(infos.end(), part.begin(), part.end());
      }(),
      ...);
  return infos;
}

void bind_runs(py::module_& module);
void bind_convert(py::module_& module);
void bind_form(py::module_& module);
void bind_loss_forecast(py::module_& module);
void bind_laws(py::module_& module);
void bind_predict(py::module_& module);
void bind_doubt(py::module_& module);
void bind_fit(py::module_& module);
void bind_forecast(py::module_& module);
void bind_compare(py::module_& module);
void bind_cost(py::module_& module);
void bind_shapes(py::module_& module);
void bind_training_formulas(py::module_& module);
void bind_serving_formulas(py::module_& module);
void bind_run_cost(py::module_& module);
void bind_what_if(py::module_& module);
void bind_progress(py::module_& module);
void bind_plan(py::module_& module);
void bind_check(py::module_& module);
void bind_checks(py::module_& module);
void bind_router(py::module_& module);

}  // namespace isoflop::python
