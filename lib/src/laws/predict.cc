// SPDX-License-Identifier: Apache-2.0
#include "isoflop/laws/predict.h"

#include <cmath>
#include <stdexcept>
#include <utility>

namespace isoflop {
namespace {

constexpr double kFarExtrapolation = 100.0;

}  // namespace

std::optional<Finding> law_doubt(const Law& law) {
  const std::string code = law.status == "not_identified" ? "fit.not-identified"
                           : law.status == "weak"         ? "fit.weak"
                                                          : "";
  if (code.empty()) return std::nullopt;
  return Finding{code,
                 Severity::Error,
                 "the law '" + law.id + "' is " + law.status +
                     ": its runs do not determine what is decided with it",
                 "add runs as `fit` suggests, or accept " + code + " by name",
                 {}};
}

Prediction predict(const Law& law,
                   Params params,
                   Tokens tokens,
                   const PredictOptions& options) {
  validate(options, "predict");
  Prediction result{law.id,
                    options,
                    params,
                    tokens,
                    train_flops(params, tokens),
                    law.loss(params, tokens),
                    {},
                    {},
                    {}};
  if (law.has_draws()) {
    const auto form = bind_inputs(law.form, {}, "predict");
    const double inputs[2] = {std::log(params.value()),
                              std::log(tokens.value())};
    Eigen::VectorXd losses(law.draws.rows());
    for (Eigen::Index i = 0; i < law.draws.rows(); ++i) {
      const Eigen::VectorXd theta =
          law.form->theta_from_coefficients(law.draws.row(i));
      losses[i] = std::exp(law.form->evaluate(theta.data(), inputs));
    }
    result.loss_interval = percentile_interval(losses, options.level);
  }
  if (auto doubt = law_doubt(law)) {
    // Within its runs a weak law still predicts.
    if (law.status == "weak") doubt->severity = Severity::Warning;
    result.findings.push_back(*std::move(doubt));
  }
  if (law.range.flops) {
    result.extrapolation = result.flops.value() / law.range.flops->high;
    if (*result.extrapolation > kFarExtrapolation) {
      result.findings.push_back(
          {"law.extrapolation",
           Severity::Warning,
           "the run has " + format_number(*result.extrapolation, 2) +
               " times the compute of the largest run the law was fitted on",
           "fit larger pilot runs",
           {{"flops_over_fitted", *result.extrapolation}}});
    }
  }
  return result;
}

Prediction predict(const Law& law,
                   const PredictInputs& inputs,
                   const PredictOptions& options) {
  validate(inputs, "predict");
  if (!inputs.params || !inputs.tokens) {
    throw std::invalid_argument(
        "predict: needs params and tokens, as in 70B and 1.4T");
  }
  return predict(law, *inputs.params, *inputs.tokens, options);
}

}  // namespace isoflop
