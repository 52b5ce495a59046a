// SPDX-License-Identifier: Apache-2.0
#include "isoflop/check/check.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>

#include "check/rule.h"
#include "isoflop/base/random.h"
#include "isoflop/base/suggest.h"
#include "isoflop/units/text.h"
#include "plan/choice.h"

namespace isoflop {
namespace {

const double kLog6 = std::log(6.0);

/// The two quantities that are given; the third follows from C = 6 N D.
struct Given {
  std::optional<Range<Flops>> flops;
  std::optional<Range<Params>> params;
  std::optional<Range<Tokens>> tokens;

  bool has_ranges(const Scenario& scenario) const {
    return (flops && !flops->is_exact()) || (params && !params->is_exact()) ||
           (tokens && !tokens->is_exact()) ||
           (scenario.unique_tokens && !scenario.unique_tokens->is_exact());
  }
};

Given resolve(const Law& law, const Scenario& scenario) {
  Given given{scenario.flops, scenario.params, scenario.tokens};
  if (scenario.target_loss) {
    const Optimum run = planned_run(law, scenario);
    return {{}, run.params, run.tokens};
  }
  const int count =
      (given.flops ? 1 : 0) + (given.params ? 1 : 0) + (given.tokens ? 1 : 0);
  if (count == 3) {
    const double ratio =
        given.flops->middle() /
        train_flops(given.params->middle(), given.tokens->middle());
    if (given.has_ranges({}) || std::abs(ratio - 1.0) > 0.01) {
      throw std::invalid_argument(
          "check: flops, params and tokens are all given, but one follows "
          "from C = 6 N D; give two of three");
    }
    given.flops.reset();
    return given;
  }
  if (count == 2) return given;
  if (given.flops && given.flops->is_exact()) {
    const Optimum run = planned_run(law, scenario);
    return {{}, run.params, run.tokens};
  }
  throw std::invalid_argument(
      "check: needs two of params, tokens and flops, or one exact budget in "
      "flops, dollars, days or energy");
}

/// A point of the given ranges at quantiles u[0..2].
CheckSample place(const Given& given,
                  const Scenario& scenario,
                  const double* u) {
  CheckSample sample;
  if (given.params)
    sample.log_params = std::log(given.params->at(u[0]).value());
  if (given.tokens)
    sample.log_tokens = std::log(given.tokens->at(u[1]).value());
  if (given.flops) {
    const double product =
        std::log(given.flops->at(given.params ? u[1] : u[0]).value()) - kLog6;
    if (given.params) {
      sample.log_tokens = product - sample.log_params;
    } else {
      sample.log_params = product - sample.log_tokens;
    }
  }
  if (scenario.unique_tokens) {
    sample.unique_tokens = scenario.unique_tokens->at(u[2]).value();
  }
  return sample;
}

/// The run at the middle of the ranges, in the digits given.
Optimum middle_run(const Law& law, const Given& given) {
  const Params params =
      given.params ? given.params->middle()
                   : params_for(given.flops->middle(), given.tokens->middle());
  const Tokens tokens = given.tokens
                            ? given.tokens->middle()
                            : tokens_for(given.flops->middle(), params);
  const Flops flops =
      given.flops ? given.flops->middle() : train_flops(params, tokens);
  return {flops, params, tokens, law.loss(params, tokens)};
}

void judge(const Form& form, CheckSample& sample) {
  const double log_flops = kLog6 + sample.log_params + sample.log_tokens;
  sample.log_params_optimal =
      optimal_log_params(form, sample.theta.data(), log_flops);
  sample.waste = std::expm1(
      log_flops -
      log_flops_for_same_loss(
          form, sample.theta.data(), sample.log_params, sample.log_tokens));
}

std::vector<CheckSample> draw_samples(const Law& law,
                                      const Given& given,
                                      const Scenario& scenario,
                                      const CheckOptions& options) {
  const Eigen::Index draws = law.draws.rows();
  const bool ranges = given.has_ranges(scenario);
  const Eigen::Index count =
      ranges ? options.samples : std::max<Eigen::Index>(1, draws);
  const Eigen::VectorXd point =
      law.form->theta_from_coefficients(law.coefficients);
  std::vector<CheckSample> samples(static_cast<std::size_t>(count));
  for (Eigen::Index i = 0; i < count; ++i) {
    RandomStream random(options.seed, static_cast<std::uint64_t>(i));
    const double u[3] = {random.uniform(), random.uniform(), random.uniform()};
    CheckSample& sample = samples[static_cast<std::size_t>(i)];
    sample = place(given, scenario, u);
    sample.theta =
        draws > 0 ? law.form->theta_from_coefficients(law.draws.row(i % draws))
                  : point;
    judge(*law.form, sample);
  }
  // A draw without an interior optimum has no say.
  std::erase_if(samples, [](const CheckSample& sample) {
    return !std::isfinite(sample.waste);
  });
  return samples;
}

bool is_over(const CheckSample& sample, double waste) {
  return sample.log_params > sample.log_params_optimal && sample.waste >= waste;
}

Waste waste_of(const CheckSample& middle,
               const Optimum& run,
               const Optimum& best,
               std::span<const CheckSample> samples,
               const CheckOptions& options) {
  Waste waste;
  waste.compute_factor = middle.waste;
  waste.loss_regret_nats = (run.loss - best.loss).value();
  waste.params_over_optimal = run.params / best.params;
  if (samples.size() < 2) return waste;
  Eigen::VectorXd factors(static_cast<Eigen::Index>(samples.size()));
  double warned = 0.0;
  double failed = 0.0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    factors[static_cast<Eigen::Index>(i)] = samples[i].waste;
    warned += is_over(samples[i], options.waste_warning) ? 1 : 0;
    failed += is_over(samples[i], options.waste_error) ? 1 : 0;
  }
  const auto count = static_cast<double>(samples.size());
  waste.compute_factor_interval = percentile_interval(factors, options.level);
  waste.probability = warned / count;
  waste.probability_error = failed / count;
  return waste;
}

std::vector<LawVerdict> verdicts_by_law(const CheckSample& middle,
                                        const Scenario& scenario,
                                        const CheckOptions& options) {
  std::vector<LawVerdict> verdicts;
  for (const Law& voter : voting_laws()) {
    const Law law = bind_scenario(voter, scenario, "check");
    CheckSample sample = middle;
    sample.theta = law.form->theta_from_coefficients(law.coefficients);
    judge(*law.form, sample);
    if (!std::isfinite(sample.waste)) continue;
    verdicts.push_back({law.id,
                        std::exp(sample.log_params_optimal),
                        std::exp(sample.log_params - sample.log_params_optimal),
                        sample.waste,
                        is_over(sample, options.waste_error)});
  }
  return verdicts;
}

/// Tokens, at the compute of the plan, below which it has too many
/// parameters: bisection, the waste falling as tokens grow.
std::optional<double> log_tokens_threshold(const Form& form,
                                           const Eigen::VectorXd& theta,
                                           double log_flops,
                                           double waste) {
  const double log_optimal = optimal_log_params(form, theta.data(), log_flops);
  if (!std::isfinite(log_optimal)) return std::nullopt;
  double high = log_flops - kLog6 - log_optimal;
  double low = 0.0;
  bool is_ever_over = false;
  for (int i = 0; i < 60; ++i) {
    const double log_tokens = 0.5 * (low + high);
    CheckSample sample;
    sample.theta = theta;
    sample.log_tokens = log_tokens;
    sample.log_params = log_flops - kLog6 - log_tokens;
    judge(form, sample);
    const bool over = is_over(sample, waste);
    is_ever_over = is_ever_over || over;
    (over ? low : high) = log_tokens;
  }
  if (!is_ever_over) return std::nullopt;
  return 0.5 * (low + high);
}

/// Variance of the conditional mean of y given x, over the variance of y.
double first_order_share(const std::vector<std::pair<double, double>>& xy) {
  constexpr std::size_t kBins = 20;
  std::vector<std::pair<double, double>> sorted = xy;
  // By x alone: ties sorted by y would pass for an effect of x.
  std::stable_sort(
      sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
        return a.first < b.first;
      });
  double mean = 0.0;
  for (const auto& [x, y] : sorted) mean += y;
  mean /= static_cast<double>(sorted.size());
  double total = 0.0;
  for (const auto& [x, y] : sorted) total += (y - mean) * (y - mean);
  if (total == 0.0) return 0.0;
  double between = 0.0;
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    const std::size_t from = sorted.size() * bin / kBins;
    const std::size_t to = sorted.size() * (bin + 1) / kBins;
    if (from == to) continue;
    double sum = 0.0;
    for (std::size_t i = from; i < to; ++i) sum += sorted[i].second;
    const auto size = static_cast<double>(to - from);
    between += size * (sum / size - mean) * (sum / size - mean);
  }
  return between / total;
}

/// Of the quantities that are ranges, and the law, the one whose value tells
/// most about the verdict.
std::optional<Decider> decide(const CheckContext& context, const Given& given) {
  const Check& check = context.check;
  std::map<std::string, std::vector<std::pair<double, double>>> pairs;
  for (const CheckSample& sample : context.samples) {
    // The signed logarithm of N / N* carries the verdict without its step.
    const double y = sample.log_params - sample.log_params_optimal;
    const auto add = [&](const char* name, bool varies, double x) {
      if (varies) pairs[name].emplace_back(x, y);
    };
    add("params", given.params && !given.params->is_exact(), sample.log_params);
    add("tokens", given.tokens && !given.tokens->is_exact(), sample.log_tokens);
    add("flops",
        given.flops && !given.flops->is_exact(),
        sample.log_params + sample.log_tokens);
    add("law",
        check.law.has_draws(),
        optimal_log_params(*check.law.form,
                           sample.theta.data(),
                           std::log(check.run.flops.value())));
  }
  std::optional<Decider> decider;
  for (const auto& [name, xy] : pairs) {
    const double share = first_order_share(xy);
    if (!decider || share > decider->variance_share) {
      decider = Decider{name, share, {}};
    }
  }
  if (decider && decider->quantity == "tokens" && given.flops) {
    if (const auto at = log_tokens_threshold(*check.law.form,
                                             context.point.theta,
                                             std::log(check.run.flops.value()),
                                             check.options.waste_error)) {
      decider->threshold = std::exp(*at);
    }
  }
  return decider;
}

CheckNeeds needs_of(const CheckContext& context) {
  const Check& check = context.check;
  CheckNeeds needs;
  if (const auto run = optimum_for_params(check.law, check.run.params)) {
    needs.tokens = run->tokens.value();
  }
  if (const auto run = optimum_for_tokens(check.law, check.run.tokens)) {
    needs.params_supported = run->params.value();
  }
  if (const auto at = log_tokens_threshold(*check.law.form,
                                           context.point.theta,
                                           std::log(check.run.flops.value()),
                                           check.options.waste_warning)) {
    needs.tokens_to_clear = std::exp(*at);
  }
  // Under a law that weighs repeats, distinct tokens are not tokens over
  // passes.
  const bool weighs_repeats =
      context.law.form->input_index(kUniqueTokens.name).has_value();
  const auto at = log_tokens_threshold(*check.law.form,
                                       context.point.theta,
                                       std::log(check.run.flops.value()),
                                       check.options.waste_error);
  if (at && !weighs_repeats) {
    needs.unique_tokens_threshold =
        std::exp(*at) / check.scenario.useful_epochs();
  }
  return needs;
}

/// What is given, or what follows; a single value where both ends agree.
template <class Q>
Range<Q> span_of(const std::optional<Range<Q>>& given,
                 double log_low,
                 double log_high) {
  if (given) return *given;
  if (log_low == log_high) return Q(std::exp(log_low));
  return Range<Q>(Q(std::exp(log_low)), Q(std::exp(log_high)));
}

void describe_run(const Given& given, Check& result) {
  const auto log_or = [](const auto& range, bool high) {
    return range ? std::log((high ? range->high : range->low).value()) : 0.0;
  };
  const double low[3] = {log_or(given.flops, false),
                         log_or(given.params, false),
                         log_or(given.tokens, false)};
  const double high[3] = {log_or(given.flops, true),
                          log_or(given.params, true),
                          log_or(given.tokens, true)};
  result.flops =
      span_of(given.flops, kLog6 + low[1] + low[2], kLog6 + high[1] + high[2]);
  result.params =
      span_of(given.params, low[0] - kLog6 - high[2], high[0] - kLog6 - low[2]);
  result.tokens =
      span_of(given.tokens, low[0] - kLog6 - high[1], high[0] - kLog6 - low[1]);
}

/// The losses of a forecast. Regret stays the law's: the optimum departs from
/// it by as much as the run.
void forecast_losses(const Law& law, double level, Check& result) {
  const LossForecast at =
      law.discrepancy->at(result.run.params, result.run.tokens);
  result.best.loss = at.loss() / result.run.loss * result.best.loss;
  result.run.loss = at.loss();
  result.loss_nats = at.curve_interval(level);
}

void require_known_codes(const std::vector<std::string>& accepted) {
  std::vector<std::string> known;
  for (const RuleInfo& info : finding_codes()) known.emplace_back(info.code);
  for (const std::string& code : accepted) {
    if (std::find(known.begin(), known.end(), code) == known.end()) {
      throw std::invalid_argument("check: accept: unknown code '" + code + "'" +
                                  did_you_mean(code, known));
    }
  }
}

/// Runs the rules; an accepted code stays in the report as a note.
void run_rules(const CheckContext& context) {
  Check& check = context.check;
  if (auto doubt = law_doubt(check.law)) {
    check.findings.push_back(*std::move(doubt));
  }
  for (Finding& note : law_notes(context.law)) {
    check.findings.push_back(std::move(note));
  }
  for (const Rule* rule : all_rules()) {
    if (rule->run != nullptr) rule->run(context, check.findings);
  }
  settle(check.options.accept, check.findings, check.accepted);
  check.verdict = verdict_of(check.findings);
}

}  // namespace

Check check(const Law& given_law,
            const Scenario& asked,
            const CheckOptions& options) {
  validate(asked, "check");
  validate(options, "check");
  require_known_codes(options.accept);
  require_goal(asked, "check");
  const Scenario scenario = with_compute_budget(asked, "check");
  const Law law = bind_scenario(given_law, scenario, "check");
  Check result;
  result.law = law;
  result.scenario = asked;
  result.options = options;
  const Given given = resolve(law, scenario);
  describe_run(given, result);

  const double half[3] = {0.5, 0.5, 0.5};
  CheckSample middle = place(given, scenario, half);
  middle.theta = law.form->theta_from_coefficients(law.coefficients);
  judge(*law.form, middle);
  result.run = middle_run(law, given);
  result.best = optimum(law, result.run.flops);
  if (law.is_forecast()) forecast_losses(law, options.level, result);
  result.cost = run_cost(asked, result.run.params, result.run.tokens, "check");

  const std::vector<CheckSample> samples =
      draw_samples(law, given, scenario, options);
  result.waste = waste_of(middle, result.run, result.best, samples, options);
  result.by_law = verdicts_by_law(middle, scenario, options);
  const CheckContext context{
      result, given_law, samples, middle, given.has_ranges(scenario)};
  result.needs = needs_of(context);
  if (context.has_ranges && samples.size() > 1)
    result.decided_by = decide(context, given);
  run_rules(context);
  return result;
}

void settle(const std::vector<std::string>& accept,
            std::vector<Finding>& findings,
            std::vector<std::string>& accepted) {
  for (Finding& finding : findings) {
    if (std::find(accept.begin(), accept.end(), finding.code) == accept.end()) {
      continue;
    }
    finding.severity = Severity::Note;
    accepted.push_back(finding.code);
  }
  std::stable_sort(
      findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
        return a.severity > b.severity;
      });
}

Verdict verdict_of(const std::vector<Finding>& findings) {
  if (findings.empty()) return Verdict::Clean;
  constexpr Verdict kVerdicts[] = {
      Verdict::Noted, Verdict::Questionable, Verdict::DoNotTrain};
  return kVerdicts[static_cast<int>(worst(findings))];
}

std::vector<RuleInfo> check_rules() {
  std::vector<RuleInfo> infos;
  for (const Rule* rule : all_rules()) infos.push_back(rule->info);
  return infos;
}

}  // namespace isoflop
