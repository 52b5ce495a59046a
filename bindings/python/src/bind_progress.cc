// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>

#include "isoflop/base/progress.h"
#include "keywords.h"

namespace isoflop::python {
namespace {

/// Called by whichever thread computes, without the lock of Python.
ProgressObserver observer_of(const py::object& callback) {
  if (callback.is_none()) return {};
  const std::shared_ptr<py::object> held(new py::object(callback),
                                         [](py::object* object) {
                                           const py::gil_scoped_acquire gil;
                                           delete object;
                                         });
  return [held](std::string_view stage, std::int64_t done, std::int64_t all) {
    const py::gil_scoped_acquire gil;
    (*held)(std::string(stage), done, all);
  };
}

}  // namespace

void bind_progress(py::module_& module) {
  module.def(
      "set_progress",
      [](const py::object& callback) {
        if (!callback.is_none() && PyCallable_Check(callback.ptr()) == 0) {
          throw py::type_error(
              "set_progress: callback must be callable or None");
        }
        set_progress_observer(observer_of(callback));
      },
      py::arg("callback"),
      "Has long computations call callback(stage, done, all), some 200 times "
      "a\n"
      "stage at most; None for nobody. What it raises ends the computation.");
  // Before Python ends: the callback is one of its objects.
  py::module_::import("atexit").attr("register")(
      py::cpp_function([] { set_progress_observer({}); }));
}

}  // namespace isoflop::python
