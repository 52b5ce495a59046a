// SPDX-License-Identifier: Apache-2.0
#include "fit/design_shape.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "isoflop/units/quantity.h"
#include "isoflop/units/text.h"
#include "units/log_flops.h"

namespace isoflop {
namespace {

double spread_of(const Eigen::VectorXd& x) {
  return x.maxCoeff() - x.minCoeff();
}

std::string in_all_runs(const std::string& what,
                        const Eigen::VectorXd& log_value,
                        const Unit* unit) {
  const double middle =
      std::exp(0.5 * (log_value.maxCoeff() + log_value.minCoeff()));
  const std::string text = unit == nullptr ? format_number(middle, 3)
                                           : format_quantity(middle, *unit, 3);
  const double reach = 0.5 * spread_of(log_value);
  const bool exact = reach < 1e-3;
  return what + " is " + text +
         (exact ? std::string()
                : " within " + format_number(100.0 * reach, 2) + " %") +
         " in all runs";
}

int count_levels(const Eigen::VectorXd& log_value) {
  std::vector<std::int64_t> levels;
  for (const double x : log_value) levels.push_back(std::llround(x / 0.02));
  std::sort(levels.begin(), levels.end());
  return static_cast<int>(std::unique(levels.begin(), levels.end()) -
                          levels.begin());
}

/// A term with an exponent needs three levels beside a constant.
std::optional<Shape> describe_levels(const Eigen::MatrixXd& inputs) {
  if (count_levels(inputs.col(0)) == 2) {
    return Shape{"there are only 2 sizes in the runs",
                 "E, A and alpha",
                 "how the loss falls with tokens at those sizes"};
  }
  if (count_levels(inputs.col(1)) == 2) {
    return Shape{"there are only 2 amounts of tokens in the runs",
                 "E, B and beta",
                 "how the loss falls with params on those tokens"};
  }
  return std::nullopt;
}

}  // namespace

std::optional<Shape> describe_shape(const Eigen::MatrixXd& inputs) {
  constexpr double kNarrow = 0.2;
  const Eigen::VectorXd n = inputs.col(0);
  const Eigen::VectorXd d = inputs.col(1);
  if (spread_of(n) < kNarrow && spread_of(d) < kNarrow) {
    return Shape{"all runs have nearly the same params and tokens",
                 "any two coefficients",
                 "only the loss at that one size and data"};
  }
  if (spread_of(n) < kNarrow) {
    return Shape{in_all_runs("params", n, &ParamsTag::unit),
                 "E, A and alpha",
                 "how the loss falls with tokens at that size: B, beta and "
                 "the sum E + A/N^alpha"};
  }
  if (spread_of(d) < kNarrow) {
    return Shape{in_all_runs("tokens", d, &TokensTag::unit),
                 "E, B and beta",
                 "how the loss falls with params on those tokens: A, alpha "
                 "and the sum E + B/D^beta"};
  }
  if (spread_of(d - n) < kNarrow) {
    const std::string ratio = format_number(std::exp((d - n).mean()), 3) + " N";
    return Shape{in_all_runs("tokens/params", d - n, nullptr),
                 "alpha and beta, and with them A and B,",
                 "the loss along D = " + ratio};
  }
  if (const auto levels = describe_levels(inputs)) return levels;
  const Eigen::VectorXd budget = (n + d).array() + kLog6;
  if (spread_of(budget) < kNarrow) {
    return Shape{in_all_runs("compute in FLOP", budget, &FlopsTag::unit),
                 "E and how fast A and B fall",
                 "the best size at that one budget"};
  }
  return std::nullopt;
}

}  // namespace isoflop
