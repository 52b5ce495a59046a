// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "isoflop/cost/table.h"
#include "isoflop/units/quantity.h"

namespace isoflop {

enum class AcceleratorKind { Datacenter, Rack, Desktop, Laptop, Phone };

template <>
struct EnumWords<AcceleratorKind> {
  static constexpr std::pair<AcceleratorKind, std::string_view> values[] = {
      {AcceleratorKind::Datacenter, "datacenter"},
      {AcceleratorKind::Rack, "rack"},
      {AcceleratorKind::Desktop, "desktop"},
      {AcceleratorKind::Laptop, "laptop"},
      {AcceleratorKind::Phone, "phone"}};
};

/// A device to train or serve on, a row of data/accelerators.csv: one chip or
/// card, also of a rack. What was not found is absent.
struct Accelerator {
  std::string id;
  std::string name;
  std::string vendor;
  AcceleratorKind kind = AcceleratorKind::Datacenter;
  int year = 0;
  std::optional<FlopsPerSecond> bf16;
  std::optional<FlopsPerSecond> fp8;
  std::optional<FlopsPerSecond> fp4;
  std::optional<Bytes> memory;
  std::optional<BytesPerSecond> memory_bandwidth;
  std::optional<int> scaleup_devices;
  std::optional<BytesPerSecond> scaleup_bandwidth;
  std::optional<BytesPerSecond> scaleout_bandwidth;
  std::optional<Watts> power;
  std::optional<Usd> price;
  std::optional<UsdPerHour> rent_low;
  std::optional<UsdPerHour> rent_typical;
  std::optional<UsdPerHour> rent_high;
  std::optional<double> mfu_low;
  std::optional<double> mfu_high;
  Verification verification = Verification::Unverified;
  std::string unverified;
  std::string source;
  std::string note;

  /// Arithmetic per byte of memory traffic at which both run at their peak.
  std::optional<double> bf16_flops_per_byte() const;

  static constexpr auto fields() {
    return std::make_tuple(
        field("id", &Accelerator::id, "name on the command line, stable"),
        field("name", &Accelerator::name, "as its maker writes it"),
        field("vendor", &Accelerator::vendor, "its maker"),
        field("kind",
              &Accelerator::kind,
              "datacenter, rack (one device of it), desktop, laptop or phone"),
        field(
            "year", &Accelerator::year, "of its release", between(2010, 2100)),
        field("bf16_flops_per_second",
              &Accelerator::bf16,
              "peak at 16 bits without sparsity, FLOP/s",
              kPositive),
        field("fp8_flops_per_second",
              &Accelerator::fp8,
              "peak at 8 bits without sparsity, FLOP/s",
              kPositive),
        field("fp4_flops_per_second",
              &Accelerator::fp4,
              "peak at 4 bits without sparsity, FLOP/s",
              kPositive),
        field("memory_bytes",
              &Accelerator::memory,
              "memory of the device, bytes",
              kPositive),
        field("memory_bandwidth_bytes_per_second",
              &Accelerator::memory_bandwidth,
              "rate of that memory, bytes/s",
              kPositive),
        field("scaleup_devices",
              &Accelerator::scaleup_devices,
              "devices that share the fast links, with this one",
              at_least(1)),
        field("scaleup_bandwidth_bytes_per_second",
              &Accelerator::scaleup_bandwidth,
              "fast links of a device, both ways together, bytes/s",
              kPositive),
        field("scaleout_bandwidth_bytes_per_second",
              &Accelerator::scaleout_bandwidth,
              "network of a device, one way, bytes/s",
              kPositive),
        field("power_watts",
              &Accelerator::power,
              "design power of the device, W",
              kPositive),
        field("price_usd",
              &Accelerator::price,
              "price to buy at launch, US dollars",
              kPositive),
        field("usd_per_hour_low",
              &Accelerator::rent_low,
              "rent of a device, lowest seen, US dollars an hour",
              kPositive),
        field("usd_per_hour_typical",
              &Accelerator::rent_typical,
              "rent of a device, typical, US dollars an hour",
              kPositive),
        field("usd_per_hour_high",
              &Accelerator::rent_high,
              "rent of a device, highest seen, US dollars an hour",
              kPositive),
        field("mfu_low",
              &Accelerator::mfu_low,
              "lowest model FLOP utilisation reported for large training "
              "runs, share of the bf16 peak",
              kOpenUnit),
        field("mfu_high", &Accelerator::mfu_high, "the highest", kOpenUnit),
        field("verification",
              &Accelerator::verification,
              "compared with the source: seen, partial, unverified or "
              "computed"),
        field("unverified",
              &Accelerator::unverified,
              "columns that were not compared, or all"),
        field("source", &Accelerator::source, "where the numbers were read"),
        field("note", &Accelerator::note, "what to know before use"));
  }
  static constexpr auto derived() {
    return std::make_tuple(derived_column("bf16_flops_per_byte",
                                          &Accelerator::bf16_flops_per_byte,
                                          "bf16_flops_per_second / "
                                          "memory_bandwidth_bytes_per_second"));
  }
};

/// Share of a device's memory that a model may fill: the rest is for buffers of
/// communication, kernels and fragments.
/// @source vLLM, the default of gpu_memory_utilization.
inline constexpr Share kUsableMemory{0.9};

/// The accelerators that come with the library.
/// @source each row has its own; most by Epoch AI, epoch.ai/data, CC-BY 4.0.
const std::vector<Accelerator>& published_accelerators();

/// Those that a filter keeps.
/// @throws std::invalid_argument for a condition that cannot be meant.
std::vector<Accelerator> published_accelerators(const TableFilter& filter);

/// The accelerator of this id or name; case, blanks, - and _ do not matter.
/// @throws std::invalid_argument naming what may be meant.
Accelerator find_accelerator(std::string_view id);

}  // namespace isoflop
