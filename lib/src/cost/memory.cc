// SPDX-License-Identifier: Apache-2.0
#include "isoflop/cost/memory.h"

#include <algorithm>
#include <stdexcept>

namespace isoflop {
namespace {

constexpr double kBytesPerActivation = 2.0;

/// Numbers that the matrix products of a layer keep for one token: what goes
/// into each, the fused attention's output, and inputs of the two norms.
double kept_numbers(const Transformer& shape, bool has_experts) {
  const double width = shape.width;
  const double key = shape.head_size + shape.rope_size;
  const double value = shape.kv_rank > 0 ? shape.value_size : shape.head_size;
  const double kv_heads = shape.kv_rank > 0 ? shape.heads : shape.kv_heads;
  const double attention = width + shape.heads * (key + value) +
                           kv_heads * (key + value) + shape.query_rank +
                           shape.kv_rank;
  const double matrices = shape.is_plain ? 2.0 : 3.0;
  const double inner =
      has_experts ? shape.expert_width *
                        double(shape.experts_per_token + shape.shared_experts)
                  : shape.feed_forward;
  return 2.0 * width + attention + width + matrices * inner;
}

Bytes activations_of(const Transformer& shape,
                     const Sharding& sharding,
                     const TrainingMemory& held) {
  const double tokens = held.sequence.value() * held.sequences;
  const double moe =
      shape.experts > 0 ? shape.layers - shape.dense_layers : 0.0;
  const double dense = shape.layers - moe;
  double numbers =
      moe * kept_numbers(shape, true) + dense * kept_numbers(shape, false);
  if (held.recomputes) {
    numbers =
        shape.layers * double(shape.width) + kept_numbers(shape, moe > 0.0);
  }
  return Bytes(kBytesPerActivation * tokens * numbers / sharding.tensor);
}

/// `memory_per_device` of a shape whose size is known.
MemoryUse memory_of(const Transformer& shape,
                    const TransformerSize& size,
                    const Sharding& sharding,
                    const TrainingMemory& held) {
  const double cuts = double(sharding.tensor) * sharding.pipeline;
  const double experts = size.experts.value() / (cuts * sharding.expert);
  const double others = (size.total - size.experts).value() / cuts;
  const auto spread = [&](double bytes, int stage) {
    if (sharding.zero < stage) return Bytes(bytes * (others + experts));
    return Bytes(bytes * (others / sharding.data +
                          experts * sharding.expert / sharding.data));
  };
  return {spread(held.weight_bytes, 3),
          spread(held.gradient_bytes, 2),
          spread(held.optimizer_bytes, 1),
          activations_of(shape, sharding, held)};
}

int power_of_two_at_most(double most) {
  int power = 1;
  while (2.0 * power <= most) power *= 2;
  return power;
}

}  // namespace

std::string Sharding::text() const {
  const auto part = [](const char* name, int ways) {
    return ways > 1 ? std::string(", ") + name + " " + std::to_string(ways)
                    : std::string();
  };
  return "data " + std::to_string(data) + part("tensor", tensor) +
         part("pipeline", pipeline) + part("expert", expert) +
         (zero > 0 ? ", ZeRO " + std::to_string(zero) : "");
}

MemoryUse memory_per_device(const Transformer& given,
                            const Sharding& sharding,
                            const TrainingMemory& held) {
  const Transformer shape = completed(given);
  if (sharding.data < 1 || sharding.tensor < 1 || sharding.pipeline < 1 ||
      sharding.expert < 1 || sharding.data % sharding.expert != 0 ||
      sharding.pipeline > shape.layers || sharding.zero < 0 ||
      sharding.zero > 3) {
    throw std::invalid_argument(
        "memory_per_device: every cut must be at least 1, expert a divisor of "
        "data, pipeline at most the layers and zero from 0 to 3");
  }
  return memory_of(shape, size_of(shape), sharding, held);
}

std::optional<Sharding> smallest_sharding(const Transformer& given,
                                          const Accelerator& device,
                                          int count,
                                          const TrainingMemory& held) {
  const Transformer shape = completed(given);
  if (!device.memory) return std::nullopt;
  const Bytes usable = held.usable.value() * *device.memory;
  const TransformerSize size = size_of(shape);
  const int fast = device.scaleup_devices.value_or(1);
  const int most_tensor = power_of_two_at_most(std::min(fast, shape.heads));
  const int most_pipeline = power_of_two_at_most(shape.layers);
  const int most_expert =
      shape.experts > 0 ? power_of_two_at_most(std::min(fast, shape.experts))
                        : 1;
  std::optional<Sharding> best;
  const auto cuts = [](const Sharding& cut) {
    return double(cut.tensor) * cut.pipeline * cut.expert;
  };
  for (int tensor = 1; tensor <= most_tensor; tensor *= 2) {
    for (int pipeline = 1; pipeline <= most_pipeline; pipeline *= 2) {
      for (int expert = 1; expert <= most_expert; expert *= 2) {
        if (tensor * expert > std::max(fast, tensor)) break;
        const int data = count / (tensor * pipeline) / expert * expert;
        if (data < 1) continue;
        for (int zero = 0; zero <= (data > 1 ? 2 : 0); ++zero) {
          const Sharding cut{data, tensor, pipeline, expert, zero};
          const bool better =
              !best || cuts(cut) < cuts(*best) ||
              (cuts(cut) == cuts(*best) &&
               (zero < best->zero ||
                (zero == best->zero && pipeline < best->pipeline)));
          if (better && memory_of(shape, size, cut, held).total() <= usable) {
            best = cut;
          }
        }
      }
    }
  }
  return best;
}

}  // namespace isoflop
