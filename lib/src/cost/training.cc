// SPDX-License-Identifier: Apache-2.0
#include "isoflop/cost/training.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace isoflop {
namespace {

std::optional<FlopsPerSecond> peak_or_none(const Accelerator& device,
                                           Precision precision) {
  switch (precision) {
    case Precision::Bf16:
      return device.bf16;
    case Precision::Fp8:
      return device.fp8;
    case Precision::Fp4:
      return device.fp4;
  }
  return std::nullopt;
}

}  // namespace

FlopsPerSecond peak_flops(const Accelerator& device, Precision precision) {
  const auto peak = peak_or_none(device, precision);
  if (!peak) {
    throw std::invalid_argument("no " + std::string(to_string(precision)) +
                                " peak of " + device.id + " is known");
  }
  return *peak;
}

Utilisation published_utilisation(const Accelerator& device,
                                  Precision precision) {
  Utilisation result;
  double low = 1.0;
  double high = 0.0;
  const auto widen = [&](const Accelerator& from) {
    if (!from.mfu_low || !from.mfu_high) return;
    low = std::min(low, *from.mfu_low);
    high = std::max(high, *from.mfu_high);
  };
  widen(device);
  if (high == 0.0) {
    result.is_assumed = true;
    for (const Accelerator& other : published_accelerators()) widen(other);
  }
  const FlopsPerSecond peak = peak_flops(device, precision);
  const double of_bf16 = device.bf16 ? *device.bf16 / peak : 1.0;
  result.mfu = {Share(low * of_bf16), Share(high * of_bf16)};
  return result;
}

DeviceHours device_hours(Flops flops, FlopsPerSecond peak, Share mfu) {
  return DeviceHours(flops.value() /
                     (peak.value() * mfu.value() * kSecondsPerHour));
}

Flops flops_in(DeviceHours time, FlopsPerSecond peak, Share mfu) {
  return Flops(time.value() * kSecondsPerHour * peak.value() * mfu.value());
}

Seconds wall_time(DeviceHours time, double devices) {
  return Seconds(time.value() * kSecondsPerHour / devices);
}

Usd rent(DeviceHours time, UsdPerHour price) {
  return Usd(time.value() * price.value());
}

Joules energy(DeviceHours time, Watts power, double pue) {
  return Joules(time.value() * kSecondsPerHour * power.value() * pue);
}

UsdPerHour break_even_rent(UsdPerHour rent_a,
                           FlopsPerSecond peak_a,
                           Share mfu_a,
                           FlopsPerSecond peak_b,
                           Share mfu_b) {
  return rent_a * ((peak_b / peak_a) * (mfu_b / mfu_a));
}

}  // namespace isoflop
