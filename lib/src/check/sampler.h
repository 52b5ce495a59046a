// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <cmath>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "isoflop/check/check.h"
#include "plan/training_compute.h"
#include "units/log_flops.h"

namespace isoflop {

/// One way the plan may turn out: a draw of its ranges and of the law.
struct CheckSample {
  double log_params = 0.0;
  double log_tokens = 0.0;
  double log_worth = 0.0;       ///< distinct tokens that are worth as much
  double log_factor = 0.0;      ///< ln of training FLOP over 6 N D
  double unique_tokens = 0.0;   ///< synthetic ones too; 0 when not given
  double useful_epochs = 0.0;   ///< passes that are worth making
  double serving_tokens = 0.0;  ///< 0 when not given
  double experts = 1.0;         ///< a layer
  double written_flops = 0.0;   ///< for a synthetic token that is kept
  /// As it is judged: of size and `log_counted`.
  std::shared_ptr<const Form> form;
  Eigen::VectorXd theta;
  double log_params_optimal = 0.0;
  double waste = 0.0;
  std::vector<double> quantiles;  ///< of the ranges it was drawn from
  Eigen::Index draw = 0;          ///< of the law
  std::vector<Finding> cost;      ///< of `run_cost`, where there are ranges

  double tokens() const { return std::exp(log_tokens); }
  double epochs() const { return tokens() / unique_tokens; }
  double log_flops() const {
    return log_train_flops(log_params, log_tokens) + log_factor;
  }
  /// Their worth, counted so that 6 N D is the compute by any `flops_rule`.
  double log_counted() const { return log_worth + log_factor; }
  bool is_over(double least_waste) const {
    return log_params > log_params_optimal && waste >= least_waste;
  }
};

/// The size that is optimal for what its tokens are worth, and what that run
/// wastes, under its own form.
void judge(CheckSample& sample);

/// The size and data that a scenario gives, two of three; the third follows
/// from the FLOP of training.
struct GivenRun {
  std::optional<Range<Flops>> flops;
  std::optional<Range<Params>> params;
  std::optional<Range<Tokens>> tokens;
  bool is_planned = false;  ///< what `plan` would choose at the middle
  /// Synthetic tokens that a budget buys, in the middle of the ranges.
  std::optional<SyntheticSupply> synthetic = {};
  double training_share = 1.0;  ///< of the compute; the rest writes them

  double synthetic_tokens() const {
    return synthetic ? synthetic->tokens.value() : 0.0;
  }
  /// FLOP beside those of a training run.
  Flops beside(Flops training) const {
    if (!synthetic) return Flops(0.0);
    return is_planned ? synthetic->flops
                      : training * (1.0 / training_share - 1.0);
  }
};

/// @throws std::invalid_argument for too little, or contradictions.
GivenRun given_run(const Law& law, const Scenario& scenario);

/// The law as a loss of size and data, given what the scenario makes of them.
Law bind_run(const Law& law, const Scenario& scenario, const GivenRun& given);

GoodputBounds goodput_bounds(const CheckOptions& options);

/// The ways that a plan may turn out.
class Sampler {
 public:
  /// @param law       as given, not bound to the scenario
  /// @param scenario  as asked, not with the size of the run for its size
  Sampler(const Law& law,
          const Scenario& scenario,
          GivenRun given,
          const CheckOptions& options);

  /// Names of the quantities that are ranges.
  const std::vector<std::string>& quantities() const { return quantities_; }
  bool has_ranges() const { return !quantities_.empty(); }

  /// The law by which samples are judged, of tokens as they are.
  Law law_of_new_tokens() const;
  /// FLOP of training in the middle of the ranges.
  const TrainingCompute& compute() const { return compute_; }
  /// At the middle of all ranges, the law itself.
  CheckSample middle() const;
  /// The same with one quantity at a quantile, and its value there.
  CheckSample varied(std::size_t quantity, double quantile) const;
  double value(std::size_t quantity, double quantile) const;
  /// "13.2T".
  std::string text(std::size_t quantity, double quantile) const;

  /// One sample for each draw of ranges and law; those without a run or an
  /// interior optimum have no say and are left out.
  /// @param count  says how many
  std::vector<CheckSample> draw(SampleCount& count) const;

 private:
  CheckSample at(std::vector<double> quantiles, Eigen::Index draw) const;
  void place(const Scenario& scenario,
             const TrainingCompute& compute,
             CheckSample& sample) const;
  void place_planned(const Scenario& scenario, CheckSample& sample) const;
  std::shared_ptr<const Form> form_of(const Scenario& scenario,
                                      double unique_tokens) const;

  const Law& law_;
  const CheckOptions& options_;
  Scenario scenario_;  ///< without its texts
  GivenRun given_;
  TrainingCompute compute_;
  std::shared_ptr<const Form> form_;    ///< at the middle
  std::shared_ptr<const Form> shaped_;  ///< the same of `log_counted`
  bool weighs_repeats_ = false;         ///< what the law does not do itself
  double worn_ = 0.0;
  std::vector<std::string> quantities_;
  bool varies_compute_ = false;  ///< by the context
  bool varies_form_ = false;     ///< by unique tokens, experts or compute
  bool replans_ = false;         ///< what is wanted of the plan is a range
  bool has_budget_ = false;      ///< compute follows from budgets
};

/// Which quantity decides, where several are ranges.
class Decisions {
 public:
  Decisions(const Sampler& sampler,
            const std::vector<CheckSample>& samples,
            const Law& law,
            double log_flops);

  using Score = std::function<double(const CheckSample&)>;
  using Predicate = std::function<bool(const CheckSample&)>;

  /// The quantity that explains most of the variance of `score`, first order,
  /// and where `holds` turns as it varies, all others at their middle.
  /// @return nothing for a score that does not vary.
  std::optional<Decider> of(const Score& score, const Predicate& holds) const;

 private:
  const Sampler& sampler_;
  const std::vector<CheckSample>& samples_;
  std::vector<std::vector<std::size_t>> orders_;  ///< by quantity, and the law
};

}  // namespace isoflop
