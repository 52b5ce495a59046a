// SPDX-License-Identifier: Apache-2.0
#include "isoflop/laws/variable.h"

#include <cmath>

namespace isoflop {

double to_scale(double value, Scale scale) {
  return scale == Scale::Log ? std::log(value) : value;
}

double from_scale(double value, Scale scale) {
  return scale == Scale::Log ? std::exp(value) : value;
}

std::span<const Variable> all_variables() {
  static constexpr Variable kAll[] = {kParams,
                                      kTokens,
                                      kFlops,
                                      kUniqueTokens,
                                      kActiveParams,
                                      kExperts,
                                      kGranularity,
                                      kSparsity,
                                      kWeightBits,
                                      kActivationBits,
                                      kCacheBits,
                                      kPostBits,
                                      kNonEmbeddingParams,
                                      kStep,
                                      kLoss,
                                      kErrorRate,
                                      kLearningRate,
                                      kBatchTokens,
                                      kFlopsPerToken};
  return kAll;
}

const Variable* find_variable(std::string_view name_or_symbol) {
  for (const Variable& variable : all_variables()) {
    if (variable.name == name_or_symbol || variable.symbol == name_or_symbol) {
      return &variable;
    }
  }
  return nullptr;
}

}  // namespace isoflop
