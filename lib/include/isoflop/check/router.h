// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "isoflop/base/field.h"
#include "isoflop/base/finding.h"
#include "isoflop/check/check.h"
#include "isoflop/runs/runs.h"
#include "isoflop/units/quantity.h"

namespace isoflop {

/// Tokens that the router of a mixture of experts gave each expert, counted
/// over one window of training or a validation set.
struct RouterLoad {
  std::vector<std::int64_t> layers;  ///< n_layers, ascending
  Eigen::MatrixXd tokens;            ///< n_layers x n_experts, whole counts
  std::string source;                ///< path or "columns", for messages

  /// Experts of a layer.
  std::int64_t experts() const { return tokens.cols(); }
};

/// A load from a table with the columns layer, expert and tokens or their
/// other names (layer_idx, expert_id, load, count ...), CSV or JSON.
///
/// Every layer has the same experts, numbered from 0 or 1, and one without
/// tokens has a row with 0. The numbers of the layers have equal steps.
///
/// @throws FileError, or DataError with line and column.
RouterLoad read_router_load(const std::string& path);

/// The same from columns of equal length, by these names or the others, in any
/// order of rows.
/// @throws std::invalid_argument naming the row, from 0.
RouterLoad router_load(const std::vector<NamedColumn>& columns);

/// The same from an array, n_layers x n_experts; layers count from 0.
/// @throws std::invalid_argument naming the entry.
RouterLoad router_load(const Eigen::MatrixXd& tokens);

/// From where a router is warned about, and the sizes of its mixture; see
/// `fields()`.
struct RouterOptions {
  double dead_load = 0.1;
  double dead_warning = 0.01;
  double dead_error = 0.1;
  double max_vio_warning = 1.0;
  double max_vio_error = 2.0;
  int experts_per_device = 1;
  std::optional<int> top_k;
  std::optional<Params> params;
  std::optional<Params> active_params;
  std::optional<Tokens> tokens;
  std::vector<std::string> accept;

  static constexpr auto fields() {
    using R = RouterOptions;
    return std::make_tuple(
        field("dead_load",
              &R::dead_load,
              "share of an even load below which an expert counts as dead",
              kOpenUnit),
        field("dead_warning",
              &R::dead_warning,
              "share of dead experts from which a router is warned about",
              kPositiveShare),
        field("dead_error",
              &R::dead_error,
              "the same from which training should stop",
              kPositiveShare),
        field("max_vio_warning",
              &R::max_vio_warning,
              "load of a layer's busiest expert over the even one, less one, "
              "from which a router is warned about",
              kPositive),
        field("max_vio_error",
              &R::max_vio_error,
              "the same from which training should stop",
              kPositive),
        field("experts_per_device",
              &R::experts_per_device,
              "experts of a layer that share a device, in their order",
              at_least(1)),
        field("top_k",
              &R::top_k,
              "experts that a token is sent to; when absent 1, and what "
              "hangs on it is a lower bound",
              at_least(1)),
        field("params",
              &R::params,
              "parameters of the mixture, all experts",
              kPositive),
        field("active_params",
              &R::active_params,
              "parameters that work on a token",
              kPositive),
        field("tokens", &R::tokens, "training tokens", kPositive),
        field("accept",
              &R::accept,
              "codes that do not count against the router (repeatable)"));
  }
};

/// How evenly one layer is used.
struct RouterLayer {
  std::int64_t layer = 0;       ///< its number
  double tokens = 0.0;          ///< routed by it
  int dead = 0;                 ///< experts below dead_load of the even load
  double max_vio = 0.0;         ///< busiest expert over the mean, less one
  double effective = 0.0;       ///< exp of the entropy of the loads, in (1, n]
  double slowest_device = 1.0;  ///< busiest device over the mean
};

/// What uneven experts cost a mixture of known size.
///
/// With N parameters of which Na are active, E experts and k of them for a
/// token, an expert of all layers has p = (N - Na) / (E - k) parameters.
struct RouterCost {
  double idle_params = 0.0;         ///< dead share x E x p
  double expert_share = 0.0;        ///< k p / Na: of the FLOP of a token
  double time_factor = 1.0;         ///< 1 + expert share x (slowest device - 1)
  std::optional<Flops> idle_flops;  ///< 6 Na D x (time factor - 1)
  bool is_least = false;            ///< top_k is not known: lower bounds
};

/// The dense model that a law of mixtures takes for as good.
struct DenseEquivalent {
  std::string law;     ///< id
  Nats loss;           ///< of the mixture at its effective experts
  Nats balanced_loss;  ///< at all of them
  /// Dense sizes of these losses at the same tokens; absent where no dense
  /// model gets there.
  std::optional<Params> params;
  std::optional<Params> balanced_params;
  /// How many times outside the law's runs the farthest of size, tokens and
  /// experts is, 1 within; absent where the law does not say.
  std::optional<double> extrapolation;
};

/// The verdict on a router, with the numbers behind it.
struct RouterCheck {
  std::string source;
  std::int64_t experts = 0;  ///< of a layer
  RouterOptions options;
  Verdict verdict = Verdict::Clean;
  std::vector<RouterLayer> layers;
  int dead = 0;                 ///< over all layers
  double dead_share = 0.0;      ///< of the experts of all layers
  double max_vio = 0.0;         ///< mean over the layers
  RouterLayer worst;            ///< the layer of the largest max_vio
  double effective = 0.0;       ///< geometric mean over the layers
  double slowest_device = 1.0;  ///< over a pass through all layers
  std::optional<RouterCost> cost;
  std::vector<DenseEquivalent> dense;
  std::vector<Finding> findings;
  std::vector<Accepted> accepted;
};

/// Judges the load of a router: dead experts, uneven ones, and where the
/// sizes of the mixture are given what they cost.
///
/// MaxVio is max load / mean load - 1 of a layer. Under expert parallelism a
/// layer waits for its busiest device, so that its experts take `slowest
/// device` times as long as even ones.
///
/// @throws std::invalid_argument for options that cannot be meant or
///     contradict the load.
/// @source Wang et al. 2024, arXiv:2408.15664 (MaxVio); Clark et al. 2022,
///     arXiv:2202.01169 (dense equivalents).
RouterCheck check_router(const RouterLoad& load,
                         const RouterOptions& options = {});

}  // namespace isoflop
