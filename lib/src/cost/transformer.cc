// SPDX-License-Identifier: Apache-2.0
#include "isoflop/cost/transformer.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "cost/transformer_size.h"

namespace isoflop {
namespace {

[[noreturn]] void fail(const std::string& problem) {
  throw std::invalid_argument("transformer: " + problem);
}

void require(bool holds, const char* problem) {
  if (!holds) fail(problem);
}

double product(double a, double b) { return a * b; }

/// Weights of one attention block, without its norm before.
double attention_params(const Transformer& shape) {
  const double width = shape.width;
  const double heads = shape.heads;
  if (shape.kv_rank == 0) {
    return width * shape.head_size * (2.0 * heads + 2.0 * shape.kv_heads);
  }
  const double key = shape.head_size + shape.rope_size;
  const double queries = shape.query_rank == 0
                             ? product(width, heads * key)
                             : shape.query_rank * (width + heads * key + 1.0);
  const double down = width * (shape.kv_rank + shape.rope_size);
  const double up =
      shape.kv_rank * (heads * (shape.head_size + shape.value_size) + 1.0);
  return queries + down + up + heads * shape.value_size * width;
}

/// Weights of a feed-forward block of this inner width.
double feed_forward_params(const Transformer& shape, double inner) {
  return (shape.is_plain ? 2.0 : 3.0) * shape.width * inner;
}

/// Proportions of a typical transformer.
constexpr int kHead = 128;      // size of a head, and width a layer
constexpr int kGroups = 8;      // heads of keys and values
constexpr double kInner = 3.5;  // of the feed-forward block, in widths
constexpr double kMostEmbedding = 0.2;
constexpr double kMostVocabulary = 128256.0;

/// Sizes that queries and keys, and values, have over all heads.
double attended_size(const Transformer& shape) {
  const double key = shape.head_size + shape.rope_size;
  const double value = shape.kv_rank > 0 ? shape.value_size : shape.head_size;
  return shape.heads * (key + value);
}

}  // namespace

Transformer completed(const Transformer& given) {
  validate(given, "transformer");
  Transformer shape = given;
  if (shape.kv_heads == 0) shape.kv_heads = shape.heads;
  if (shape.head_size == 0) {
    require(shape.width % shape.heads == 0,
            "width is no multiple of heads; give head_size");
    shape.head_size = shape.width / shape.heads;
  }
  require(shape.kv_heads <= shape.heads && shape.heads % shape.kv_heads == 0,
          "heads must be a multiple of kv_heads");
  require(shape.kv_rank > 0 || (shape.query_rank == 0 && shape.rope_size == 0 &&
                                shape.value_size == 0),
          "query_rank, rope_size and value_size need kv_rank");
  require(shape.kv_rank == 0 || shape.value_size > 0,
          "kv_rank needs value_size");
  require(shape.experts > 0 ||
              (shape.experts_per_token == 0 && shape.shared_experts == 0 &&
               shape.expert_width == 0 && shape.dense_layers == 0),
          "experts_per_token, shared_experts, expert_width and dense_layers "
          "need experts");
  require(shape.experts == 0 || (shape.experts_per_token >= 1 &&
                                 shape.experts_per_token <= shape.experts &&
                                 shape.expert_width >= 1),
          "experts need expert_width, and experts_per_token from 1 to experts");
  require(shape.dense_layers <= shape.layers,
          "dense_layers must be at most layers");
  const bool has_dense = shape.experts == 0 || shape.dense_layers > 0;
  require(!has_dense || shape.feed_forward >= 1,
          "dense layers need feed_forward");
  return shape;
}

TransformerSize size_of(const Transformer& given) {
  return size_of_completed(completed(given));
}

TransformerSize size_of_completed(const Transformer& shape) {
  const double width = shape.width;
  const double moe_layers =
      shape.experts > 0 ? shape.layers - shape.dense_layers : 0.0;
  const double dense_layers = shape.layers - moe_layers;
  const double expert = feed_forward_params(shape, shape.expert_width);
  const double always =
      shape.layers * (attention_params(shape) + 2.0 * width) + width +
      dense_layers * feed_forward_params(shape, shape.feed_forward) +
      moe_layers * (shape.shared_experts * expert + width * shape.experts);
  const double table = product(shape.vocabulary, width);
  TransformerSize size;
  size.embedding = Params(shape.ties_embeddings ? table : 2.0 * table);
  size.experts = Params(moe_layers * shape.experts * expert);
  size.total = Params(always) + size.experts + size.embedding;
  size.active =
      Params(always + moe_layers * shape.experts_per_token * expert + table);
  return size;
}

Flops forward_flops(const Transformer& given, Tokens attended) {
  const Transformer shape = completed(given);
  return Flops(2.0 * size_of(shape).active.value() +
               2.0 * shape.layers * attended_size(shape) * attended.value());
}

Flops training_flops(const Transformer& shape, Tokens sequence) {
  return 3.0 * forward_flops(shape, sequence / 2.0);
}

double training_flops_over_6n(const Transformer& shape, Tokens sequence) {
  return training_flops(shape, sequence).value() /
         (kFlopsPerParamToken * size_of(shape).total.value());
}

Bytes kv_bytes(const Transformer& given, int bits) {
  const Transformer shape = completed(given);
  const double numbers = shape.kv_rank > 0
                             ? shape.kv_rank + shape.rope_size
                             : 2.0 * shape.kv_heads * shape.head_size;
  return Bytes(shape.layers * numbers * bits / 8.0);
}

Transformer typical_transformer(Params params) {
  const double wanted = params.value();
  if (!(wanted > 0.0) || !std::isfinite(wanted)) fail("params must be > 0");
  constexpr int kMostHeads = 8192;
  const auto shape_of = [&](int heads) {
    Transformer shape;
    shape.layers = 1;
    shape.heads = heads;
    shape.kv_heads = std::min(heads, kGroups);
    shape.head_size = kHead;
    shape.width = heads * kHead;
    shape.feed_forward = shape.width / 2 * 7;
    shape.vocabulary = static_cast<int>(std::clamp(
        kMostEmbedding * wanted / (2.0 * shape.width), 1.0, kMostVocabulary));
    const TransformerSize size = size_of_completed(shape);
    const double layer = size.without_embedding().value();
    const double layers = (wanted - size.embedding.value()) / layer;
    shape.layers = std::max(1, static_cast<int>(std::lround(layers)));
    return shape;
  };
  // As many heads as layers, or as near to it as there are widths.
  const auto excess = [](const Transformer& shape) {
    return std::abs(std::log(double(shape.layers) / shape.heads));
  };
  Transformer best = shape_of(1);
  for (int heads = 2; heads <= kMostHeads;
       heads += heads < kGroups ? 1 : kGroups) {
    const Transformer next = shape_of(heads);
    if (excess(next) >= excess(best)) break;
    best = next;
  }
  // The feed-forward width takes up what whole layers leave.
  const double block = 3.0 * best.width * best.layers;
  const double gap = (wanted - size_of_completed(best).total.value()) / block;
  best.feed_forward =
      std::max(1, best.feed_forward + static_cast<int>(std::lround(gap)));
  return best;
}

Flops typical_training_flops(Params params, Tokens sequence) {
  const double wanted = params.value();
  if (!(wanted > 0.0) || !std::isfinite(wanted)) fail("params must be > 0");
  const auto tables = [&](double width) {
    return std::min(kMostEmbedding * wanted, 2.0 * kMostVocabulary * width);
  };
  const auto matrices = [&](double width) {
    const double keys = std::min(width, double(kGroups) * kHead);
    return width / kHead * width *
           (2.0 * width + 2.0 * keys + 3.0 * kInner * width);
  };
  // Parameters go nearly as the cube of the width.
  double width = std::cbrt(wanted * kHead / 12.5);
  constexpr int kSteps = 60;
  for (int step = 0; step < kSteps; ++step) {
    const double has = matrices(width) + tables(width);
    const double factor = wanted / has;
    width *= std::cbrt(factor);
    if (std::abs(factor - 1.0) < 1e-15) break;
  }
  const double layers = width / kHead;
  return Flops(kFlopsPerParamToken * (wanted - 0.5 * tables(width)) +
               6.0 * layers * width * sequence.value());
}

}  // namespace isoflop
