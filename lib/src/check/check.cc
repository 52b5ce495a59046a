// SPDX-License-Identifier: Apache-2.0
#include "isoflop/check/check.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>
#include <utility>

#include "check/by_law.h"
#include "check/rule.h"
#include "check/run_losses.h"
#include "isoflop/base/parallel.h"
#include "isoflop/base/progress.h"
#include "isoflop/base/suggest.h"
#include "isoflop/laws/repeats.h"
#include "isoflop/units/text.h"
#include "laws/no_optimum.h"
#include "plan/choice.h"
#include "plan/choices.h"
#include "plan/decision.h"
#include "plan/downstream.h"
#include "plan/mixture.h"

namespace isoflop {
namespace {

/// The scenario with what `plan` would choose at the middle of its ranges.
Scenario with_chosen(const Law& law, const Scenario& asked) {
  if (asked.choose.empty()) return asked;
  const Scenario chosen = settled(law, at_middle(asked), "check").scenario;
  Scenario result = asked;
  result.choose.clear();
  for (const std::string& text : asked.choose) {
    const std::string key = text.substr(0, text.find('='));
    for_each_field(result, [&](const auto& field, auto& value) {
      if (field.key == key) value = chosen.*(field.member);
    });
  }
  return result;
}

/// The run at the middle of the ranges, in the digits given.
Optimum middle_run(const Law& law,
                   const TrainingCompute& compute,
                   const GivenRun& given) {
  const Params params = given.params ? given.params->middle()
                                     : compute.params(given.flops->middle(),
                                                      given.tokens->middle());
  const Tokens tokens = given.tokens
                            ? given.tokens->middle()
                            : compute.tokens(given.flops->middle(), params);
  const Flops flops =
      given.flops ? given.flops->middle() : compute.flops(params, tokens);
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

/// Two of them are given, the third follows.
void describe_run(const TrainingCompute& compute,
                  const GivenRun& given,
                  Check& result) {
  const auto& [flops, params, tokens] =
      std::tie(given.flops, given.params, given.tokens);
  result.flops = flops
                     ? *flops
                     : Range<Flops>(compute.flops(params->low, tokens->low),
                                    compute.flops(params->high, tokens->high));
  result.params = params
                      ? *params
                      : Range<Params>(compute.params(flops->low, tokens->high),
                                      compute.params(flops->high, tokens->low));
  result.tokens = tokens
                      ? *tokens
                      : Range<Tokens>(compute.tokens(flops->low, params->high),
                                      compute.tokens(flops->high, params->low));
}

/// The compute that budgets pay for spans what its samples do.
void widen_flops(std::span<const CheckSample> samples, GivenRun& given) {
  if (!given.flops || samples.empty()) return;
  double low = std::log(given.flops->low.value());
  double high = std::log(given.flops->high.value());
  for (const CheckSample& sample : samples) {
    low = std::min(low, sample.log_flops());
    high = std::max(high, sample.log_flops());
  }
  constexpr double kRounding = 1e-9;
  if (high - low > std::log(given.flops->high / given.flops->low) + kRounding) {
    given.flops = Range<Flops>(Flops(std::exp(low)), Flops(std::exp(high)));
  }
}

std::optional<Repeats> repeats_of(const Check& check,
                                  const Law& law,
                                  double unique) {
  if (!(unique > 0.0)) return std::nullopt;
  const double worn = worn_repeats(law);
  Repeats repeats;
  repeats.epochs = check.run.tokens.value() / unique;
  const double again = std::max(0.0, repeats.epochs - 1.0);
  repeats.tokens_worth = tokens_worth(check.run.tokens.value(), unique, worn);
  repeats.last_value = std::exp(-again / worn);
  return repeats;
}

std::optional<Recall> recall_of(const Check& check,
                                const Law& law,
                                double unique) {
  // A law whose E is a small part of the loss does not say what is left to
  // say about a token.
  constexpr double kCredible = 0.5;
  const Nats irreducible = irreducible_loss(law);
  if (irreducible < kCredible * check.run.loss) return std::nullopt;
  const double bits_per_token = irreducible.value() / std::numbers::ln2;
  double distinct = check.run.tokens.value();
  if (unique > 0.0) distinct = std::min(distinct, unique);
  Recall recall;
  // Of a mixture the experts that rest hold as well.
  recall.capacity_bits =
      total_params(check.scenario, check.run.params).value() *
      check.options.bits_per_param;
  recall.information_bits = distinct * bits_per_token;
  recall.tokens_held = recall.capacity_bits / bits_per_token;
  recall.share_of_training =
      recall.tokens_held >= distinct
          ? 1.0
          : recall.tokens_held / check.run.tokens.value();
  return recall;
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

void run_rules(const CheckContext& context) {
  Check& check = context.check;
  if (auto doubt = law_doubt(check.law)) {
    check.findings.push_back(*std::move(doubt));
  }
  for (Finding& finding : law_warnings(check.law)) {
    check.findings.push_back(std::move(finding));
  }
  // Of a mixture the experts are known: only the bound law leaves them out.
  const bool mixes = is_mixture(check.scenario);
  for (Finding& note : law_notes(mixes ? check.law : context.law)) {
    check.findings.push_back(std::move(note));
  }
  for (const Rule* rule : all_rules()) {
    if (rule->run != nullptr) rule->run(context, check.findings);
  }
  settle(context.accepted, check.findings, check.accepted);
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

/// What is said of a plan by a law that has no say on sizes.
Check without_verdict(const Law& law,
                      const Scenario& asked,
                      const CheckOptions& options,
                      const std::optional<Finding>& reason) {
  Check result;
  result.law = law;
  result.scenario = asked;
  result.options = options;
  result.verdict = Verdict::NoVerdict;
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  result.run = {Flops(kNone), Params(kNone), Tokens(kNone), Nats(kNone)};
  result.best = result.run;
  result.waste.compute_factor = kNone;
  result.waste.loss_regret_nats = kNone;
  result.waste.params_over_optimal = kNone;
  if (auto doubt = law_doubt(law)) result.findings.push_back(*std::move(doubt));
  for (Finding& finding : law_warnings(law)) {
    result.findings.push_back(std::move(finding));
  }
  if (reason) result.findings.push_back(*reason);
  settle(acceptances(options.accept, asked.accept),
         result.findings,
         result.accepted);
  return result;
}

/// Whether the law's coefficients are unknown, and nobody accepts that.
bool is_unknown(const Law& law,
                const Scenario& asked,
                const CheckOptions& options) {
  if (law.status != LawStatus::NotIdentified) return false;
  const std::vector<Acceptance> accepted =
      acceptances(options.accept, asked.accept);
  return std::none_of(
      accepted.begin(), accepted.end(), [&](const Acceptance& entry) {
        return entry.code == "fit.not-identified";
      });
}

/// The law with the experts of a mixture, its data left open.
Law with_experts(const Law& law, const Scenario& scenario) {
  if (!is_mixture(scenario)) return law;
  Scenario endless = scenario;
  endless.unique_tokens.reset();
  return bind_scenario(law, endless, "check");
}

/// What is judged.
struct Subject {
  const Law& law;  ///< as given, not bound
  const Scenario& asked;
  const Scenario& wanted;  ///< with the loss that it wants
};

Check judge_run(const Subject& subject,
                GivenRun given,
                const CheckOptions& options) {
  const std::vector<Acceptance> accepted =
      acceptances(options.accept, subject.asked.accept);
  Check result;
  result.law = bind_run(subject.law, subject.wanted, given);
  result.scenario = subject.asked;
  result.options = options;
  result.synthetic = given.synthetic;
  const Law& law = result.law;
  const Law asked_law = with_experts(subject.law, subject.wanted);
  const Sampler sampler(subject.law, subject.wanted, given, options);
  const CheckSample middle = sampler.middle();
  const std::vector<CheckSample> samples = sampler.draw(result.samples);
  const TrainingCompute& compute = sampler.compute();
  result.run = middle_run(law, compute, given);
  // With repeats, the best run of what the tokens are worth, on new ones.
  const Flops worth = middle.log_worth == middle.log_tokens
                          ? result.run.flops
                          : compute.flops(result.run.params,
                                          Tokens(std::exp(middle.log_worth)));
  result.best = compute.best(sampler.law_of_new_tokens(), worth);
  add_run_losses(law, result);
  widen_flops(samples, given);
  describe_run(compute, given, result);
  result.cost = run_cost(subject.wanted,
                         result.run.params,
                         result.run.tokens,
                         "check",
                         given.beside(result.run.flops),
                         goodput_bounds(options));
  add_served_size(subject.wanted, result.cost.findings);
  result.waste = waste_of(middle, result.run, result.best, samples, options);
  add_verdicts(middle, compute, result);
  result.repeats = repeats_of(result, asked_law, middle.unique_tokens);
  result.recall = recall_of(result, asked_law, middle.unique_tokens);
  std::optional<Decisions> decisions;
  if (sampler.has_ranges() && samples.size() > 1) {
    decisions.emplace(sampler,
                      samples,
                      compute.shaped(law),
                      std::log(result.run.flops.value()));
    result.decided_by = size_decider(*decisions, options);
  }
  const CheckContext context{result,
                             asked_law,
                             compute,
                             samples,
                             middle,
                             decisions ? &*decisions : nullptr,
                             decisions.has_value(),
                             accepted};
  result.needs = needs_of(context);
  run_rules(context);
  return result;
}

}  // namespace

Check check(const Law& law,
            const Scenario& asked,
            const CheckOptions& options) {
  validate(asked, "check");
  validate(options, "check");
  if (asked.error_law && !asked.target_error) {
    throw std::invalid_argument("check: error_law needs target_error");
  }
  if (is_unknown(law, asked, options)) {
    return without_verdict(law, asked, options, {});
  }
  try {
    const Scenario wanted = with_target_loss(with_chosen(law, asked), law);
    require_goal(wanted, "check");
    return judge_run(
        {law, asked, wanted}, given_run(law, with_run_size(wanted)), options);
  } catch (const NoOptimum& none) {
    return without_verdict(law, asked, options, none.finding());
  }
}

Check check(const Plan& plan, const CheckOptions& options) {
  validate(options, "check");
  if (!plan.is_answered) {
    throw std::invalid_argument("check: the plan has no answer: " +
                                (plan.findings.empty()
                                     ? std::string("nothing was planned")
                                     : plan.findings.front().message));
  }
  Law law = plan.law;
  law.form = plan.form;
  const Scenario wanted = with_target_loss(plan.scenario, law);
  GivenRun given;
  given.params = plan.run.params;
  given.tokens = plan.run.tokens;
  given.is_planned = true;
  given.synthetic = plan.synthetic;
  return judge_run({law, plan.scenario, wanted}, std::move(given), options);
}

std::vector<Check> check_many(const Law& law,
                              const std::vector<Scenario>& scenarios,
                              const CheckOptions& options) {
  CheckOptions alone = options;
  alone.threads = 1;
  std::vector<Check> checks(scenarios.size());
  ProgressStage stage("plans", std::ssize(scenarios));
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
          stage.step();
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

void settle(std::span<const Acceptance> accept,
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
