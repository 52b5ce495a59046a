// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

namespace isoflop {

/// Philox4x32-10 block: four random words from a key and a counter.
/// @source Salmon et al. 2011, doi:10.1145/2063384.2063405.
std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter,
                                    std::array<std::uint32_t, 2> key);

/// Counter-based random stream: (seed, stream) names it, so replicate i has
/// the same numbers whichever thread draws them.
class RandomStream {
 public:
  RandomStream(std::uint64_t seed, std::uint64_t stream);

  /// The next 32 random bits.
  std::uint32_t next_u32();
  /// The next 64 random bits.
  std::uint64_t next_u64();
  /// Uniform in (0, 1), multiples of 2^-53 plus half a step.
  double uniform();
  /// Uniform in 0 ... n-1, without bias. n in [1, 2^32).
  std::uint32_t below(std::uint32_t n);
  /// Standard normal (Box-Muller).
  double normal();

 private:
  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 4> counter_;
  std::array<std::uint32_t, 4> block_{};
  int used_ = 4;
};

}  // namespace isoflop
