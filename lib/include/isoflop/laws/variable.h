// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <span>
#include <string_view>

namespace isoflop {

/// How a number enters a law: its logarithm, or itself.
enum class Scale { Linear, Log };

/// Number on a scale, and back.
double to_scale(double value, Scale scale);
/// And back.
double from_scale(double value, Scale scale);

/// A quantity that a law reads or answers: a column of the runs, an option of
/// `predict`, a letter in a formula.
struct Variable {
  std::string_view name;     ///< column and option: "params"
  std::string_view symbol;   ///< in formulas: "N"
  std::string_view meaning;  ///< with unit
  Scale scale = Scale::Log;  ///< how forms read it
  double low = 0.0;          ///< the domain: values are > low ...
  double high = std::numeric_limits<double>::infinity();  ///< ... or <= high
  /// The value of a run that does not have it: one expert, all bits, unlimited
  /// data. NaN where a law cannot do without.
  double absent = std::numeric_limits<double>::quiet_NaN();
  bool includes_low = false;  ///< values may be `low` itself

  /// Whether a run may do without it.
  bool has_absent() const { return absent == absent; }
  /// Whether a value lies in the domain; false for NaN.
  bool contains(double value) const {
    return (includes_low ? value >= low : value > low) && value <= high;
  }
};

inline constexpr double kInfinite = std::numeric_limits<double>::infinity();
inline constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

// The variables of the forms in this library. Counts are read as logarithms.
inline constexpr Variable kParams{"params", "N", "model parameters"};
inline constexpr Variable kTokens{
    "tokens", "D", "training tokens, repeats counted"};
inline constexpr Variable kFlops{"flops", "C", "training compute, FLOP"};
inline constexpr Variable kUniqueTokens{"unique_tokens",
                                        "U",
                                        "distinct tokens that are at hand",
                                        Scale::Log,
                                        0,
                                        kInfinite,
                                        kInfinite};
inline constexpr Variable kActiveParams{
    "active_params", "Na", "parameters that work on a token"};
inline constexpr Variable kExperts{"experts",
                                   "X",
                                   "experts a layer; 1 is a dense model",
                                   Scale::Log,
                                   1,
                                   kInfinite,
                                   1,
                                   true};
inline constexpr Variable kGranularity{
    "granularity",
    "G",
    "width of the dense feed-forward layer over that of an expert",
    Scale::Log,
    0,
    kInfinite,
    1};
inline constexpr Variable kSparsity{"sparsity",
                                    "S",
                                    "share of the experts that rest, in [0, 1)",
                                    Scale::Linear,
                                    0,
                                    0.9999999999999999,
                                    0,
                                    true};
inline constexpr Variable kWeightBits{"weight_bits",
                                      "Pw",
                                      "bits of the weights in training",
                                      Scale::Linear,
                                      0,
                                      kInfinite,
                                      kInfinite};
inline constexpr Variable kActivationBits{"activation_bits",
                                          "Pa",
                                          "bits of the activations in training",
                                          Scale::Linear,
                                          0,
                                          kInfinite,
                                          kInfinite};
inline constexpr Variable kCacheBits{"kv_bits",
                                     "Pkv",
                                     "bits of the keys and values in training",
                                     Scale::Linear,
                                     0,
                                     kInfinite,
                                     kInfinite};
inline constexpr Variable kPostBits{
    "post_bits",
    "Ppost",
    "bits of the weights after quantisation for serving",
    Scale::Linear,
    0,
    kInfinite,
    kInfinite};
inline constexpr Variable kNonEmbeddingParams{
    "params_nonembedding", "Nne", "parameters without embeddings"};
inline constexpr Variable kStep{
    "step", "s", "optimiser steps, counted from 1", Scale::Linear};
inline constexpr Variable kLoss{"loss", "L", "loss, nats per token"};

// What only answers are.
inline constexpr Variable kErrorRate{"error_rate",
                                     "Err",
                                     "share of wrong answers on a benchmark",
                                     Scale::Log,
                                     0,
                                     1};
inline constexpr Variable kLearningRate{
    "learning_rate", "lr", "peak learning rate"};
inline constexpr Variable kBatchTokens{"batch_tokens", "B", "tokens a batch"};
inline constexpr Variable kFlopsPerToken{
    "flops_per_token", "M", "training FLOP a token"};

/// Every variable above.
std::span<const Variable> all_variables();

/// By name or symbol; null for neither.
const Variable* find_variable(std::string_view name_or_symbol);

}  // namespace isoflop
