// SPDX-License-Identifier: Apache-2.0
#include <pybind11/stl.h>

#include <string>

#include "isoflop/cost/data_supply.h"
#include "isoflop/cost/failures.h"
#include "isoflop/cost/memory.h"
#include "isoflop/cost/serving.h"
#include "isoflop/cost/training.h"
#include "isoflop/cost/transformer.h"
#include "keywords.h"

namespace isoflop::python {
namespace {

void bind_transformer(py::module_& module) {
  py::class_<Transformer> shape(
      module,
      "Transformer",
      "The shape of a decoder-only transformer, and what follows from it.");
  const auto infos = option_infos<Transformer>();
  shape.def(py::init([infos](py::kwargs keywords) {
              Transformer given;
              take(given, keywords, "transformer");
              require_none_left(
                  keywords, detail::names_of(infos), "transformer");
              return completed(given);
            }),
            options_doc(infos).c_str());
  const Transformer defaults;
  for_each_field(defaults, [&](const auto& field, const auto&) {
    shape.def_readonly(std::string(field.name).c_str(),
                       field.member,
                       std::string(field.help).c_str());
  });
  const auto size = [&](const char* name, auto member, const char* doc) {
    shape.def_property_readonly(
        name,
        [member](const Transformer& self) { return size_of(self).*member; },
        doc);
  };
  size("params", &TransformerSize::total, "All parameters.");
  size("active_params",
       &TransformerSize::active,
       "Parameters that a token is multiplied with.");
  size("embedding_params",
       &TransformerSize::embedding,
       "Parameters of the tables of input and output.");
  size("expert_params",
       &TransformerSize::experts,
       "Parameters of routed experts.");
  shape
      .def("forward_flops",
           &forward_flops,
           py::arg("attended"),
           "FLOP to pass a token that attends to so many.")
      .def("training_flops",
           &training_flops,
           py::arg("sequence"),
           "FLOP to train on a token of sequences of this length.")
      .def("training_flops_over_6n",
           &training_flops_over_6n,
           py::arg("sequence"),
           "The same over 6 N.")
      .def("kv_bytes",
           &kv_bytes,
           py::arg("bits") = 16,
           "Memory of keys and values of a token.");
  module.def("typical_transformer",
             &typical_transformer,
             py::arg("params"),
             "A dense transformer of this size in today's proportions.");
}

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

void bind_memory(py::module_& module) {
  py::class_<Sharding>(module, "Sharding", "How a model is cut over devices.")
      .def(py::init(
               [](int data, int tensor, int pipeline, int expert, int zero) {
                 return Sharding{data, tensor, pipeline, expert, zero};
               }),
           py::arg("data") = 1,
           py::arg("tensor") = 1,
           py::arg("pipeline") = 1,
           py::arg("expert") = 1,
           py::arg("zero") = 0)
      .def_readonly("data", &Sharding::data)
      .def_readonly("tensor", &Sharding::tensor)
      .def_readonly("pipeline", &Sharding::pipeline)
      .def_readonly("expert", &Sharding::expert)
      .def_readonly("zero", &Sharding::zero)
      .def_property_readonly("devices", &Sharding::devices)
      .def("__str__", &Sharding::text);
  py::class_<TrainingMemory>(
      module, "TrainingMemory", "Bytes held for a parameter and a token.")
      .def(py::init([](double weight_bytes,
                       double gradient_bytes,
                       double optimizer_bytes,
                       Tokens sequence,
                       double sequences,
                       bool recomputes) {
             return TrainingMemory{weight_bytes,
                                   gradient_bytes,
                                   optimizer_bytes,
                                   sequence,
                                   sequences,
                                   recomputes};
           }),
           py::arg("weight_bytes") = 2.0,
           py::arg("gradient_bytes") = 2.0,
           py::arg("optimizer_bytes") = 12.0,
           py::arg("sequence") = 4096.0,
           py::arg("sequences") = 1.0,
           py::arg("recomputes") = false);
  py::class_<MemoryUse>(module, "MemoryUse", "Bytes of the fullest device.")
      .def_readonly("weights", &MemoryUse::weights)
      .def_readonly("gradients", &MemoryUse::gradients)
      .def_readonly("optimizer", &MemoryUse::optimizer)
      .def_readonly("activations", &MemoryUse::activations)
      .def_property_readonly("total", &MemoryUse::total);
  module.def("memory_per_device",
             &memory_per_device,
             py::arg("shape"),
             py::arg("sharding"),
             py::arg("held") = TrainingMemory(),
             "Memory of each device in training.");
  module.def("smallest_sharding",
             &smallest_sharding,
             py::arg("shape"),
             py::arg("device"),
             py::arg("count"),
             py::arg("held") = TrainingMemory(),
             "The sharding of fewest cuts that fits, or None.");
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
  module.def(
      "reliability",
      [](double devices,
         DeviceHours per_failure,
         Seconds checkpoint,
         Seconds restart) {
        return reliability({per_failure, checkpoint, restart}, devices);
      },
      py::arg("devices"),
      py::arg("device_hours_per_failure") = kDeviceHoursPerFailure.value(),
      py::arg("checkpoint") = 30.0,
      py::arg("restart") = 300.0,
      "Time between failures, checkpoint interval and goodput.");
}

void bind_serving(py::module_& module) {
  py::class_<ServingLoad>(module, "ServingLoad", "What is served.")
      .def(py::init([](Tokens context,
                       int weight_bits,
                       int kv_bits,
                       Share efficiency) {
             return ServingLoad{context, weight_bits, kv_bits, efficiency};
           }),
           py::arg("context") = 4096.0,
           py::arg("weight_bits") = 16,
           py::arg("kv_bits") = 16,
           py::arg("efficiency") = 1.0);
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
      py::arg("weight_bits") = 16,
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
           py::arg("acceptance") = 1.0,
           py::arg("verifier") = py::none());
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

void bind_cost_formulas(py::module_& module) {
  bind_transformer(module);
  bind_training(module);
  bind_memory(module);
  bind_failures(module);
  bind_serving(module);
  bind_data_supply(module);
}

}  // namespace isoflop::python
