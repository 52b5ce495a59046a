// SPDX-License-Identifier: Apache-2.0
#include "isoflop/cost/data_supply.h"
#include "isoflop/cost/serving.h"
#include "plain.h"

namespace isoflop::python {
namespace {

void bind_serving(py::module_& module) {
  bind_plain(module,
             "ServingLoad",
             "What is served.",
             Member{"context", &ServingLoad::context},
             Member{"weight_bits", &ServingLoad::weight_bits},
             Member{"kv_bits", &ServingLoad::kv_bits},
             Member{"efficiency", &ServingLoad::efficiency},
             Member{"usable", &ServingLoad::usable});
  py::class_<Decode>(module, "Decode", "Decoding on a group of devices.")
      .def_readonly("devices", &Decode::devices)
      .def_readonly("users", &Decode::users)
      .def_readonly("tokens_per_second_per_user", &Decode::per_user)
      .def_readonly("tokens_per_second_per_device", &Decode::per_device)
      .def_readonly("memory", &Decode::memory)
      .def_readonly("computes", &Decode::computes);
  module.def("experts_touched",
             &experts_touched,
             py::arg("shape"),
             py::arg("tokens"),
             "Experts of a layer that so many tokens go to.");
  module.def("decode",
             &decode,
             py::arg("device"),
             py::arg("shape"),
             py::arg("load"),
             py::arg("users"),
             py::arg("devices"),
             "Decoding at its bound.");
  module.def("cheapest_decode",
             &cheapest_decode,
             py::arg("device"),
             py::arg("shape"),
             py::arg("load"),
             py::arg("at_least"),
             "The cheapest group and users at this speed, or None.");
  module.def("decode_alone",
             &decode_alone,
             py::arg("device"),
             py::arg("shape"),
             py::arg("load"),
             "One user on one device, or None.");
  module.def(
      "crossover_users",
      [](const Accelerator& device,
         const std::string& precision,
         int weight_bits) {
        return crossover_users(
            device, from_string<Precision>(precision), weight_bits);
      },
      py::arg("device"),
      py::arg("precision") = "bf16",
      py::arg("weight_bits") = ServingLoad().weight_bits,
      "Users at which arithmetic begins to bind.");
  module.def("prefill",
             &prefill,
             py::arg("device"),
             py::arg("shape"),
             py::arg("prompt"),
             py::arg("mfu"),
             "Tokens a second of reading a prompt.");
  module.def("price_of",
             &price_of,
             py::arg("speed"),
             py::arg("usd_per_hour"),
             "Dollars for a million tokens decoded.");
}

void bind_data_supply(py::module_& module) {
  py::class_<SyntheticData>(
      module, "SyntheticData", "Text that a model writes and another judges.")
      .def(py::init([](Params generator,
                       Share acceptance,
                       std::optional<Params> verifier) {
             return SyntheticData{generator, acceptance, verifier};
           }),
           py::arg("generator"),
           py::arg("acceptance") = SyntheticData().acceptance,
           py::arg("verifier") = SyntheticData().verifier);
  module.def("worth_of_repeats",
             &worth_of_repeats,
             py::arg("law"),
             py::arg("tokens"),
             py::arg("unique"),
             "Distinct tokens that repeated ones are worth.");
  module.def("worth_of_endless_repeats",
             &worth_of_endless_repeats,
             py::arg("law"),
             py::arg("unique"),
             "The most that repeats make of distinct tokens.");
  module.def("synthetic_flops",
             &synthetic_flops,
             py::arg("made"),
             "FLOP for each synthetic token that is kept.");
  module.def("synthetic_over_training",
             &synthetic_over_training,
             py::arg("made"),
             py::arg("trained"),
             "The same over training on the token.");
  module.def("years_until_exhausted",
             &years_until_exhausted,
             py::arg("now"),
             py::arg("growth"),
             py::arg("stock"),
             "Years until growing runs want all of a stock.");
}

}  // namespace

void bind_serving_formulas(py::module_& module) {
  bind_serving(module);
  bind_data_supply(module);
}

}  // namespace isoflop::python
