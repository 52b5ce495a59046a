// SPDX-License-Identifier: Apache-2.0
#include "check/by_law.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "isoflop/laws/repeats.h"
#include "laws/forwarding_form.h"
#include "plan/mixture.h"

namespace isoflop {
namespace {

bool reads(const Form& form, const Variable& variable) {
  return form.input_index(variable.name).has_value();
}

/// Verified laws of a loss in nats by data, of the size that plans have.
std::vector<Law> laws_that(bool (*is_one)(const Law& law)) {
  std::vector<Law> laws = published_laws();
  std::erase_if(laws, [&](const Law& law) {
    return !law.provenance.is_verified ||
           law.provenance.loss_unit != Provenance().loss_unit ||
           !law.form->answers_loss() || !reads(*law.form, kTokens) ||
           !is_one(law);
  });
  for (Law& law : laws) law.draws.resize(0, law.draws.cols());
  return laws;
}

/// Laws of a dense model's loss by size and data that do not vote.
const std::vector<Law>& laws_without_vote() {
  static const std::vector<Law> kLaws = laws_that([](const Law& law) {
    const Form& form = *law.form;
    const int known = reads(form, kParams) + reads(form, kTokens) +
                      reads(form, kUniqueTokens);
    return !law.provenance.has_vote && reads(form, kParams) &&
           form.input_count() == known;
  });
  return kLaws;
}

const std::vector<Law>& laws_of_mixtures() {
  static const std::vector<Law> kLaws = laws_that([](const Law& law) {
    return reads(*law.form, kExperts) || reads(*law.form, kSparsity) ||
           reads(*law.form, kGranularity);
  });
  return kLaws;
}

/// A form that counts experts at rest, as a loss of the parameters that work:
/// another size of the same mixture keeps their share.
class ActiveSizeForm final : public ForwardingForm {
 public:
  /// @param at         n_inputs of `form`, on their scales
  /// @param log_total  ln of all parameters over those that work
  ActiveSizeForm(std::shared_ptr<const Form> form,
                 Eigen::VectorXd at,
                 double log_total)
      : ForwardingForm(std::move(form)),
        at_(std::move(at)),
        log_total_(log_total),
        size_(*inner().input_index(kParams.name)),
        data_(*inner().input_index(kTokens.name)) {}

  std::span<const Variable> inputs() const override { return kInputs; }

  double evaluate(const double* theta, const double* inputs) const override {
    return inner().evaluate(theta, filled(inputs).data());
  }
  void input_gradient(const double* theta,
                      const double* inputs,
                      double* gradient) const override {
    Eigen::VectorXd whole(at_.size());
    inner().input_gradient(theta, filled(inputs).data(), whole.data());
    gradient[0] = whole[size_];
    gradient[1] = whole[data_];
  }
  void evaluate_columns(const Eigen::VectorXd& theta,
                        const Eigen::MatrixXd& inputs,
                        Eigen::VectorXd& out,
                        Eigen::MatrixXd* jacobian) const override {
    Eigen::MatrixXd whole = at_.transpose().replicate(inputs.rows(), 1);
    whole.col(size_) = inputs.col(0).array() + log_total_;
    whole.col(data_) = inputs.col(1);
    inner().evaluate_columns(theta, whole, out, jacobian);
  }
  std::optional<double> optimal_log_params(const double*,
                                           double) const override {
    return std::nullopt;
  }

 private:
  static constexpr Variable kInputs[] = {kActiveParams, kTokens};

  Eigen::VectorXd filled(const double* inputs) const {
    Eigen::VectorXd whole = at_;
    whole[size_] = inputs[0] + log_total_;
    whole[data_] = inputs[1];
    return whole;
  }

  Eigen::VectorXd at_;
  double log_total_;
  Eigen::Index size_;
  Eigen::Index data_;
};

/// A law of mixtures as a loss of the parameters that work and of data; null
/// where it is of other mixtures.
std::shared_ptr<const Form> form_for(const Law& law,
                                     const Scenario& scenario,
                                     Params active) {
  const Transformer shape = shape_of(scenario, active);
  const double experts = shape.experts;
  const double at_work = shape.experts_per_token;
  InputValues fixed;
  if (reads(*law.form, kExperts)) fixed[std::string(kExperts.name)] = experts;
  if (reads(*law.form, kSparsity)) {
    fixed[std::string(kSparsity.name)] = 1.0 - at_work / experts;
  }
  if (reads(*law.form, kGranularity)) {
    // An expert cut into G has G at work in place of one. Every run had 64
    // before: arXiv:2402.07871, section 5.
    constexpr double kWhole = 64.0;
    if (experts != kWhole * at_work) return nullptr;
    fixed[std::string(kGranularity.name)] = at_work;
  }
  if (!law.form->counts_resting_experts()) {
    return bind_inputs(law.form, fixed, "check");
  }
  fixed[std::string(kParams.name)] = 1.0;
  fixed[std::string(kTokens.name)] = 1.0;
  return std::make_shared<ActiveSizeForm>(
      law.form,
      input_vector(*law.form, fixed, "check"),
      std::log(total_params(scenario, active) / active));
}

/// The verdict of one law on a sample; nothing where it does not answer.
std::optional<LawVerdict> verdict_by(const Law& law,
                                     std::shared_ptr<const Form> form,
                                     const TrainingCompute& compute,
                                     CheckSample sample,
                                     const CheckOptions& options) {
  sample.form = compute.shaped(std::move(form));
  sample.theta = sample.form->theta_from_coefficients(law.coefficients);
  sample.log_worth = sample.log_tokens;
  if (sample.unique_tokens > 0.0 && !reads(*law.form, kUniqueTokens)) {
    sample.log_worth = std::log(
        tokens_worth(sample.tokens(), sample.unique_tokens, worn_repeats(law)));
  }
  judge(sample);
  if (!std::isfinite(sample.waste)) return std::nullopt;
  return LawVerdict{law.id,
                    std::exp(sample.log_params_optimal),
                    std::exp(sample.log_params - sample.log_params_optimal),
                    sample.waste,
                    sample.is_over(options.waste_error)};
}

std::vector<LawVerdict> dense_verdicts(const std::vector<Law>& laws,
                                       const TrainingCompute& compute,
                                       const CheckSample& middle,
                                       const CheckOptions& options) {
  std::vector<LawVerdict> verdicts;
  for (const Law& law : laws) {
    std::optional<Tokens> unique;
    if (middle.unique_tokens > 0.0 && reads(*law.form, kUniqueTokens)) {
      unique = Tokens(middle.unique_tokens);
    }
    auto verdict = verdict_by(law,
                              with_unique_tokens(law.form, unique, "check"),
                              compute,
                              middle,
                              options);
    if (verdict) verdicts.push_back(*std::move(verdict));
  }
  return verdicts;
}

}  // namespace

void add_verdicts(const CheckSample& middle,
                  const TrainingCompute& compute,
                  Check& result) {
  if (is_mixture(result.scenario)) {
    const Params active(std::exp(middle.log_params));
    for (const Law& law : laws_of_mixtures()) {
      auto form = form_for(law, result.scenario, active);
      if (form == nullptr) continue;
      auto verdict =
          verdict_by(law, std::move(form), compute, middle, result.options);
      if (verdict) result.by_law.push_back(*std::move(verdict));
    }
    return;
  }
  static const std::vector<Law> kVoting = voting_laws();
  result.by_law = dense_verdicts(kVoting, compute, middle, result.options);
  result.without_vote =
      dense_verdicts(laws_without_vote(), compute, middle, result.options);
  std::stable_sort(result.without_vote.begin(),
                   result.without_vote.end(),
                   [](const LawVerdict& a, const LawVerdict& b) {
                     return a.compute_factor < b.compute_factor;
                   });
}

std::string agreement(const Check& check) {
  const auto flagged = std::count_if(
      check.by_law.begin(), check.by_law.end(), [](const LawVerdict& verdict) {
        return verdict.flagged;
      });
  return std::to_string(flagged) + " of " +
         std::to_string(check.by_law.size()) + " published laws" +
         (is_mixture(check.scenario) ? " of mixtures" : "");
}

}  // namespace isoflop
