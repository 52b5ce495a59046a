// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "isoflop/cost/table.h"
#include "isoflop/units/quantity.h"

namespace isoflop {

enum class Architecture { Dense, Moe, Hybrid, Unknown };

template <>
struct EnumWords<Architecture> {
  static constexpr std::pair<Architecture, std::string_view> values[] = {
      {Architecture::Dense, "dense"},
      {Architecture::Moe, "moe"},
      {Architecture::Hybrid, "hybrid"},
      {Architecture::Unknown, "unknown"}};
};

/// Where the size, the tokens and the compute of a model are from.
enum class Confidence {
  Published,  ///< its makers
  Partial,    ///< its makers in part, others for the rest
  Estimate,   ///< others
  Leak,       ///< its makers, against their will
  Rumour,     ///< nobody who would say so
  Scenario,   ///< an assumption, not an observation
  Unknown     ///< there are no numbers
};

template <>
struct EnumWords<Confidence> {
  static constexpr std::pair<Confidence, std::string_view> values[] = {
      {Confidence::Published, "published"},
      {Confidence::Partial, "partial"},
      {Confidence::Estimate, "estimate"},
      {Confidence::Leak, "leak"},
      {Confidence::Rumour, "rumour"},
      {Confidence::Scenario, "scenario"},
      {Confidence::Unknown, "unknown"}};
};

/// A trained model, a row of data/models.csv. What nobody has said is absent.
struct Model {
  std::string id;
  std::string name;
  std::string org;
  std::string release_date;
  Architecture architecture = Architecture::Unknown;
  std::optional<Params> params;
  std::optional<Params> active_params;
  std::optional<int> experts;
  std::optional<int> active_experts;
  std::optional<Tokens> tokens;
  std::optional<Tokens> unique_tokens;
  std::optional<double> epochs;
  std::optional<Flops> flops;
  std::optional<Flops> flops_low;
  std::optional<Flops> flops_high;
  std::optional<double> mfu;
  std::optional<int> mfu_bits;
  std::optional<Nats> loss;
  std::string loss_set;
  Confidence confidence = Confidence::Unknown;
  Verification verification = Verification::Unverified;
  std::string unverified;
  std::string source;
  std::string note;

  /// Of the release.
  int year() const;
  /// D / N of the active parameters.
  std::optional<double> tokens_per_active_param() const;
  /// 6 N D / C of the active parameters: below one where attention, routing
  /// or repeated work cost more than the rule of thumb.
  std::optional<double> six_nd_over_flops() const;

  static constexpr auto fields() {
    return std::make_tuple(
        field("id", &Model::id, "name on the command line, stable"),
        field("name", &Model::name, "as its makers write it"),
        field("org", &Model::org, "who trained it"),
        field("release_date", &Model::release_date, "year-month-day"),
        field("architecture",
              &Model::architecture,
              "dense, moe, hybrid (attention and state space) or unknown"),
        field("params", &Model::params, "parameters, all", kPositive),
        field("active_params",
              &Model::active_params,
              "parameters that a token passes through",
              kPositive),
        field("experts",
              &Model::experts,
              "experts a layer that tokens are routed to, without shared ones",
              between(2, 1e5)),
        field("active_experts",
              &Model::active_experts,
              "of those, how many work on a token",
              between(1, 1e5)),
        field("tokens", &Model::tokens, "training tokens, all", kPositive),
        field("unique_tokens",
              &Model::unique_tokens,
              "distinct tokens of the training data",
              kPositive),
        field("epochs",
              &Model::epochs,
              "passes over the training data",
              kPositive),
        field("flops", &Model::flops, "training compute, FLOP", kPositive),
        field("flops_low",
              &Model::flops_low,
              "lower end of its range, FLOP",
              kPositive),
        field("flops_high",
              &Model::flops_high,
              "upper end of its range, FLOP",
              kPositive),
        field("mfu",
              &Model::mfu,
              "model FLOP utilisation, share of the peak",
              kOpenUnit),
        field("mfu_bits",
              &Model::mfu_bits,
              "precision of that peak, bits: 16 or 8",
              between(8, 16)),
        field("loss_nats",
              &Model::loss,
              "loss on loss_set, nats per token",
              kPositive),
        field("loss_set", &Model::loss_set, "what the loss was measured on"),
        field("confidence",
              &Model::confidence,
              "where the numbers are from: published, partial, estimate, "
              "leak, rumour, scenario or unknown"),
        field("verification",
              &Model::verification,
              "compared with the source: seen, partial, unverified or "
              "computed"),
        field("unverified",
              &Model::unverified,
              "columns that were not compared, or all"),
        field("source", &Model::source, "where the numbers were read"),
        field("note", &Model::note, "what to know before use"));
  }
  static constexpr auto derived() {
    return std::make_tuple(
        derived_column("year", &Model::year, "of the release"),
        derived_column("tokens_per_active_param",
                       &Model::tokens_per_active_param,
                       "tokens / active_params"),
        derived_column("six_nd_over_flops",
                       &Model::six_nd_over_flops,
                       "6 active_params tokens / flops"));
  }
};

/// The models that come with the library, oldest lines first.
/// @source each row has its own; most by Epoch AI, epoch.ai/data, CC-BY 4.0.
const std::vector<Model>& published_models();

/// Those that a filter keeps.
/// @throws std::invalid_argument for a condition that cannot be meant.
std::vector<Model> published_models(const TableFilter& filter);

/// The model of this id or name; case, blanks, - and _ do not matter.
/// @throws std::invalid_argument naming what may be meant.
Model find_model(std::string_view name);

}  // namespace isoflop
