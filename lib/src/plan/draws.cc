// SPDX-License-Identifier: Apache-2.0
#include "plan/draws.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "isoflop/laws/optimum.h"
#include "isoflop/units/text.h"
#include "units/log_flops.h"

namespace isoflop {

std::string to_string(const Risk& risk) {
  if (risk.kind == Risk::Kind::Point) return "point";
  if (risk.kind == Risk::Kind::Mean) return "mean";
  return "q" + format_number(100.0 * risk.quantile, 15);
}

Risk parse_risk(std::string_view text) {
  if (text == "point") return {};
  if (text == "mean") return {Risk::Kind::Mean};
  if (text.starts_with("q")) {
    try {
      const double share = parse_number(text.substr(1)) / 100.0;
      if (share > 0.0 && share < 1.0) return {Risk::Kind::Quantile, share};
    } catch (const std::invalid_argument&) {
      // Said below, with what may be written.
    }
  }
  throw std::invalid_argument("'" + std::string(text) +
                              "' is not point, mean or a quantile such as q90");
}

DrawLosses::DrawLosses(const Law& law) {
  form_ = bind_inputs(law.form, {}, "plan");
  point_ = form_->theta_from_coefficients(law.coefficients);
  reach_.range = law.range;
  reach_.widening = law.widening;
  theta_.resize(form_->coefficient_count(), law.draws.rows());
  for (Eigen::Index i = 0; i < law.draws.rows(); ++i) {
    theta_.col(i) = form_->theta_from_coefficients(law.draws.row(i));
  }
}

Eigen::VectorXd DrawLosses::losses(double log_params, double log_tokens) const {
  const double inputs[2] = {log_params, log_tokens};
  const double factor = reach_.widening_at(
      Flops(std::exp(log_train_flops(log_params, log_tokens))));
  const double middle = form_->evaluate(point_.data(), inputs);
  Eigen::VectorXd values(theta_.cols());
  Eigen::Index count = 0;
  for (Eigen::Index i = 0; i < theta_.cols(); ++i) {
    const double drawn = form_->evaluate(theta_.col(i).data(), inputs);
    const double loss =
        std::exp(factor > 1.0 ? middle + factor * (drawn - middle) : drawn);
    if (std::isfinite(loss)) values[count++] = loss;
  }
  values.conservativeResize(count);
  return values;
}

double DrawLosses::measure(const Risk& risk,
                           double log_params,
                           double log_tokens) const {
  const Eigen::VectorXd values = losses(log_params, log_tokens);
  if (values.size() == 0) return std::numeric_limits<double>::infinity();
  return risk.kind == Risk::Kind::Quantile ? quantile(values, risk.quantile)
                                           : values.mean();
}

double DrawLosses::share_within(Nats loss,
                                double log_params,
                                double log_tokens) const {
  const Eigen::VectorXd values = losses(log_params, log_tokens);
  // A run that was made for this loss reaches it to rounding.
  const double most = loss.value() * (1.0 + 1e-9);
  const auto within =
      std::count_if(values.begin(), values.end(), [&](double value) {
        return value <= most;
      });
  return static_cast<double>(within) / static_cast<double>(theta_.cols());
}

std::optional<Interval> DrawLosses::optimal_log_params(double log_flops) const {
  constexpr double kMostWithout = 0.1;
  Interval hull{std::numeric_limits<double>::infinity(),
                -std::numeric_limits<double>::infinity()};
  double without = 0.0;
  for (Eigen::Index i = 0; i < theta_.cols(); ++i) {
    const double at =
        isoflop::optimal_log_params(*form_, theta_.col(i).data(), log_flops);
    if (!std::isfinite(at)) {
      ++without;
      continue;
    }
    hull.low = std::min(hull.low, at);
    hull.high = std::max(hull.high, at);
  }
  if (without > kMostWithout * static_cast<double>(theta_.cols())) {
    return std::nullopt;
  }
  return hull;
}

}  // namespace isoflop
