// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "isoflop/cost/transformer.h"

namespace isoflop::testing {

/// 8, 70 or 405 billion parameters.
/// @source Grattafiori et al. 2024, arXiv:2407.21783, table 3.
inline Transformer llama_3(int billions) {
  Transformer shape;
  shape.layers = billions == 8 ? 32 : billions == 70 ? 80 : 126;
  shape.width = billions == 8 ? 4096 : billions == 70 ? 8192 : 16384;
  shape.feed_forward = billions == 8 ? 14336 : billions == 70 ? 28672 : 53248;
  shape.heads = shape.width / 128;
  shape.kv_heads = 8;
  shape.vocabulary = 128256;
  return shape;
}

/// @source Brown et al. 2020, arXiv:2005.14165, table 2.1.
inline Transformer gpt_3() {
  Transformer shape;
  shape.layers = 96;
  shape.width = 12288;
  shape.heads = 96;
  shape.feed_forward = 4 * shape.width;
  shape.vocabulary = 50257;
  shape.is_plain = true;
  shape.ties_embeddings = true;
  return shape;
}

/// @source DeepSeek-AI 2024, arXiv:2412.19437, section 4.2.
inline Transformer deepseek_v3() {
  Transformer shape;
  shape.layers = 61;
  shape.dense_layers = 3;
  shape.width = 7168;
  shape.heads = 128;
  shape.head_size = 128;
  shape.rope_size = 64;
  shape.value_size = 128;
  shape.query_rank = 1536;
  shape.kv_rank = 512;
  shape.feed_forward = 18432;
  shape.experts = 256;
  shape.experts_per_token = 8;
  shape.shared_experts = 1;
  shape.expert_width = 2048;
  shape.vocabulary = 129280;
  return shape;
}

}  // namespace isoflop::testing
