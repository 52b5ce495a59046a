// SPDX-License-Identifier: Apache-2.0
#include "keywords.h"

#include <stdexcept>

#include "isoflop/base/suggest.h"

namespace isoflop::python {

std::string option_text(const py::handle& value) {
  if (py::isinstance<py::str>(value)) return value.cast<std::string>();
  if (py::isinstance<py::bool_>(value)) {
    return value.cast<bool>() ? "true" : "false";
  }
  if (py::isinstance<py::tuple>(value) || py::isinstance<py::list>(value)) {
    const char* between = py::isinstance<py::tuple>(value) ? ".." : ",";
    std::string text;
    for (const py::handle item : value) {
      text += (text.empty() ? "" : between) + option_text(item);
    }
    return text;
  }
  if (py::isinstance<py::int_>(value)) return py::str(value);
  // Anything that is a number to Python: numpy and torch scalars too.
  return format_exact(py::float_(py::reinterpret_borrow<py::object>(value)));
}

std::vector<std::string> option_texts(const py::handle& value,
                                      const OptionInfo& info) {
  std::vector<std::string> texts;
  if (info.type == "list" && !py::isinstance<py::str>(value)) {
    if (py::isinstance<py::dict>(value)) {
      for (const auto item : value.cast<py::dict>()) {
        texts.push_back(option_text(item.first) + "=" +
                        option_text(item.second));
      }
      return texts;
    }
    for (const py::handle item : value) texts.push_back(option_text(item));
    return texts;
  }
  texts.push_back(option_text(value));
  return texts;
}

void require_none_left(const py::dict& keywords,
                       const std::vector<std::string>& known,
                       const char* owner) {
  for (const auto item : keywords) {
    const std::string name = py::str(item.first);
    throw std::invalid_argument(std::string(owner) + ": unknown option '" +
                                name + "'" + did_you_mean(name, known));
  }
}

std::string options_doc(const std::vector<OptionInfo>& infos) {
  std::string text;
  for (const OptionInfo& info : infos) {
    text += "\n    " + info.name + ": " + info.help;
    if (!info.range.empty()) text += "; " + info.range;
    if (!info.default_text.empty()) text += " [" + info.default_text + "]";
  }
  return text + "\n";
}

}  // namespace isoflop::python
