// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "isoflop/cost/accelerator.h"
#include "isoflop/cost/training.h"
#include "isoflop/cost/transformer.h"
#include "isoflop/units/quantity.h"

namespace isoflop {

/// What is served.
struct ServingLoad {
  Tokens context{4096};   ///< that each user's tokens attend to
  int weight_bits = 16;   ///< of each parameter
  int kv_bits = 16;       ///< of each number in the cache of keys and values
  Share efficiency{1.0};  ///< of the bound that the server reaches
  Share usable = kUsableMemory;  ///< of the memory of a device
};

/// Decoding on a group of devices that share the weights.
struct Decode {
  int devices = 1;   ///< of the group
  double users = 1;  ///< that get a token each step
  TokensPerSecond per_user;
  TokensPerSecond per_device;
  Bytes memory;           ///< weights and cache of a device
  bool computes = false;  ///< arithmetic, not memory traffic, bounds it
};

/// Routed experts of a layer that at least one of the tokens goes to, for
/// routing at random: E (1 - (1 - k/E)^b).
double experts_touched(const Transformer& shape, double tokens);

/// The speed of decoding at its bound: each step reads the weights touched
/// once and each user's cache, and passes one token a user.
///
///   step = max(bytes / (devices x bandwidth), FLOP / (devices x peak))
///
/// Links between the devices are not counted, so it is an upper bound. A
/// device whose peak is not known is bound by its memory alone.
/// @source Pope et al. 2022, arXiv:2211.05102, section 2.
Decode decode(const Accelerator& device,
              const Transformer& shape,
              const ServingLoad& load,
              double users,
              int devices);

/// The cheapest group and number of users at which each user gets at least
/// this speed: most tokens a device. Groups are powers of two within the fast
/// links.
/// @return nothing where no group holds the model and is that fast.
std::optional<Decode> cheapest_decode(const Accelerator& device,
                                      const Transformer& shape,
                                      const ServingLoad& load,
                                      TokensPerSecond at_least);

/// One user alone on one device, as on a phone or a laptop.
/// @return nothing when the model does not fit.
std::optional<Decode> decode_alone(const Accelerator& device,
                                   const Transformer& shape,
                                   const ServingLoad& load);

/// Users at which decoding of short contexts turns from memory traffic to
/// arithmetic: peak x bytes of a weight / (2 x bandwidth).
double crossover_users(const Accelerator& device,
                       Precision precision,
                       int weight_bits);

/// Speed of reading a prompt, which arithmetic bounds.
/// @param mfu  share of the peak that the server reaches
TokensPerSecond prefill(const Accelerator& device,
                        const Transformer& shape,
                        Tokens prompt,
                        Share mfu);

/// Rent of the devices over what they decode.
UsdPerMillionTokens price_of(const Decode& speed, UsdPerHour rent);

}  // namespace isoflop
