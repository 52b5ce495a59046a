// SPDX-License-Identifier: Apache-2.0
#include "isoflop/cost/failures.h"
#include "isoflop/cost/training.h"
#include "keywords.h"

namespace isoflop::python {
namespace {

void bind_training(py::module_& module) {
  py::class_<Utilisation>(module, "Utilisation", "Range of an MFU.")
      .def_readonly("mfu", &Utilisation::mfu)
      .def_readonly("is_assumed", &Utilisation::is_assumed);
  module.def(
      "peak_flops",
      [](const Accelerator& device, const std::string& precision) {
        return peak_flops(device, from_string<Precision>(precision));
      },
      py::arg("device"),
      py::arg("precision") = "bf16",
      "Peak of an accelerator, FLOP/s.");
  module.def(
      "published_utilisation",
      [](const Accelerator& device, const std::string& precision) {
        return published_utilisation(device, from_string<Precision>(precision));
      },
      py::arg("device"),
      py::arg("precision") = "bf16",
      "The MFU that large runs report.");
  module.def("device_hours",
             &device_hours,
             py::arg("flops"),
             py::arg("peak"),
             py::arg("mfu"),
             "Devices times hours that FLOP take.");
  module.def("flops_in",
             &flops_in,
             py::arg("device_hours"),
             py::arg("peak"),
             py::arg("mfu"),
             "FLOP that device-hours do.");
  module.def("wall_time",
             &wall_time,
             py::arg("device_hours"),
             py::arg("devices"),
             "Seconds on the clock.");
  module.def("rent",
             &rent,
             py::arg("device_hours"),
             py::arg("usd_per_hour"),
             "Dollars.");
  module.def("energy",
             &energy,
             py::arg("device_hours"),
             py::arg("watts"),
             py::arg("pue"),
             "Joules, with all around the devices.");
  module.def("break_even_rent",
             &break_even_rent,
             py::arg("rent_a"),
             py::arg("peak_a"),
             py::arg("mfu_a"),
             py::arg("peak_b"),
             py::arg("mfu_b"),
             "Rent at which device B does the work for the dollars of A.");
}

void bind_failures(py::module_& module) {
  py::class_<Reliability>(module, "Reliability", "A job on devices that fail.")
      .def_readonly("between_failures", &Reliability::between_failures)
      .def_readonly("checkpoint_interval", &Reliability::checkpoint_interval)
      .def_readonly("goodput", &Reliability::goodput);
  module.def("time_between_failures",
             py::overload_cast<DeviceHours, double>(&time_between_failures),
             py::arg("device_hours_per_failure"),
             py::arg("devices"),
             "Seconds between interruptions of a job.");
  module.def("node_time_between_failures",
             py::overload_cast<double, double>(&time_between_failures),
             py::arg("failures_per_1000_node_days"),
             py::arg("nodes"),
             "The same from a rate of nodes.");
  module.def("young_interval",
             &young_interval,
             py::arg("checkpoint"),
             py::arg("between_failures"),
             "Seconds between checkpoints that lose least, sqrt(2 d M).");
  module.def("daly_interval",
             &daly_interval,
             py::arg("checkpoint"),
             py::arg("between_failures"),
             "Daly's estimate of it.");
  module.def("goodput",
             &goodput,
             py::arg("interval"),
             py::arg("checkpoint"),
             py::arg("restart"),
             py::arg("between_failures"),
             "Share of the time that becomes work kept.");
  const Failures defaults;
  module.def(
      "reliability",
      [](double devices,
         DeviceHours per_failure,
         Seconds checkpoint,
         Seconds restart) {
        return reliability({per_failure, checkpoint, restart}, devices);
      },
      py::arg("devices"),
      py::arg("device_hours_per_failure") = defaults.per_failure,
      py::arg("checkpoint") = defaults.checkpoint,
      py::arg("restart") = defaults.restart,
      "Time between failures, checkpoint interval and goodput.");
}

}  // namespace

void bind_training_formulas(py::module_& module) {
  bind_training(module);
  bind_failures(module);
}

}  // namespace isoflop::python
