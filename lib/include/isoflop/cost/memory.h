// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "isoflop/cost/accelerator.h"
#include "isoflop/cost/transformer.h"
#include "isoflop/units/quantity.h"

namespace isoflop {

/// How a model is cut over devices. `tensor` devices share each matrix,
/// `pipeline` share the layers, `expert` (of those that share data) the
/// experts, and `data` replicas of it all split the batch.
///
/// ZeRO spreads what replicas would hold alike: 0 nothing, 1 the optimiser's
/// state, 2 gradients too, 3 weights too.
struct Sharding {
  int data = 1;      ///< replicas that split the batch
  int tensor = 1;    ///< devices that share each matrix
  int pipeline = 1;  ///< stages that share the layers
  int expert = 1;    ///< devices that share the experts
  int zero = 0;      ///< ZeRO stage, 0 to 3

  /// All devices of the job.
  int devices() const { return data * tensor * pipeline; }
  /// "data 16, tensor 8, pipeline 16, ZeRO 1".
  std::string text() const;
};

/// What is held for each parameter and each token in training.
struct TrainingMemory {
  double weight_bytes = 2.0;    ///< of a weight
  double gradient_bytes = 2.0;  ///< of its gradient
  /// A copy of the weights, mean and variance, in 32 bits each.
  double optimizer_bytes = 12.0;
  Tokens sequence{4096};         ///< length of a sequence
  double sequences = 1.0;        ///< at once on a device
  Share usable = kUsableMemory;  ///< of the memory of a device
  /// Recompute activations in the backward pass: keep inputs of blocks only.
  bool recomputes = false;
};

/// Memory of the fullest device.
struct MemoryUse {
  Bytes weights;
  Bytes gradients;
  Bytes optimizer;
  Bytes activations;

  /// All that the device holds.
  Bytes total() const { return weights + gradients + optimizer + activations; }
};

/// Memory of each device in mixed-precision training with Adam.
///
/// Weights, gradients and optimiser state follow the ZeRO paper. Activations
/// are those of the matrix products in 16 bits with attention fused and no
/// dropout, cut by tensor and sequence parallelism; the first stage of a
/// pipeline holds as many sequences as there are stages, so `pipeline` does
/// not change them. An expert sees its tokens' share on average.
/// @source Rajbhandari et al. 2020, arXiv:1910.02054, section 3 and figure 1;
///     Korthikanti et al. 2022, arXiv:2205.05198, section 4.
MemoryUse memory_per_device(const Transformer& shape,
                            const Sharding& sharding,
                            const TrainingMemory& held = {});

/// The sharding of fewest cuts (tensor x pipeline x expert) that fits the
/// device, then of the lowest ZeRO stage. Cuts are powers of two; tensor and
/// expert groups stay within the fast links (`scaleup_devices`); ZeRO goes to
/// stage 2, which adds no traffic over plain data parallelism.
/// @param count  devices; those that no replica can use are left idle
/// @return nothing when none fits.
std::optional<Sharding> smallest_sharding(const Transformer& shape,
                                          const Accelerator& device,
                                          int count,
                                          const TrainingMemory& held = {});

}  // namespace isoflop
