// SPDX-License-Identifier: Apache-2.0
#include "fit/form_choice.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <stdexcept>
#include <string>
#include <tuple>

#include "fit/errors.h"
#include "fit/polish.h"
#include "fit/splits.h"
#include "fit/starts.h"
#include "isoflop/base/parallel.h"
#include "isoflop/base/progress.h"
#include "isoflop/laws/bind.h"
#include "isoflop/laws/curve.h"

namespace isoflop {
namespace {

/// The column of that name besides size and data; null without one.
const Eigen::VectorXd* find_extra(const Runs& runs, std::string_view name) {
  if (name == kUniqueTokens.name && runs.unique_tokens.size() > 0) {
    return &runs.unique_tokens;
  }
  for (const ExtraColumn& column : runs.extra) {
    if (column.name == name) return &column.values;
  }
  return nullptr;
}

bool is_size_or_data(const Variable& input) {
  return input.name == kParams.name || input.name == kTokens.name;
}

/// A loss of size and data whose other inputs are all columns of the runs.
bool suits(const Form& form, const Runs& runs) {
  const bool is_loss = form.answers_loss() && answers_size_and_data(form) &&
                       dynamic_cast<const CurveForm*>(&form) == nullptr;
  if (!is_loss) return false;
  for (const Variable& input : form.inputs()) {
    if (!is_size_or_data(input) && find_extra(runs, input.name) == nullptr) {
      return false;
    }
  }
  return true;
}

/// How many columns a form reads, besides size and data, in which the runs
/// differ: distinct tokens that are repeated, experts of another number.
int varying_inputs(const Form& form, const Runs& runs) {
  constexpr double kRounding = 1.01;
  int count = 0;
  for (const Variable& input : form.inputs()) {
    if (is_size_or_data(input)) continue;
    const Eigen::ArrayXd values = find_extra(runs, input.name)->array();
    const bool varies =
        input.name == kUniqueTokens.name
            ? (runs.tokens.array() > kRounding * values).any()
            : (values != values[0]).any() && !values.isNaN().all();
    count += varies ? 1 : 0;
  }
  return count;
}

/// A form with what speaks for and against it.
struct Candidate {
  FormTrial trial;
  int varying = 0;
  int coefficients = 0;
  /// What each run adds to the mean absolute error, 0 where it is not held
  /// out; n_runs.
  Eigen::VectorXd shares;

  double error() const {
    return trial.score ? trial.score->mean_abs_error : kInfinite;
  }
};

/// Fits a form to all runs, for its status and for where to begin on a part.
class Trial {
 public:
  Trial(const Runs& runs, const FitOptions& options)
      : runs_(runs),
        options_(options),
        form_(form_of(runs, options)),
        problem_(make_problem(runs, options, *form_, order_)),
        starts_(Starts(problem_, options.threads).first()),
        whole_(best_of(problem_, starts_)) {
    // Of parts of the runs the optimum is most often near that of all.
    starts_.push_back(whole_.theta);
  }

  bool is_identified() const {
    const double scale = residual_scale(
        problem_, whole_.theta, estimate_errors(problem_, whole_.theta));
    return identify(runs_, *form_, whole_.theta, scale).status ==
           IdentifiabilityStatus::Identified;
  }

  std::optional<Predicted> predict(const Parts& part) const {
    std::vector<Eigen::Index> order;
    const FitProblem problem =
        make_problem(part.training, options_, *form_, order);
    std::vector<Eigen::VectorXd> starts =
        Starts(problem, options_.threads).first();
    starts.insert(starts.end(), starts_.begin(), starts_.end());
    const Eigen::VectorXd theta = best_of(problem, starts).theta;
    return predict_by_law(
        *form_,
        theta,
        residual_scale(problem, theta, estimate_errors(problem, theta)),
        part.held_out,
        options_.level);
  }

 private:
  /// A search without its certificate: all starts descend a way, the best to
  /// the end.
  Polished best_of(const FitProblem& problem,
                   const std::vector<Eigen::VectorXd>& starts) const {
    constexpr std::size_t kToTheEnd = 6;
    if (starts.empty()) {
      throw std::invalid_argument("no finite loss at any start");
    }
    const auto descend = [&](std::vector<Polished> ends, Precision precision) {
      parallel_for(std::ssize(ends), options_.threads, [&](std::int64_t i) {
        Polished& end = ends[static_cast<std::size_t>(i)];
        end = polish(problem, end.theta, precision);
      });
      std::stable_sort(
          ends.begin(), ends.end(), [](const Polished& a, const Polished& b) {
            return a.value < b.value;
          });
      return ends;
    };
    std::vector<Polished> ends(starts.size());
    for (std::size_t i = 0; i < starts.size(); ++i) ends[i].theta = starts[i];
    ends = descend(std::move(ends), Precision::Rough);
    ends.resize(std::min(ends.size(), kToTheEnd));
    return descend(std::move(ends), Precision::Fine).front();
  }

  const Runs& runs_;
  const FitOptions& options_;
  std::shared_ptr<const Form> form_;
  std::vector<Eigen::Index> order_;
  FitProblem problem_;
  std::vector<Eigen::VectorXd> starts_;
  Polished whole_;
};

void score(const Trial& trial,
           const std::vector<Parts>& parts,
           ProgressStage& stage,
           Candidate& candidate) {
  std::vector<std::optional<BacktestScore>> scores;
  for (const Parts& part : parts) {
    const auto said = trial.predict(part);
    scores.push_back(said ? score_of(*said, part.held_out) : std::nullopt);
    const auto held_out = static_cast<double>(part.held_out.size());
    for (Eigen::Index i = 0; said && i < part.held_out.size(); ++i) {
      const double error =
          std::exp(said->log_loss[i]) / part.held_out.loss_nats[i] - 1.0;
      candidate.shares[part.held_out_row[static_cast<std::size_t>(i)]] +=
          std::abs(error) / held_out / static_cast<double>(parts.size());
    }
    stage.step();
  }
  candidate.trial.score = mean_of(scores);
  if (!candidate.trial.score) {
    candidate.trial.problem = "no finite answer for the larger runs";
  } else if (!trial.is_identified()) {
    candidate.trial.problem = "not determined by these runs";
  }
}

Candidate try_form(const Form& form,
                   const Runs& runs,
                   const std::vector<Parts>& parts,
                   FitOptions options,
                   ProgressStage& stage) {
  options.law = form.name();
  Candidate candidate;
  candidate.trial.law = options.law;
  candidate.varying = varying_inputs(form, runs);
  candidate.coefficients = form.coefficient_count();
  candidate.shares = Eigen::VectorXd::Zero(runs.size());
  try {
    score(Trial(runs, options), parts, stage, candidate);
  } catch (const std::invalid_argument& error) {
    candidate.trial.problem = error.what();
  }
  return candidate;
}

/// Whether an error is above the least by no more than one standard error of
/// the difference, run by run: runs that are held out several times count once.
bool is_close(const Candidate& one,
              const Candidate& best,
              const std::vector<bool>& is_held_out) {
  double count = 0.0;
  double sum = 0.0;
  double squares = 0.0;
  for (Eigen::Index i = 0; i < one.shares.size(); ++i) {
    if (!is_held_out[static_cast<std::size_t>(i)]) continue;
    const double excess = one.shares[i] - best.shares[i];
    count += 1.0;
    sum += excess;
    squares += excess * excess;
  }
  // The sum over runs is the difference of the means.
  const double variance =
      std::max(0.0, squares - sum * sum / count) * count / (count - 1.0);
  return sum <= std::sqrt(variance);
}

std::vector<FormTrial> trials_of(std::vector<Candidate>& tried) {
  std::vector<FormTrial> trials;
  for (Candidate& one : tried) trials.push_back(std::move(one.trial));
  return trials;
}

const std::vector<double> kFactors = BacktestOptions().factor;

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
  // More coefficients than these need three runs each.
  constexpr int kFewCoefficients = 6;
  constexpr int kRunsEach = 3;
  const std::vector<Parts> parts = split_runs(runs, kFactors);
  if (parts.empty()) return {};
  int fewest = parts.front().split.training;
  std::vector<bool> is_held_out(static_cast<std::size_t>(runs.size()), false);
  for (const Parts& part : parts) {
    fewest = std::min(fewest, part.split.training);
    for (const Eigen::Index row : part.held_out_row) {
      is_held_out[static_cast<std::size_t>(row)] = true;
    }
  }
  const int most = std::max(kFewCoefficients, fewest / kRunsEach);
  std::vector<std::shared_ptr<const Form>> forms;
  for (const auto& form : all_forms()) {
    if (!suits(*form, runs) || form->coefficient_count() > most) continue;
    forms.push_back(form);
  }
  ProgressStage stage("tests of forms", std::ssize(forms) * std::ssize(parts));
  std::vector<Candidate> tried;
  for (const auto& form : forms) {
    tried.push_back(try_form(*form, runs, parts, options, stage));
  }
  std::stable_sort(
      tried.begin(), tried.end(), [](const Candidate& a, const Candidate& b) {
        return a.error() < b.error();
      });
  if (tried.empty() || !tried.front().trial.score) return trials_of(tried);
  for (Candidate& one : tried) {
    one.trial.is_close =
        one.trial.score && is_close(one, tried.front(), is_held_out);
  }
  // One that is determined but predicts worse would only look sure.
  const auto rank = [](const Candidate& one) {
    return std::tuple(!one.trial.is_close,
                      !one.trial.problem.empty(),
                      -one.varying,
                      one.coefficients);
  };
  const auto best = std::min_element(
      tried.begin(), tried.end(), [&](const Candidate& a, const Candidate& b) {
        return rank(a) < rank(b);
      });
  std::rotate(tried.begin(), best, std::next(best));
  return trials_of(tried);
}

WideningTest widening_of(const Runs& runs, const FitOptions& options) {
  constexpr int kRefits = 200;
  FitOptions quick = options;
  quick.bootstrap = std::min(options.bootstrap, kRefits);
  std::vector<std::vector<Miss>> bins(std::size(kBacktestDistances));
  std::vector<std::optional<BacktestScore>> scores;
  for (const Parts& part : split_runs(runs, kFactors)) {
    std::optional<Predicted> said;
    try {
      said = predict_by_fit(quick, part.training, part.held_out);
    } catch (const std::invalid_argument&) {
      // What all runs allow a part may not, as groups to be drawn.
    }
    scores.push_back(said ? score_of(*said, part.held_out) : std::nullopt);
    if (!said) continue;
    for (const Miss& miss : misses_of(part, *said)) {
      bins[distance_bin(miss.distance)].push_back(miss);
    }
  }
  WideningTest found{{}, mean_of(scores)};
  double most = 1.0;
  for (const std::vector<Miss>& bin : bins) {
    if (bin.size() < kFewestHeldOut) continue;
    Widening step = step_of(bin, options.level);
    if (!std::isfinite(step.factor) || !(step.distance > 1.0)) continue;
    most = std::max(most, step.factor);
    step.factor = most;
    found.steps.push_back(step);
  }
  return found;
}

}  // namespace isoflop
