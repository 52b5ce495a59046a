// SPDX-License-Identifier: Apache-2.0
#include "fit/form_choice.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <stdexcept>
#include <string>

#include "fit/splits.h"
#include "isoflop/laws/bind.h"
#include "isoflop/laws/curve.h"

namespace isoflop {
namespace {

const std::vector<double> kFactors = BacktestOptions().factor;

bool has_column(const Runs& runs, std::string_view name) {
  if (name == kParams.name || name == kTokens.name) return true;
  if (name == kUniqueTokens.name) return runs.unique_tokens.size() > 0;
  return std::any_of(
      runs.extra.begin(), runs.extra.end(), [&](const ExtraColumn& column) {
        return column.name == name;
      });
}

/// A loss of size and data whose other inputs are all columns of the runs.
bool suits(const Form& form, const Runs& runs) {
  const bool is_loss = form.answers_loss() && answers_size_and_data(form) &&
                       dynamic_cast<const CurveForm*>(&form) == nullptr;
  if (!is_loss) return false;
  for (const Variable& input : form.inputs()) {
    if (!has_column(runs, input.name)) return false;
  }
  return true;
}

FormTrial try_form(const Form& form,
                   const Runs& runs,
                   const std::vector<Parts>& parts,
                   FitOptions options) {
  options.law = form.name();
  options.bootstrap = 0;
  options.influence = false;
  options.interval = IntervalMethod::Percentile;
  FormTrial trial;
  trial.law = options.law;
  std::vector<std::optional<BacktestScore>> scores;
  try {
    for (const Parts& part : parts) {
      const auto said = predict_by_fit(options, part.training, part.held_out);
      scores.push_back(said ? score_of(*said, part.held_out) : std::nullopt);
    }
    trial.score = mean_of(scores);
    const FitResult whole = fit(runs, options);
    if (!trial.score) {
      trial.problem = "no finite answer for the larger runs";
    } else if (!whole.is_identified()) {
      trial.problem = "not determined by these runs";
    }
  } catch (const std::invalid_argument& error) {
    trial.problem = error.what();
  }
  return trial;
}

/// Off the observed losses, in half widths of the interval on that side.
struct Miss {
  double distance = 1.0;
  double ratio = 0.0;
};

std::vector<Miss> misses_of(const Parts& part, const Predicted& said) {
  std::vector<Miss> found;
  for (Eigen::Index i = 0; i < said.log_loss.size(); ++i) {
    const double off = std::log(part.held_out.loss_nats[i]) - said.log_loss[i];
    const double half = off > 0.0 ? said.high[i] - said.log_loss[i]
                                  : said.log_loss[i] - said.low[i];
    if (half > 0.0) found.push_back({part.distance[i], std::abs(off) / half});
  }
  return found;
}

/// The factor with which a share of the intervals would have held.
Widening step_of(std::vector<Miss> misses, double level) {
  std::sort(misses.begin(), misses.end(), [](const Miss& a, const Miss& b) {
    return a.distance < b.distance;
  });
  Eigen::VectorXd ratios(static_cast<Eigen::Index>(misses.size()));
  double log_distance = 0.0;
  for (std::size_t k = 0; k < misses.size(); ++k) {
    ratios[static_cast<Eigen::Index>(k)] = misses[k].ratio;
    log_distance += std::log(misses[k].distance);
  }
  return {std::exp(log_distance / static_cast<double>(misses.size())),
          quantile(ratios, level),
          static_cast<int>(misses.size())};
}

}  // namespace

std::vector<FormTrial> try_forms(const Runs& runs, const FitOptions& options) {
  constexpr double kNear = 1.05;
  // More coefficients than these need three runs each.
  constexpr int kFewCoefficients = 6;
  constexpr int kRunsEach = 3;
  const std::vector<Parts> parts = split_runs(runs, kFactors);
  struct Tried {
    FormTrial trial;
    int coefficients;
  };
  std::vector<Tried> tried;
  if (parts.empty()) return {};
  int fewest = parts.front().split.training;
  for (const Parts& part : parts)
    fewest = std::min(fewest, part.split.training);
  const int most = std::max(kFewCoefficients, fewest / kRunsEach);
  for (const auto& form : all_forms()) {
    if (!suits(*form, runs) || form->coefficient_count() > most) continue;
    tried.push_back(
        {try_form(*form, runs, parts, options), form->coefficient_count()});
  }
  const auto error_of = [](const Tried& one) {
    return one.trial.score ? one.trial.score->mean_abs_error : kInfinite;
  };
  std::stable_sort(
      tried.begin(), tried.end(), [&](const Tried& a, const Tried& b) {
        return error_of(a) < error_of(b);
      });
  std::vector<FormTrial> trials;
  if (tried.empty()) return trials;
  // Of those that predict alike; one that is determined but predicts worse
  // would only look sure.
  const double limit = kNear * error_of(tried.front());
  const auto near_end =
      std::find_if(tried.begin(), tried.end(), [&](const Tried& one) {
        return error_of(one) > limit;
      });
  const auto best = std::min_element(
      tried.begin(), near_end, [](const Tried& a, const Tried& b) {
        const auto rank = [](const Tried& one) {
          return std::pair(!one.trial.problem.empty(), one.coefficients);
        };
        return rank(a) < rank(b);
      });
  std::rotate(tried.begin(), best, std::next(best));
  for (Tried& one : tried) trials.push_back(std::move(one.trial));
  return trials;
}

std::vector<Widening> widening_of(const Runs& runs, const FitOptions& options) {
  constexpr int kRefits = 200;
  FitOptions quick = options;
  quick.bootstrap = std::min(options.bootstrap, kRefits);
  std::vector<std::vector<Miss>> bins(std::size(kBacktestDistances));
  for (const Parts& part : split_runs(runs, kFactors)) {
    std::optional<Predicted> said;
    try {
      said = predict_by_fit(quick, part.training, part.held_out);
    } catch (const std::invalid_argument&) {
      // What all runs allow a part may not, as groups to be drawn.
    }
    if (!said) continue;
    for (const Miss& miss : misses_of(part, *said)) {
      bins[distance_bin(miss.distance)].push_back(miss);
    }
  }
  std::vector<Widening> found;
  double most = 1.0;
  for (const std::vector<Miss>& bin : bins) {
    if (bin.size() < kFewestHeldOut) continue;
    Widening step = step_of(bin, options.level);
    if (!std::isfinite(step.factor) || !(step.distance > 1.0)) continue;
    most = std::max(most, step.factor);
    step.factor = most;
    found.push_back(step);
  }
  return found;
}

}  // namespace isoflop
