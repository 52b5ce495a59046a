// SPDX-License-Identifier: Apache-2.0
#include "isoflop/check/check.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>
#include <utility>

#include "base/root.h"
#include "check/rule.h"
#include "isoflop/base/parallel.h"
#include "isoflop/base/suggest.h"
#include "isoflop/laws/repeats.h"
#include "isoflop/units/text.h"
#include "plan/choice.h"
#include "plan/downstream.h"
#include "plan/mixture.h"

namespace isoflop {
namespace {

const double kLog6 = std::log(6.0);

/// Ranges that `plan` refuses and no sample varies.
void require_judged(const Scenario& scenario) {
  constexpr std::string_view kUnjudged[] = {"max_params",
                                            "active_params",
                                            "experts",
                                            "generator_params",
                                            "acceptance",
                                            "verifier_params",
                                            "target_loss",
                                            "target_error"};
  for_each_range(scenario, [&](const auto& field, const auto& range) {
    if (range.is_exact()) return;
    if (std::find(std::begin(kUnjudged), std::end(kUnjudged), field.name) !=
        std::end(kUnjudged)) {
      throw std::invalid_argument("check: " + std::string(field.name) +
                                  " is a range, but must be one value");
    }
  });
}

/// The run at the middle of the ranges, in the digits given.
Optimum middle_run(const Law& law, const GivenRun& given) {
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
    warned += samples[i].is_over(options.waste_warning) ? 1 : 0;
    failed += samples[i].is_over(options.waste_error) ? 1 : 0;
  }
  const auto count = static_cast<double>(samples.size());
  waste.compute_factor_interval = percentile_interval(factors, options.level);
  waste.probability = warned / count;
  waste.probability_error = failed / count;
  return waste;
}

/// Verified laws of a dense model's loss by size and data that do not vote.
const std::vector<Law>& laws_without_vote() {
  static const std::vector<Law> kLaws = [] {
    const auto is_one = [](const Law& law) {
      const Form& form = *law.form;
      const auto reads = [&](const Variable& variable) {
        return form.input_index(variable.name).has_value();
      };
      const int known = reads(kParams) + reads(kTokens) + reads(kUniqueTokens);
      return !law.provenance.has_vote && law.provenance.is_verified &&
             law.provenance.loss_unit == Provenance().loss_unit &&
             form.output().name == kLoss.name && reads(kParams) &&
             reads(kTokens) && form.input_count() == known;
    };
    std::vector<Law> laws = published_laws();
    std::erase_if(laws, [&](const Law& law) { return !is_one(law); });
    for (Law& law : laws) law.draws.resize(0, law.draws.cols());
    return laws;
  }();
  return kLaws;
}

/// What each of these laws says of the middle; those that answer.
std::vector<LawVerdict> verdicts_by(const std::vector<Law>& laws,
                                    const CheckSample& middle,
                                    const Scenario& scenario,
                                    const CheckOptions& options) {
  std::vector<LawVerdict> verdicts;
  // They are of dense models.
  if (is_mixture(scenario)) return verdicts;
  for (const Law& published : laws) {
    const bool reads =
        published.form->input_index(kUniqueTokens.name).has_value();
    const Law law = reads
                        ? bind_scenario(published, scenario, "check")
                        : with_unique_tokens(published, std::nullopt, "check");
    CheckSample sample = middle;
    sample.log_worth = sample.log_tokens;
    if (!reads && scenario.unique_tokens) {
      sample.log_worth =
          std::log(tokens_worth(sample.tokens(),
                                scenario.unique_tokens->middle().value(),
                                worn_repeats(published)));
    }
    sample.form = law.form;
    sample.theta = law.form->theta_from_coefficients(law.coefficients);
    judge(sample);
    if (!std::isfinite(sample.waste)) continue;
    verdicts.push_back({law.id,
                        std::exp(sample.log_params_optimal),
                        std::exp(sample.log_params - sample.log_params_optimal),
                        sample.waste,
                        sample.is_over(options.waste_error)});
  }
  return verdicts;
}

/// Tokens, at a compute, below which a plan wastes `waste` on too many
/// parameters.
/// @param fill  gives a sample of these tokens its form and their worth
template <class F>
std::optional<double> log_tokens_threshold(F&& fill,
                                           const Eigen::VectorXd& theta,
                                           double log_flops,
                                           double waste) {
  const auto sample_at = [&](double log_tokens) {
    CheckSample sample;
    sample.theta = theta;
    sample.log_tokens = log_tokens;
    sample.log_params = log_flops - kLog6 - log_tokens;
    fill(sample);
    return sample;
  };
  // The waste, negative where there are too few parameters, less the bound.
  const auto beyond = [&](double log_tokens) {
    CheckSample sample = sample_at(log_tokens);
    judge(sample);
    const bool is_large = sample.log_params > sample.log_params_optimal;
    return (is_large ? sample.waste : -sample.waste) - waste;
  };
  const double product = log_flops - kLog6;
  double high =
      product -
      optimal_log_params(*sample_at(product).form, theta.data(), log_flops);
  if (!std::isfinite(high)) return std::nullopt;
  double at_high = beyond(high);
  constexpr double kStep = 0.5;
  for (double low = high - kStep; low > 0.0; low -= kStep) {
    const double at_low = beyond(low);
    if (at_low >= 0.0) {
      return at_high < 0.0 ? std::optional(bracketed_root(
                                 beyond, low, high, at_low, at_high))
                           : std::nullopt;
    }
    high = low;
    at_high = at_low;
  }
  return std::nullopt;
}

std::optional<double> exp_of(const std::optional<double>& log) {
  if (!log || !std::isfinite(*log)) return std::nullopt;
  return std::exp(*log);
}

CheckNeeds needs_of(const CheckContext& context) {
  const Check& check = context.check;
  const Eigen::VectorXd& theta = context.point.theta;
  const double log_flops = std::log(check.run.flops.value());
  const Law fresh = with_unique_tokens(context.law, std::nullopt, "check");
  CheckNeeds needs;
  if (const auto run = optimum_for_params(fresh, check.run.params)) {
    needs.tokens = run->tokens.value();
  }
  const Tokens worth(check.repeats ? check.repeats->tokens_worth
                                   : check.run.tokens.value());
  if (const auto run = optimum_for_tokens(fresh, worth)) {
    needs.params_supported = run->params.value();
  }
  // What repeats are worth is in the form of a law that reads the unique
  // tokens, and in the tokens under any other.
  const bool reads =
      context.law.form->input_index(kUniqueTokens.name).has_value();
  const double worn = worn_repeats(context.law);
  const auto filled = [&](CheckSample& sample, std::optional<double> unique) {
    sample.log_worth = sample.log_tokens;
    sample.form = fresh.form;
    if (!unique) return;
    if (reads) {
      sample.form =
          with_unique_tokens(context.law.form, Tokens(*unique), "check");
    } else if (!context.law.is_forecast()) {
      sample.log_worth = std::log(tokens_worth(sample.tokens(), *unique, worn));
    }
  };
  std::optional<double> unique;
  if (check.scenario.unique_tokens) {
    unique = check.scenario.unique_tokens->middle().value();
  }
  needs.tokens_to_clear = exp_of(
      log_tokens_threshold([&](CheckSample& sample) { filled(sample, unique); },
                           theta,
                           log_flops,
                           check.options.waste_warning));
  const double epochs = check.scenario.useful_epochs();
  const auto repeated = [&](CheckSample& sample) {
    filled(sample, sample.tokens() / epochs);
  };
  if (const auto tokens = exp_of(log_tokens_threshold(
          repeated, theta, log_flops, check.options.waste_error))) {
    needs.unique_tokens_threshold = *tokens / epochs;
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

void describe_run(const GivenRun& given, Check& result) {
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

/// The compute that budgets pay for spans what its samples do.
void widen_flops(std::span<const CheckSample> samples, GivenRun& given) {
  if (!given.flops || samples.empty()) return;
  double low = std::log(given.flops->low.value());
  double high = std::log(given.flops->high.value());
  for (const CheckSample& sample : samples) {
    const double log_flops = kLog6 + sample.log_params + sample.log_tokens;
    low = std::min(low, log_flops);
    high = std::max(high, log_flops);
  }
  constexpr double kRounding = 1e-9;
  if (high - low > std::log(given.flops->high / given.flops->low) + kRounding) {
    given.flops = Range<Flops>(Flops(std::exp(low)), Flops(std::exp(high)));
  }
}

std::optional<Repeats> repeats_of(const Check& check, const Law& law) {
  if (!check.scenario.unique_tokens) return std::nullopt;
  const double unique = check.scenario.unique_tokens->middle().value();
  const double worn = worn_repeats(law);
  Repeats repeats;
  repeats.epochs = check.run.tokens.value() / unique;
  const double again = std::max(0.0, repeats.epochs - 1.0);
  repeats.tokens_worth = tokens_worth(check.run.tokens.value(), unique, worn);
  repeats.last_value = std::exp(-again / worn);
  return repeats;
}

std::optional<Recall> recall_of(const Check& check, const Law& law) {
  // A law whose E is a small part of the loss does not say what is left to
  // say about a token.
  constexpr double kCredible = 0.5;
  const Nats irreducible = irreducible_loss(law);
  if (irreducible < kCredible * check.run.loss) return std::nullopt;
  const double bits_per_token = irreducible.value() / std::numbers::ln2;
  double distinct = check.run.tokens.value();
  if (check.scenario.unique_tokens) {
    distinct =
        std::min(distinct, check.scenario.unique_tokens->middle().value());
  }
  Recall recall;
  recall.capacity_bits =
      check.run.params.value() * check.options.bits_per_param;
  recall.information_bits = distinct * bits_per_token;
  recall.tokens_held = recall.capacity_bits / bits_per_token;
  recall.share_of_training =
      recall.tokens_held >= distinct
          ? 1.0
          : recall.tokens_held / check.run.tokens.value();
  return recall;
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

void require_known(const Acceptance& accepted) {
  std::vector<std::string> known;
  for (const RuleInfo& info : finding_codes()) {
    if (info.code == accepted.code) return;
    known.emplace_back(info.code);
  }
  const std::string problem = "accept: unknown code '" + accepted.code + "'" +
                              did_you_mean(accepted.code, known);
  if (accepted.at.line > 0) throw DataError(accepted.at, problem);
  throw std::invalid_argument("check: " + problem);
}

void run_rules(const CheckContext& context,
               const std::vector<Acceptance>& accepted) {
  Check& check = context.check;
  if (auto doubt = law_doubt(check.law)) {
    check.findings.push_back(*std::move(doubt));
  }
  // Of a mixture the experts are known: only the bound law leaves them out.
  const bool mixes = is_mixture(check.scenario);
  for (Finding& note : law_notes(mixes ? check.law : context.law)) {
    check.findings.push_back(std::move(note));
  }
  for (const Rule* rule : all_rules()) {
    if (rule->run != nullptr) rule->run(context, check.findings);
  }
  settle(accepted, check.findings, check.accepted);
  check.verdict = verdict_of(check.findings);
}

/// What decides whether there are too many parameters: the logarithm of
/// N / N* carries that without its step.
std::optional<Decider> size_decider(const Decisions& decisions,
                                    const CheckOptions& options) {
  auto decider = decisions.of(
      [](const CheckSample& sample) {
        return sample.log_params - sample.log_params_optimal;
      },
      [&](const CheckSample& sample) {
        return sample.is_over(options.waste_error);
      });
  if (decider) decider->code = "plan.overparameterized";
  return decider;
}

}  // namespace

Check check(const Law& given_law,
            const Scenario& asked,
            const CheckOptions& options) {
  validate(asked, "check");
  validate(options, "check");
  require_judged(asked);
  const std::vector<Acceptance> accepted =
      acceptances(options.accept, asked.accept);
  if (asked.error_law && !asked.target_error) {
    throw std::invalid_argument("check: error_law needs target_error");
  }
  const Scenario wanted = with_target_loss(asked, given_law);
  require_goal(wanted, "check");
  const Scenario scenario = with_run_size(wanted);
  const Law law = bind_scenario(given_law, scenario, "check");
  Check result;
  result.law = law;
  result.scenario = asked;
  result.options = options;
  GivenRun given = given_run(given_law, scenario);
  const Sampler sampler(given_law, scenario, given);
  const CheckSample middle = sampler.middle();
  const std::vector<CheckSample> samples = sampler.draw(options);
  result.run = middle_run(law, given);
  // With repeats, the best run of what the tokens are worth, on new ones.
  const Flops worth =
      middle.log_worth == middle.log_tokens
          ? result.run.flops
          : train_flops(result.run.params, Tokens(std::exp(middle.log_worth)));
  result.best = optimum(sampler.law_of_new_tokens(), worth);
  if (law.is_forecast()) forecast_losses(law, options.level, result);
  widen_flops(samples, given);
  describe_run(given, result);
  result.cost = run_cost(wanted, result.run.params, result.run.tokens, "check");
  result.waste = waste_of(middle, result.run, result.best, samples, options);
  result.by_law = verdicts_by(voting_laws(), middle, scenario, options);
  result.without_vote =
      verdicts_by(laws_without_vote(), middle, scenario, options);
  std::stable_sort(result.without_vote.begin(),
                   result.without_vote.end(),
                   [](const LawVerdict& a, const LawVerdict& b) {
                     return a.compute_factor < b.compute_factor;
                   });
  result.repeats = repeats_of(result, given_law);
  result.recall = recall_of(result, given_law);
  std::optional<Decisions> decisions;
  if (sampler.has_ranges() && samples.size() > 1) {
    decisions.emplace(
        sampler, samples, law, std::log(result.run.flops.value()));
    result.decided_by = size_decider(*decisions, options);
  }
  const CheckContext context{result,
                             given_law,
                             samples,
                             middle,
                             decisions ? &*decisions : nullptr,
                             decisions.has_value()};
  result.needs = needs_of(context);
  run_rules(context, accepted);
  return result;
}

std::vector<Check> check_many(const Law& law,
                              const std::vector<Scenario>& scenarios,
                              const CheckOptions& options) {
  CheckOptions alone = options;
  alone.threads = 1;
  std::vector<Check> checks(scenarios.size());
  parallel_for(
      static_cast<std::int64_t>(scenarios.size()),
      options.threads,
      [&](std::int64_t i) {
        const auto at = static_cast<std::size_t>(i);
        const Scenario& scenario = scenarios[at];
        try {
          checks[at] = check(law, scenario, alone);
          checks[at].law.draws.resize(0, law.draws.cols());
          checks[at].options = options;
        } catch (const std::invalid_argument& error) {
          throw std::invalid_argument((scenario.name.empty()
                                           ? "scenario " + std::to_string(i + 1)
                                           : scenario.name) +
                                      ": " + error.what());
        }
      });
  return checks;
}

bool is_accepted(const Finding& finding,
                 const std::vector<Accepted>& accepted) {
  return std::any_of(accepted.begin(), accepted.end(), [&](const auto& entry) {
    return entry.code == finding.code;
  });
}

std::vector<Acceptance> acceptances(const std::vector<std::string>& texts,
                                    std::vector<Acceptance> accepted) {
  for (const std::string& text : texts) {
    const std::size_t at = text.find('=');
    accepted.push_back(
        {text.substr(0, at),
         at == std::string::npos ? std::string() : text.substr(at + 1),
         {}});
  }
  for (const Acceptance& entry : accepted) require_known(entry);
  return accepted;
}

void settle(const std::vector<Acceptance>& accept,
            std::vector<Finding>& findings,
            std::vector<Accepted>& accepted) {
  for (Finding& finding : findings) {
    const auto found =
        std::find_if(accept.begin(), accept.end(), [&](const auto& entry) {
          return entry.code == finding.code;
        });
    if (found == accept.end()) continue;
    finding.severity = Severity::Note;
    accepted.push_back({found->code, found->reason});
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
