// SPDX-License-Identifier: Apache-2.0
#include "plan/mixture.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "plan/choice.h"
#include "plan/cluster.h"

namespace isoflop {
namespace {

double bits_of(Precision precision) {
  return precision == Precision::Bf16  ? 16.0
         : precision == Precision::Fp8 ? 8.0
                                       : 4.0;
}

/// Parameters of one expert of a width, all layers.
double expert_params(const Transformer& shape, double width) {
  return 3.0 * shape.width * shape.layers * width;
}

/// The shape whose experts hold what of all parameters the rest leaves.
Transformer mixture_of(Params active, Params total, int experts) {
  Transformer shape = typical_transformer(active);
  const double working = expert_params(shape, shape.feed_forward);
  const double resting = (total - active).value();
  const double routed = working + resting;
  shape.experts = experts;
  shape.experts_per_token = static_cast<int>(
      std::clamp(std::round(experts * working / routed), 1.0, 1.0 * experts));
  shape.expert_width = static_cast<int>(
      std::max(1.0, std::round(routed / experts / expert_params(shape, 1.0))));
  return shape;
}

/// All parameters of a mixture of experts as wide as its dense feed-forward.
Params switch_total(Params active, int experts) {
  const Transformer shape = typical_transformer(active);
  return active +
         Params((experts - 1) * expert_params(shape, shape.feed_forward));
}

/// The active size of such a mixture, from all its parameters.
Params active_of(Params total, int experts) {
  double low = std::log(1e3);
  double high = std::log(total.value());
  for (int step = 0; step < 60; ++step) {
    const double middle = 0.5 * (low + high);
    const bool is_below =
        switch_total(Params(std::exp(middle)), experts) < total;
    (is_below ? low : high) = middle;
  }
  return Params(std::exp(0.5 * (low + high)));
}

}  // namespace

bool is_mixture(const Scenario& scenario) {
  return scenario.experts && scenario.experts->high > 1;
}

Law law_of_model(const Law& law,
                 const Scenario& scenario,
                 std::string_view owner) {
  require_model(scenario, owner);
  InputValues read;
  const auto add = [&](const Variable& variable, double value) {
    if (law.form->input_index(variable.name)) {
      read[std::string(variable.name)] = value;
    }
  };
  if (is_mixture(scenario) && !law.form->input_index(kExperts.name)) {
    fail(owner,
         "experts: law '" + law.id + "' is of dense models; " +
             std::string(kMixtureLaw) + " reads experts and active parameters");
  }
  add(kExperts, middle_or(scenario.experts, 1));
  if (scenario.precision) {
    add(kWeightBits, bits_of(*scenario.precision));
    add(kActivationBits, bits_of(*scenario.precision));
  }
  if (scenario.precision_bits) {
    add(kPostBits, scenario.precision_bits->middle());
  }
  return read.empty() ? law : bind_inputs(law, read, owner);
}

void require_model(const Scenario& scenario, std::string_view owner) {
  const bool mixes = is_mixture(scenario);
  if (scenario.architecture == Architecture::Moe && !mixes) {
    fail(owner, "architecture moe needs experts, two or more");
  }
  if (scenario.architecture == Architecture::Dense && mixes) {
    fail(owner, "architecture dense contradicts experts; leave one out");
  }
  if (scenario.architecture && *scenario.architecture != Architecture::Moe &&
      *scenario.architecture != Architecture::Dense) {
    fail(owner,
         "architecture " + std::string(to_string(*scenario.architecture)) +
             " has no published law; dense and moe have");
  }
  if (scenario.active_params && !mixes) {
    fail(owner, "active_params needs experts, two or more");
  }
  const bool has_both = mixes && scenario.params && scenario.active_params;
  if (has_both && scenario.params->low < scenario.active_params->high) {
    fail(owner, "params counts all experts, and must be above active_params");
  }
}

std::optional<Params> given_size(const Scenario& scenario) {
  if (!is_mixture(scenario)) return given(scenario.params);
  if (scenario.active_params) return scenario.active_params->middle();
  const auto total = given(scenario.params);
  if (!total) return std::nullopt;
  return active_of(*total, scenario.experts->middle());
}

Scenario with_run_size(Scenario scenario) {
  if (!is_mixture(scenario)) return scenario;
  std::optional<Range<Params>> size = scenario.active_params;
  if (!size && scenario.params) {
    const int experts = scenario.experts->middle();
    size = Range<Params>(active_of(scenario.params->low, experts),
                         active_of(scenario.params->high, experts));
  }
  if (size) scenario.params = scenario.active_params = *size;
  return scenario;
}

Params total_params(const Scenario& scenario, Params params) {
  if (!is_mixture(scenario)) return params;
  if (scenario.params && scenario.active_params) {
    // Another size of the same model keeps the share that works.
    return params *
           (scenario.params->middle() / scenario.active_params->middle());
  }
  return switch_total(params, scenario.experts->middle());
}

Transformer shape_of(const Scenario& scenario, Params params) {
  if (!is_mixture(scenario)) return typical_transformer(params);
  return mixture_of(
      params, total_params(scenario, params), scenario.experts->middle());
}

}  // namespace isoflop
