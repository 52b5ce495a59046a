// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tuple>

#include "isoflop/base/field.h"
#include "isoflop/units/quantity.h"

namespace isoflop {

/// The shape of a decoder-only transformer, as its configuration file has it.
///
/// Zero experts: a dense model. A `kv_rank` above zero: attention through a
/// latent of that rank (MLA), in which `head_size` is the part of a query or
/// key without position. `kv_heads` equal to `heads` is multi-head attention,
/// fewer are grouped.
struct Transformer {
  int layers = 0;
  int width = 0;
  int heads = 0;
  int kv_heads = 0;
  int head_size = 0;
  int feed_forward = 0;
  int vocabulary = 0;
  bool is_plain = false;
  bool ties_embeddings = false;
  int experts = 0;
  int experts_per_token = 0;
  int shared_experts = 0;
  int expert_width = 0;
  int dense_layers = 0;
  int query_rank = 0;
  int kv_rank = 0;
  int rope_size = 0;
  int value_size = 0;

  static constexpr auto fields() {
    using T = Transformer;
    return std::make_tuple(
        field("layers", &T::layers, "blocks", at_least(1)),
        field("width", &T::width, "size of the residual stream", at_least(1)),
        field("heads", &T::heads, "heads of the queries", at_least(1)),
        field("kv_heads",
              &T::kv_heads,
              "heads of keys and values; 0 for as many as heads",
              at_least(0)),
        field("head_size",
              &T::head_size,
              "size of a head; 0 for width / heads",
              at_least(0)),
        field("feed_forward",
              &T::feed_forward,
              "width of the feed-forward block, of a dense layer",
              at_least(0)),
        field("vocabulary", &T::vocabulary, "distinct tokens", at_least(1)),
        field("is_plain",
              &T::is_plain,
              "two matrices a feed-forward block instead of three (gated)"),
        field("ties_embeddings",
              &T::ties_embeddings,
              "one matrix for input and output embedding"),
        field("experts",
              &T::experts,
              "routed experts a layer; 0 for a dense model",
              at_least(0)),
        field("experts_per_token",
              &T::experts_per_token,
              "routed experts that a token passes through",
              at_least(0)),
        field("shared_experts",
              &T::shared_experts,
              "experts that every token passes through",
              at_least(0)),
        field("expert_width",
              &T::expert_width,
              "width of one expert",
              at_least(0)),
        field("dense_layers",
              &T::dense_layers,
              "layers without experts in a model that has them",
              at_least(0)),
        field("query_rank",
              &T::query_rank,
              "rank of the queries under latent attention; 0 for full",
              at_least(0)),
        field("kv_rank",
              &T::kv_rank,
              "rank of keys and values under latent attention; 0 without",
              at_least(0)),
        field("rope_size",
              &T::rope_size,
              "part of a key that holds the position under latent attention",
              at_least(0)),
        field("value_size",
              &T::value_size,
              "size of a head of the values under latent attention",
              at_least(0)));
  }
};

/// Parameters by what they cost.
struct TransformerSize {
  Params total;      ///< all that are stored
  Params active;     ///< that a token is multiplied with
  Params embedding;  ///< input and output tables; one where they are tied
  Params experts;    ///< of routed experts, all layers

  Params without_embedding() const { return total - embedding; }
};

/// The shape with what 0 stands for filled in.
/// @throws std::invalid_argument where the numbers cannot belong together.
Transformer completed(const Transformer& shape);

/// Parameters of a transformer: matrices and norms (one vector before each
/// half block and one at the end), no biases and no learned positions, which
/// are less than 0.1 %. The lookup of the input embedding is no product, so
/// an untied table is not active.
TransformerSize size_of(const Transformer& shape);

/// FLOP to pass one token that attends to `attended` tokens: 2 for each
/// active parameter, and 2 for each of the queries' products with keys and
/// values.
/// @source Kaplan et al. 2020, arXiv:2001.08361, table 1.
Flops forward_flops(const Transformer& shape, Tokens attended);

/// FLOP to train on one token of sequences of this length: three passes
/// forward, at a mean of half the sequence attended to.
Flops training_flops(const Transformer& shape, Tokens sequence);

/// `training_flops` over the rule of thumb 6 N of all parameters: above one
/// where attention weighs, as in small models and long sequences; below one
/// for a lookup table that is not multiplied with, or for experts.
double training_flops_over_6n(const Transformer& shape, Tokens sequence);

/// Memory that keys and values of one token take.
/// @param bits  of each number
/// @source Ainslie et al. 2023, arXiv:2305.13245 (grouped); DeepSeek-AI 2024,
///     arXiv:2405.04434, section 2.1 (latent).
Bytes kv_bytes(const Transformer& shape, int bits = 16);

/// A dense transformer of this size in today's proportions: heads of 128, a
/// width of about 128 a layer, 8 heads of keys and values, gated feed-forward
/// of about 3.5 widths, 128,256 distinct tokens or as many as make a fifth of
/// the parameters. The feed-forward width takes up the rounding.
/// @source shapes matter little within these proportions: Kaplan et al. 2020,
///     section 3.2; those of Llama 3, arXiv:2407.21783, table 3.
Transformer typical_transformer(Params params);

/// FLOP to train on one token of sequences of this length in the same
/// proportions, layers and width taken as real numbers: smooth in the size.
Flops typical_training_flops(Params params, Tokens sequence);

}  // namespace isoflop
