// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <utility>

#include "isoflop/base/enum_words.h"
#include "isoflop/cost/accelerator.h"
#include "isoflop/units/quantity.h"
#include "isoflop/units/range.h"

namespace isoflop {

enum class Precision { Bf16, Fp8, Fp4 };

template <>
struct EnumWords<Precision> {
  static constexpr std::pair<Precision, std::string_view> values[] = {
      {Precision::Bf16, "bf16"},
      {Precision::Fp8, "fp8"},
      {Precision::Fp4, "fp4"}};
};

/// Peak of a device without sparsity.
/// @throws std::invalid_argument when none is known.
FlopsPerSecond peak_flops(const Accelerator& device, Precision precision);

/// Model FLOP utilisation: the model's FLOP (6 N D) over what the devices
/// could do at their peak in the time that they computed.
/// @source Chowdhery et al. 2022, arXiv:2204.02311, section 4.1.
struct Utilisation {
  Range<Share> mfu;
  /// False: of large runs on this device; true: none are known, and this is
  /// the span over all devices.
  bool is_assumed = false;
};

/// The utilisation that large runs report, as a share of the peak at this
/// precision. Reported are shares of the bf16 peak; runs in fewer bits have
/// not been reported to do more FLOP a second (DeepSeek-V3 0.195 of the FP8
/// peak, Llama 4 0.197), so the share falls as the peak rises.
Utilisation published_utilisation(const Accelerator& device,
                                  Precision precision);

/// Devices times hours that a number of FLOP takes.
DeviceHours device_hours(Flops flops, FlopsPerSecond peak, Share mfu);

/// FLOP that device-hours do.
Flops flops_in(DeviceHours time, FlopsPerSecond peak, Share mfu);

/// Time on the clock when `devices` share the work.
Seconds wall_time(DeviceHours time, double devices);

Usd rent(DeviceHours time, UsdPerHour price);

/// Energy with all around the devices.
/// @param pue  energy of the site over that of the devices
/// @source Touvron et al. 2023, arXiv:2302.13971, section 6.
Joules energy(DeviceHours time, Watts power, double pue);

/// The rent at which device B does the same work for the same dollars as A.
UsdPerHour break_even_rent(UsdPerHour rent_a,
                           FlopsPerSecond peak_a,
                           Share mfu_a,
                           FlopsPerSecond peak_b,
                           Share mfu_b);

}  // namespace isoflop
