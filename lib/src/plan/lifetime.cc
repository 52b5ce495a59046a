// SPDX-License-Identifier: Apache-2.0
#include "isoflop/plan/lifetime.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/root.h"

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

/// The loss that is predicted: of a forecast with its departure.
Nats loss_of(const Law& law, Params params, Tokens tokens) {
  return law.is_forecast() ? law.discrepancy->at(params, tokens).loss()
                           : law.loss(params, tokens);
}

double log_loss(const Law& law, double log_params, double log_tokens) {
  return std::log(
      loss_of(law, Params(std::exp(log_params)), Tokens(std::exp(log_tokens)))
          .value());
}

std::optional<double> log_tokens_at(const Law& law,
                                    double log_params,
                                    double wanted) {
  return log_at([&](double x) { return log_loss(law, log_params, x); }, wanted);
}

std::optional<double> log_params_at(const Law& law,
                                    double log_tokens,
                                    double wanted) {
  return log_at([&](double x) { return log_loss(law, x, log_tokens); }, wanted);
}

std::optional<double> exp_of(const std::optional<double>& log) {
  if (!log) return std::nullopt;
  return std::exp(*log);
}

/// Smallest of a function with one valley, by golden section.
template <class F>
double valley(F&& height, double low, double high) {
  constexpr double kRatio = 0.6180339887498949;
  double a = high - kRatio * (high - low);
  double b = low + kRatio * (high - low);
  double at_a = height(a);
  double at_b = height(b);
  while (high - low > 1e-10) {
    if (at_a < at_b) {
      high = std::exchange(b, a);
      at_b = at_a;
      a = high - kRatio * (high - low);
      at_a = height(a);
    } else {
      low = std::exchange(a, b);
      at_a = at_b;
      b = low + kRatio * (high - low);
      at_b = height(b);
    }
  }
  return 0.5 * (low + high);
}

}  // namespace

std::optional<Tokens> tokens_for_loss(const Law& law,
                                      Params params,
                                      Nats loss) {
  const auto tokens = exp_of(
      log_tokens_at(law, std::log(params.value()), std::log(loss.value())));
  return tokens ? std::optional(Tokens(*tokens)) : std::nullopt;
}

std::optional<Params> params_for_loss(const Law& law,
                                      Tokens tokens,
                                      Nats loss) {
  const auto params = exp_of(
      log_params_at(law, std::log(tokens.value()), std::log(loss.value())));
  return params ? std::optional(Params(*params)) : std::nullopt;
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
  const double wanted = std::log(loss.value());
  const double most_log_tokens =
      std::min(kHighestLog, std::log(bounds.most_tokens.value()));
  // The smallest size: the one that the data, if there are bounds, just make.
  auto low = log_params_at(law, most_log_tokens, wanted);
  const double high =
      std::min(kHighestLog, std::log(bounds.most_params.value()));
  if (!low || *low > high) return std::nullopt;
  const auto log_cost = [&](double log_params) {
    const auto log_tokens = log_tokens_at(law, log_params, wanted);
    if (!log_tokens) return std::numeric_limits<double>::infinity();
    return log_params + std::log(6.0 * std::exp(std::min(*log_tokens, 700.0)) +
                                 2.0 * served.value());
  };
  // The valley may be anywhere: first a grid, then the cells beside its best.
  constexpr int kCells = 200;
  const double step = (high - *low) / kCells;
  int best = 0;
  double least = log_cost(*low);
  for (int i = 1; i <= kCells; ++i) {
    const double cost = log_cost(*low + i * step);
    if (cost < least) {
      least = cost;
      best = i;
    }
  }
  const double from = *low + std::max(0, best - 1) * step;
  const double to = *low + std::min(kCells, best + 1) * step;
  double at = step > 0.0 ? valley(log_cost, from, to) : *low;
  // A bound may cut the valley off: then its end is the answer.
  for (const double end : {*low, high}) {
    if (log_cost(end) <= log_cost(at)) at = end;
  }
  const auto log_tokens = log_tokens_at(law, at, wanted);
  if (!log_tokens) return std::nullopt;
  const Params params(std::exp(at));
  const Tokens tokens(std::exp(*log_tokens));
  return Optimum{train_flops(params, tokens),
                 params,
                 tokens,
                 loss_of(law, params, tokens)};
}

}  // namespace isoflop
