// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <string_view>

namespace isoflop {

/// A count or measure that knows its unit.
///
/// Made by naming the unit and read by `value()`. Same-unit sums, scaling by a
/// number and same-unit ratios are all there is; a product of units is a named
/// function with its assumption as an argument (see `train_flops`). Stored as
/// a double: integers are exact up to 2^53.
template <class Tag>
class Quantity {
 public:
  /// Zero.
  constexpr Quantity() = default;
  /// This many of the base unit.
  explicit constexpr Quantity(double value) : value_(value) {}

  /// How many of the base unit.
  constexpr double value() const { return value_; }

  friend constexpr auto operator<=>(Quantity, Quantity) = default;
  friend constexpr Quantity operator+(Quantity a, Quantity b) {
    return Quantity(a.value_ + b.value_);
  }
  friend constexpr Quantity operator-(Quantity a, Quantity b) {
    return Quantity(a.value_ - b.value_);
  }
  friend constexpr Quantity operator*(Quantity a, double k) {
    return Quantity(a.value_ * k);
  }
  friend constexpr Quantity operator*(double k, Quantity a) { return a * k; }
  friend constexpr Quantity operator/(Quantity a, double k) {
    return Quantity(a.value_ / k);
  }
  friend constexpr double operator/(Quantity a, Quantity b) {
    return a.value_ / b.value_;
  }

 private:
  double value_ = 0.0;
};

/// One word a unit may be written with, and its size in the base unit.
struct UnitWord {
  std::string_view word;
  double scale;
};

/// How a unit is named and written. Words match without regard to case unless
/// they are a single letter.
struct Unit {
  std::string_view name;  ///< plural, as messages say it: "tokens"
  std::string_view flag;  ///< placeholder in help: "TOKENS"
  std::string_view noun;  ///< what it measures: "a number of tokens"
  const UnitWord* words;  ///< accepted words, first is the one printed
  int word_count;
};

struct ParamsTag {
  static const Unit unit;
};
struct TokensTag {
  static const Unit unit;
};
struct FlopsTag {
  static const Unit unit;
};
struct NatsTag {
  static const Unit unit;
};
struct BytesTag {
  static const Unit unit;
};
struct FlopsPerSecondTag {
  static const Unit unit;
};
struct BytesPerSecondTag {
  static const Unit unit;
};
struct WattsTag {
  static const Unit unit;
};
struct UsdTag {
  static const Unit unit;
};
struct UsdPerHourTag {
  static const Unit unit;
};
struct SecondsTag {
  static const Unit unit;
};
struct DaysTag {
  static const Unit unit;
};
struct DeviceHoursTag {
  static const Unit unit;
};
struct JoulesTag {
  static const Unit unit;
};
struct TokensPerSecondTag {
  static const Unit unit;
};
struct UsdPerMillionTokensTag {
  static const Unit unit;
};
struct ShareTag {
  static const Unit unit;
};

using Params = Quantity<ParamsTag>;  ///< model parameters, a count
using Tokens = Quantity<TokensTag>;  ///< training tokens, a count
using Flops = Quantity<FlopsTag>;    ///< floating-point operations
using Nats = Quantity<NatsTag>;      ///< loss, nats per token
using Bytes = Quantity<BytesTag>;    ///< size of memory
using Watts = Quantity<WattsTag>;    ///< electrical power
using Usd = Quantity<UsdTag>;        ///< US dollars
using FlopsPerSecond = Quantity<FlopsPerSecondTag>;  ///< rate of arithmetic
using BytesPerSecond = Quantity<BytesPerSecondTag>;  ///< rate of transfer
using UsdPerHour = Quantity<UsdPerHourTag>;          ///< price of rent
using Seconds = Quantity<SecondsTag>;                ///< time on a clock
using Days = Quantity<DaysTag>;                      ///< the same for long runs
using DeviceHours = Quantity<DeviceHoursTag>;        ///< time times devices
using Joules = Quantity<JoulesTag>;                  ///< energy
using TokensPerSecond = Quantity<TokensPerSecondTag>;  ///< speed of serving
using UsdPerMillionTokens = Quantity<UsdPerMillionTokensTag>;  ///< its price
using Share = Quantity<ShareTag>;  ///< a part of a whole, 1 is all of it

/// FLOP of training for each parameter and token: of a dense transformer whose
/// attention and embedding work are neglected.
/// @source Kaplan et al. 2020, arXiv:2001.08361, section 2.1.
inline constexpr double kFlopsPerParamToken = 6.0;

/// Training compute C = k N D.
/// @param flops_per_param_token  k
constexpr Flops train_flops(
    Params params,
    Tokens tokens,
    double flops_per_param_token = kFlopsPerParamToken) {
  return Flops(flops_per_param_token * params.value() * tokens.value());
}

/// Tokens that a compute budget pays for: D = C / (k N).
constexpr Tokens tokens_for(
    Flops flops,
    Params params,
    double flops_per_param_token = kFlopsPerParamToken) {
  return Tokens(flops.value() / (flops_per_param_token * params.value()));
}

/// Parameters that a compute budget pays for: N = C / (k D).
constexpr Params params_for(
    Flops flops,
    Tokens tokens,
    double flops_per_param_token = kFlopsPerParamToken) {
  return Params(flops.value() / (flops_per_param_token * tokens.value()));
}

inline constexpr double kSecondsPerHour = 3600.0;
inline constexpr double kHoursPerDay = 24.0;
inline constexpr double kSecondsPerDay = kHoursPerDay * kSecondsPerHour;

/// The same time in days.
constexpr Days days_of(Seconds time) {
  return Days(time.value() / kSecondsPerDay);
}
/// The same time in seconds.
constexpr Seconds seconds_of(Days time) {
  return Seconds(time.value() * kSecondsPerDay);
}
/// The same time in hours.
constexpr double hours_of(Seconds time) {
  return time.value() / kSecondsPerHour;
}
/// Devices times hours of so many for these days.
constexpr DeviceHours device_hours_of(Days time, double devices) {
  return DeviceHours(kHoursPerDay * time.value() * devices);
}

}  // namespace isoflop
