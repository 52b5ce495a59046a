// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "check/rule.h"
#include "isoflop/units/text.h"

namespace isoflop {
namespace {

const Finding* cost_finding(const CheckSample& sample, std::string_view code) {
  return find(sample.cost, code);
}

}  // namespace

double CheckContext::share(const Predicate& holds) const {
  if (samples.empty()) return 0.0;
  const auto count = std::count_if(samples.begin(), samples.end(), holds);
  return static_cast<double>(count) / static_cast<double>(samples.size());
}

std::optional<Severity> CheckContext::severity(double error,
                                               double warning) const {
  const CheckOptions& options = check.options;
  if (error >= options.likely) return Severity::Error;
  if (warning >= options.possible) return Severity::Warning;
  if (warning >= options.remote) return Severity::Note;
  return std::nullopt;
}

bool CheckContext::accepts(std::string_view code) const {
  return std::any_of(accepted.begin(), accepted.end(), [&](const auto& entry) {
    return entry.code == code;
  });
}

std::string CheckContext::in_share(double chance) const {
  if (!has_ranges) return {};
  return "in " + format_number(100.0 * chance, 2) + " % of what is possible ";
}

std::string CheckContext::unique_words() const {
  const double made = check.synthetic ? check.synthetic->tokens.value() : 0.0;
  return format_quantity(point.unique_tokens, TokensTag::unit) +
         " unique tokens" +
         (made > 0.0 ? ", " + format_quantity(made, TokensTag::unit) +
                           " of them synthetic"
                     : std::string());
}

void CheckContext::add_chance(const Predicate& holds, Finding& finding) const {
  if (!has_ranges) return;
  finding.values.push_back({"probability", share(holds)});
  auto decider = decisions->of(
      [&](const CheckSample& sample) { return holds(sample) ? 1.0 : 0.0; },
      holds);
  if (!decider) return;
  decider->code = finding.code;
  finding.message +=
      "; decided by " + decider->quantity + ", " +
      format_number(100.0 * decider->variance_share, 2) + " % of the variance" +
      (decider->turns.empty() ? std::string() : ": " + decider->turns);
  check.deciders.push_back(*std::move(decider));
}

void add_cost_findings(const CheckContext& context,
                       std::string_view code,
                       std::vector<Finding>& findings) {
  const Finding* shown = find(context.check.cost.findings, code);
  if (!context.has_ranges) {
    for (const Finding& finding : context.check.cost.findings) {
      if (finding.code == code) findings.push_back(finding);
    }
    return;
  }
  const auto reaches = [code](Severity least) {
    return [code, least](const CheckSample& sample) {
      const Finding* found = cost_finding(sample, code);
      return found != nullptr && found->severity >= least;
    };
  };
  const double any = context.share(reaches(Severity::Note));
  const double warned = context.share(reaches(Severity::Warning));
  auto severity =
      context.severity(context.share(reaches(Severity::Error)), warned);
  if (!severity && any >= context.check.options.remote) {
    severity = Severity::Note;
  }
  if (!severity) return;
  // What happens in the middle; where nothing does, the first case.
  std::string where = "; in the middle of the ranges ";
  if (shown == nullptr) {
    where = "; for example ";
    for (const CheckSample& sample : context.samples) {
      shown = cost_finding(sample, code);
      if (shown != nullptr) break;
    }
  }
  Finding finding = *shown;
  finding.severity = *severity;
  finding.message = "in " + format_number(100.0 * any, 2) +
                    " % of what is possible" + where + shown->message;
  context.add_chance(reaches(Severity::Note), finding);
  findings.push_back(std::move(finding));
}

}  // namespace isoflop
