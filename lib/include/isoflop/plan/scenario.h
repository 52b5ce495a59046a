// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "isoflop/base/error.h"
#include "isoflop/base/field.h"
#include "isoflop/cost/data_supply.h"
#include "isoflop/cost/model.h"
#include "isoflop/cost/training.h"
#include "isoflop/laws/predict.h"
#include "isoflop/plan/goal.h"
#include "isoflop/units/quantity.h"
#include "isoflop/units/range.h"

namespace isoflop {

/// A finding that a scenario file accepts, and why.
struct Acceptance {
  std::string code;
  std::string reason;  ///< may be empty
  Location at;         ///< in the file
};

/// What is known about a training run before it starts.
///
/// Each quantity may be absent, exact, or a range (`13T..60T`); a goal is
/// exact. `plan` chooses what is absent; `check` judges what is there.
struct Scenario {
  std::string law = std::string(kDefaultLaw);
  std::optional<Range<Flops>> flops;
  std::optional<Range<Params>> params;
  std::optional<Range<Tokens>> tokens;
  std::optional<Range<Tokens>> unique_tokens;
  std::optional<Range<double>> max_epochs;
  std::optional<Params> max_params;
  std::optional<Architecture> architecture;
  std::optional<Params> active_params;
  std::optional<int> experts;
  std::optional<Params> generator_params;
  std::optional<Share> acceptance;
  std::optional<Params> verifier_params;
  bool allow_unverified = false;

  std::optional<Goal> minimise;
  std::optional<Nats> target_loss;
  std::optional<Share> target_error;
  std::optional<std::string> error_law;
  std::optional<Risk> risk;
  std::optional<Range<Usd>> usd;
  std::optional<Range<Days>> days;
  std::optional<Range<Joules>> energy;
  std::optional<std::string> accelerator;
  std::optional<Range<int>> count;
  std::optional<Range<Share>> mfu;
  std::optional<Range<UsdPerHour>> usd_per_hour;
  std::optional<Precision> precision;
  std::optional<Range<double>> pue;
  std::optional<Range<DeviceHours>> device_hours_per_failure;
  std::optional<Range<Seconds>> checkpoint;
  std::optional<Range<Seconds>> restart;
  std::optional<Range<Tokens>> serving_tokens;
  std::optional<std::string> serving_accelerator;
  std::optional<Range<UsdPerHour>> serving_usd_per_hour;
  std::optional<Range<TokensPerSecond>> min_tokens_per_second;
  std::optional<Range<UsdPerMillionTokens>> max_usd_per_million_tokens;
  std::optional<std::string> device;
  std::optional<Range<int>> precision_bits;
  std::optional<Range<Tokens>> context;

  /// Only a scenario file sets these.
  std::string name;
  std::string about;
  std::vector<std::pair<std::string, std::string>> sources;  ///< key, source
  std::vector<std::string> unknown;  ///< what nobody outside knows
  std::vector<std::pair<std::string, Location>> places;  ///< key, where it is
  std::vector<Acceptance> accept;  ///< findings that do not count
  /// Key and place of what a file or an edit set: "plan.toml:3", "set".
  std::vector<std::pair<std::string, std::string>> origins;

  /// Passes that are worth making where nothing else is said.
  /// @source Muennighoff et al. 2023, arXiv:2305.16264, abstract.
  static constexpr double kUsefulEpochs = 4.0;
  double useful_epochs() const {
    return max_epochs ? max_epochs->middle() : kUsefulEpochs;
  }

  /// @source Touvron et al. 2023, arXiv:2302.13971, section 6.
  static constexpr double kPue = 1.1;
  static constexpr int kServedBits = 16;
  static constexpr Tokens kContext{4096};

 private:
  static constexpr auto run_fields() {
    return std::make_tuple(
        field("law", &Scenario::law, kLawHelp, kAnyNumber, "law"),
        field("flops",
              &Scenario::flops,
              "training compute, C = 6 N D",
              kPositive,
              "budget.flops"),
        field("params",
              &Scenario::params,
              kParamsHelp,
              kPositive,
              "model.params"),
        field(
            "tokens", &Scenario::tokens, kTokensHelp, kPositive, "data.tokens"),
        field("unique_tokens",
              &Scenario::unique_tokens,
              "distinct tokens that are at hand",
              kPositive,
              "data.unique_tokens"),
        field("max_epochs",
              &Scenario::max_epochs,
              "passes over the unique tokens that are still worth making; when "
              "absent 4 (Muennighoff et al. 2023, arXiv:2305.16264), and for "
              "`plan` no bound under a law that weighs repeats",
              at_least(1),
              "data.max_epochs"),
        field("max_params",
              &Scenario::max_params,
              "largest size that a plan may choose; of a mixture, active",
              kPositive,
              "model.max_params"),
        field("architecture",
              &Scenario::architecture,
              "dense or moe, a mixture of experts; when absent what experts "
              "say",
              kAnyNumber,
              "model.architecture"),
        field("active_params",
              &Scenario::active_params,
              "parameters of a mixture that work on a token: N of C = 6 N D",
              kPositive,
              "model.active_params"),
        field("experts",
              &Scenario::experts,
              "experts a layer; 1 is a dense model",
              between(1, 1e5),
              "model.experts"),
        field("generator_params",
              &Scenario::generator_params,
              "size of a model that may write synthetic tokens, which count "
              "as distinct ones; needs flops and unique_tokens",
              kPositive,
              "data.synthetic.generator_params"),
        field("acceptance",
              &Scenario::acceptance,
              "share of its tokens that is kept; when absent 1",
              kPositiveShare,
              "data.synthetic.acceptance"),
        field("verifier_params",
              &Scenario::verifier_params,
              "size of a model that judges every token written",
              kPositive,
              "data.synthetic.verifier_params"),
        field("allow_unverified",
              &Scenario::allow_unverified,
              kAllowUnverifiedHelp,
              kAnyNumber,
              "allow_unverified"));
  }
  static constexpr auto cluster_fields() {
    using S = Scenario;
    return std::make_tuple(
        field("minimise",
              &S::minimise,
              "loss, or at target_loss training_cost or lifetime_cost "
              "(training and serving); when absent loss, with target_loss "
              "training_cost",
              kAnyNumber,
              "goal.minimise"),
        field("target_loss",
              &S::target_loss,
              "loss to reach, nats per token",
              kPositive,
              "goal.loss"),
        field("target_error",
              &S::target_error,
              "downstream error to reach, by the error_law",
              kOpenUnit,
              "goal.error"),
        field("error_law",
              &S::error_law,
              "law of downstream error that reads this law's losses",
              kAnyNumber,
              "goal.error_law"),
        field("risk",
              &S::risk,
              "loss that a plan goes by: of the law's point, or over its draws "
              "the mean or a quantile, as q90; when absent point",
              kAnyNumber,
              "goal.risk"),
        field("usd",
              &S::usd,
              "dollars for training; the tightest budget binds",
              kPositive,
              "budget.usd"),
        field("days", &S::days, "days for training", kPositive, "budget.days"),
        field("energy",
              &S::energy,
              "energy for training, as \"5 GWh\"",
              kPositive,
              "budget.energy"),
        field("accelerator",
              &S::accelerator,
              "device to train on, see `isoflop list accelerators`",
              kAnyNumber,
              "cluster.accelerator"),
        field("count",
              &S::count,
              "devices; when absent as many as the days ask for",
              between(1, 1e8),
              "cluster.count"),
        field("mfu",
              &S::mfu,
              "6 N D over what the devices could do at their peak; when absent "
              "what large runs on this device report",
              kPositiveShare,
              "cluster.mfu"),
        field("usd_per_hour",
              &S::usd_per_hour,
              "rent of a device; when absent its typical one",
              kPositive,
              "cluster.usd_per_hour"),
        field("precision",
              &S::precision,
              "of the peak: bf16, fp8 or fp4; when absent bf16",
              kAnyNumber,
              "cluster.precision"),
        field("pue",
              &S::pue,
              "energy of the site over that of the devices; when absent 1.1 "
              "(Touvron et al. 2023, arXiv:2302.13971)",
              at_least(1),
              "cluster.pue"),
        field("device_hours_per_failure",
              &S::device_hours_per_failure,
              "device-hours between interruptions; when absent 50,677, those "
              "of Llama 3 405B (arXiv:2407.21783)",
              kPositive,
              "cluster.device_hours_per_failure"),
        field("checkpoint",
              &S::checkpoint,
              "time that a checkpoint stops training; when absent 30 s",
              kPositive,
              "cluster.checkpoint"),
        field("restart",
              &S::restart,
              "time from an interruption to training again; when absent 5 min",
              kNonNegative,
              "cluster.restart"));
  }
  static constexpr auto serving_fields() {
    using S = Scenario;
    return std::make_tuple(
        field("serving_tokens",
              &S::serving_tokens,
              "tokens that will be served",
              kPositive,
              "serving.tokens"),
        field("serving_accelerator",
              &S::serving_accelerator,
              "device to serve on; when absent the one trained on",
              kAnyNumber,
              "serving.accelerator"),
        field("serving_usd_per_hour",
              &S::serving_usd_per_hour,
              "its rent; when absent its typical one",
              kPositive,
              "serving.usd_per_hour"),
        field("min_tokens_per_second",
              &S::min_tokens_per_second,
              "least speed for each user, on serving_accelerator or device",
              kPositive,
              "serving.min_tokens_per_second"),
        field("max_usd_per_million_tokens",
              &S::max_usd_per_million_tokens,
              "highest cost of a million tokens served",
              kPositive,
              "serving.max_usd_per_million_tokens"),
        field("device",
              &S::device,
              "device that must run the model alone: its name, or phone, "
              "laptop or desktop for the weakest of that kind",
              kAnyNumber,
              "serving.device"),
        field("precision_bits",
              &S::precision_bits,
              "bits of a weight when served; when absent 16",
              between(1, 32),
              "model.precision_bits"),
        field("context",
              &S::context,
              "tokens of a sequence, in training and serving; when absent 4096",
              kPositive,
              "model.context"));
  }

 public:
  static constexpr auto fields() {
    return std::tuple_cat(run_fields(), cluster_fields(), serving_fields());
  }
};

/// Calls `visit(field, range)` for each quantity that may be a range and is
/// given.
template <class S, class Visit>
void for_each_range(S& scenario, Visit&& visit) {
  for_each_field(scenario, [&](const auto& field, auto& value) {
    if constexpr (requires { value->is_exact(); }) {
      if (value) visit(field, *value);
    }
  });
}

/// The scenario with every range at its middle.
Scenario at_middle(Scenario scenario);

/// @throws std::invalid_argument naming a quantity that is a range, other
///     than the MFU, over which every cost has an interval.
void require_exact(const Scenario& scenario, std::string_view owner);

/// A law as a loss of size and data in a scenario, `with_unique_tokens` of
/// it, the middle of a range; what else it reads is as in a run without it.
/// @throws std::invalid_argument when it does not answer that.
Law bind_scenario(const Law& law,
                  const Scenario& scenario,
                  std::string_view owner);

}  // namespace isoflop
