// SPDX-License-Identifier: Apache-2.0
#include "isoflop/cost/serving.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace isoflop {
namespace {

/// What one step of decoding needs, per group.
struct Need {
  double weights = 0.0;  ///< bytes held
  double fixed = 0.0;    ///< bytes of weights read whatever the users
  double expert = 0.0;   ///< bytes of one routed expert in all layers
  double cache = 0.0;    ///< bytes of a user's keys and values
  double flops = 0.0;    ///< of a user's token
};

Need need_of(const Transformer& shape, const ServingLoad& load) {
  const TransformerSize size = size_of(shape);
  const double bytes = load.weight_bits / 8.0;
  // The lookup of the input embedding reads one row.
  const double table =
      shape.ties_embeddings ? 0.0 : size.embedding.value() / 2.0;
  Need need;
  need.weights = bytes * size.total.value();
  need.fixed = bytes * (size.total - size.experts).value() - bytes * table;
  if (shape.experts > 0) {
    need.expert = bytes * size.experts.value() / shape.experts;
  }
  need.cache = kv_bytes(shape, load.kv_bits).value() * load.context.value();
  need.flops = forward_flops(shape, load.context).value();
  return need;
}

double memory_bandwidth(const Accelerator& device) {
  if (!device.memory_bandwidth) {
    throw std::invalid_argument("no memory bandwidth of " + device.id +
                                " is known");
  }
  return device.memory_bandwidth->value();
}

/// Peak of the products: that of the weights' bits where the device has it.
double serving_peak(const Accelerator& device, int weight_bits) {
  double peak = device.bf16 ? device.bf16->value() : 0.0;
  if (weight_bits <= 8 && device.fp8) peak = device.fp8->value();
  if (weight_bits <= 4 && device.fp4) peak = device.fp4->value();
  return peak;
}

Decode decode_of(const Accelerator& device,
                 const Transformer& shape,
                 const ServingLoad& load,
                 const Need& need,
                 double users,
                 int devices) {
  const double bytes = need.fixed +
                       need.expert * experts_touched(shape, users) +
                       users * need.cache;
  const double reading = bytes / (devices * memory_bandwidth(device));
  const double peak = serving_peak(device, load.weight_bits);
  const double computing =
      peak > 0.0 ? users * need.flops / (devices * peak) : 0.0;
  const double step = std::max(reading, computing) / load.efficiency.value();
  Decode speed;
  speed.devices = devices;
  speed.users = users;
  speed.per_user = TokensPerSecond(1.0 / step);
  speed.per_device = TokensPerSecond(users / (step * devices));
  speed.memory = Bytes((need.weights + users * need.cache) / devices);
  speed.computes = computing > reading;
  return speed;
}

}  // namespace

double experts_touched(const Transformer& shape, double tokens) {
  if (shape.experts == 0) return 0.0;
  const double share = double(shape.experts_per_token) / shape.experts;
  if (share >= 1.0) return shape.experts;
  return -shape.experts * std::expm1(tokens * std::log1p(-share));
}

Decode decode(const Accelerator& device,
              const Transformer& given,
              const ServingLoad& load,
              double users,
              int devices) {
  if (!(users > 0.0) || devices < 1) {
    throw std::invalid_argument("decode: users and devices must be > 0");
  }
  const Transformer shape = completed(given);
  return decode_of(device, shape, load, need_of(shape, load), users, devices);
}

std::optional<Decode> cheapest_decode(const Accelerator& device,
                                      const Transformer& given,
                                      const ServingLoad& load,
                                      TokensPerSecond at_least) {
  const Transformer shape = completed(given);
  const Need need = need_of(shape, load);
  if (!device.memory) return std::nullopt;
  const double usable = load.usable.value() * device.memory->value();
  std::optional<Decode> best;
  const int fast = device.scaleup_devices.value_or(1);
  for (int devices = 1; devices <= fast; devices *= 2) {
    const double room = usable * devices - need.weights;
    double most = std::floor(room / need.cache);
    if (!(most >= 1.0)) continue;
    const auto speed = [&](double users) {
      return decode_of(device, shape, load, need, users, devices);
    };
    // A step takes longer with each user: the most users that are fast enough.
    if (speed(1.0).per_user < at_least) continue;
    double fits = 1.0;
    while (fits < most) {
      const double middle = std::ceil(0.5 * (fits + most));
      (speed(middle).per_user < at_least ? most : fits) =
          speed(middle).per_user < at_least ? middle - 1.0 : middle;
    }
    const Decode found = speed(fits);
    if (!best || found.per_device > best->per_device) best = found;
  }
  return best;
}

std::optional<Decode> decode_alone(const Accelerator& device,
                                   const Transformer& given,
                                   const ServingLoad& load) {
  const Decode alone = decode(device, given, load, 1.0, 1);
  if (!device.memory || alone.memory > load.usable.value() * *device.memory) {
    return std::nullopt;
  }
  return alone;
}

double crossover_users(const Accelerator& device,
                       Precision precision,
                       int weight_bits) {
  return peak_flops(device, precision).value() * (weight_bits / 8.0) /
         (2.0 * memory_bandwidth(device));
}

TokensPerSecond prefill(const Accelerator& device,
                        const Transformer& shape,
                        Tokens prompt,
                        Share mfu) {
  const double flops = forward_flops(shape, prompt / 2.0).value();
  return TokensPerSecond(peak_flops(device, Precision::Bf16).value() *
                         mfu.value() / flops);
}

UsdPerMillionTokens price_of(const Decode& speed, UsdPerHour rent) {
  constexpr double kMillionPerHour = 1e6 / kSecondsPerHour;
  return UsdPerMillionTokens(rent.value() * kMillionPerHour /
                             speed.per_device.value());
}

}  // namespace isoflop
