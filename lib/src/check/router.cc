// SPDX-License-Identifier: Apache-2.0
#include "isoflop/check/router.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "check/rule.h"

namespace isoflop {
namespace {

[[noreturn]] void fail(const std::string& problem) {
  throw std::invalid_argument("check: router load: " + problem);
}

double effective_experts(const Eigen::VectorXd& load) {
  const double total = load.sum();
  double entropy = 0.0;
  for (const double tokens : load) {
    const double share = tokens / total;
    if (share > 0.0) entropy -= share * std::log(share);
  }
  return std::exp(entropy);
}

double busiest_device(const Eigen::VectorXd& load, Eigen::Index per_device) {
  double most = 0.0;
  for (Eigen::Index from = 0; from < load.size(); from += per_device) {
    most = std::max(most, load.segment(from, per_device).sum());
  }
  return most;
}

RouterLayer describe(std::int64_t layer,
                     const Eigen::VectorXd& load,
                     const RouterOptions& options) {
  RouterLayer found;
  found.layer = layer;
  found.tokens = load.sum();
  const double mean = load.mean();
  for (const double tokens : load) {
    found.dead += tokens < options.dead_load * mean ? 1 : 0;
  }
  found.max_vio = load.maxCoeff() / mean - 1.0;
  found.effective = effective_experts(load);
  found.slowest_device = busiest_device(load, options.experts_per_device) /
                         (mean * options.experts_per_device);
  return found;
}

/// Sizes of a mixture of which all is known but how often the router errs.
struct Mixture {
  double params = 0.0;
  double active = 0.0;
  double experts = 0.0;
  double top_k = 1.0;

  double expert_params() const { return (params - active) / (experts - top_k); }
};

std::optional<Mixture> mixture_of(const RouterCheck& check) {
  const RouterOptions& options = check.options;
  if (!options.params || !options.active_params) return std::nullopt;
  Mixture mixture;
  mixture.params = options.params->value();
  mixture.active = options.active_params->value();
  mixture.experts = static_cast<double>(check.experts);
  mixture.top_k = options.top_k.value_or(1);
  if (mixture.active >= mixture.params) {
    fail("active_params must be fewer than params");
  }
  if (mixture.top_k * mixture.expert_params() >= mixture.active) {
    fail("params, active_params and top_k contradict each other: " +
         std::to_string(options.top_k.value_or(1)) +
         " experts would have all active parameters");
  }
  return mixture;
}

RouterCost cost_of(const RouterCheck& check, const Mixture& mixture) {
  RouterCost cost;
  cost.idle_params =
      check.dead_share * mixture.experts * mixture.expert_params();
  cost.expert_share = mixture.top_k * mixture.expert_params() / mixture.active;
  cost.time_factor = 1.0 + cost.expert_share * (check.slowest_device - 1.0);
  cost.is_least = !check.options.top_k;
  if (check.options.tokens) {
    cost.idle_flops =
        train_flops(*check.options.active_params, *check.options.tokens) *
        (cost.time_factor - 1.0);
  }
  return cost;
}

/// What a law of mixtures reads for a mixture of so many equal experts;
/// nothing where it needs what is not known.
std::optional<InputValues> inputs_of(const Form& form,
                                     const RouterOptions& options,
                                     const std::optional<Mixture>& mixture,
                                     double experts) {
  InputValues values;
  for (const Variable& input : form.inputs()) {
    const std::string name(input.name);
    if (input.name == kTokens.name) {
      if (!options.tokens) return std::nullopt;
      values[name] = options.tokens->value();
    } else if (input.name == kActiveParams.name) {
      if (!options.active_params) return std::nullopt;
      values[name] = options.active_params->value();
    } else if (input.name == kExperts.name) {
      values[name] = experts;
    } else if (input.name == kParams.name && mixture) {
      const double rest = mixture->experts - experts;
      // Either the dense model that is routed, or all experts that work.
      values[name] = form.counts_resting_experts()
                         ? mixture->params - rest * mixture->expert_params()
                         : mixture->active - (mixture->top_k - 1.0) *
                                                 mixture->expert_params();
    } else if (input.name == kSparsity.name && mixture) {
      values[name] = std::max(0.0, 1.0 - mixture->top_k / experts);
    } else {
      return std::nullopt;
    }
  }
  return values;
}

std::string_view size_of(const Form& form) {
  return form.input_index(kActiveParams.name) ? kActiveParams.name
                                              : kParams.name;
}

/// The size at which the law's dense model has a loss: bisection, the loss
/// falling as the model grows.
std::optional<Params> dense_size(const Law& law,
                                 InputValues inputs,
                                 double loss) {
  if (inputs.contains(kExperts.name)) inputs[std::string(kExperts.name)] = 1.0;
  if (inputs.contains(kSparsity.name)) {
    inputs[std::string(kSparsity.name)] = 0.0;
  }
  double& size = inputs[std::string(size_of(*law.form))];
  constexpr double kReach = 25.0;
  double low = std::log(size) - kReach;
  double high = std::log(size) + kReach;
  const auto is_worse = [&](double log_size) {
    size = std::exp(log_size);
    return law.value(inputs) > loss;
  };
  if (is_worse(high) || !is_worse(low)) return std::nullopt;
  while (high - low > 1e-12 * std::abs(high)) {
    const double middle = 0.5 * (low + high);
    (is_worse(middle) ? low : high) = middle;
  }
  return Params(std::exp(high));
}

/// How far outside the law's runs the farthest input is; 1 within.
std::optional<double> extrapolation_of(const Law& law,
                                       const InputValues& inputs) {
  std::optional<double> farthest;
  for (const auto& [name, value] : inputs) {
    const auto other = law.range.others.find(name);
    const std::optional<Interval> range =
        name == kParams.name              ? law.range.params
        : name == kTokens.name            ? law.range.tokens
        : other != law.range.others.end() ? std::optional(other->second)
                                          : std::nullopt;
    if (!range) continue;
    farthest = std::max(
        {farthest.value_or(1.0), value / range->high, range->low / value});
  }
  return farthest;
}

std::vector<DenseEquivalent> dense_equivalents(
    const RouterCheck& check, const std::optional<Mixture>& mixture) {
  std::vector<DenseEquivalent> found;
  for (const Law& law : published_laws()) {
    const Form& form = *law.form;
    const bool is_asked =
        form.answers_loss() && law.provenance.is_verified &&
        (form.input_index(kExperts.name) || form.input_index(kSparsity.name));
    if (!is_asked) continue;
    const auto now = inputs_of(form, check.options, mixture, check.effective);
    const auto even = inputs_of(
        form, check.options, mixture, static_cast<double>(check.experts));
    if (!now || !even) continue;
    DenseEquivalent dense;
    dense.law = law.id;
    dense.loss = Nats(law.value(*now));
    dense.balanced_loss = Nats(law.value(*even));
    dense.params = dense_size(law, *now, dense.loss.value());
    dense.balanced_params = dense_size(law, *even, dense.balanced_loss.value());
    dense.extrapolation = extrapolation_of(law, *even);
    found.push_back(std::move(dense));
  }
  return found;
}

/// An option that would be without effect is a mistake.
void require_sizes(const RouterOptions& options) {
  const auto needs = [](const char* name, bool is_given, const char* other) {
    if (is_given) fail(std::string(name) + " says nothing without " + other);
  };
  if (!options.active_params) {
    needs("params", options.params.has_value(), "active_params");
    needs("tokens", options.tokens.has_value(), "active_params");
  }
  needs("top_k", options.top_k && !options.params, "params");
  needs("active_params",
        options.active_params && !options.params && !options.tokens,
        "params or tokens");
}

void require_options(const RouterLoad& load, const RouterOptions& options) {
  validate(options, "check");
  require_sizes(options);
  acceptances(options.accept);
  const std::string experts = std::to_string(load.experts());
  if (load.experts() % options.experts_per_device != 0) {
    fail("experts_per_device is " + std::to_string(options.experts_per_device) +
         ", but " + experts + " experts do not divide by it");
  }
  if (options.top_k && *options.top_k >= load.experts()) {
    fail("top_k is " + std::to_string(*options.top_k) + ", but there are " +
         experts + " experts");
  }
}

void describe_layers(const RouterLoad& load, RouterCheck& check) {
  double entropy = 0.0;
  double slowest = 0.0;
  double even = 0.0;
  for (std::size_t i = 0; i < load.layers.size(); ++i) {
    const RouterLayer layer =
        describe(load.layers[i],
                 load.tokens.row(static_cast<Eigen::Index>(i)),
                 check.options);
    check.dead += layer.dead;
    check.max_vio += layer.max_vio;
    entropy += std::log(layer.effective);
    slowest += layer.slowest_device * layer.tokens;
    even += layer.tokens;
    if (i == 0 || layer.max_vio > check.worst.max_vio) check.worst = layer;
    check.layers.push_back(layer);
  }
  const auto layers = static_cast<double>(load.layers.size());
  check.dead_share =
      check.dead / (layers * static_cast<double>(load.experts()));
  check.max_vio /= layers;
  check.effective = std::exp(entropy / layers);
  check.slowest_device = slowest / even;
}

}  // namespace

RouterCheck check_router(const RouterLoad& load, const RouterOptions& options) {
  require_options(load, options);
  RouterCheck check;
  check.source = load.source;
  check.experts = load.experts();
  check.options = options;
  describe_layers(load, check);
  const std::optional<Mixture> mixture = mixture_of(check);
  if (mixture) check.cost = cost_of(check, *mixture);
  check.dense = dense_equivalents(check, mixture);
  for (const Rule* rule : all_rules()) {
    if (rule->run_router != nullptr) rule->run_router(check, check.findings);
  }
  settle(acceptances(options.accept), check.findings, check.accepted);
  check.verdict = verdict_of(check.findings);
  return check;
}

}  // namespace isoflop
