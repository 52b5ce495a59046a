// SPDX-License-Identifier: Apache-2.0
#include "isoflop/plan/run_cost.h"
#include "keywords.h"

namespace isoflop::python {

void bind_run_cost(py::module_& module) {
  py::class_<TrainingCost>(module, "TrainingCost", "What training takes.")
      .def_readonly("accelerator", &TrainingCost::accelerator)
      .def_readonly("precision", &TrainingCost::precision)
      .def_readonly("mfu", &TrainingCost::mfu)
      .def_readonly("mfu_is_assumed", &TrainingCost::mfu_is_assumed)
      .def_readonly("devices", &TrainingCost::devices)
      .def_readonly("device_hours", &TrainingCost::device_hours)
      .def_readonly("days", &TrainingCost::days)
      .def_readonly("usd", &TrainingCost::usd)
      .def_readonly("energy_joules", &TrainingCost::energy)
      .def_readonly("device_hours_interval",
                    &TrainingCost::device_hours_interval)
      .def_readonly("days_interval", &TrainingCost::days_interval)
      .def_readonly("usd_interval", &TrainingCost::usd_interval)
      .def_readonly("energy_interval", &TrainingCost::energy_interval)
      .def_readonly("usd_per_hour", &TrainingCost::usd_per_hour)
      .def_readonly("reliability", &TrainingCost::reliability)
      .def_readonly("interruptions", &TrainingCost::interruptions)
      .def_readonly("sharding", &TrainingCost::sharding)
      .def_readonly("memory", &TrainingCost::memory)
      .def_readonly("recomputes", &TrainingCost::recomputes)
      .def_readonly("device_memory", &TrainingCost::device_memory);
  py::class_<ServingCost>(module, "ServingCost", "Serving on rented devices.")
      .def_readonly("accelerator", &ServingCost::accelerator)
      .def_readonly("decode", &ServingCost::decode)
      .def_readonly("usd_per_million_tokens",
                    &ServingCost::usd_per_million_tokens)
      .def_readonly("usd", &ServingCost::usd);
  py::class_<DeviceCost>(module, "DeviceCost", "The model on one device.")
      .def_readonly("accelerator", &DeviceCost::accelerator)
      .def_readonly("decode", &DeviceCost::decode);
  py::class_<RunCost>(module, "RunCost", "What a run costs; parts may be None.")
      .def_readonly("flops_over_6nd", &RunCost::flops_over_6nd)
      .def_readonly("training", &RunCost::training)
      .def_readonly("serving", &RunCost::serving)
      .def_readonly("device", &RunCost::device)
      .def_readonly("lifetime_usd", &RunCost::lifetime_usd);
  py::class_<AcceleratorAlternative>(
      module, "AcceleratorAlternative", "The same training on another device.")
      .def_readonly("accelerator", &AcceleratorAlternative::accelerator)
      .def_readonly("precision", &AcceleratorAlternative::precision)
      .def_readonly("mfu", &AcceleratorAlternative::mfu)
      .def_readonly("mfu_is_assumed", &AcceleratorAlternative::mfu_is_assumed)
      .def_readonly("device_hours", &AcceleratorAlternative::device_hours)
      .def_readonly("usd_per_hour", &AcceleratorAlternative::usd_per_hour)
      .def_readonly("usd", &AcceleratorAlternative::usd)
      .def_readonly("break_even_usd_per_hour",
                    &AcceleratorAlternative::break_even_usd_per_hour);
}

}  // namespace isoflop::python
