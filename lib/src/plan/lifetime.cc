// SPDX-License-Identifier: Apache-2.0
#include "isoflop/plan/lifetime.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/root.h"
#include "plan/loss_runs.h"
#include "plan/valley.h"

namespace isoflop {
namespace {

constexpr double kLowestLog = 0.0;
constexpr double kHighestLog = 92.0;  // 1e40

/// Where a loss that falls with x reaches a value, x from 1 to 1e40.
template <class F>
std::optional<double> log_at(F&& log_loss, double wanted) {
  const auto gap = [&](double x) { return log_loss(x) - wanted; };
  const double low = gap(kLowestLog);
  const double high = gap(kHighestLog);
  if (low <= 0.0) return kLowestLog;
  if (!(high <= 0.0)) return std::nullopt;
  return bracketed_root(gap, kLowestLog, kHighestLog, low, high);
}

std::optional<double> log_tokens_at(const LogLoss& log_loss,
                                    double log_params,
                                    double wanted) {
  return log_at([&](double x) { return log_loss(log_params, x); }, wanted);
}

std::optional<double> log_params_at(const LogLoss& log_loss,
                                    double log_tokens,
                                    double wanted) {
  return log_at([&](double x) { return log_loss(x, log_tokens); }, wanted);
}

/// Share of a normal distribution below z.
double normal_share(double z) { return 0.5 * std::erfc(-z / std::sqrt(2.0)); }

LossForecast forecast_at(const Law& law, double log_params, double log_tokens) {
  return law.discrepancy->at(Params(std::exp(log_params)),
                             Tokens(std::exp(log_tokens)));
}

}  // namespace

LogLoss log_loss_of(const Law& law) {
  if (law.is_forecast()) {
    return [&law](double log_params, double log_tokens) {
      return std::log(forecast_at(law, log_params, log_tokens).loss().value());
    };
  }
  const auto form = bind_inputs(law.form, {}, "plan");
  const Eigen::VectorXd theta = form->theta_from_coefficients(law.coefficients);
  return [form, theta](double log_params, double log_tokens) {
    const double inputs[2] = {log_params, log_tokens};
    return form->evaluate(theta.data(), inputs);
  };
}

LogLoss log_loss_of(const Law& law, const DrawLosses& draws, const Risk& risk) {
  if (risk.is_point()) return log_loss_of(law);
  if (!law.is_forecast()) {
    return [&draws, risk](double log_params, double log_tokens) {
      return std::log(draws.measure(risk, log_params, log_tokens));
    };
  }
  return [&law, risk](double log_params, double log_tokens) {
    const LossForecast at = forecast_at(law, log_params, log_tokens);
    const double sd = at.sd_curve();
    if (risk.kind == Risk::Kind::Mean) return at.log_loss() + 0.5 * sd * sd;
    const bool is_high = risk.quantile >= 0.5;
    const double level = std::abs(2.0 * risk.quantile - 1.0);
    if (level < 1e-9) return at.log_loss();
    const Interval around = at.curve_interval(level);
    return std::log(is_high ? around.high : around.low);
  };
}

double chance_of_loss(const Law& law,
                      const DrawLosses& draws,
                      Nats loss,
                      Params params,
                      Tokens tokens) {
  const double log_params = std::log(params.value());
  const double log_tokens = std::log(tokens.value());
  if (!law.is_forecast()) {
    return draws.share_within(loss, log_params, log_tokens);
  }
  const LossForecast at = forecast_at(law, log_params, log_tokens);
  return normal_share((std::log(loss.value()) - at.log_loss()) / at.sd_curve());
}

std::optional<Tokens> tokens_for_loss(const LogLoss& log_loss,
                                      Params params,
                                      Nats loss) {
  const auto found =
      log_tokens_at(log_loss, std::log(params.value()), std::log(loss.value()));
  return found ? std::optional(Tokens(std::exp(*found))) : std::nullopt;
}

std::optional<Params> params_for_loss(const LogLoss& log_loss,
                                      Tokens tokens,
                                      Nats loss) {
  const auto found =
      log_params_at(log_loss, std::log(tokens.value()), std::log(loss.value()));
  return found ? std::optional(Params(std::exp(*found))) : std::nullopt;
}

Flops served_flops(Params params, Tokens served) {
  return Flops(2.0 * params.value() * served.value());
}

Flops life_flops(Params params, Tokens tokens, Tokens served) {
  return train_flops(params, tokens) + served_flops(params, served);
}

LogCost log_life_flops(Tokens served) {
  return [served](double log_params, double log_tokens) {
    // Of so many tokens that the product is no number, the order is enough.
    const Tokens tokens(std::exp(std::min(log_tokens, 600.0)));
    return log_params +
           std::log(life_flops(Params(1.0), tokens, served).value());
  };
}

std::optional<Run> cheapest_run(const LogLoss& log_loss,
                                Nats loss,
                                const LogCost& log_cost_of,
                                const LossRunBounds& bounds,
                                const Search& search) {
  const double wanted = std::log(loss.value());
  const double most_log_tokens =
      std::min(kHighestLog, std::log(bounds.most_tokens.value()));
  // The smallest size: the one that the data, if there are bounds, just make.
  const auto low = log_params_at(log_loss, most_log_tokens, wanted);
  const double high =
      std::min(kHighestLog, std::log(bounds.most_params.value()));
  if (!low || *low > high) return std::nullopt;
  const auto log_cost = [&](double log_params) {
    const auto log_tokens = log_tokens_at(log_loss, log_params, wanted);
    if (!log_tokens) return std::numeric_limits<double>::infinity();
    return log_cost_of(log_params, *log_tokens);
  };
  // The valley may be anywhere: first a grid, then the cells beside its best.
  double at = lowest(log_cost, *low, high, search.cells, search.width);
  if (search.cells_about > 0) {
    constexpr double kFar = 0.5;
    const double near = lowest(log_cost,
                               std::max(*low, at - kFar),
                               std::min(high, at + kFar),
                               search.cells_about,
                               search.width);
    if (log_cost(near) < log_cost(at)) at = near;
  }
  const auto log_tokens = log_tokens_at(log_loss, at, wanted);
  if (!log_tokens) return std::nullopt;
  return Run{Params(std::exp(at)), Tokens(std::exp(*log_tokens))};
}

std::optional<Tokens> tokens_for_loss(const Law& law,
                                      Params params,
                                      Nats loss) {
  return tokens_for_loss(log_loss_of(law), params, loss);
}

std::optional<Params> params_for_loss(const Law& law,
                                      Tokens tokens,
                                      Nats loss) {
  return params_for_loss(log_loss_of(law), tokens, loss);
}

std::optional<double> overtraining_overhead(const Law& given,
                                            Flops flops,
                                            double size_factor) {
  Law law = given;
  law.discrepancy.reset();
  const Optimum best = optimum(law, flops);
  const Params params = best.params * size_factor;
  const auto tokens =
      tokens_for_loss(law, params, law.loss(best.params, best.tokens));
  if (!tokens) return std::nullopt;
  return train_flops(params, *tokens) / flops - 1.0;
}

std::optional<Optimum> cheapest_lifetime(const Law& law,
                                         Nats loss,
                                         Tokens served,
                                         const LossRunBounds& bounds) {
  const LogLoss log_loss = log_loss_of(law);
  const auto run = cheapest_run(log_loss, loss, log_life_flops(served), bounds);
  if (!run) return std::nullopt;
  const auto& [params, tokens] = *run;
  return Optimum{train_flops(params, tokens),
                 params,
                 tokens,
                 Nats(std::exp(log_loss(std::log(params.value()),
                                        std::log(tokens.value()))))};
}

}  // namespace isoflop
