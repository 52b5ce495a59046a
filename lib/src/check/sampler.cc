// SPDX-License-Identifier: Apache-2.0
#include "check/sampler.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "isoflop/base/parallel.h"
#include "isoflop/base/progress.h"
#include "isoflop/base/random.h"
#include "isoflop/laws/repeats.h"
#include "isoflop/plan/plan.h"
#include "isoflop/units/text.h"
#include "plan/cluster.h"
#include "plan/contradiction.h"
#include "plan/mixture.h"
#include "plan/size_verdict.h"
#include "plan/synthetic.h"

namespace isoflop {
namespace {

bool asks_for_cost(const Scenario& scenario) {
  return scenario.accelerator || scenario.serving_accelerator ||
         scenario.device;
}

bool is_open(const Scenario& scenario) {
  return !(scenario.params && scenario.tokens) && !scenario.target_loss;
}

bool has_money(const Scenario& scenario) {
  return scenario.usd || scenario.days || scenario.energy;
}

template <class Q>
std::string text_of(const Q& value) {
  if constexpr (std::is_arithmetic_v<Q>) {
    return format_number(static_cast<double>(value), 3);
  } else {
    return format_quantity(value);
  }
}

/// Calls `visit(field, range)` for each quantity that is not exact.
template <class S, class Visit>
void for_each_open_range(S& scenario, Visit&& visit) {
  for_each_range(scenario, [&](const auto& field, auto& range) {
    if (!range.is_exact()) visit(field, range);
  });
}

}  // namespace

void judge(CheckSample& sample) {
  const SizeVerdict verdict = size_verdict(
      *sample.form, sample.theta, sample.log_params, sample.log_counted());
  sample.log_params_optimal = verdict.log_params_optimal;
  sample.waste = verdict.waste;
}

namespace {

/// Whether a budget buys synthetic tokens. Where the tokens are given those
/// that are written are among the unique ones.
bool buys_tokens(const Scenario& scenario) {
  return scenario.generator_params && !scenario.tokens &&
         (scenario.flops || has_money(scenario));
}

/// Keeps back the compute that writes synthetic tokens where size or compute
/// are ranges: the share that pays in their middle.
void keep_back(const Scenario& scenario, GivenRun& given) {
  const Flops all = compute_budget(at_middle(scenario), "check")->flops;
  given.training_share = 1.0 - given.synthetic->flops / all;
  given.flops = Range<Flops>(given.flops->low * given.training_share,
                             given.flops->high * given.training_share);
}

}  // namespace

GivenRun given_run(const Law& law, const Scenario& scenario) {
  GivenRun given{scenario.flops, scenario.params, scenario.tokens};
  const auto planned = [&] {
    const Supplied found = planned_supply(law, scenario);
    const Optimum& run = found.choice.run;
    return GivenRun{{}, run.params, run.tokens, true, found.synthetic};
  };
  if (scenario.target_loss) return planned();
  if (is_open(scenario) && has_money(scenario)) {
    const auto budget = compute_budget(at_middle(scenario), "check");
    if (budget && (!scenario.flops || budget->key != "budget.flops")) {
      given.flops = budget->flops;
    }
  }
  const int count =
      (given.flops ? 1 : 0) + (given.params ? 1 : 0) + (given.tokens ? 1 : 0);
  if (count == 3) {
    const TrainingCompute compute(scenario);
    const double ratio =
        given.flops->middle() /
        compute.flops(given.params->middle(), given.tokens->middle());
    const bool is_exact = given.flops->is_exact() && given.params->is_exact() &&
                          given.tokens->is_exact();
    if (!is_exact || std::abs(ratio - 1.0) > 0.01) {
      fail_on_keys(
          scenario,
          "check",
          {"budget.flops", "model.params", "data.tokens"},
          "flops, params and tokens are all given, but one follows "
          "from " +
              std::string(compute.is_six_n() ? "C = 6 N D" : "the flops_rule") +
              "; give two of three");
    }
    given.flops.reset();
    return given;
  }
  if (count == 2) {
    if (scenario.risk) {
      throw std::invalid_argument(
          "check: risk has no effect where size and data are given");
    }
    if (buys_tokens(scenario)) {
      if (given.flops->is_exact() && given.params->is_exact()) return planned();
      given.synthetic = planned_supply(law, scenario).synthetic;
      keep_back(scenario, given);
    }
    return given;
  }
  if (given.flops && given.flops->is_exact()) return planned();
  throw std::invalid_argument(
      "check: needs two of params, tokens and flops, or one exact budget in "
      "flops, dollars, days or energy");
}

Law bind_run(const Law& law, const Scenario& scenario, const GivenRun& given) {
  Scenario supplied = scenario;
  if (supplied.unique_tokens) {
    supplied.unique_tokens =
        supplied.unique_tokens->middle() + Tokens(given.synthetic_tokens());
  }
  return bind_scenario(law, supplied, "check");
}

GoodputBounds goodput_bounds(const CheckOptions& options) {
  return {options.goodput_note, options.goodput_warning};
}

Sampler::Sampler(const Law& law,
                 const Scenario& scenario,
                 GivenRun given,
                 const CheckOptions& options)
    : law_(law),
      options_(options),
      scenario_(scenario),
      given_(std::move(given)),
      compute_(scenario) {
  scenario_.name.clear();
  scenario_.about.clear();
  scenario_.sources.clear();
  scenario_.unknown.clear();
  scenario_.accept.clear();
  scenario_.origins.clear();
  for_each_open_range(scenario_, [&](const auto& field, const auto&) {
    quantities_.emplace_back(field.name);
    replans_ |= given_.is_planned &&
                (field.name == "target_loss" || field.name == "target_error" ||
                 field.name == "max_params");
  });
  has_budget_ = is_open(with_run_size(scenario)) && has_money(scenario);
  const auto& unique = scenario_.unique_tokens;
  const auto& experts = scenario_.experts;
  const bool reads = law_.form->input_index(kUniqueTokens.name).has_value();
  form_ = form_of(
      scenario_,
      unique ? unique->middle().value() + given_.synthetic_tokens() : 0.0);
  shaped_ = compute_.shaped(form_);
  varies_compute_ = !compute_.is_six_n() && scenario_.context &&
                    !scenario_.context->is_exact();
  varies_form_ = varies_compute_ || (reads && unique && !unique->is_exact()) ||
                 (law_.form->input_index(kExperts.name) && experts &&
                  !experts->is_exact());
  weighs_repeats_ = unique && !reads && !law_.is_forecast();
  worn_ = worn_repeats(law_);
}

std::shared_ptr<const Form> Sampler::form_of(const Scenario& scenario,
                                             double unique_tokens) const {
  InputValues fixed;
  if (law_.form->input_index(kExperts.name)) {
    fixed[std::string(kExperts.name)] = middle_or(scenario.experts, 1);
  }
  if (unique_tokens > 0.0 && law_.form->input_index(kUniqueTokens.name)) {
    fixed[std::string(kUniqueTokens.name)] = unique_tokens;
  }
  return bind_inputs(law_.form, fixed, "check");
}

/// The run that `plan` chooses; one that it cannot choose has no say.
void Sampler::place_planned(const Scenario& scenario,
                            CheckSample& sample) const {
  Optimum run;
  run.params = given_.params->low;
  run.tokens = given_.tokens->low;
  if (replans_) {
    try {
      run = planned_run(law_, scenario);
    } catch (const std::invalid_argument&) {
      run.params = Params(std::nan(""));
    }
  }
  sample.log_params = std::log(run.params.value());
  sample.log_tokens = std::log(run.tokens.value());
}

void Sampler::place(const Scenario& scenario,
                    const TrainingCompute& compute,
                    CheckSample& sample) const {
  if (scenario.unique_tokens) {
    sample.unique_tokens =
        scenario.unique_tokens->low.value() + given_.synthetic_tokens();
  }
  if (scenario.serving_tokens) {
    sample.serving_tokens = scenario.serving_tokens->low.value();
  }
  sample.experts = middle_or(scenario.experts, 1);
  if (scenario.generator_params) {
    sample.written_flops = synthetic_flops(synthetic_data(scenario)).value();
  }
  sample.useful_epochs = scenario.useful_epochs();
  if (given_.is_planned) {
    place_planned(scenario, sample);
    return;
  }
  if (given_.params) {
    sample.log_params = std::log(given_size(scenario)->value());
  }
  if (given_.tokens) sample.log_tokens = std::log(scenario.tokens->low.value());
  if (!given_.flops) return;
  const Flops flops = has_budget_ ? compute_budget(scenario, "check")->flops
                                  : scenario.flops->low;
  const double log_flops = std::log(given_.training_share * flops.value());
  if (given_.params) {
    sample.log_tokens = compute.log_tokens(log_flops, sample.log_params);
  } else {
    sample.log_params = compute.log_params(log_flops, sample.log_tokens);
  }
}

CheckSample Sampler::at(std::vector<double> quantiles,
                        Eigen::Index draw) const {
  Scenario scenario = scenario_;
  std::size_t k = 0;
  for_each_open_range(scenario, [&](const auto&, auto& range) {
    range = range.at(quantiles[k++]);
  });
  std::optional<TrainingCompute> own;
  if (varies_compute_) own.emplace(scenario);
  const TrainingCompute& compute = own ? *own : compute_;
  CheckSample sample;
  place(scenario, compute, sample);
  sample.log_factor = compute.log_factor(sample.log_params);
  sample.log_worth = sample.log_tokens;
  if (weighs_repeats_) {
    sample.log_worth =
        std::log(tokens_worth(sample.tokens(), sample.unique_tokens, worn_));
  }
  sample.quantiles = std::move(quantiles);
  sample.draw = draw;
  sample.form = varies_form_
                    ? compute.shaped(form_of(scenario, sample.unique_tokens))
                    : shaped_;
  sample.theta = draw < 0
                     ? form_->theta_from_coefficients(law_.coefficients)
                     : form_->theta_from_coefficients(law_.draws.row(draw));
  judge(sample);
  if (has_ranges() && asks_for_cost(scenario) &&
      std::isfinite(sample.log_params)) {
    const Params params(std::exp(sample.log_params));
    const Tokens tokens(sample.tokens());
    sample.cost = run_cost(scenario,
                           params,
                           tokens,
                           "check",
                           given_.beside(compute.flops(params, tokens)),
                           goodput_bounds(options_))
                      .findings;
  }
  return sample;
}

Law Sampler::law_of_new_tokens() const {
  Law law = law_;
  law.form = form_;
  return law;
}

CheckSample Sampler::middle() const {
  return at(std::vector<double>(quantities_.size(), 0.5), -1);
}

CheckSample Sampler::varied(std::size_t quantity, double quantile) const {
  std::vector<double> quantiles(quantities_.size(), 0.5);
  quantiles[quantity] = quantile;
  return at(std::move(quantiles), -1);
}

double Sampler::value(std::size_t quantity, double quantile) const {
  double value = 0.0;
  std::size_t k = 0;
  for_each_open_range(scenario_, [&](const auto&, const auto& range) {
    if (k++ == quantity) value = range.number_of(range.at(quantile));
  });
  return value;
}

std::string Sampler::text(std::size_t quantity, double quantile) const {
  std::string text;
  std::size_t k = 0;
  for_each_open_range(scenario_, [&](const auto&, const auto& range) {
    if (k++ == quantity) text = text_of(range.at(quantile));
  });
  return text;
}

std::vector<CheckSample> Sampler::draw(SampleCount& counted) const {
  const Eigen::Index draws = law_.draws.rows();
  const Eigen::Index count =
      has_ranges() ? options_.samples : std::max<Eigen::Index>(1, draws);
  std::vector<CheckSample> samples(static_cast<std::size_t>(count));
  ProgressStage stage("samples", count);
  parallel_for(count, options_.threads, [&](std::int64_t i) {
    RandomStream random(options_.seed, static_cast<std::uint64_t>(i));
    std::vector<double> quantiles(quantities_.size());
    for (double& quantile : quantiles) quantile = random.uniform();
    samples[static_cast<std::size_t>(i)] =
        at(std::move(quantiles), draws > 0 ? i % draws : -1);
    stage.step();
  });
  counted.drawn = static_cast<int>(count);
  std::erase_if(samples, [&](const CheckSample& sample) {
    if (std::isfinite(sample.waste)) return false;
    const bool has_run = std::isfinite(sample.log_params);
    ++(has_run ? counted.without_optimum : counted.without_run);
    return true;
  });
  return samples;
}

namespace {

/// Variance of the conditional mean of y given a bin of x, over that of y.
double first_order_share(const std::vector<std::size_t>& order,
                         const std::vector<double>& y) {
  constexpr std::size_t kBins = 20;
  const auto count = static_cast<double>(y.size());
  const double mean = std::accumulate(y.begin(), y.end(), 0.0) / count;
  double total = 0.0;
  for (const double value : y) total += (value - mean) * (value - mean);
  if (total == 0.0) return 0.0;
  double between = 0.0;
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    const std::size_t from = order.size() * bin / kBins;
    const std::size_t to = order.size() * (bin + 1) / kBins;
    if (from == to) continue;
    double sum = 0.0;
    for (std::size_t i = from; i < to; ++i) sum += y[order[i]];
    const auto size = static_cast<double>(to - from);
    between += size * (sum / size - mean) * (sum / size - mean);
  }
  return between / total;
}

/// Places of the samples in order of x. Stable: ties in order of y would pass
/// for an effect of x.
template <class F>
std::vector<std::size_t> order_by(const std::vector<CheckSample>& samples,
                                  F&& x) {
  std::vector<std::size_t> order(samples.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(
      order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return x(samples[a]) < x(samples[b]);
      });
  return order;
}

}  // namespace

Decisions::Decisions(const Sampler& sampler,
                     const std::vector<CheckSample>& samples,
                     const Law& law,
                     double log_flops)
    : sampler_(sampler), samples_(samples) {
  for (std::size_t k = 0; k < sampler.quantities().size(); ++k) {
    orders_.push_back(order_by(samples, [k](const CheckSample& sample) {
      return sample.quantiles[k];
    }));
  }
  if (!law.has_draws()) return;
  // A draw of the law is known by the size it finds best.
  std::vector<double> sizes;
  for (Eigen::Index i = 0; i < law.draws.rows(); ++i) {
    const Eigen::VectorXd theta =
        law.form->theta_from_coefficients(law.draws.row(i));
    sizes.push_back(optimal_log_params(*law.form, theta.data(), log_flops));
    if (std::isnan(sizes.back())) sizes.back() = 0.0;
  }
  orders_.push_back(order_by(samples, [&sizes](const CheckSample& sample) {
    return sizes[static_cast<std::size_t>(sample.draw)];
  }));
}

std::optional<Decider> Decisions::of(const Score& score,
                                     const Predicate& holds) const {
  std::vector<double> y;
  for (const CheckSample& sample : samples_) y.push_back(score(sample));
  std::size_t best = 0;
  Decider decider;
  for (std::size_t k = 0; k < orders_.size(); ++k) {
    const double share = first_order_share(orders_[k], y);
    if (share <= decider.variance_share) continue;
    decider.variance_share = share;
    best = k;
  }
  if (decider.variance_share == 0.0) return std::nullopt;
  if (best == sampler_.quantities().size()) {
    decider.quantity = "law";
    return decider;
  }
  decider.quantity = sampler_.quantities()[best];
  const bool low = holds(sampler_.varied(best, 0.0));
  if (low == holds(sampler_.varied(best, 1.0))) return decider;
  double from = 0.0;
  double to = 1.0;
  for (int step = 0; step < 40; ++step) {
    const double middle = 0.5 * (from + to);
    (holds(sampler_.varied(best, middle)) == low ? from : to) = middle;
  }
  decider.threshold = sampler_.value(best, to);
  decider.turns = (low ? "below " : "above ") + sampler_.text(best, to);
  return decider;
}

}  // namespace isoflop
