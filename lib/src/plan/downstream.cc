// SPDX-License-Identifier: Apache-2.0
#include "plan/downstream.h"

#include <algorithm>
#include <cmath>

#include "base/root.h"
#include "isoflop/units/text.h"
#include "plan/cluster.h"

namespace isoflop {
namespace {

/// Losses between which errors are looked for, nats a token.
constexpr double kLowestLoss = 1e-3;
constexpr double kHighestLoss = 30.0;

void require_same_losses(const Law& law, const Law& error_law) {
  const bool are_published = law.status == LawStatus::Published &&
                             error_law.status == LawStatus::Published;
  // A fitted law is of the runs of whoever names both.
  if (!are_published) return;
  const auto corpus_of = [](const Law& known) {
    const std::string& data = known.provenance.dataset;
    return data.substr(0, data.find(';'));
  };
  if (corpus_of(law) == corpus_of(error_law) &&
      law.provenance.source == error_law.provenance.source) {
    return;
  }
  fail("plan",
       "error_law " + error_law.id + " reads losses on " +
           corpus_of(error_law) + " of its own models, and " + law.id +
           " answers those on " + corpus_of(law) +
           "; take the law of the same runs, as gadre2024-c4 with "
           "gadre2024-c4-error");
}

}  // namespace

std::optional<Law> error_law_of(const Scenario& scenario, const Law& law) {
  if (!scenario.target_error && !scenario.error_law) return std::nullopt;
  std::string id = scenario.error_law.value_or("");
  if (id.empty()) {
    std::string base = law.id;
    if (base.ends_with("-all")) base.resize(base.size() - 4);
    const std::vector<std::string> known = published_law_ids();
    if (std::find(known.begin(), known.end(), base + "-error") == known.end()) {
      fail("plan",
           "target_error needs error_law, a law of downstream error that "
           "reads losses of " +
               law.id +
               "; `isoflop list laws --answers error_rate` shows "
               "those that are published");
    }
    id = base + "-error";
  }
  const Law found = find_law(id, scenario.allow_unverified);
  if (found.form->output().name != kErrorRate.name ||
      found.form->input_count() != 1 || !found.form->input_index(kLoss.name)) {
    fail("plan",
         "error_law: law '" + found.id +
             "' does not turn a loss into an error rate");
  }
  require_same_losses(law, found);
  return found;
}

Scenario with_target_loss(Scenario scenario, const Law& law) {
  if (!scenario.target_error) return scenario;
  if (scenario.target_loss) {
    fail("plan", "target_error and target_loss are both given; leave one out");
  }
  const Law error_law = *error_law_of(scenario, law);
  const Eigen::VectorXd theta =
      error_law.form->theta_from_coefficients(error_law.coefficients);
  const double wanted = scenario.target_error->middle().value();
  // Errors rise with the loss; below the losses that have one it is none.
  const auto gap = [&](double loss) {
    const double at = std::log(loss);
    const double error = std::exp(error_law.form->evaluate(theta.data(), &at));
    return (std::isfinite(error) ? error : 0.0) - wanted;
  };
  const double low = gap(kLowestLoss);
  const double high = gap(kHighestLoss);
  if (!(low < 0.0 && high > 0.0)) {
    fail("plan",
         "target_error is " + format_number(wanted, 4) + ", but " +
             error_law.id + " answers errors from " +
             format_number(std::max(0.0, low + wanted), 4) + " to " +
             format_number(high + wanted, 4) + " only");
  }
  scenario.target_loss =
      Nats(bracketed_root(gap, kLowestLoss, kHighestLoss, low, high));
  return scenario;
}

}  // namespace isoflop
