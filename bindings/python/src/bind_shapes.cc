// SPDX-License-Identifier: Apache-2.0
#include "isoflop/cost/memory.h"
#include "isoflop/cost/transformer.h"
#include "plain.h"

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

void bind_memory(py::module_& module) {
  bind_plain(module,
             "Sharding",
             "How a model is cut over devices.",
             Member{"data", &Sharding::data},
             Member{"tensor", &Sharding::tensor},
             Member{"pipeline", &Sharding::pipeline},
             Member{"expert", &Sharding::expert},
             Member{"zero", &Sharding::zero})
      .def_property_readonly(
          "devices", &Sharding::devices, "All devices of the job (count).")
      .def("__str__", &Sharding::text);
  bind_plain(module,
             "TrainingMemory",
             "Bytes held for a parameter and a token.",
             Member{"weight_bytes", &TrainingMemory::weight_bytes},
             Member{"gradient_bytes", &TrainingMemory::gradient_bytes},
             Member{"optimizer_bytes", &TrainingMemory::optimizer_bytes},
             Member{"sequence", &TrainingMemory::sequence},
             Member{"sequences", &TrainingMemory::sequences},
             Member{"recomputes", &TrainingMemory::recomputes},
             Member{"usable", &TrainingMemory::usable});
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

}  // namespace

void bind_shapes(py::module_& module) {
  bind_transformer(module);
  bind_memory(module);
}

}  // namespace isoflop::python
