// SPDX-License-Identifier: Apache-2.0
#include "isoflop/laws/schedule.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numbers>
#include <stdexcept>
#include <string>
#include <vector>

#include "isoflop/base/printable.h"
#include "isoflop/base/suggest.h"
#include "isoflop/laws/curve.h"
#include "isoflop/units/text.h"

namespace isoflop {
namespace {

constexpr double kMostSteps = 1e7;

[[noreturn]] void fail(const std::string& problem) {
  throw std::invalid_argument("schedule: " + problem);
}

/// The keys of a schedule text, each read and checked once.
class Keys {
 public:
  explicit Keys(std::string_view text) {
    while (!text.empty()) {
      const std::size_t comma = text.find(',');
      const std::string_view item = text.substr(0, comma);
      const std::size_t equals = item.find('=');
      const std::string name(item.substr(0, equals));
      const std::vector<std::string> known = {
          "steps", "peak", "warmup", "end", "decay"};
      if (std::find(known.begin(), known.end(), name) == known.end()) {
        fail("unknown key '" + printable(name) + "'; keys are " +
             join_words(known) + did_you_mean(name, known));
      }
      if (equals == std::string_view::npos) {
        fail("key " + name + " has no value; write " + name + "=NUMBER");
      }
      if (values_.contains(name)) fail("key " + name + " is given twice");
      values_[name] = parse_number(item.substr(equals + 1));
      text = comma == std::string_view::npos ? "" : text.substr(comma + 1);
    }
  }

  /// Refuses a key that the kind does not have.
  void require_for(const std::string& kind,
                   const std::string& name,
                   const std::string& owners) const {
    if (kind != owners && values_.contains(name)) {
      fail("key " + name + " belongs to " + owners + ", not to " + kind);
    }
  }

  double get(const std::string& name, double otherwise, double most) const {
    const auto found = values_.find(name);
    const double value = found == values_.end() ? otherwise : found->second;
    if (std::isnan(value)) fail("needs " + name + ", as in " + name + "=...");
    if (!(value >= 0 && value <= most)) {
      fail(name + " is " + format_exact(value) +
           ", but must be >= 0 and <= " + format_exact(most));
    }
    return value;
  }

 private:
  std::map<std::string, double> values_;
};

/// Share of the way from the peak to the end, after `done` of the fall.
double fallen(std::string_view kind, double done) {
  if (kind == "cosine") return 0.5 * (1 - std::cos(std::numbers::pi * done));
  return done;
}

}  // namespace

LearningRateSchedule parse_schedule(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string kind(text.substr(0, colon));
  const std::vector<std::string> kinds = {
      "constant", "cosine", "linear", "wsd"};
  if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) {
    fail("kind is '" + printable(kind) + "', but must be one of " +
         join_words(kinds) + did_you_mean(kind, kinds));
  }
  const Keys keys(colon == std::string_view::npos ? ""
                                                  : text.substr(colon + 1));
  constexpr double kNeeded = std::numeric_limits<double>::quiet_NaN();
  keys.require_for(kind, "decay", "wsd");
  if (kind == "constant")
    keys.require_for(kind, "end", "cosine, linear and wsd");
  const double steps = std::floor(keys.get("steps", kNeeded, kMostSteps));
  const double peak = keys.get("peak", kNeeded, 1e3);
  const double warmup = std::floor(keys.get("warmup", 0, steps));
  const double end = keys.get("end", kind == "wsd" ? 0 : 0.1 * peak, peak);
  const double rest = steps - warmup;
  const double fall = kind == "constant" ? 0
                      : kind == "wsd"
                          ? std::floor(keys.get("decay", 0.2 * rest, rest))
                          : rest;
  if (steps < 1) fail("steps is 0, but must be >= 1");
  if (!(peak > 0)) fail("peak is 0, but must be > 0");
  LearningRateSchedule schedule;
  schedule.warmup = static_cast<int>(warmup);
  schedule.rates.resize(static_cast<Eigen::Index>(steps));
  for (Eigen::Index i = 0; i < schedule.rates.size(); ++i) {
    const double step = static_cast<double>(i) + 1;
    const double into = step - (steps - fall);
    schedule.rates[i] = step <= warmup ? peak * step / warmup
                        : into > 0
                            ? peak - (peak - end) * fallen(kind, into / fall)
                            : peak;
  }
  return schedule;
}

LossCurve loss_curve(const Law& law,
                     const LearningRateSchedule& schedule,
                     int stride) {
  const auto* curve = dynamic_cast<const CurveForm*>(law.form.get());
  if (curve == nullptr) {
    throw std::invalid_argument("loss_curve: law '" + law.id +
                                "' is no law of loss curves");
  }
  if (stride < 1) {
    throw std::invalid_argument("loss_curve: stride is " +
                                std::to_string(stride) + ", but must be >= 1");
  }
  const auto form = curve->along(schedule);
  std::vector<double> steps;
  const Eigen::Index last = schedule.rates.size();
  for (Eigen::Index s = stride; s < last; s += stride) {
    steps.push_back(static_cast<double>(s));
  }
  if (last > 0) steps.push_back(static_cast<double>(last));
  LossCurve result;
  result.step = Eigen::Map<const Eigen::VectorXd>(
      steps.data(), static_cast<Eigen::Index>(steps.size()));
  form->evaluate_columns(form->theta_from_coefficients(law.coefficients),
                         result.step,
                         result.loss_nats,
                         nullptr);
  result.loss_nats = result.loss_nats.array().exp();
  return result;
}

}  // namespace isoflop
