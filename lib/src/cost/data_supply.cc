// SPDX-License-Identifier: Apache-2.0
#include "isoflop/cost/data_supply.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "laws/forms/data_constrained.h"

namespace isoflop {
namespace {

/// Passes after which a repeat is worn.
double worn_repeats(const Law& law) {
  if (law.form->name() != DataConstrainedForm::name) {
    throw std::invalid_argument(
        "the worth of repeats needs a law of the form " +
        std::string(DataConstrainedForm::name) + ", not '" + law.id + "'");
  }
  return law.named_coefficients().at("RDs");
}

}  // namespace

Tokens worth_of_repeats(const Law& law, Tokens tokens, Tokens unique) {
  const double log_base = std::log(std::min(unique.value(), tokens.value()));
  return Tokens(std::exp(DataConstrainedForm::discounted(
      log_base, std::log(tokens.value()), std::log(worn_repeats(law)))));
}

Tokens worth_of_endless_repeats(const Law& law, Tokens unique) {
  return unique * (1.0 + worn_repeats(law));
}

Flops synthetic_flops(const SyntheticData& made) {
  const Params read =
      made.generator + (made.verifier ? *made.verifier : Params(0.0));
  return Flops(2.0 * read.value() / made.acceptance.value());
}

double synthetic_over_training(const SyntheticData& made, Params trained) {
  return synthetic_flops(made) / train_flops(trained, Tokens(1.0));
}

double years_until_exhausted(Tokens now, double growth, Tokens stock) {
  if (!(growth > 1.0)) {
    throw std::invalid_argument("years_until_exhausted: growth must be > 1");
  }
  return std::max(0.0, std::log(stock / now) / std::log(growth));
}

}  // namespace isoflop
